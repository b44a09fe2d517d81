import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { QueueappProcess } from '../support/e2e/application.ts';
import { AriTap } from '../support/e2e/ari-tap.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { hearsFor, SentAudio, withQueues } from '../support/e2e/hearing.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { Tap } from '../support/e2e/tap.ts';
import { TONES, writeToneClass } from '../support/e2e/tone-class.ts';
import { HalfOpenProxy } from '../support/half-open-proxy.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import type { Call } from '../support/phones/call.ts';
import type { Caller } from '../support/phones/caller.ts';
import { answers, neverAnswers, type Phone } from '../support/phones/phone.ts';
import { pause } from '../support/phones/waiting.ts';

jest.setTimeout(240_000);

/** From the death of one process to what the next one does, by the beat of this process: when the machine stands still nobody's time passes. */
const TAKEOVER_MS_MAX = 5_000;
const FROZEN_MS = 30_000;
/** Who is rung answers when everything else has been looked at. */
const RING_TIMEOUT = '2m';

const folder = mkdtempSync(join(tmpdir(), 'queueapp-standby-'));
const taps: { close(): Promise<void> }[] = [];
let site: Site;
beforeAll(async () => {
  writeToneClass(join(folder, 'tones'));
  const quiet = 'programme: { position: { on-change: false, every: 0 } }';
  const configure = (shipped: string) =>
    `${withQueues(shipped, `  patient: { music-class: tones, ring-timeout: ${RING_TIMEOUT}, ${quiet} }`)}\nmusic-classes:\n  tones: { folder: ${join(folder, 'tones')} }\n`;
  site = await Site.up({ name: 'standby', configure });
  await site.dialplan('0401', 'Stasis(queueapp,queue,patient)');
  await site.dialplan('0402', 'Stasis(queueapp,queue,patient)', 'Set(GLOBAL(FELL_THROUGH)=$' + '{STASISSTATUS})');
}, 600_000);
afterAll(async () => {
  await site?.down();
  for (const tap of taps) await tap.close();
  rmSync(folder, { recursive: true });
});

/** A member of the queue whose calls wait: one statement, while no process may be there. */
const logsIn = (extension: string) =>
  site.sql("insert into queue_member (queue, extension) values ('patient', $1)", [extension]);

/** Whoever waits hears music and talks to nobody; one more talks. */
interface Scene {
  readonly phone: Phone;
  readonly talking: Caller;
  readonly ring: Call;
  readonly waiting: Caller;
}

async function oneTalksOneWaits(): Promise<Scene> {
  const phone = await site.phone('1000', { speaksHz: 700, behaviour: answers(400) });
  await site.onDuty('1000');
  const talking = await site.caller('0001', { from: { number: '2001' }, speaksHz: 500 });
  const ring = await phone.ring();
  await site.untilPhase('talking');
  // They talk before the database has it.
  await site.logged('CONNECT');
  const waiting = await site.caller('0401', { from: { number: '2002' } });
  await site.untilPhase('waiting');
  await hearsFor(waiting, 1_500);
  await untilTheyTalk([talking, 500], [ring, 700]);
  return { phone, talking, ring, waiting };
}

/** The longest time without a packet, and when it began. */
function longestGap(packets: readonly { readonly atMs: number }[]): { fromMs: number; toMs: number } {
  let longest = { fromMs: 0, toMs: 0 };
  for (const [index, { atMs }] of packets.entries()) {
    const before = packets[index - 1]?.atMs ?? atMs;
    if (atMs - before > longest.toMs - longest.fromMs) longest = { fromMs: before, toMs: atMs };
  }
  return longest;
}

/** The talk goes on and ends as it should, and the caller who waited is served once, by one ring. */
async function allIsServed({ talking, ring, waiting }: Scene, served: Call): Promise<void> {
  await untilTheyTalk([talking, 500], [ring, 700]);
  expect(served.caller.number).toBe('2002');
  await ring.hangup();
  expect(await talking.ended()).toMatchObject({ by: 'far end' });
  await served.answer();
  await served.answered();
  await site.untilPhase('talking', ({ caller }) => caller.number === '2002');
  await served.hangup();
  expect(await waiting.ended()).toMatchObject({ by: 'far end' });
  await site.logged('COMPLETEAGENT', 2);
  await site.untilNoCalls();
  for (const caller of ['2001', '2002']) {
    const [row] = await site.sql<{ callid: string }>(
      "select callid from queue_log where event = 'ENTERQUEUE' and data2 = $1 order by id desc limit 1",
      [caller],
    );
    const lines = (await site.callLog()).filter(({ callid }) => callid === row?.callid);
    expect(lines.map(({ event }) => event)).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  }
}

/** How a process that was replaced has ended: with one line, and nothing but that after it woke. */
async function endsReplaced(process: QueueappProcess, linesBefore: number): Promise<void> {
  expect(await process.end()).toMatchObject({ status: 75 });
  const after = process.log.slice(linesBefore);
  const last = after.find(({ msg }) => msg.startsWith('The lease of the switch is lost'));
  expect(last).toMatchObject({ level: 'fatal' });
  // By their times: a line that pino was writing comes after one that is fatal, which it does not put behind others.
  expect(after.filter(({ time }) => time > String(last?.time))).toEqual([]);
}

test('(a) the active process is killed: the standby has the calls within five seconds, and serves who waits', async () => {
  await site.reset();
  const standby = await site.standby();
  const scene = await oneTalksOneWaits();
  const second = await site.phone('2000', { speaksHz: 900, behaviour: neverAnswers });
  const audio = await SentAudio.begin(scene.waiting);
  await hearsFor(scene.waiting, 500);
  const beat = new OwnBeat();
  const killedAtMs = Date.now();
  await Promise.all([site.killApp(), logsIn('2000')]);
  const served = await second.ring();
  await site.followedBy(standby);
  await hearsFor(scene.waiting, 1_000);
  const { packets } = await audio.end();
  beat.end();
  const gap = longestGap(packets);
  const figures = {
    invite: beat.ownMs(killedAtMs, served.invitedAtMs),
    programme: beat.ownMs(killedAtMs, gap.toMs),
    deadAir: gap.toMs - gap.fromMs,
  };
  process.stdout.write(`Takeover after kill -9, ms: ${JSON.stringify(figures)}\n`);
  expect(figures.invite).toBeLessThan(TAKEOVER_MS_MAX);
  expect(figures.programme).toBeLessThan(TAKEOVER_MS_MAX);
  expect(standby.log.find(({ msg }) => msg === 'Took the lease of the switch')).toMatchObject({ why: 'session-gone' });
  await allIsServed(scene, served);
});

test('(b) the active process is frozen for 30 s: the standby takes over, and the frozen one does nothing more when it wakes', async () => {
  await site.reset();
  const tap = await AriTap.start(site.env.ARI_URL);
  taps.push(tap);
  // Encrypted, so that a stanza can't be told from anything else: it is not to send a byte.
  let xmppBytes = 0;
  const xmpp = await Tap.start(site.env.XMPP_SERVICE, () => (bytes) => {
    xmppBytes += bytes.length;
  });
  taps.push(xmpp);
  const frozen = await site.standby({ ARI_URL: tap.url, XMPP_SERVICE: `xmpp://${xmpp.host}` });
  await site.killApp();
  await site.followedBy(frozen);
  const standby = await site.standby();
  const scene = await oneTalksOneWaits();
  const crm = await site.crm();
  await crm.subscribe('extension1000');
  // The node may be there since the process before: so its bytes are waited for by themselves.
  await eventually('the process that will be frozen speaks XMPP', () => xmppBytes > 0);
  const stoppedAtMs = Date.now();
  frozen.signal('SIGSTOP');
  // Asterisk gives this one to the frozen process, which keeps it in its socket.
  const late = await site.caller('0401', { from: { number: '2003' } });
  await site.followedBy(standby);
  const takenAfterMs = Date.now() - stoppedAtMs;
  process.stdout.write(`Takeover after SIGSTOP, ms: ${takenAfterMs}\n`);
  expect(standby.log.find(({ msg }) => msg === 'Took the lease of the switch')).toMatchObject({ why: 'silent' });
  await site.untilPhase('waiting', ({ caller }) => caller.number === '2003');
  await untilTheyTalk([scene.talking, 500], [scene.ring, 700]);
  // From here on nothing changes by itself: both who wait hear the new process's programme, and the frozen one's line is gone.
  await eventually('both who wait have their programme', async () => {
    const hearing = (await site.calls()).filter(({ hears }) => Object.keys(TONES).includes(String(hears)));
    const channels = await site.asterisk('core show channels concise');
    return hearing.length === 2 && channels.match(/^WebSocket\//gm)?.length === 2;
  });
  await pause(stoppedAtMs + FROZEN_MS - Date.now());
  const before = { channels: await site.asterisk('core show channels concise'), asked: tap.asked.length, xmppBytes };
  const lines = frozen.log.length;
  const wokenAtMs = Date.now();
  frozen.signal('SIGCONT');
  await endsReplaced(frozen, lines);
  process.stdout.write(`Ended after SIGCONT, ms: ${Date.now() - wokenAtMs}\n`);
  expect(tap.asked.slice(before.asked)).toEqual([]);
  expect(xmppBytes).toBe(before.xmppBytes);
  const names = (text: string) => text.split('\n').map((line) => line.split('!')[0]);
  expect(names(await site.asterisk('core show channels concise'))).toEqual(names(before.channels));
  const second = await site.phone('2000', { speaksHz: 900, behaviour: neverAnswers });
  await logsIn('2000');
  const served = await second.ring();
  await late.hangup();
  await allIsServed(scene, served);
});

test('(c) the active process loses the database: both think that the other is dead, one acts', async () => {
  await site.reset();
  const { hostname, port } = new URL(site.env.DATABASE_URL);
  const proxy = await HalfOpenProxy.start({ host: hostname, port: Number(port) });
  taps.push(proxy);
  const through = new URL(site.env.DATABASE_URL);
  through.hostname = '127.0.0.1';
  through.port = String(proxy.port);
  const cutOff = await site.standby({ DATABASE_URL: through.href });
  await site.killApp();
  await site.followedBy(cutOff);
  const standby = await site.standby();
  const scene = await oneTalksOneWaits();
  const second = await site.phone('2000', { speaksHz: 900, behaviour: neverAnswers });
  const lines = cutOff.log.length;
  const cutAtMs = Date.now();
  proxy.fallSilent();
  await site.followedBy(standby);
  process.stdout.write(`Takeover after the cut, ms: ${Date.now() - cutAtMs}\n`);
  await logsIn('2000');
  const served = await second.ring();
  await untilTheyTalk([scene.talking, 500], [scene.ring, 700]);
  // Asterisk tells it, while the database still can't.
  await endsReplaced(cutOff, lines);
  proxy.recover();
  expect(second.rings).toHaveLength(1);
  await allIsServed(scene, served);
});

test('(d) while no process is there a new call falls through to the dialplan', async () => {
  await site.reset();
  await site.killApp();
  const caller = await site.caller('0402', { from: { number: '2004' } });
  await eventually('the call has fallen through', async () =>
    /FELL_THROUGH\s*=\s*FAILED/.test(await site.asterisk('dialplan show globals')),
  );
  await caller.ended();
  await site.startApp();
  await site.untilNoCalls();
});
