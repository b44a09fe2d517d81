import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { RECORDING_BYTES_PER_SECOND } from '../../src/core/queue/recording.ts';
import type { RecordingJson } from '../../src/http/recording-routes.ts';
import { rmsDbfs } from '../support/audio/levels.ts';
import { durationMs, slice } from '../support/audio/pcm.ts';
import { rtpPackets } from '../support/audio/rtp.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { hearsFor, withQueues } from '../support/e2e/hearing.ts';
import { untilTheyTalk, untilTone } from '../support/e2e/listening.ts';
import {
  apartMsMax,
  filesOf,
  heardSpans,
  type RecordingRow,
  recordingFolder,
  rowsOf,
  smallDisk,
} from '../support/e2e/recorded.ts';
import { Site } from '../support/e2e/site.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import type { Call } from '../support/phones/call.ts';
import type { Caller } from '../support/phones/caller.ts';
import { Capture } from '../support/phones/capture.ts';
import { answers, type Phone } from '../support/phones/phone.ts';

jest.setTimeout(120_000);

const CALLER_HZ = 500;
const MEMBER_HZ = 700;
const CONSENT = 'recording_consent';
/** The folder is the caller's number, so that a test has one of its own. */
const RECORDING = `recording: { what: both, name: '{caller}/{call-id}', consent`;
/** Of the queue whose consent takes so long that every member is quicker. */
const TOLD_TIMES = 10;
const TOLD_AT_LENGTH = `  at-length: { ${RECORDING}: [${Array(TOLD_TIMES).fill(`queueapp/${CONSENT}`).join(', ')}] } }`;

let site: Site;
beforeAll(async () => {
  const configure = (shipped: string) =>
    withQueues(shipped.replace(/( {2}support:\n)/, `$1    ${RECORDING}: queueapp/${CONSENT} }\n`), TOLD_AT_LENGTH);
  site = await Site.up({ name: 'recording', configure });
  await site.dialplan('0501', 'Stasis(queueapp,queue,at-length)');
}, 600_000);
afterEach(() => site.reset());
afterAll(() => site?.down());

interface Talking {
  readonly phone: Phone;
  readonly caller: Caller;
  readonly member: Call;
  readonly callId: string;
}

/** They talk, after the caller has heard the consent to its end. */
async function talking(number = '5550100'): Promise<Talking> {
  const phone = await site.phone('1000', { speaksHz: MEMBER_HZ, behaviour: answers(400) });
  const caller = await site.caller('0001', { speaksHz: CALLER_HZ, from: { number } });
  await caller.hears(CONSENT);
  // Rung as soon as the member is there.
  await site.login('1000');
  const member = await phone.ring();
  await member.answered();
  await untilTheyTalk([caller, CALLER_HZ], [member, MEMBER_HZ]);
  const { callId } = await site.untilPhase('talking');
  return { phone, caller, member, callId };
}

/** What a recording may be shorter than the time that it took: an Asterisk that is starved of processor loses some of its beats (stasis/ari/README.md). */
const LOST_MS_MAX = 1_000;

/** Waits until so many bytes more are in a file, of which Asterisk writes 32 KB at a time: two seconds. */
async function untilWritten(callId: string, part: RecordingRow['part'], bytes: number): Promise<void> {
  const row = await eventually('the row is there', async () => (await rowsOf(site, callId))[part]);
  const size = () => statSync(join(recordingFolder(site), row.file)).size;
  const before = size();
  await eventually(`${bytes} bytes more`, () => size() >= before + bytes);
}

/** The database is told beside whoever has asked. */
const untilState = (callId: string, state: string) =>
  eventually(`all three files are ${state}`, async () => {
    const rows = Object.values(await rowsOf(site, callId));
    return rows.length === 3 && rows.every((row) => row.state === state);
  });

async function talkOn({ caller, member }: Pick<Talking, 'caller' | 'member'>): Promise<void> {
  await untilTheyTalk([caller, CALLER_HZ], [member, MEMBER_HZ]);
}

/** How many seconds longer each file is on the disk than the command says, by the room that it takes. */
async function sizesBeyond(callId: string): Promise<Record<string, number>> {
  const { out } = await site.cli('recording', 'list', '--call', callId, '--json');
  const files = (JSON.parse(out) as RecordingJson[]).map(({ file, bytes }) => {
    const { size } = statSync(join(recordingFolder(site), file));
    return [file, (size - (bytes ?? 0)) / RECORDING_BYTES_PER_SECOND.wav] as const;
  });
  return Object.fromEntries(files);
}

describe('A recorded conversation', () => {
  test('has both together and each apart, in one time, and not the waiting; a pause leaves no sound', async () => {
    const beat = new OwnBeat();
    const { caller, member, callId } = await talking();
    // They may hear each other before it is begun.
    await untilState(callId, 'recording');
    await hearsFor(caller, 1_500);
    const paused = await site.cli('recording', 'pause', callId);
    expect([paused.status, paused.out]).toEqual([0, `${callId} is recorded; the recording is paused\n`]);
    await untilState(callId, 'paused');
    expect((await rowsOf(site, callId)).together).toMatchObject({ ended_at: null });
    await hearsFor(caller, 2_000);
    const resumed = await site.cli('recording', 'resume', callId);
    expect(resumed.out).toBe(`${callId} is recorded\n`);
    await hearsFor(caller, 2_000);
    await member.hangup();
    await caller.ended();

    const files = await filesOf(site, callId);
    // When the whole machine stands still, Asterisk loses the beats, and this process its own.
    const lostMsMax = LOST_MS_MAX + beat.end().missedMs;
    const apartMs = apartMsMax(Object.values(files));
    const rows = await rowsOf(site, callId);
    expect(rows.caller?.file).toBe(`5550100/${callId}-caller.wav`);
    for (const [part, pcm] of Object.entries(files)) {
      const row = rows[part as keyof typeof rows];
      expect(row).toMatchObject({ state: 'done', error: null });
      const lastedMs = Number(row?.ended_at) - Number(row?.started_at);
      expect(Math.abs(durationMs(pcm) - lastedMs)).toBeLessThan(lostMsMax);
    }
    // Each voice is there before the pause and after it, and nowhere in it.
    const heard = {
      caller: heardSpans(files.caller, CALLER_HZ),
      member: heardSpans(files.member, MEMBER_HZ),
      callerTogether: heardSpans(files.together, CALLER_HZ),
      memberTogether: heardSpans(files.together, MEMBER_HZ),
    };
    for (const spans of Object.values(heard)) {
      expect(spans).toHaveLength(2);
      const [before, after] = spans;
      // They had heard each other before: no music, no ringing, no silence in front.
      expect(before?.fromMs).toBeLessThan(1_500);
      expect((after?.fromMs ?? 0) - (before?.toMs ?? 0)).toBeGreaterThan(2_000);
      // Aligned: the pause begins and ends at the same place in all files.
      expect(Math.abs((before?.toMs ?? 0) - (heard.caller[0]?.toMs ?? 0))).toBeLessThanOrEqual(apartMs);
      expect(Math.abs((after?.fromMs ?? 0) - (heard.caller[1]?.fromMs ?? 0))).toBeLessThanOrEqual(apartMs);
    }
    expect(heardSpans(files.caller, MEMBER_HZ)).toEqual([]);
    expect(heardSpans(files.member, CALLER_HZ)).toEqual([]);
    const [before, after] = heard.caller;
    for (const pcm of Object.values(files)) {
      const pause = slice(pcm, (before?.toMs ?? 0) + apartMs, (after?.fromMs ?? 0) - apartMs);
      expect(durationMs(pause)).toBeGreaterThan(500);
      expect(rmsDbfs(pause)).toBe(Number.NEGATIVE_INFINITY);
    }
    const beyond = await sizesBeyond(callId);
    expect(Object.keys(beyond)).toContain(`5550100/${callId}-member.wav`);
    // Alike as above.
    expect(Math.max(...Object.values(beyond).map(Math.abs)) * 1_000).toBeLessThan(lostMsMax);
  });

  test('stays aligned when one of the two sends nothing for a while', async () => {
    const { phone, caller, callId } = await talking('5550101');
    phone.unplug();
    await untilWritten(callId, 'member', 64 * 1024);
    phone.plugBack();
    await hearsFor(caller, 2_000);
    await caller.hangup();
    const files = await filesOf(site, callId);
    const alone = heardSpans(files.member, MEMBER_HZ);
    const together = heardSpans(files.together, MEMBER_HZ);
    const apartMs = apartMsMax(Object.values(files));
    expect(alone.length).toBeGreaterThanOrEqual(2);
    expect((alone[1]?.fromMs ?? 0) - (alone[0]?.toMs ?? 0)).toBeGreaterThan(1_500);
    expect(Math.abs((alone[0]?.toMs ?? 0) - (together[0]?.toMs ?? 0))).toBeLessThanOrEqual(apartMs);
    expect(Math.abs((alone[1]?.fromMs ?? 0) - (together[1]?.fromMs ?? 0))).toBeLessThanOrEqual(apartMs);
    // A file that lacked what was not sent would be shorter by far more.
    expect(apartMs).toBeLessThan(LOST_MS_MAX);
  });

  test('has silence while the member has put the caller on hold, who hears the programme', async () => {
    const call = await talking('5550102');
    await hearsFor(call.caller, 1_000);
    await call.member.hold();
    await eventually('the programme is heard', async () =>
      (await site.asterisk('core show channels')).includes('WebSocket/'),
    );
    await hearsFor(call.caller, 3_000);
    await call.member.hold(false);
    await untilTone(call.caller, [MEMBER_HZ], Date.now());
    await hearsFor(call.caller, 1_000);
    await call.caller.hangup();
    const { together } = await filesOf(site, call.callId);
    const [before, after] = heardSpans(together, MEMBER_HZ);
    expect((after?.fromMs ?? 0) - (before?.toMs ?? 0)).toBeGreaterThan(2_500);
    const onHold = slice(together, (before?.toMs ?? 0) + 300, (after?.fromMs ?? 0) - 300);
    expect(rmsDbfs(onHold)).toBe(Number.NEGATIVE_INFINITY);
    expect(rmsDbfs(slice(together, (after?.fromMs ?? 0) + 200, durationMs(together)))).toBeGreaterThan(-30);
  });

  test('begins when the caller has been told, where the member is quicker; they talk at once', async () => {
    const phone = await site.phone('1000', { speaksHz: MEMBER_HZ, behaviour: answers(400) });
    expect((await site.cli('login', '1000', 'at-length')).status).toBe(0);
    await site.untilDevice('1000', 'NOT_INUSE');
    const sent = await Capture.start();
    try {
      const caller = await site.caller('0501', { speaksHz: CALLER_HZ, from: { number: '5550103' } });
      const member = await phone.ring();
      await member.answered();
      const { callId } = await site.untilPhase('talking');
      expect(await rowsOf(site, callId)).toEqual({});
      const rows = await eventually('it is recorded', async () => {
        const found = await rowsOf(site, callId);
        return found.together && found;
      });
      await talkOn({ caller, member });
      // A phone that gets another stream after its first packets may be deaf for the rest of the call (baresip 1.0.0 is).
      const toMember = rtpPackets(await sent.stop(), { to: member.soundAddress });
      expect(new Set(toMember.map(({ ssrc }) => ssrc)).size).toBe(1);
      const told = (await caller.heard()).filter(({ name }) => name === CONSENT);
      expect(told.length).toBeGreaterThanOrEqual(TOLD_TIMES);
      expect(Number(rows.together?.started_at)).toBeGreaterThan(caller.invitedAtMs + (told.at(-1)?.offsetMs ?? 0));
      await caller.hangup();
      const { together } = await filesOf(site, callId);
      // Nothing of the seconds before; a busy Asterisk may lose a few of its first beats.
      expect(heardSpans(together, MEMBER_HZ)[0]?.fromMs).toBeLessThan(1_500);
    } finally {
      await sent.close();
    }
  });
});

describe('Bad days', () => {
  test('the disk is full: the recording is lost and the call is not', async () => {
    const giveBack = await smallDisk(site, '5550900', 100);
    try {
      const from = site.app.log.length;
      const call = await talking('5550900');
      const failed = await site.app.says('Recording failed', ({ msg }) => msg === 'Recording failed', { from });
      expect(failed).toMatchObject({ level: 'error', err: { code: 'RECORDING_LOST' } });
      await eventually('all three rows say so', async () => {
        const rows = Object.values(await rowsOf(site, call.callId));
        return rows.length === 3 && rows.every(({ state, error }) => state === 'failed' && error?.includes('room'));
      });
      await talkOn(call);
      expect((await site.calls())[0]?.phase).toBe('talking');
      // There is room again.
      await giveBack();
      const started = await site.cli('recording', 'start', call.callId);
      expect(started.out).toBe(`${call.callId} is recorded\n`);
      await hearsFor(call.caller, 1_000);
      await call.member.hangup();
      await call.caller.ended();
      await eventually('the three of the second time are there', async () => {
        const again = await site.sql<{ part: string }>(
          "select part from recording where call_id = $1 and state = 'done' order by part",
          [call.callId],
        );
        return again.map(({ part }) => part).join() === 'caller,member,together';
      });
    } finally {
      await giveBack();
    }
  });

  test('the application is killed: the recording goes on, and is closed by the next', async () => {
    const beat = new OwnBeat();
    const call = await talking('5550104');
    // They may hear each other before that; what the database does not know, the next process can't go on with.
    await site.logged('CONNECT');
    await untilState(call.callId, 'recording');
    await site.killApp();
    await hearsFor(call.caller, 1_000);
    await site.startApp();
    await site.untilPhase('talking');
    expect((await rowsOf(site, call.callId)).together).toMatchObject({ state: 'recording' });
    const paused = await site.cli('recording', 'pause', call.callId);
    expect(paused.status).toBe(0);
    await hearsFor(call.caller, 2_000);
    await site.cli('recording', 'resume', call.callId);
    await talkOn(call);
    const endMs = Date.now();
    await call.caller.hangup();
    const { together } = await filesOf(site, call.callId);
    const closedMs = Date.now();
    const row = (await rowsOf(site, call.callId)).together;
    expect(row).toMatchObject({ state: 'done', error: null });
    expect(Number(row?.ended_at)).toBeGreaterThan(endMs - 1_000);
    expect(Number(row?.ended_at)).toBeLessThan(closedMs + 1_000);
    const lastedMs = Number(row?.ended_at) - Number(row?.started_at);
    // A machine that starts a program on top of everything may lose some of Asterisk's beats.
    expect(Math.abs(durationMs(together) - lastedMs)).toBeLessThan(LOST_MS_MAX + beat.end().missedMs);
    // One gap, the pause: through the absence everything was recorded.
    expect(heardSpans(together, MEMBER_HZ)).toHaveLength(2);
  });

  test('a call that is over, or waits, can’t be recorded by hand', async () => {
    expect((await site.cli('recording', 'start', 'nobody')).error).toMatch(/^CALL_UNKNOWN: /);
    const caller = await site.caller('0001', { from: { number: '5550105' } });
    const { callId } = await site.untilPhase('waiting');
    expect((await site.cli('recording', 'start', callId)).error).toMatch(/^RECORDING_REFUSED: /);
    await caller.hangup();
  });
});
