import { spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { bridgeId, type ChannelId } from '../../../src/core/ids.ts';
import type { WireFormat } from '../../../src/core/programme/sound.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { MediaLine } from '../../../src/ports/media-out.ts';
import { AriMediaOut } from '../../../stasis/media/media-out.ts';
import { FRAME_MS, MEDIA_LIMITS, type MediaTimes } from '../../../stasis/media/settings.ts';
import { toneSpans } from '../../support/audio/levels.ts';
import type { Datagram } from '../../support/audio/pcap.ts';
import { longestPauseMs, type RtpPacket, rtpPackets } from '../../support/audio/rtp.ts';
import { eventually } from '../../support/eventually.ts';
import { HalfOpenProxy } from '../../support/half-open-proxy.ts';
import { NoiseProgramme, type Place } from '../../support/media/noise-programme.ts';
import { OwnBeat } from '../../support/media/own-beat.ts';
import { SineProgramme } from '../../support/media/sine-programme.ts';
import { Capture } from '../../support/phones/capture.ts';
import { createMediaHarness, heardRtp, type MediaHarness, PATIENT, type WaitingCaller } from './media-harness.ts';

jest.setTimeout(180_000);

const PAYLOAD_TYPE = { ulaw: 0, alaw: 8 } as const;
const PHONE = { ulaw: 'PCMU', alaw: 'PCMA' } as const;
let harness: MediaHarness;
const lost: string[] = [];

beforeAll(async () => {
  harness = await createMediaHarness();
});

afterAll(() => harness.dispose());

afterEach(async () => {
  lost.length = 0;
  await harness.everybodyLeaves();
  await eventually('no line left', () => harness.media.size === 0);
  await eventually('no channel left', async () => (await harness.pbx.snapshot()).channels.length === 0);
});

function open(who: WaitingCaller, programme: NoiseProgramme | SineProgramme, from = 0): Promise<MediaLine> {
  return openOn(harness.media, who, programme, from);
}

function openOn(
  media: AriMediaOut,
  { callId, channelId: callerChannelId, by }: WaitingCaller,
  programme: NoiseProgramme | SineProgramme,
  from = 0,
): Promise<MediaLine> {
  return media.open({ callId, callerChannelId, by, programme, from, onLost: (reason) => lost.push(reason) });
}

/** Beside the harness's, with other settings. */
function anotherMediaOut(options: { url?: string; linesMax?: number; times?: Partial<MediaTimes> }): AriMediaOut {
  const { url = harness.asterisk.url, linesMax = 50, times = {} } = options;
  const settings = { url, linesMax };
  return new AriMediaOut({
    settings,
    times: { ...PATIENT, ...times },
    pbx: harness.pbx,
    clock: systemClock,
    log: silentLog(),
  });
}

/** What was heard, packet by packet; `null` is Asterisk's silence. */
function placesOf(packets: readonly RtpPacket[], programme: NoiseProgramme): (Place | null)[] {
  let near = 0;
  return packets.map(({ payload }) => {
    const place = programme.find(payload, near + 1);
    if (place !== undefined) near = place.frame;
    return place ?? null;
  });
}

const heardPlaces = (places: readonly (Place | null)[]) => places.filter((place) => place !== null);
const frameNumbers = (places: readonly (Place | null)[]) => heardPlaces(places).map(({ frame }) => frame);
/** So much of ours Asterisk has at least: the lead, less the 400 ms between two turns of the pump. */
const LEAD_LEAST_MS = MEDIA_LIMITS.leadMs - 400;
/** The silence that may be heard when this process did not get to its timers for so long. */
const dryMs = (latestMs: number) => Math.max(0, latestMs - LEAD_LEAST_MS + 40);
/** Asterisk's silence between the first frame and the last. */
function silentMs(places: readonly (Place | null)[]): number {
  const from = places.findIndex((place) => place !== null);
  const to = places.findLastIndex((place) => place !== null);
  return places.slice(from, to).filter((place) => place === null).length * FRAME_MS;
}
/** Beats that Asterisk slept through, as the packets tell that it sent to the caller: those by which the clock, which we stop by, is ahead of what was heard. */
function sleptThrough(packets: readonly RtpPacket[], untilMs: number): number {
  const moments = [...packets.map(({ atMs }) => atMs).filter((atMs) => atMs < untilMs), untilMs];
  const beats = moments.slice(1).map((atMs, index) => Math.round((atMs - (moments[index] ?? atMs)) / FRAME_MS));
  return beats.reduce((sum, passed) => sum + Math.max(0, passed - 1), 0);
}
/** Longest time from a change to the answers with which it is brought to Asterisk (`statusMs`), and the beats before and after it. */
const ASKED_MS = MEDIA_LIMITS.statusMs + 2 * FRAME_MS;
/** Later than that, and a beat slips in: half of what is to spare between a question and the next beat. */
const CALM_MS = 4;
const rising = (numbers: readonly number[]) => numbers.map((_, index) => (numbers[0] ?? 0) + index);
const isHeardTo = (line: MediaLine, ms: number) =>
  eventually(`${ms} ms heard`, () => line.heardNow() >= ms * 8, ms + 20_000);

describe('A programme over chan_websocket', () => {
  test.each(['ulaw', 'alaw'] as const)(
    'comes to a caller who speaks %s byte for byte, without a gap, from one mixing bridge of two',
    async (format) => {
      const who = await harness.waiting({ codec: PHONE[format], speaksHz: 700 });
      expect(await harness.pbx.channelFormat(who.channelId)).toBe(format);
      const capture = await Capture.start();
      const programme = new NoiseProgramme(format);
      const beat = new OwnBeat();
      const line = await open(who, programme);
      await isHeardTo(line, 3000);
      const bridge = await harness.asterisk.console(`bridge show ${who.by.bridgeId}`);
      const channel = await harness.asterisk.console(`core show channel ${await nameOf(line.channelId)}`);
      const stoppedAtMs = Date.now();
      const end = await line.close();
      const closingMs = Date.now() - stoppedAtMs;
      const { longestMs: latestMs } = beat.end();
      const packets = heardRtp(await capture.stop(), PAYLOAD_TYPE[format], programme);
      const places = placesOf(packets, programme);
      const numbers = frameNumbers(places);
      const slept = sleptThrough(packets, stoppedAtMs);
      expect(numbers.length).toBeGreaterThan(145 - slept);
      expect(numbers).toEqual(rising(numbers));
      // From the first frame on; and nothing after the place where we stopped, but what Asterisk played until it had let go.
      expect(numbers[0]).toBe(0);
      const behind = end / 160 - ((numbers.at(-1) ?? 0) + 1);
      expect(behind).toBeGreaterThanOrEqual(-2 - closingMs / FRAME_MS);
      expect(behind).toBeLessThanOrEqual(2 + slept);
      // When Asterisk sends is its own affair, and the machine's; that it had something of ours to send is ours.
      expect(silentMs(places)).toBeLessThanOrEqual(dryMs(latestMs));
      expect(bridge).toContain('simple_bridge');
      expect(channel).toMatch(/ReadTranscode: No/);
    },
  );

  test('goes to a G.722 caller as 16 kHz linear sound', async () => {
    const who = await harness.waiting({ codec: 'G722' });
    expect(await harness.pbx.channelFormat(who.channelId)).toBe('slin16');
    const line = await open(who, new SineProgramme('slin16', 3700));
    // In one piece: what came, whenever it came.
    await eventually(
      'two seconds heard',
      async () => toneSpans(await who.caller.sound(), [3700]).some(({ fromMs, toMs }) => toMs - fromMs > 1800),
      30_000,
    );
    await line.close();
  });

  test("does not bring the caller's voice to us", async () => {
    const who = await harness.waiting({ speaksHz: 700 });
    const line = await open(who, new NoiseProgramme('ulaw'));
    await isHeardTo(line, 1000);
    const before = harness.media.counters.voiceMessages;
    await isHeardTo(line, 3000);
    expect(harness.media.counters.voiceMessages - before).toBe(0);
    await line.close();
  });

  test('has no jump at changes, which are heard within 40 ms of the frame at which they were made', async () => {
    const who = await harness.waiting();
    const capture = await Capture.start();
    const programme = new NoiseProgramme('ulaw');
    const { framesRepeated, framesSkipped } = harness.media.counters;
    const line = await open(who, programme);
    const beat = new OwnBeat(5);
    const wanted: { frame: number; atMs: number }[] = [];
    for (let change = 0; change < 25; change++) {
      await isHeardTo(line, 1000 + change * 173);
      wanted.push({ frame: line.heardNow() / 160, atMs: Date.now() });
      programme.change(line.heardNow());
      line.refresh();
    }
    await isHeardTo(line, 6000);
    // Asterisk has told of a change before it plays it; what it told is read by the next turn. The newest packets are enough to look at.
    const isHeard = (datagrams: readonly Datagram[]) =>
      rtpPackets(datagrams, { to: who.caller.soundAddress })
        .slice(-50)
        .some(({ payload }) => programme.find(payload, line.heardNow() / 160)?.version === wanted.length);
    await capture.until('the last change', isHeard);
    await new Promise((resolve) => setImmediate(resolve));
    beat.end();
    await line.close();
    const packets = heardRtp(await capture.stop(), 0, programme);
    const places = placesOf(packets, programme).flatMap((place, index) =>
      place === null ? [] : [{ ...place, atMs: packets[index]?.atMs ?? Number.NaN }],
    );
    // How late the two processes were, at worst, while Asterisk was asked and told: this one by its timer, Asterisk by the pace of its packets.
    const lateness = (fromMs: number, untilMs: number) => {
      // A pause that had begun before counts, too.
      const first = packets.findLastIndex(({ atMs }) => atMs <= fromMs);
      const during = packets.slice(Math.max(0, first)).filter(({ atMs }) => atMs <= untilMs);
      return beat.latestMs(fromMs, untilMs) + Math.max(0, longestPauseMs(during) - FRAME_MS);
    };
    // A beat may slip in on a machine that is busy with other things. The counters know it, and on a calm one it is rare.
    const jumps = places.filter(({ frame }, index) => index > 0 && frame !== (places[index - 1]?.frame ?? 0) + 1);
    const { counters } = harness.media;
    const slipped = counters.framesRepeated - framesRepeated + counters.framesSkipped - framesSkipped;
    expect(jumps.length).toBeLessThanOrEqual(slipped);
    const calm = jumps.filter(({ atMs }) => lateness(atMs - ASKED_MS, atMs) <= CALM_MS);
    expect(calm.length).toBeLessThanOrEqual(2);
    const heard = wanted.map(({ frame, atMs }, index) => {
      const first = places.find(({ version }) => version > index);
      const latenessMs = lateness(atMs - FRAME_MS, Math.max(first?.atMs ?? Number.NaN, atMs + FRAME_MS));
      return { late: (first?.frame ?? Number.NaN) - frame, latenessMs };
    });
    expect(Math.min(...heard.map(({ late }) => late))).toBeGreaterThanOrEqual(0);
    // Asterisk is asked again at the next beat when its answer came too late, at most three times.
    for (const { late, latenessMs } of heard) expect(late).toBeLessThanOrEqual(6 + latenessMs / FRAME_MS);
    const late = heard.filter(({ late, latenessMs }) => late > 2 && latenessMs <= CALM_MS);
    expect(late.length).toBeLessThanOrEqual(3);
  });

  test('goes on where it was after the process stood still for 700 ms', async () => {
    const who = await harness.waiting();
    const capture = await Capture.start();
    const programme = new NoiseProgramme('ulaw');
    const beat = new OwnBeat();
    const line = await open(who, programme);
    await isHeardTo(line, 1000);
    await standStill(700);
    await isHeardTo(line, 3000);
    const { longestMs: latestMs } = beat.end();
    await line.close();
    const places = placesOf(heardRtp(await capture.stop(), 0, programme), programme);
    const numbers = frameNumbers(places);
    expect(numbers).toEqual(rising(numbers));
    // The lead covers all of the 700 ms.
    expect(silentMs(places)).toBeLessThanOrEqual(dryMs(latestMs));
    expect(lost).toEqual([]);
  });

  test('is lost, once, when Asterisk hangs the media channel up; a new line goes on from there', async () => {
    const who = await harness.waiting();
    const programme = new NoiseProgramme('ulaw');
    const line = await open(who, programme);
    await isHeardTo(line, 1000);
    const [fromMs, heardMs] = [performance.now(), line.heardNow() / 8];
    await harness.pbx.hangup(line.channelId);
    await eventually('the loss', () => lost.length > 0);
    const tookMs = performance.now() - fromMs;
    const end = await line.close();
    expect(end / 8).toBeGreaterThan(heardMs - 100);
    expect(end / 8).toBeLessThan(heardMs + tookMs + 100);
    const capture = await Capture.start();
    const next = await open(who, programme, end);
    await isHeardTo(next, end / 8 + 2_000);
    await next.close();
    const shifted = new Shifted(programme, end);
    const numbers = frameNumbers(placesOf(heardRtp(await capture.stop(), 0, shifted), shifted));
    expect(numbers[0]).toBe(0);
    expect(lost).toHaveLength(1);
  });

  test('is lost, once, when its socket is cut; Asterisk hangs the media channel up by itself', async () => {
    const proxy = await HalfOpenProxy.start({ host: '127.0.0.1', port: harness.asterisk.ariPort });
    const media = anotherMediaOut({ url: proxy.httpUrl });
    const who = await harness.waiting();
    const line = await openOn(media, who, new NoiseProgramme('ulaw'));
    await isHeardTo(line, 500);
    proxy.cut();
    await eventually('the loss', () => lost.length > 0);
    await line.close();
    await eventually('only the caller', async () => (await harness.pbx.snapshot()).channels.length === 1);
    expect(lost).toHaveLength(1);
    expect(media.size).toBe(0);
    await media[Symbol.asyncDispose]();
    await proxy.close();
  });

  test('waits at MEDIA_XOFF, and loses nothing by it', async () => {
    // Asterisk says XOFF at 900 frames and XON below 800.
    const media = anotherMediaOut({ times: { leadMs: 19_000 } });
    const who = await harness.waiting();
    const capture = await Capture.start();
    const programme = new NoiseProgramme('ulaw');
    const line = await openOn(media, who, programme);
    await eventually('XOFF', () => media.counters.xoffs > 0);
    const sentAtXoff = programme.renderedTo;
    // However late this process looks: by then so much of what was there is heard.
    await eventually('XON', () => programme.renderedTo > sentAtXoff);
    expect(line.heardNow() / 8).toBeGreaterThan(1500);
    await isHeardTo(line, 5000);
    const stoppedAtMs = Date.now();
    await line.close();
    const packets = heardRtp(await capture.stop(), 0, programme);
    const numbers = frameNumbers(placesOf(packets, programme));
    expect(numbers).toEqual(rising(numbers));
    expect(numbers.length).toBeGreaterThan(240 - sleptThrough(packets, stoppedAtMs));
    await media[Symbol.asyncDispose]();
  });

  test('has a limit of lines', async () => {
    const media = anotherMediaOut({ linesMax: 0 });
    const who = await harness.waiting();
    const refused = openOn(media, who, new NoiseProgramme('ulaw'));
    await expect(refused).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
  });

  test('is given up in time when Asterisk stands still, and leaves nothing behind', async () => {
    const media = anotherMediaOut({ times: { openMs: 300, removeMs: 500 } });
    const who = await harness.waiting();
    harness.asterisk.signal('SIGSTOP');
    const refused = openOn(media, who, new NoiseProgramme('ulaw')).finally(() => harness.asterisk.signal('SIGCONT'));
    await expect(refused).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    await eventually('only the caller', async () => (await harness.pbx.snapshot()).channels.length === 1);
    await eventually('no line', () => media.size === 0);
  });

  test('can not be laid into a bridge that is not there, and leaves nothing behind', async () => {
    const who = await harness.waiting();
    const by = { type: 'bridge', bridgeId: bridgeId('no-such-bridge'), isCallerMuted: false } as const;
    const nowhere = open({ ...who, by } as WaitingCaller, new NoiseProgramme('ulaw'));
    await expect(nowhere).rejects.toMatchObject({ code: 'MEDIA_UNAVAILABLE' });
    await eventually('only the caller', async () => (await harness.pbx.snapshot()).channels.length === 1);
  });
});

/** The programme from a sample on, so that its first frame counts as 0. */
class Shifted extends NoiseProgramme {
  readonly #of: NoiseProgramme;
  readonly #frames: number;

  constructor(of: NoiseProgramme, fromSample: number) {
    super(of.format as WireFormat);
    this.#of = of;
    this.#frames = fromSample / 160;
  }

  override find(payload: Uint8Array, nearFrame: number): Place | undefined {
    const found = this.#of.find(payload, nearFrame + this.#frames);
    return found && { ...found, frame: found.frame - this.#frames };
  }
}

async function nameOf(channelId: ChannelId): Promise<string> {
  const { channels } = await harness.pbx.snapshot();
  return channels.find((channel) => channel.channelId === channelId)?.name ?? '';
}

/** SIGSTOP for this very process, and SIGCONT after a time. */
async function standStill(ms: number): Promise<void> {
  const script = `kill -STOP ${process.pid}; sleep ${ms / 1000}; kill -CONT ${process.pid}`;
  const shell = spawn('sh', ['-c', script]);
  await new Promise((resolve) => shell.on('exit', resolve));
}
