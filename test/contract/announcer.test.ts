import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/log.ts';
import { createAnnouncer } from '../../xmpp/announcer.ts';
import { Pubsub } from '../../xmpp/pubsub.ts';
import { payload } from '../../xmpp/stanzas/call.ts';
import { FakeAnnouncer, sampleAttempt, sampleCall } from '../support/fakes/fake-announcer.ts';
import { eventually, XmppObserver } from '../support/xmpp/observer.ts';
import { XmppProxy } from '../support/xmpp/proxy.ts';
import { startXmppServer, type XmppServerKind } from '../support/xmpp-server.ts';
import { type AnnouncerHarness, describeAnnouncer } from './announcer.suite.ts';

describeAnnouncer('the fake', async () => {
  const announcer = new FakeAnnouncer(systemClock);
  return {
    announcer,
    nodes: async () => [...announcer.nodes.keys()],
    story: (extension) => announcer.seen.get(extension) ?? [],
    itemOn: async (extension) => announcer.nodes.get(extension)?.attemptId ?? null,
    chatCount: (jid) => announcer.chats.get(jid)?.length ?? 0,
    goAway: async () => announcer.goAway(),
    comeBack: async () => announcer.comeBack(),
    hang: async () => announcer.next({ outcome: 'acknowledged', afterMs: 60_000 }),
    leaveBehind: async (extension, attemptId) => {
      announcer.nodes.set(extension, { attemptId, state: 'connected' });
    },
    dispose: async () => {},
  };
});

for (const kind of ['prosody', 'ejabberd'] as const) describeAnnouncer(kind, () => createRealHarness(kind));

async function createRealHarness(kind: XmppServerKind): Promise<AnnouncerHarness> {
  const server = await startXmppServer({ kind, users: ['user1', 'user2', 'crm'] });
  const proxy = await XmppProxy.start(server.port);
  const crm = await XmppObserver.connect({ server, user: 'crm' });
  const people = new Map([
    ['user1@ivr.test', await XmppObserver.connect({ server, user: 'user1' })],
    ['user2@ivr.test', await XmppObserver.connect({ server, user: 'user2' })],
  ]);
  const settings = {
    service: proxy.service,
    domain: server.domain,
    username: 'queueapp',
    password: 'pw-queueapp',
    pubsubService: server.pubsub,
    subscribers: ['crm@ivr.test'],
    ca: server.ca,
  };
  // The shortest back-off that there is, so that coming back takes no longer than it must.
  const announcer = createAnnouncer({ settings, log: silentLog(), clock: systemClock, random: () => 0 });
  await announcer.start();
  await eventually(() => announcer.isConnected(), 'the announcer online');
  // The same account from another client, as a former run of the application would be.
  const former = await XmppObserver.connect({ server, user: 'queueapp', hasPresence: false });
  const pubsub = new Pubsub({
    service: server.pubsub,
    owner: 'queueapp@ivr.test',
    log: silentLog(),
    request: (request) => former.connection.request(request),
  });
  return {
    announcer,
    nodes: async () => {
      const names = await pubsub.nodeNames();
      if (typeof names === 'string') throw new Error(`The nodes can't be listed: ${names}`);
      return names.map((name) => name.replace('extension', ''));
    },
    story: (extension) => crm.story(`extension${extension}`).filter((what) => what !== 'deleted'),
    itemOn: async (extension) => {
      const ids = await pubsub.itemIds(`extension${extension}`);
      if (typeof ids === 'string') throw new Error(`The items can't be read: ${ids}`);
      return ids[0] ?? null;
    },
    chatCount: (jid) => people.get(jid)?.chats.length ?? 0,
    goAway: async () => {
      proxy.isRefusing = true;
      proxy.cut();
      await eventually(() => !announcer.isConnected(), 'the announcer offline');
    },
    comeBack: async () => {
      if (proxy.isBlackhole) {
        proxy.isRefusing = true;
        proxy.cut();
        await eventually(() => !announcer.isConnected(), 'the cut noticed');
      }
      proxy.isBlackhole = false;
      proxy.isRefusing = false;
      await eventually(() => announcer.isConnected(), 'the announcer back');
    },
    hang: async () => {
      proxy.isBlackhole = true;
    },
    leaveBehind: async (extension, attemptId) => {
      const node = `extension${extension}`;
      await pubsub.ensureNode(node, `Extension ${extension}`, ['crm@ivr.test']);
      const attempt = sampleAttempt(attemptId, extension, sampleCall('call-old'));
      await pubsub.publish(node, attemptId, payload(attempt, 'connected', 'native'));
    },
    dispose: async () => {
      await announcer.stop();
      await former.stop();
      for (const observer of [crm, ...people.values()]) await observer.stop();
      await proxy.close();
      await server.dispose();
    },
  };
}
