import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { silences } from '../support/audio/levels.ts';
import { durationMs, writeWav } from '../support/audio/pcm.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { hearsFor, hearsNow, SentAudio, untilHears } from '../support/e2e/hearing.ts';
import { type KilledAt, killedAt } from '../support/e2e/killed-at.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { TONES, tone, writeToneClass } from '../support/e2e/tone-class.ts';
import { runLoad } from '../support/phones/load.ts';
import { answers, neverAnswers } from '../support/phones/phone.ts';
import { pause } from '../support/phones/waiting.ts';

jest.setTimeout(180_000);

/** How long a process takes to start tells how busy the machine is: callers hear nothing for at most so much longer than a start. */
const DEAD_AIR_MS = 4_000;
/** So short that callers hear the second tune soon, which is so long that the first does not come again in any test. */
const FIRST_TUNE_SECONDS = 45;
const TUNE_SECONDS = 180;
/** Of each of a hundred callers, after the answer: time for all of them to take their places. */
const STAY_MS = 45_000;
/** RFC 3389: what rtp_keepalive sends is not heard. */
const COMFORT_NOISE = 13;
/** A tone that no music has: what is said as advice. */
const ADVICE_HZ = 2_300;

const folder = mkdtempSync(join(tmpdir(), 'queueapp-recovery-'));
let site: Site;
beforeAll(async () => {
  writeToneClass(join(folder, 'music'), TUNE_SECONDS);
  writeWav(join(folder, 'music/a-low.wav'), tone(TONES['a-low'], FIRST_TUNE_SECONDS));
  mkdirSync(join(folder, 'advice/first'), { recursive: true });
  writeWav(join(folder, 'advice/first/one.wav'), tone(ADVICE_HZ, 2));
  // So long that a process can be killed between the making of a leg and its dial; nobody gives up ringing, or waiting for a key, on a busy machine.
  const patient = (shipped: string) =>
    shipped
      .replace('publish-wait: 300ms', 'publish-wait: 10s')
      .replace('ring-timeout: 15s', 'ring-timeout: 2m')
      .replace('wait: 3s ', 'wait: 60s ');
  const configure = (shipped: string) => `${patient(shipped)}
music-classes:
  default:
    folder: ${join(folder, 'music')}
    advice: ${join(folder, 'advice')}
    fallback: nothing-at-all
    programme: { position: { on-change: false, every: 0 }, advice: { first-after: 4s, pause: 5m } }
`;
  site = await Site.up({ name: 'recovery', configure, members: 2 });
  await site.sql("insert into extension (number, interface) values ('4001', 'PJSIP/m001'), ('4002', 'PJSIP/m002')");
}, 600_000);
afterEach(async () => {
  await site.reset();
  await site.sql("update queue set settings = settings - 'wrap-up' where name = 'support'");
});
afterAll(async () => {
  await site?.down();
  rmSync(folder, { recursive: true });
});

/** Everything that a restart must not change, as the database has it. */
async function standing() {
  const entries = await site.sql(
    `select caller_number, state, joined_at, placed_at, original_position from queue_entry where state <> 'ended' order by joined_at`,
  );
  const attempts = await site.sql(
    "select extension, state, started_at, connected_at from ring_attempt where state <> 'ended' order by extension",
  );
  const members = await site.sql(
    `select extension, paused, paused_reason, paused_at, aside_until, last_hangup_at
      from queue_member join extension on number = extension order by extension`,
  );
  return { entries, attempts, members };
}

/** As a supervisor does it: the next process at once. Answers how long it took. */
async function diesAndBegins(): Promise<number> {
  const killedAtMs = Date.now();
  await site.killApp();
  await site.startApp();
  return Date.now() - killedAtMs;
}

/** Notes of ended channels that Asterisk still has. */
const notes = async () => (await site.asterisk('dialplan show globals')).match(/QUEUEAPP_END_/g)?.length ?? 0;

/** When a line was written, as its own time says. */
async function writtenAtMs(event: string): Promise<number> {
  const [row] = await site.sql<{ at: string }>(
    `select extract(epoch from time at time zone 'UTC') as at from queue_log where event = $1 order by id desc limit 1`,
    [event],
  );
  return Number(row?.at) * 1_000;
}

/** The caller is in the dialplan, which is asked to wait there. */
async function inTheDialplan(): Promise<void> {
  await eventually('the call is not ours any more', async () => (await site.calls()).length === 0);
  await eventually('the dialplan goes on', async () =>
    (await site.asterisk('core show channels concise')).includes('!Wait!'),
  );
}

describe('kill -9, with everything there at once', () => {
  test('places, waiting times, reservations, wrap-ups, pauses and absences are what they were, and the programme goes on', async () => {
    const talker = await site.phone('1000', { speaksHz: 700, behaviour: answers(400) });
    const wraps = await site.phone('2000', { behaviour: answers(0, 500) });
    const absent = await site.phone('3000', { behaviour: answers(0) });
    const ringing = await site.phone('m001', { behaviour: neverAnswers });
    await site.sql(`update queue set settings = settings || '{"wrap-up": "5m"}' where name = 'support'`);
    await site.onDuty('2000');
    await (await site.caller('0001', { from: { number: '2001' } })).ended();
    await site.onDuty('1000');
    const talking = await site.caller('0001', { from: { number: '2002' }, speaksHz: 500 });
    const talk = await talker.ring();
    await untilTheyTalk([talking, 500], [talk, 700]);
    await site.logged('CONNECT', 2);
    const first = await site.caller('0001', { from: { number: '2003' } });
    await site.untilPhase('waiting', ({ position }) => position === 1);
    // Put aside, as after an unanswered call with notpresent-penalty, and paused: both before they could be rung.
    await site.sql(
      `insert into queue_member (queue, extension, aside_until) values ('support', '3000', now() + '10 min')`,
    );
    await site.sql(
      `insert into queue_member (queue, extension, paused, paused_reason) values ('support', '4002', true, 'lunch')`,
    );
    const second = await site.caller('0001', { from: { number: '2004' } });
    await site.untilPhase('waiting', ({ position }) => position === 2);
    const waiting = [first, second];
    // The advice has been said, and the second track is heard.
    await untilHears(first, 'b-middle', 90_000);
    // Rung as soon as they are known: never surely seen free.
    await site.login('4001');
    const cut = await ringing.ring();
    const before = await standing();
    expect(before.entries).toMatchObject([{ state: 'talking' }, { state: 'ringing' }, { state: 'waiting' }]);
    const sending = await Promise.all(waiting.map((caller) => SentAudio.begin(caller)));
    // What is heard before the kill is captured, too: without it the gap would be in front of the first packet.
    for (const caller of waiting) await hearsFor(caller, 1_000);

    const startMs = await diesAndBegins();
    const deadAirMsMax = startMs + DEAD_AIR_MS;

    await untilTheyTalk([talking, 500], [talk, 700]);
    const again = await ringing.ring();
    expect(again.caller.number).toBe('2003');
    expect(await cut.ended()).toMatchObject({ how: 'cancel' });
    const after = await standing();
    expect(after.entries).toEqual(before.entries);
    expect(after.members).toEqual(before.members);
    expect(after.attempts.map(({ extension, state }) => [extension, state])).toEqual(
      before.attempts.map(({ extension, state }) => [extension, state]),
    );
    expect(wraps.rings).toHaveLength(1);
    expect(absent.rings).toHaveLength(0);
    for (const caller of waiting) await hearsFor(caller, 8_000);
    for (const [index, sent] of sending.entries()) {
      const { packets, pcm } = await sent.end();
      const heard = packets.filter(({ payloadType }) => payloadType !== COMFORT_NOISE);
      const gaps = heard.slice(1).map((packet, at) => packet.atMs - (heard[at]?.atMs ?? 0));
      const deadAirMs = Math.max(...gaps);
      process.stdout.write(`caller ${index + 1}: ${Math.round(deadAirMs)} ms of dead air after kill -9\n`);
      expect(deadAirMs).toBeGreaterThan(500);
      expect(deadAirMs).toBeLessThan(deadAirMsMax);
      expect(durationMs(pcm)).toBeGreaterThan(5_000);
    }
    // Never the first track anew, and the advice is not said again.
    expect(await hearsNow(first)).not.toBe('a-low');
    const [kept] = await site.sql<{ advice: string[] }>(
      `select heard->'programme'->'advice' as advice from queue_entry_heard h join queue_entry e using (entry_id)
        where e.caller_number = '2003'`,
    );
    expect(kept?.advice).toEqual(['first/first/one']);
    expect(silences(await first.recording(), { minimumMs: deadAirMsMax, thresholdDbfs: -50 })).toEqual([]);
  });
});

describe('what ended while nobody was there', () => {
  test.each([
    ['the member', 'COMPLETEAGENT'],
    ['the caller', 'COMPLETECALLER'],
  ] as const)('%s hung up: %s at that time, and the other one is released at once', async (who, event) => {
    const phone = await site.phone('1000', { behaviour: answers(0) });
    await site.onDuty('1000');
    const caller = await site.caller('0001', { from: { number: '2001' } });
    const ring = await phone.ring();
    await site.untilPhase('talking');
    // They talk before the database has it.
    await site.logged('CONNECT');
    await site.killApp();
    await pause(2_000);
    const beforeMs = Date.now();
    await (who === 'the member' ? ring : caller).hangup();
    // The BYE is sent: Asterisk may come to it later.
    const channel = who === 'the member' ? 'PJSIP/1000-' : 'PJSIP/caller-';
    await eventually('Asterisk has ended the channel', async () => {
      const channels = await site.asterisk('core show channels concise');
      return channels !== '' && !channels.includes(channel);
    });
    const afterMs = Date.now();
    await pause(6_000);
    await site.startApp();
    await (who === 'the member' ? caller : ring).ended();
    await site.logged(event);
    // Asterisk notes whole seconds.
    const atMs = await writtenAtMs(event);
    expect(atMs).toBeGreaterThan(beforeMs - 1_500);
    expect(atMs).toBeLessThan(afterMs + 1_500);
    await eventually('no note is left', async () => (await notes()) === 0);
  });

  test('a hundred callers who wait: each ABANDON once, with its own time', async () => {
    const account = site.sip('caller');
    const beganAtMs = Date.now();
    const load = runLoad({ account, number: '0001', callsPerSecond: 20, calls: 100, stayMs: STAY_MS });
    // In the database, too: who is only just entering when the process dies has no place that could be closed.
    const isWaiting = "select 1 from queue_entry where state = 'waiting'";
    await eventually('a hundred wait', async () => (await site.sql(isWaiting)).length === 100, STAY_MS);
    // Asked for beside the place in the queue: who is killed in between leaves an end that nobody notes.
    await eventually('Asterisk is asked to note every end', async () => {
      const handlers = await site.asterisk('core show hanguphandlers all');
      return (handlers.match(/queueapp-ended/g)?.length ?? 0) >= 100;
    });
    await site.killApp();
    const { successful } = await load;
    expect(successful).toBe(100);
    await eventually('no channel is left', async () => (await site.channels()) === 0, 30_000);
    const allGoneAtMs = Date.now();
    await pause(5_000);
    await site.startApp();
    await site.logged('ABANDON', 100);
    const lines = await site.queueLog();
    expect(lines.filter(({ event }) => event === 'ENTERQUEUE')).toHaveLength(100);
    const ends = await site.sql<{ ended_at: Date }>(
      `select ended_at from queue_entry where outcome = 'ABANDON' order by ended_at desc limit 100`,
    );
    const endedAtMs = ends.map((each) => Number(each.ended_at));
    const [firstMs, lastMs] = [Math.min(...endedAtMs), Math.max(...endedAtMs)];
    process.stdout.write(`a hundred callers hung up within ${lastMs - firstMs} ms\n`);
    // All before the next process was there, and none before its time; they came within five seconds, and Asterisk notes whole ones.
    expect(firstMs).toBeGreaterThan(beganAtMs + STAY_MS - 1_500);
    expect(lastMs).toBeLessThan(allGoneAtMs + 1_500);
    expect(lastMs - firstMs).toBeGreaterThan(2_500);
    expect(new Set(lines.filter(({ event }) => event === 'ABANDON').map(({ callid }) => callid)).size).toBe(100);
    await eventually('no note is left', async () => (await notes()) === 0);
  });

  test('while the application is there, no notes pile up', async () => {
    const phone = await site.phone('1000', { behaviour: answers(0, 300) });
    await site.onDuty('1000');
    const caller = await site.caller('0001', { from: { number: '2001' } });
    await phone.ring();
    await caller.ended();
    await site.untilNoCalls();
    await eventually('no note is left', async () => (await notes()) === 0);
  });
});

describe('a ring that was cut in half', () => {
  test('between create and dial: the leg is freed, the member is rung from the beginning', async () => {
    const phone = await site.phone('1000', { behaviour: answers(0, 500) });
    await site.onDuty('1000');
    const xmpp = site.stack.state.processes.xmpp?.pid ?? 0;
    process.kill(xmpp, 'SIGSTOP');
    try {
      await site.caller('0001', { from: { number: '2001' } });
      // The leg is made, and waits for the item to be acknowledged.
      await eventually('a leg is there', async () =>
        (await site.asterisk('core show channels concise')).includes('PJSIP/1000-'),
      );
      expect(phone.rings).toEqual([]);
      await site.killApp();
    } finally {
      process.kill(xmpp, 'SIGCONT');
    }
    await site.startApp();
    expect((await phone.ring()).caller.number).toBe('2001');
    await site.logged('COMPLETEAGENT');
  });

  test('between dial and answer, the caller hangs up meanwhile: the phone stops ringing', async () => {
    const phone = await site.phone('1000', { behaviour: neverAnswers });
    await site.onDuty('1000');
    const caller = await site.caller('0001', { from: { number: '2001' } });
    const ring = await phone.ring();
    await site.killApp();
    await caller.hangup();
    await site.startApp();
    expect(await ring.ended()).toMatchObject({ how: 'cancel' });
    await site.logged('ABANDON');
    await site.untilDevice('1000', 'NOT_INUSE');
  });

  test('between answer and bridge: they talk', async () => {
    const phone = await site.phone('1000', { speaksHz: 700, behaviour: answers(2_500) });
    await site.onDuty('1000');
    const caller = await site.caller('0001', { from: { number: '2001' }, speaksHz: 500 });
    const ring = await phone.ring();
    await site.killApp();
    await ring.answered();
    await site.startApp();
    await untilTheyTalk([caller, 500], [ring, 700]);
    await ring.hangup();
    await site.logged('COMPLETEAGENT');
    expect((await site.callLog()).map(({ event }) => event)).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });
});

describe('a caller whose entry is closed', () => {
  const withdraws = async () => {
    const { callId } = await site.untilPhase('waiting');
    expect((await site.cli('drop', callId, '--info', 'noon')).status).toBe(0);
  };

  test('and who was not let go yet leaves the queue with the next process, with what the dialplan is to know', async () => {
    await site.dialplan('7100', 'Stasis(queueapp,queue,support)', 'Wait(60)');
    await site.caller('7100', { from: { number: '2001' } });
    await site.untilPhase('waiting');
    await site.killApp();
    await site.sql("select leave_queue(entry_id, 'WITHDRAW', 'noon', now()) from queue_entry where state = 'waiting'");
    await site.startApp();
    const told = await site.untilVariables('QUEUESTATUS', 'QUEUE_WITHDRAW_INFO');
    expect(told).toEqual({ QUEUESTATUS: 'WITHDRAW', QUEUE_WITHDRAW_INFO: 'noon' });
    await inTheDialplan();
    expect((await site.callLog()).map(({ event }) => event)).toEqual(['ENTERQUEUE', 'WITHDRAW']);
  });

  test('and who has come back through the dialplan since is not sent away for it', async () => {
    await site.dialplan('7101', 'Stasis(queueapp,queue,support)', 'Stasis(queueapp)', 'Wait(60)');
    const caller = await site.caller('7101', { from: { number: '2001' } });
    await withdraws();
    await caller.hears('ivr_menu', { headMs: 1_000, limitMs: 20_000 });
    await site.killApp();
    const fromMs = durationMs(await caller.recording());
    await site.startApp();
    await caller.hears('ivr_menu', { headMs: 1_000, limitMs: 20_000, afterMs: fromMs });
    expect(await site.calls()).toMatchObject([{ phase: 'ivr' }]);
    expect((await site.callLog()).map(({ event }) => event)).toEqual(['ENTERQUEUE', 'WITHDRAW']);
  });
});

describe('killed between two messages to Asterisk', () => {
  let killing: KilledAt | undefined;
  afterEach(async () => {
    await killing?.close();
    await site.sql("update queue set settings = settings - 'max-wait' - 'after-conversation' where name = 'support'");
  });
  const set = (settings: object) =>
    site.sql("update queue set settings = settings || $1::jsonb where name = 'support'", [JSON.stringify(settings)]);
  const events = async () => (await site.callLog()).map(({ event }) => event);
  const isTold = (uri: string) => uri.includes('variable=QUEUESTATUS');

  test('EXITWITHTIMEOUT is written and the caller not let go: the next process does it', async () => {
    await site.dialplan('7102', 'Stasis(queueapp,queue,support)', 'Wait(60)');
    await set({ 'max-wait': '1s' });
    killing = await killedAt(site, isTold);
    await site.caller('7102', { from: { number: '2001' } });
    await killing.gone;
    expect(await events()).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT']);
    expect(await site.asterisk('core show channels concise')).toContain('!Stasis!');
    await site.startApp();
    expect(await site.untilVariables('QUEUESTATUS')).toEqual({ QUEUESTATUS: 'TIMEOUT' });
    await inTheDialplan();
    expect(await events()).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT']);
  });

  test('COMPLETEAGENT is written and the caller not let go: the dialplan goes on with the next process', async () => {
    await site.dialplan('7103', 'Stasis(queueapp,queue,support)', 'Wait(60)');
    await set({ 'after-conversation': 'dialplan' });
    killing = await killedAt(site, isTold);
    const phone = await site.phone('1000', { behaviour: answers(200) });
    await site.onDuty('1000');
    await site.caller('7103', { from: { number: '2001' } });
    const ring = await phone.ring();
    await site.untilPhase('talking');
    await ring.hangup();
    await killing.gone;
    expect(await events()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
    await site.startApp();
    expect(await site.untilVariables('QUEUESTATUS')).toEqual({ QUEUESTATUS: 'CONTINUE' });
    await inTheDialplan();
    expect(await events()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });

  test('who has just come back through the dialplan hears the menu, although it was not noted that they are back', async () => {
    await site.dialplan('7104', 'Stasis(queueapp,queue,support)', 'Stasis(queueapp)', 'Wait(60)');
    await set({ 'max-wait': '1s' });
    let stays = 0;
    killing = await killedAt(site, (uri) => uri.includes('variable=STASISSTATUS') && ++stays === 2);
    const caller = await site.caller('7104', { from: { number: '2001' } });
    await killing.gone;
    expect(await events()).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT']);
    await site.startApp();
    await caller.hears('ivr_menu', { headMs: 1_000, limitMs: 30_000 });
    expect(await site.calls()).toMatchObject([{ phase: 'ivr' }]);
  });
});

describe('in the IVR', () => {
  test('the last menu is heard again, not the welcome, and its keys count', async () => {
    const caller = await site.caller('0000', { from: { number: '2001' } });
    await caller.hears('ivr_menu', { headMs: 1_000, limitMs: 20_000 });
    await site.killApp();
    // Asterisk plays the prompt to its end.
    const fromMs = durationMs(await caller.recording());
    // Nobody waits here until it says that it is ready: that may come later than the menu.
    const started = site.startApp();
    await caller.hears('ivr_menu', { headMs: 1_000, limitMs: 60_000, afterMs: fromMs });
    await caller.press('1');
    await caller.hears('inform_code', { headMs: 1_000, limitMs: 20_000, afterMs: fromMs });
    await caller.press('1111');
    await started;
    await site.untilPhase('waiting');
    await expect(caller.hears('welcome', { headMs: 1_000, limitMs: 1_000, afterMs: fromMs })).rejects.toThrow();
    const [entry] = await site.sql("select customer->>'name' as name from queue_entry where state = 'waiting'");
    expect(entry).toEqual({ name: 'Company 1' });
  });
});
