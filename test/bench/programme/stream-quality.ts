import type { CapturedPacket } from './rtp-capture.ts';

/** A listener hears a hole when nothing comes for longer than this. */
export const GAP_MS = 40;
/** A packet that is later than this, compared with the punctual ones of its stream, misses a small jitter buffer. */
const LATE_MS = 20;
/** What is punctual is found anew every so often: clocks drift, and a stream may slip for good. */
const BASE_MS = 200;
const BASES = 10;
const SAMPLES_PER_MS = 8;
/** Gaps that are kept one by one. */
const GAPS_MAX = 1_000;

/** Nothing came for longer than {@link GAP_MS}. */
export interface Gap {
  readonly toPort: number;
  readonly fromMs: number;
  readonly lengthMs: number;
  /** Sound that is missing in it, by the RTP timestamps: 0 when everything came later. */
  readonly missingMs: number;
}

/** What a listener with a stopwatch would say of all streams together, within a time. */
export interface StreamQuality {
  readonly streams: number;
  readonly packets: number;
  /** As many as a packet every 20 ms makes in all streams that were heard. */
  readonly expected: number;
  readonly gaps: readonly Gap[];
  readonly gapCount: number;
  readonly longestMs: number;
  readonly late: number;
  /** Numbers in the sequence that nobody captured. */
  readonly lost: number;
  /** Sound that was left out though no packet is missing, by the RTP timestamps, milliseconds. */
  readonly skippedMs: number;
  /** New synchronisation sources within a stream. */
  readonly restarts: number;
}

interface Stream {
  ssrc: number;
  sequence: number;
  timestamp: number;
  atMs: number;
  /** Arrival and RTP clock at the stream's first packet. */
  readonly firstMs: number;
  elapsedMs: number;
  /** The least delay of each of the last {@link BASES} times of {@link BASE_MS}. */
  readonly leastDelays: Float64Array;
  baseIndex: number;
}

/** Looks at captured packets in order, by the listener's port, from `fromMs` to `toMs` (Unix milliseconds). */
export class QualityMeter {
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #ports: ReadonlySet<number>;
  readonly #streams = new Map<number, Stream>();
  readonly #gaps: Gap[] = [];
  #gapCount = 0;
  #packets = 0;
  #longestMs = 0;
  #late = 0;
  #lost = 0;
  #skippedMs = 0;
  #restarts = 0;

  constructor({ ports, fromMs, toMs }: { ports: readonly number[]; fromMs: number; toMs: number }) {
    this.#ports = new Set(ports);
    this.#fromMs = fromMs;
    this.#toMs = toMs;
  }

  readonly take = (packet: CapturedPacket): void => {
    const { atMs, toPort } = packet;
    if (atMs < this.#fromMs || atMs > this.#toMs || !this.#ports.has(toPort)) return;
    this.#packets += 1;
    const stream = this.#streams.get(toPort);
    if (stream === undefined) {
      // A stream that comes late, or never: from the beginning of the measurement on there was nothing.
      this.#noteGap({ toPort, fromMs: this.#fromMs, lengthMs: atMs - this.#fromMs, missingMs: atMs - this.#fromMs });
      this.#streams.set(toPort, beginning(packet));
      return;
    }
    this.#compare(stream, packet);
  };

  /** The result; what never came to an end counts as a gap, too. */
  quality(): StreamQuality {
    for (const [toPort, { atMs }] of this.#streams)
      this.#noteGap({ toPort, fromMs: atMs, lengthMs: this.#toMs - atMs, missingMs: this.#toMs - atMs });
    return {
      streams: this.#streams.size,
      packets: this.#packets,
      expected: Math.round((this.#streams.size * (this.#toMs - this.#fromMs)) / 20),
      gaps: this.#gaps,
      gapCount: this.#gapCount,
      longestMs: this.#longestMs,
      late: this.#late,
      lost: this.#lost,
      skippedMs: this.#skippedMs,
      restarts: this.#restarts,
    };
  }

  #compare(stream: Stream, packet: CapturedPacket): void {
    const { atMs, toPort } = packet;
    const lengthMs = atMs - stream.atMs;
    // Both go round; the differences are signed numbers.
    const steps = ((packet.sequence - stream.sequence) << 16) >> 16;
    const advancedMs = ((packet.timestamp - stream.timestamp) | 0) / SAMPLES_PER_MS;
    const isSame = stream.ssrc === packet.ssrc;
    const isRestart = !isSame || Math.abs(advancedMs - lengthMs) > 10_000;
    if (isRestart) this.#restarts += 1;
    else if (steps > 1) this.#lost += steps - 1;
    const skippedMs = isRestart ? 0 : Math.max(0, advancedMs - 20 * Math.max(1, steps));
    this.#skippedMs += skippedMs;
    this.#noteGap({
      toPort,
      fromMs: stream.atMs,
      lengthMs,
      missingMs: isRestart ? lengthMs : Math.max(0, advancedMs - 20),
    });
    stream.elapsedMs += isRestart ? lengthMs : advancedMs;
    stream.ssrc = packet.ssrc;
    stream.sequence = packet.sequence;
    stream.timestamp = packet.timestamp;
    stream.atMs = atMs;
    if (isLate(stream)) this.#late += 1;
  }

  #noteGap(gap: Gap): void {
    this.#longestMs = Math.max(this.#longestMs, gap.lengthMs);
    if (gap.lengthMs <= GAP_MS) return;
    this.#gapCount += 1;
    if (this.#gaps.length < GAPS_MAX) this.#gaps.push(gap);
  }
}

function beginning({ ssrc, sequence, timestamp, atMs }: CapturedPacket): Stream {
  const leastDelays = new Float64Array(BASES).fill(Number.POSITIVE_INFINITY);
  return { ssrc, sequence, timestamp, atMs, firstMs: atMs, elapsedMs: 0, leastDelays, baseIndex: 0 };
}

/** How much later it came than its timestamp says, compared with the most punctual packet of the last two seconds. */
function isLate(stream: Stream): boolean {
  const sinceMs = stream.atMs - stream.firstMs;
  const delayMs = sinceMs - stream.elapsedMs;
  const index = Math.floor(sinceMs / BASE_MS);
  for (; stream.baseIndex < index; stream.baseIndex += 1)
    stream.leastDelays[(stream.baseIndex + 1) % BASES] = Number.POSITIVE_INFINITY;
  let least = delayMs;
  for (const each of stream.leastDelays) if (each < least) least = each;
  const here = stream.leastDelays[index % BASES] ?? Number.POSITIVE_INFINITY;
  if (delayMs < here) stream.leastDelays[index % BASES] = delayMs;
  return delayMs - least > LATE_MS;
}
