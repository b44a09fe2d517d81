import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { MediaLine } from '../../../src/ports/media-out.ts';
import { rmsDbfs, toneShare, toneSpans } from '../../support/audio/levels.ts';
import { type Pcm, slice } from '../../support/audio/pcm.ts';
import { longestPauseMs, type RtpPacket, rtpToPcm } from '../../support/audio/rtp.ts';
import { eventually } from '../../support/eventually.ts';
import { NoiseProgramme } from '../../support/media/noise-programme.ts';
import { SineProgramme } from '../../support/media/sine-programme.ts';
import { Capture } from '../../support/phones/capture.ts';
import { createMediaHarness, heardRtp, type MediaHarness, type WaitingCaller } from './media-harness.ts';

jest.setTimeout(60_000);

// Debian 11's Asterisk is fetched at the first use; that takes a minute.
const FETCH_LIMIT_MS = 600_000;
const PAYLOAD_TYPE = { ulaw: 0, alaw: 8 } as const;
const PHONE = { ulaw: 'PCMU', alaw: 'PCMA' } as const;

let harness: MediaHarness;
const lost: string[] = [];
const lines: MediaLine[] = [];
const waiting: WaitingCaller[] = [];

beforeAll(async () => {
  harness = await createMediaHarness({}, 'bullseye');
}, FETCH_LIMIT_MS);

afterAll(() => harness?.dispose());

// Whatever a test has left is cleared away, so that one failure does not become ten; then it is named.
afterEach(async () => {
  const left = lines.splice(0).filter(({ channelId }) => harness.media.holds(channelId));
  await Promise.all(left.map((line) => line.close()));
  lost.length = 0;
  for (const { caller, by } of waiting.splice(0)) {
    await caller.hangup();
    await harness.pbx.destroyBridge(by.bridgeId);
  }
  await eventually('nothing left', async () => {
    const { channels, bridges } = await harness.pbx.snapshot();
    return channels.length === 0 && bridges.length === 0;
  });
  expect(left).toEqual([]);
});

async function someoneWaits(options?: Parameters<MediaHarness['waiting']>[0]): Promise<WaitingCaller> {
  const who = await harness.waiting(options);
  waiting.push(who);
  return who;
}

async function open(who: WaitingCaller, programme: NoiseProgramme | SineProgramme, from = 0): Promise<MediaLine> {
  const { callId, channelId: callerChannelId, by } = who;
  const onLost = (reason: string) => lost.push(reason);
  const line = await harness.media.open({ callId, callerChannelId, by, programme, from, onLost });
  lines.push(line);
  return line;
}

/** The frames of a programme that were heard, in order; silence before and after it is left out. */
function framesOf(packets: readonly RtpPacket[], programme: NoiseProgramme): number[] {
  let near = 0;
  return packets.flatMap(({ payload }) => {
    const place = programme.find(payload, near + 1);
    if (place === undefined) return [];
    near = place.frame;
    return [place.frame];
  });
}

const rising = (numbers: readonly number[]) => numbers.map((_, index) => (numbers[0] ?? 0) + index);
const isHeardTo = (line: MediaLine, ms: number) =>
  eventually(`${ms} ms heard`, () => line.heardNow() >= ms * 8, ms + 20_000);

describe('A programme as RTP, on Asterisk 16.28', () => {
  test.each(['ulaw', 'alaw'] as const)(
    'comes to a caller who speaks %s byte for byte, without a gap',
    async (format) => {
      expect(await harness.pbx.hasMediaWebSocket()).toBe(false);
      const who = await someoneWaits({ codec: PHONE[format], speaksHz: 700 });
      expect(await harness.pbx.channelFormat(who.channelId)).toBe(format);
      const capture = await Capture.start();
      const programme = new NoiseProgramme(format);
      const line = await open(who, programme);
      await isHeardTo(line, 3000);
      const end = await line.close();
      const packets = heardRtp(await capture.stop(), PAYLOAD_TYPE[format]);
      const frames = framesOf(packets, programme);
      expect(frames.length).toBeGreaterThan(145);
      expect(frames).toEqual(rising(frames));
      expect(frames[0]).toBeLessThanOrEqual(1);
      expect(Math.abs((frames.at(-1) ?? 0) + 1 - end / 160)).toBeLessThanOrEqual(2);
      // Nothing is sent ahead, so a test machine that does other things is heard; README.md has the figures of a calm one.
      expect(longestPauseMs(packets.slice(0, frames.length))).toBeLessThan(300);
    },
  );

  test('is as loud as it was made', async () => {
    const who = await someoneWaits();
    const capture = await Capture.start();
    const line = await open(who, new SineProgramme('slin', 1000));
    await isHeardTo(line, 3000);
    await line.close();
    const heard = rtpToPcm(heardRtp(await capture.stop(), 0));
    const windows = Array.from({ length: 20 }, (_, index) => slice(heard, 500 + index * 100, 600 + index * 100));
    // A quarter of full scale; the best half of the windows, because a pause of this machine is a hole in the others.
    const good = windows.toSorted((a, b) => rmsDbfs(b) - rmsDbfs(a)).slice(0, 10);
    for (const window of good) {
      expect(Math.abs(rmsDbfs(window) - -15.05)).toBeLessThan(0.3);
      expect(toneShare(window, [1000])).toBeGreaterThan(0.99);
    }
  });

  test('goes to a G.722 caller in telephone quality', async () => {
    const who = await someoneWaits({ codec: 'G722' });
    expect(await harness.pbx.channelFormat(who.channelId)).toBe('slin16');
    const line = await open(who, new SineProgramme('slin16', 1700));
    await eventually('two seconds heard', () => line.heardNow() >= 2 * 16_000);
    await line.close();
    expect(longest(await who.caller.recording(), 1700)).toBeGreaterThan(1800);
  });

  test('does not bring the caller’s voice to us, and takes nothing from strangers', async () => {
    const who = await someoneWaits({ speaksHz: 700 });
    const capture = await Capture.start();
    const programme = new NoiseProgramme('ulaw');
    const line = await open(who, programme);
    await isHeardTo(line, 500);
    const datagrams = await capture.stop();
    const own = datagrams.find(({ payload }) => programme.find(payload.subarray(12), 10));
    expect(own).toBeDefined();
    const during = await Capture.start();
    const stranger = createSocket('udp4');
    for (let packet = 0; packet < 20; packet++) {
      for (const place of [own?.from, own?.to])
        stranger.send(own?.payload ?? '', Number(place?.split(':')[1]), '127.0.0.1');
    }
    await isHeardTo(line, 2500);
    const later = await during.stop();
    stranger.close();
    // Asterisk tells us nothing; it passes on our stream alone.
    expect(later.filter(({ from, to }) => from === own?.to && to === own?.from)).toEqual([]);
    const frames = framesOf(heardRtp(later, 0), programme);
    expect(frames.length).toBeGreaterThan(70);
    expect(frames).toEqual(rising(frames));
    await line.close();
  });

  test('plays changes at once', async () => {
    const who = await someoneWaits();
    const capture = await Capture.start();
    const programme = new NoiseProgramme('ulaw');
    const line = await open(who, programme);
    await isHeardTo(line, 1000);
    const at = line.heardNow();
    programme.change(at);
    line.refresh();
    await isHeardTo(line, 1500);
    await line.close();
    const places = heardRtp(await capture.stop(), 0).flatMap(({ payload }) => programme.find(payload, at / 160) ?? []);
    expect(places.find(({ version }) => version === 1)?.frame).toBe(at / 160);
    expect(places.findLast(({ version }) => version === 0)?.frame).toBe(at / 160 - 1);
  });

  test('goes on where it was after the process stood still for 700 ms', async () => {
    const who = await someoneWaits();
    const capture = await Capture.start();
    const programme = new NoiseProgramme('ulaw');
    const line = await open(who, programme);
    await isHeardTo(line, 1000);
    await standStill(700);
    await isHeardTo(line, 3000);
    await line.close();
    const packets = heardRtp(await capture.stop(), 0);
    const frames = framesOf(packets, programme);
    expect(frames).toEqual(rising(frames));
    expect(longestPauseMs(packets)).toBeGreaterThan(600);
    expect(longestPauseMs(packets)).toBeLessThan(1200);
    expect(lost).toEqual([]);
  });

  test('is lost, once, when Asterisk hangs the media channel up; a new line goes on from there', async () => {
    const who = await someoneWaits();
    const programme = new NoiseProgramme('ulaw');
    const line = await open(who, programme);
    await isHeardTo(line, 1000);
    await harness.pbx.hangup(line.channelId);
    await eventually('the loss', () => lost.length > 0);
    const end = await line.close();
    expect(Math.abs(end / 8 - 1000)).toBeLessThan(300);
    const next = await open(who, programme, end);
    await isHeardTo(next, end / 8 + 500);
    await next.close();
    expect(lost).toEqual(['Asterisk has ended the media channel']);
  });

  test('of two callers are two programmes', async () => {
    const [one, two] = [await someoneWaits(), await someoneWaits()];
    const [oneLine, twoLine] = await Promise.all([
      open(one, new SineProgramme('slin', 600)),
      open(two, new SineProgramme('slin', 1500)),
    ]);
    await isHeardTo(oneLine, 2000);
    await Promise.all([oneLine.close(), twoLine.close()]);
    const [first, second] = await Promise.all([one.caller.recording(), two.caller.recording()]);
    expect([longest(first, 600), longest(first, 1500)]).toEqual([expect.closeTo(2000, -3), 0]);
    expect([longest(second, 600), longest(second, 1500)]).toEqual([0, expect.closeTo(2000, -3)]);
  });

  test('is lost when Asterisk ends', async () => {
    const own = await createMediaHarness({}, 'bullseye');
    try {
      const { callId, channelId: callerChannelId, by } = await own.waiting();
      const reasons: string[] = [];
      const programme = new NoiseProgramme('ulaw');
      const onLost = (reason: string) => reasons.push(reason);
      const line = await own.media.open({ callId, callerChannelId, by, programme, from: 0, onLost });
      await isHeardTo(line, 500);
      own.asterisk.signal('SIGKILL');
      await eventually('the loss', () => reasons.length > 0);
      expect(reasons).toEqual([expect.stringContaining('Asterisk takes no RTP')]);
      await line.close();
    } finally {
      await own.dispose();
    }
  });
});

/** Of a tone, the longest time for which it was heard, in milliseconds. */
function longest(heard: Pcm, hertz: number): number {
  return Math.max(0, ...toneSpans(heard, [hertz]).map((span) => span.toMs - span.fromMs));
}

/** SIGSTOP for this very process, and SIGCONT after a time. */
async function standStill(ms: number): Promise<void> {
  const script = `kill -STOP ${process.pid}; sleep ${ms / 1000}; kill -CONT ${process.pid}`;
  const shell = spawn('sh', ['-c', script]);
  await new Promise((resolve) => shell.on('exit', resolve));
}
