import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { createAnnouncer, type XmppAnnouncer } from '../../../xmpp/announcer.ts';
import { xml } from '../../../xmpp/client/library.ts';
import { NS } from '../../../xmpp/client/namespaces.ts';
import type { XmppSettings } from '../../../xmpp/settings.ts';
import type { PayloadKind } from '../../../xmpp/stanzas/call.ts';
import { fetchItems } from '../../../xmpp/stanzas/pubsub.ts';
import { oneLine } from '../../../xmpp/stanzas/text.ts';
import { sampleAttempt, sampleCall, sampleExtension } from '../../support/fakes/fake-announcer.ts';
import { fastClock } from '../../support/xmpp/fast-clock.ts';
import { eventually, type NodeEvent, XmppObserver } from '../../support/xmpp/observer.ts';
import { Crm } from '../../support/xmpp-clients/crm.ts';
import { startXmppServer, type XmppServer } from '../../support/xmpp-server.ts';
import { NASTY } from '../../unit/xmpp/nasty-strings.ts';

jest.setTimeout(90_000);
const run = promisify(execFile);
/** For the word of a server that is there, however busy the machine is. */
const PATIENCE_MS = 20_000;

describe.each(['prosody', 'ejabberd'] as const)('announcements over %s', (kind) => {
  let server: XmppServer;
  let open: { stop(): Promise<void> }[] = [];
  const ada = sampleExtension('1000', 'user1@ivr.test');

  beforeAll(async () => {
    server = await startXmppServer({ kind, users: ['user1', 'user2', 'user3', 'crm', 'stranger'] });
  });
  afterAll(async () => {
    await server?.dispose();
  });
  afterEach(async () => {
    for (const one of open.reverse()) await one.stop();
    open = [];
  });

  async function announce(changes: Partial<XmppSettings> = {}, clock = systemClock): Promise<XmppAnnouncer> {
    const settings = {
      service: server.service,
      domain: server.domain,
      username: 'queueapp',
      password: 'pw-queueapp',
      pubsubService: server.pubsub,
      subscribers: ['crm@ivr.test'],
      ca: server.ca,
      ...changes,
    };
    const announcer = createAnnouncer({ settings, log: silentLog(), clock, random: () => 0 });
    await announcer.start();
    open.push(announcer);
    await eventually(() => announcer.isConnected(), 'the announcer online');
    return announcer;
  }

  async function observe(user: string): Promise<XmppObserver> {
    const observer = await XmppObserver.connect({ server, user });
    open.push(observer);
    return observer;
  }

  /** The condition with which the server refuses, or `granted`. */
  async function ask(observer: XmppObserver, type: 'get' | 'set', child: ReturnType<typeof xml>): Promise<string> {
    const result = await observer.connection.request({ type, to: server.pubsub, child });
    if (result.ok) return 'granted';
    return result.reason === 'error' ? result.error.condition : result.reason;
  }

  const subscribe = (node: string, jid: string) => xml('pubsub', { xmlns: NS.pubsub }, xml('subscribe', { node, jid }));

  test('only who was named may fetch or subscribe; a stranger learns nothing but the title', async () => {
    const announcer = await announce();
    const [stranger, crm, member] = [await observe('stranger'), await observe('crm'), await observe('user1')];
    await announcer.memberLoggedIn(ada);
    await announcer.publishRinging(sampleAttempt('a1', '1000', sampleCall('c1')), PATIENCE_MS);
    const refusals = [
      await ask(stranger, 'get', fetchItems('extension1000')),
      await ask(stranger, 'set', subscribe('extension1000', 'stranger@ivr.test')),
      await ask(stranger, 'set', subscribe('extension1000', 'crm@ivr.test')),
    ];
    for (const refusal of refusals)
      expect(['forbidden', 'not-allowed', 'bad-request', 'not-authorized']).toContain(refusal);
    expect(await ask(crm, 'get', fetchItems('extension1000'))).toBe('granted');
    expect(await ask(member, 'set', subscribe('extension1000', 'user1@ivr.test'))).toBe('granted');
    await eventually(() => crm.story('extension1000').includes('ringing'), 'the CRM informed');
    expect(stranger.events).toEqual([]);
    // Access that is taken away ends: both servers would let the subscription live on.
    await announcer.memberLoggedIn(sampleExtension('1000', 'user2@ivr.test'));
    expect(await ask(member, 'get', fetchItems('extension1000'))).not.toBe('granted');
    await announcer.publishRinging(sampleAttempt('a2', '1000', sampleCall('c2')), PATIENCE_MS);
    await eventually(() => crm.events.some(({ id }) => id === 'a2'), 'the CRM informed again');
    expect(member.events.some(({ id }) => id === 'a2')).toBe(false);
    await announcer.memberLoggedOut(ada);
    await eventually(() => crm.story('extension1000').at(-1) === 'deleted', 'the node gone');
  });

  test('of states that come faster than the server takes them, the newest arrive in their order', async () => {
    const announcer = await announce();
    const crm = await observe('crm');
    await announcer.memberLoggedIn(ada);
    const told: string[] = [];
    for (let call = 0; call < 100; call++) {
      const attempt = sampleAttempt(`fast-${call}`, '1000', sampleCall(`fast-${call}`));
      announcer.publishRinging(attempt, 10).catch(() => {});
      announcer.publishConnected(attempt);
      told.push(`fast-${call} ringing`, `fast-${call} connected`);
      if (call < 99) announcer.publishEnded(attempt);
      told.push(`fast-${call} ended`);
    }
    await eventually(
      () => crm.events.some(({ id, state }) => id === 'fast-99' && state === 'connected'),
      'the newest state',
    );
    const seen = crm.events
      .filter((event) => event.kind === 'item')
      .map(({ id, state }) => told.indexOf(`${id} ${state}`));
    expect(seen).not.toContain(-1);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.length).toBeLessThan(100);
    await announcer.memberLoggedOut(ada);
  });

  test('texts of every kind arrive as they are, in chat and on the node', async () => {
    const announcer = await announce();
    const [crm, member] = [await observe('crm'), await observe('user1')];
    await announcer.memberLoggedIn(ada);
    for (const [index, text] of NASTY.entries()) {
      const customer = { id: text, name: text, code: text, fields: { [text]: text } };
      const call = sampleCall(`nasty-${index}`, { customer, caller: { number: text, name: text } });
      announcer.callEntered(call, 1, [ada]);
      expect(await announcer.publishRinging(sampleAttempt(`nasty-${index}`, '1000', call), PATIENCE_MS)).toBe(
        'acknowledged',
      );
      const event = await eventually(() => crm.events.find(({ id }) => id === `nasty-${index}`), `item ${index}`);
      expect(event.payload?.getChild('customer')?.getChildText('name')).toBe(oneLine(text, 100));
    }
    await eventually(() => member.chats.length === NASTY.length, 'all messages');
    expect(member.chats.every((body) => body.startsWith('Support: Customer ') && !body.includes('\n'))).toBe(true);
    expect(announcer.isConnected()).toBe(true);
    await announcer.memberLoggedOut(ada);
  });

  test('a member whom the server does not know, or who is no JID at all, harms nobody', async () => {
    const announcer = await announce();
    const [crm, member] = [await observe('crm'), await observe('user1')];
    const ghost = sampleExtension('2000', 'ghost@ivr.test', ['also a ghost', 'ghost@nowhere.invalid', '<@>']);
    await announcer.memberLoggedIn(ghost);
    const call = sampleCall('c-ghost', { customer: { id: '13', name: 'Ghost Hunters', code: null, fields: {} } });
    announcer.callEntered(call, 1, [ghost, ada]);
    announcer.memberChosen(call, ghost);
    expect(await announcer.publishRinging(sampleAttempt('ghost-1', '2000', call), PATIENCE_MS)).toBe('acknowledged');
    const told = () => member.chats.filter((chat) => chat.includes('Ghost Hunters'));
    await eventually(() => told().length > 0, 'the message to who exists');
    expect(told()).toHaveLength(1);
    await eventually(() => crm.story('extension2000').includes('ringing'), 'the CRM informed');
    expect(announcer.isConnected()).toBe(true);
    await announcer.memberLoggedOut(ghost);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    '%s of the server while publishing: calls go on, and all is level afterwards',
    async (signal) => {
      const announcer = await announce();
      const crm = await observe('crm');
      await announcer.reconcile([ada], []);
      const outcomes = new Set<string>();
      let isRunning = true;
      let last = '';
      const publishing = (async () => {
        for (let call = 0; isRunning; call++) {
          const attempt = sampleAttempt(`${signal}-${call}`, '1000', sampleCall(`${signal}-${call}`));
          outcomes.add(await announcer.publishRinging(attempt, 300));
          announcer.publishConnected(attempt);
          last = attempt.attemptId;
          if (isRunning) announcer.publishEnded(attempt);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      })();
      await eventually(() => outcomes.has('acknowledged'), 'a publication');
      await server.stop(signal);
      await eventually(() => outcomes.has('away'), 'calls that go on without XMPP');
      isRunning = false;
      await publishing;
      const current = sampleAttempt(`${signal}-current`, '1000', sampleCall('current'));
      expect(await announcer.publishRinging(current, 300)).toBe('away');
      announcer.publishConnected(current);
      await server.start();
      await eventually(() => announcer.isConnected() && crm.connection.isOnline, 'both back', 60_000);
      // As docs/xmpp.md tells CRM software: after every connection, subscribe again, which brings the newest item.
      await eventually(async () => {
        const isCurrent = (event: NodeEvent) => event.id === current.attemptId && event.state === 'connected';
        return (
          crm.events.some(isCurrent) || ((await ask(crm, 'set', subscribe('extension1000', 'crm@ivr.test'))) && null)
        );
      }, 'the state of now');
      expect(last).not.toBe('');
      announcer.publishEnded(current);
      await eventually(() => crm.story('extension1000').at(-1) === 'retracted', 'the end');
      await announcer.memberLoggedOut(ada);
    },
  );

  test('who is known to be offline gets no message, not even later; who is back gets the next', async () => {
    const announcer = await announce({}, fastClock(10));
    const bob = sampleExtension('3000', 'user3@ivr.test');
    const first = await observe('user3');
    const answer = (type: string) => first.connection.send(xml('presence', { to: 'queueapp@ivr.test', type }));
    await announcer.memberLoggedIn(bob);
    const isAsked = () => first.stanzas.some((stanza) => stanza.is('presence') && stanza.attrs['type'] === 'subscribe');
    announcer.callEntered(sampleCall('p1'), 1, [bob]);
    await eventually(() => first.chats.length === 1, 'unknown counts as there');
    await eventually(isAsked, 'the request for presence');
    answer('subscribed');
    first.connection.send(xml('presence'));
    await first.connection.request({ type: 'get', to: server.domain, child: xml('ping', { xmlns: NS.ping }) });
    announcer.callEntered(sampleCall('p2'), 2, [bob]);
    await eventually(() => first.chats.length === 2, 'the message while available');
    await first.stop();
    const second = await observe('user2');
    const carol = sampleExtension('2000', 'user2@ivr.test');
    // The server's answer comes to the announcer behind the news that Bob is gone.
    await announcer.memberLoggedIn(carol);
    announcer.callEntered(sampleCall('p3'), 3, [bob, carol]);
    await eventually(() => second.chats.length > 0, 'the message to who is there');
    const back = await observe('user3');
    await back.connection.request({ type: 'get', to: server.domain, child: xml('ping', { xmlns: NS.ping }) });
    const has = (position: number) => back.chats.some((chat) => chat.includes(`position ${position}`));
    await eventually(() => {
      if (!has(4)) announcer.callEntered(sampleCall('p4'), 4, [bob]);
      return has(4);
    }, 'a message after the return');
    // The second one may come again: the server keeps what a session that ended has not acknowledged (XEP-0198).
    expect(has(3)).toBe(false);
    await Promise.all([announcer.memberLoggedOut(bob), announcer.memberLoggedOut(carol)]);
  });

  test.each(['native', 'legacy', 'hybrid'] as const)(
    'a CRM that is not ours reads the %s payload, live and after its start',
    async (payload: PayloadKind) => {
      const announcer = await announce({ payload });
      await announcer.memberLoggedIn(ada);
      const account = {
        jid: 'crm@ivr.test',
        password: 'pw-crm',
        service: server.service,
        ca: server.caFile,
        pubsub: server.pubsub,
      };
      const crm = await Crm.connect(account);
      open.push({ stop: () => crm.close() });
      const call = sampleCall('c-crm', {
        customer: { id: '42', name: 'A & B <Ltd> "x"|y', code: '1111', fields: { balance: '12.50 €' } },
      });
      await crm.subscribe('extension1000');
      await announcer.publishRinging(sampleAttempt(`crm-${payload}`, '1000', call), PATIENCE_MS);
      const live = await crm.next('item', ({ id }) => id === `crm-${payload}`);
      const late = await Crm.connect({ ...account, resource: 'late' });
      open.push({ stop: () => late.close() });
      const items = await late.items('extension1000');
      expect(items.map(({ id }) => id)).toEqual([`crm-${payload}`]);
      for (const read of [live.payload, items[0]?.payload ?? '']) {
        if (payload !== 'native')
          expect(await readAsOldSoftware(read)).toEqual(['{test}test', '42', 'A & B <Ltd> "x"|y']);
        if (payload !== 'legacy')
          expect(await readCall(read)).toEqual(['ringing', '1000', '42', 'A & B <Ltd> "x"|y', '12.50 €']);
      }
      announcer.publishEnded(sampleAttempt(`crm-${payload}`, '1000', call));
      await crm.next('retract', ({ id }) => id === `crm-${payload}`);
      expect(await late.items('extension1000')).toEqual([]);
      await announcer.memberLoggedOut(ada);
      await crm.next('delete');
    },
  );

  test('the personal pubsub service of the account serves as well', async () => {
    const announcer = await announce({ pubsubService: 'queueapp@ivr.test' });
    const crm = await observe('crm');
    await announcer.memberLoggedIn(ada);
    expect(await announcer.publishRinging(sampleAttempt('pep', '1000', sampleCall('pep')), PATIENCE_MS)).toBe(
      'acknowledged',
    );
    await eventually(() => crm.story('extension1000').includes('ringing'), 'the CRM informed');
    await announcer.memberLoggedOut(ada);
  });
});

/** The older software.py: the element's tag, and its text split at the first bar. */
async function readAsOldSoftware(payload: string): Promise<unknown> {
  return await python('e = ET.fromstring(text); print(json.dumps([e.tag] + e.text.split("|", 1)))', payload);
}

async function readCall(payload: string): Promise<unknown> {
  const program = `
e = ET.fromstring(text); ns = '{urn:queueapp:call:1}'
call = e if e.tag == ns + 'call' else e.find(ns + 'call'); c = call.find(ns + 'customer')
print(json.dumps([call.get('state'), call.get('extension'), c.get('id'), c.find(ns + 'name').text, c.find(ns + 'field').text]))`;
  return await python(program, payload);
}

async function python(program: string, text: string): Promise<unknown> {
  const head = 'import sys, json; import xml.etree.ElementTree as ET; text = sys.argv[1]\n';
  const { stdout } = await run('/usr/bin/python3', ['-c', head + program, text]);
  return JSON.parse(stdout);
}
