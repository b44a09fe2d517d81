import { Haystack } from '../../support/audio/correlate.ts';
import { rmsDbfs, silences } from '../../support/audio/levels.ts';
import { durationMs, type Pcm, slice } from '../../support/audio/pcm.ts';
import { type RtpPacket, rtpToPcm } from '../../support/audio/rtp.ts';
import { median } from '../report.ts';
import { DUCK_EVERY_MS, spoken } from './hold-music.ts';
import type { RtpCapture } from './rtp-capture.ts';

/** What some of the callers heard; the worst of them counts. */
export interface ListenedTo {
  readonly callers: number;
  /** The share of the time in which something was heard. */
  readonly audibleShare: number;
  /** How often the speech was recognised, and from one to the next. */
  readonly speeches: number;
  readonly everyMs: number;
  /** Levels of the music alone and while something is said, dBFS, at the median; NaN where nothing is said. */
  readonly musicDbfs: number;
}

/** Of a wanted speech that was found: prompts that are not there stay below 0.3. */
const RECOGNISED = 0.6;
const QUIET_DBFS = -55;

/** Listens to the callers of these ports within a time; the capture has ended and has kept the sound. */
export async function listenTo(
  capture: RtpCapture,
  { ports, fromMs, toMs }: { readonly ports: readonly number[]; readonly fromMs: number; readonly toMs: number },
): Promise<ListenedTo> {
  const heard = await soundOf(capture, { ports, fromMs, toMs });
  const wanted = spoken();
  const each = ports.map((port) => listen(rtpToPcm(heard.get(port) ?? [], { startMs: fromMs }), wanted));
  return {
    callers: ports.length,
    audibleShare: Math.min(...each.map(({ audibleShare }) => audibleShare)),
    speeches: Math.min(...each.map(({ speeches }) => speeches)),
    everyMs: median(each.flatMap(({ distances }) => distances)),
    musicDbfs: median(each.map(({ musicDbfs }) => musicDbfs)),
  };
}

/** The PCMU packets of each port, with their sound. */
export async function soundOf(
  capture: RtpCapture,
  { ports, fromMs, toMs }: { readonly ports: readonly number[]; readonly fromMs: number; readonly toMs: number },
): Promise<Map<number, RtpPacket[]>> {
  const packets = new Map<number, RtpPacket[]>(ports.map((port) => [port, []]));
  await capture.read(({ atMs, toPort, ssrc, sequence, timestamp, payloadType, payload }) => {
    if (atMs < fromMs || atMs > toMs || payloadType !== 0) return;
    const packet = { atMs, ssrc, sequence, timestamp, payloadType, hasMarker: false, payload: Buffer.from(payload) };
    packets.get(toPort)?.push(packet);
  });
  return packets;
}

function listen(heard: Pcm, wanted: Pcm) {
  const places = new Haystack(heard)
    .find(wanted, { threshold: RECOGNISED, atMost: Math.ceil(durationMs(heard) / DUCK_EVERY_MS) + 2 })
    .map(({ offsetMs }) => offsetMs)
    .sort((a, b) => a - b);
  const silentMs = silences(heard, { thresholdDbfs: QUIET_DBFS, minimumMs: 200 }).reduce(
    (total, { fromMs, toMs }) => total + toMs - fromMs,
    0,
  );
  return {
    audibleShare: heard.samples.length === 0 ? 0 : 1 - silentMs / durationMs(heard),
    speeches: places.length,
    distances: places.slice(1).map((place, index) => place - (places[index] ?? 0)),
    musicDbfs: rmsDbfs(slice(heard, 0, durationMs(heard))),
  };
}
