import { type ChildProcess, fork } from 'node:child_process';
import type { Extension } from '../../../src/core/people.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { Announcer } from '../../../src/ports/announcer.ts';
import { createAnnouncer } from '../../../xmpp/announcer.ts';
import { sampleAttempt, sampleCall, sampleExtension } from '../../support/fakes/fake-announcer.ts';
import { eventually, XmppObserver } from '../../support/xmpp/observer.ts';
import { startXmppServer, type XmppServerKind } from '../../support/xmpp-server.ts';

/**
 * Prints what publishing costs: `npx tsx test/integration/xmpp/measure-publish.ts [calls]`. The server is real, the CRM
 * that subscribes is in a process of its own, so that the processor time is the announcer's alone.
 */
async function measure(name: string, kind: XmppServerKind, isPubsubInMemory: boolean, calls: number): Promise<void> {
  const users = ['crm', ...Array.from({ length: 10 }, (_, index) => `user${index + 1}`)];
  const server = await startXmppServer({ kind, users, isPubsubInMemory });
  const crm = await startCrm(server);
  const settings = {
    service: server.service,
    domain: server.domain,
    username: 'queueapp',
    password: 'pw-queueapp',
    pubsubService: server.pubsub,
    subscribers: ['crm@ivr.test'],
    ca: server.ca,
    usePresence: false,
  };
  const announcer = createAnnouncer({ settings, log: silentLog(), clock: systemClock, random: Math.random });
  await announcer.start();
  await eventually(() => announcer.isConnected(), 'online');
  const members = users.slice(1).map((user, index) => sampleExtension(String(1000 + index), `${user}@ivr.test`));
  await announcer.reconcile(members, []);
  for (const isAnnounced of [false, true]) {
    for (const perSecond of [5, 20, 60])
      console.log(`${name.padEnd(16)} ${await load(announcer, members, { calls, perSecond, isAnnounced })}`);
  }
  await announcer.stop();
  crm.kill();
  await server.dispose();
}

interface Load {
  readonly calls: number;
  readonly perSecond: number;
  /** Whether ten members get a message on entry, and the chosen one another. */
  readonly isAnnounced: boolean;
}

async function load(
  announcer: Announcer,
  members: readonly Extension[],
  { calls, perSecond, isAnnounced }: Load,
): Promise<string> {
  const times: number[] = [];
  let missed = 0;
  const oneCall = async (index: number) => {
    const member = members[index % members.length] ?? sampleExtension('1000', null);
    const call = sampleCall(`${perSecond}-${isAnnounced}-${index}`);
    const attempt = sampleAttempt(call.callId, member.number, call);
    if (isAnnounced) announcer.callEntered(call, 1, members);
    const begunAtMs = performance.now();
    const outcome = await announcer.publishRinging(attempt, 300);
    times.push(performance.now() - begunAtMs);
    if (outcome !== 'acknowledged') missed += 1;
    if (isAnnounced) announcer.memberChosen(call, member);
    announcer.publishConnected(attempt);
    await new Promise((resolve) => setTimeout(resolve, 100));
    announcer.publishEnded(attempt);
  };
  const before = process.cpuUsage();
  const startedAtMs = performance.now();
  const running: Promise<void>[] = [];
  for (let index = 0; index < calls; index++) {
    const dueMs = startedAtMs + (index * 1_000) / perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
    running.push(oneCall(index));
  }
  await Promise.all(running);
  const { user, system } = process.cpuUsage(before);
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0).toFixed(2);
  const cpuMs = ((user + system) / 1_000 / calls).toFixed(2);
  const chat = isAnnounced ? '11 messages' : 'no message';
  return `${perSecond} calls/s, 3 states and retraction, ${chat}: acknowledged p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms, Node ${cpuMs} ms per call, not in 300 ms: ${missed}`;
}

async function startCrm(server: Awaited<ReturnType<typeof startXmppServer>>): Promise<ChildProcess> {
  const child = fork(import.meta.filename, ['--crm', JSON.stringify(server)]);
  await new Promise((resolve) => child.once('message', resolve));
  return child;
}

const [first = '300', place = ''] = process.argv.slice(2);
if (first === '--crm') {
  const server = JSON.parse(place);
  await XmppObserver.connect({ server, user: 'crm' });
  for (let index = 1; index <= 10; index++) await XmppObserver.connect({ server, user: `user${index}` });
  process.send?.('ready');
} else {
  await measure('Prosody on disc', 'prosody', false, Number(first));
  await measure('Prosody memory', 'prosody', true, Number(first));
  await measure('ejabberd', 'ejabberd', false, Number(first));
}
