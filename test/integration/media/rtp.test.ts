import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { MediaLine } from '../../../src/ports/media-out.ts';
import { rmsDbfs, toneShare, toneSpans } from '../../support/audio/levels.ts';
import type { Datagram } from '../../support/audio/pcap.ts';
import { fromMulaw, type Pcm, slice } from '../../support/audio/pcm.ts';
import { longestPauseMs, mostPacketsWithin, type RtpPacket, rtpPackets } from '../../support/audio/rtp.ts';
import { eventually } from '../../support/eventually.ts';
import { NoiseProgramme } from '../../support/media/noise-programme.ts';
import { OwnBeat } from '../../support/media/own-beat.ts';
import { SineProgramme } from '../../support/media/sine-programme.ts';
import { Capture } from '../../support/phones/capture.ts';
import { createMediaHarness, type MediaHarness, sentRtp, type WaitingCaller } from './media-harness.ts';

jest.setTimeout(180_000);

// Debian 11's Asterisk is fetched at the first use; that takes a minute.
const FETCH_LIMIT_MS = 600_000;
const FRAME_MS = 20;
/** The pump makes up for so many beats at once (stasis/media/rtp-line.ts). */
const BURST_FRAMES_MAX = 3;
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

/** The frames of a programme that were heard, in order; silence before and after it is left out. They begin somewhere near the first that is named. */
function framesOf(packets: readonly RtpPacket[], programme: NoiseProgramme, first = 0): number[] {
  let near = first;
  return packets.flatMap(({ payload }) => {
    const place = programme.find(payload, near + 1);
    if (place === undefined) return [];
    near = place.frame;
    return [place.frame];
  });
}

const heardBy = ({ caller }: WaitingCaller, datagrams: readonly Datagram[]) =>
  rtpPackets(datagrams, { to: caller.soundAddress });
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
      const beat = new OwnBeat();
      const line = await open(who, programme);
      await isHeardTo(line, 4500);
      const end = await line.close();
      const { longestMs: latestMs } = beat.end();
      const datagrams = await capture.stop();
      // Ours: each frame once, in its order, to the place where we stopped, at the pace of the beat.
      const sent = sentRtp(datagrams, programme);
      expect(framesOf(sent, programme)).toEqual(Array.from({ length: end / 160 }, (_, index) => index));
      expectThePaceOf(sent, latestMs);
      // Asterisk's: it passes them on as they come, but for the last ones, which lie in its socket when the channel is hung up.
      const frames = framesOf(heardBy(who, datagrams), programme);
      expect(frames.length).toBeGreaterThan(140);
      expect(frames).toEqual(rising(frames));
      expect(frames[0]).toBeLessThanOrEqual(1);
    },
  );

  test('is as loud as it was made', async () => {
    const who = await someoneWaits();
    const capture = await Capture.start();
    const line = await open(who, new SineProgramme('slin', 1000));
    await isHeardTo(line, 4500);
    await line.close();
    // One packet after the other, whenever each of them came.
    const payload = Buffer.concat(heardBy(who, await capture.stop()).map((packet) => packet.payload));
    const heard = { sampleRate: 8000, samples: Float32Array.from(payload, fromMulaw) };
    const fromMs = toneSpans(heard, [1000])[0]?.fromMs ?? Number.NaN;
    const windows = Array.from({ length: 20 }, (_, index) =>
      slice(heard, fromMs + 200 + index * 100, fromMs + 300 + index * 100),
    );
    // A quarter of full scale.
    for (const window of windows) {
      expect(Math.abs(rmsDbfs(window) - -15.05)).toBeLessThan(0.3);
      expect(toneShare(window, [1000])).toBeGreaterThan(0.99);
    }
  });

  test('goes to a G.722 caller in telephone quality', async () => {
    const who = await someoneWaits({ codec: 'G722' });
    expect(await harness.pbx.channelFormat(who.channelId)).toBe('slin16');
    const line = await open(who, new SineProgramme('slin16', 1700));
    await eventually('most of two seconds', async () => heardMs(await who.caller.recording(), 1700) > 1500, 30_000);
    await line.close();
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
    const fromMs = line.heardNow() / 8;
    const stranger = createSocket('udp4');
    for (let packet = 0; packet < 20; packet++) {
      for (const place of [own?.from, own?.to])
        stranger.send(own?.payload ?? '', Number(place?.split(':')[1]), '127.0.0.1');
    }
    const passedOn = (datagrams: readonly Datagram[]) =>
      framesOf(heardBy(who, datagrams), programme, fromMs / FRAME_MS);
    await during.until('what Asterisk passes on', (datagrams) => passedOn(datagrams).length > 70);
    const later = await during.stop();
    stranger.close();
    // Asterisk tells us nothing; it passes on our stream alone.
    expect(later.filter(({ from, to }) => from === own?.to && to === own?.from)).toEqual([]);
    expect(passedOn(later)).toEqual(rising(passedOn(later)));
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
    await isHeardTo(line, 3000);
    await line.close();
    const places = heardBy(who, await capture.stop()).flatMap(({ payload }) => programme.find(payload, at / 160) ?? []);
    expect(places.find(({ version }) => version === 1)?.frame).toBe(at / 160);
    expect(places.findLast(({ version }) => version === 0)?.frame).toBe(at / 160 - 1);
  });

  test('goes on where it was after the process stood still for 700 ms', async () => {
    const who = await someoneWaits();
    const capture = await Capture.start();
    const programme = new NoiseProgramme('ulaw');
    const beat = new OwnBeat();
    const line = await open(who, programme);
    await isHeardTo(line, 1000);
    await standStill(700);
    await isHeardTo(line, 3000);
    await line.close();
    const { longestMs: latestMs } = beat.end();
    const datagrams = await capture.stop();
    const frames = framesOf(heardBy(who, datagrams), programme);
    expect(frames).toEqual(rising(frames));
    const sent = sentRtp(datagrams, programme);
    expect(longestPauseMs(sent)).toBeGreaterThan(600);
    expectThePaceOf(sent, latestMs);
    expect(lost).toEqual([]);
  });

  test('is lost, once, when Asterisk hangs the media channel up; a new line goes on from there', async () => {
    const who = await someoneWaits();
    const programme = new NoiseProgramme('ulaw');
    const line = await open(who, programme);
    await isHeardTo(line, 1000);
    const [fromMs, beforeMs] = [performance.now(), line.heardNow() / 8];
    await harness.pbx.hangup(line.channelId);
    await eventually('the loss', () => lost.length > 0);
    const tookMs = performance.now() - fromMs;
    const end = await line.close();
    expect(end / 8).toBeGreaterThan(beforeMs - 100);
    expect(end / 8).toBeLessThan(beforeMs + tookMs + 100);
    const next = await open(who, programme, end);
    await isHeardTo(next, end / 8 + 500);
    await next.close();
    // Its word of it and the socket that it has closed go different ways.
    expect(lost).toEqual([expect.stringMatching(/^Asterisk (has ended the media channel|takes no RTP: .*)$/)]);
  });

  test('of two callers are two programmes', async () => {
    const [one, two] = [await someoneWaits(), await someoneWaits()];
    const [oneLine, twoLine] = await Promise.all([
      open(one, new SineProgramme('slin', 600)),
      open(two, new SineProgramme('slin', 1500)),
    ]);
    const heard = async () => {
      const [first, second] = await Promise.all([one.caller.recording(), two.caller.recording()]);
      return [first, second].map((each) => [heardMs(each, 600), heardMs(each, 1500)] as const);
    };
    await eventually(
      'most of two seconds by each',
      async () => (await heard()).every(([low, high], index) => (index === 0 ? low : high) > 1_500),
      30_000,
    );
    await Promise.all([oneLine.close(), twoLine.close()]);
    const [first, second] = await heard();
    expect([first?.[1], second?.[0]]).toEqual([0, 0]);
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

/** For how long a tone was heard, altogether, in milliseconds. */
function heardMs(heard: Pcm, hertz: number): number {
  return toneSpans(heard, [hertz]).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}

/**
 * What the pump promises on a machine of which this process gets as little as it gets: a packet for each beat; after a late wake-up three
 * at once, or one when more were missed. `latestMs`: the longest time for which the process did not get to its timers.
 */
function expectThePaceOf(sent: readonly RtpPacket[], latestMs: number): void {
  const lastedMs = (sent.at(-1)?.atMs ?? 0) - (sent[0]?.atMs ?? 0);
  // It falls silent no longer than the process itself.
  expect(longestPauseMs(sent)).toBeLessThan(latestMs + 2 * FRAME_MS);
  // Never more than its pace, and what may be made up for.
  expect(sent.length).toBeLessThanOrEqual(lastedMs / FRAME_MS + 1 + BURST_FRAMES_MAX);
  // Two beats, when the process stood still in the midst of the first: each makes up for what it may.
  expect(mostPacketsWithin(sent, FRAME_MS / 2)).toBeLessThanOrEqual(2 * BURST_FRAMES_MAX);
}

/** SIGSTOP for this very process, and SIGCONT after a time. */
async function standStill(ms: number): Promise<void> {
  const script = `kill -STOP ${process.pid}; sleep ${ms / 1000}; kill -CONT ${process.pid}`;
  const shell = spawn('sh', ['-c', script]);
  await new Promise((resolve) => shell.on('exit', resolve));
}
