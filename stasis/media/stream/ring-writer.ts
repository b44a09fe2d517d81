import { encodeG711 } from '../../../src/core/programme/g711.ts';
import { WIRE } from '../../../src/core/programme/sound.ts';
import type { Block } from '../library/decode/blocks.ts';
import { Resampler } from '../library/decode/resampler.ts';
import { type LoudnessChange, LoudnessMeter } from './loudness.ts';
import { BASE_RATE, DECODED, RELEASED, type RingMemory, type StreamMemory } from './rings.ts';

const WIDE_RATE = 16_000;
/** What a stream may have as its sample rate. */
const RATE_MIN = 7000;
const RATE_MAX = 192_000;
/** Sound may lie so far ahead of what is released, in a ring of 30 s; what comes beyond it would overwrite what is being heard, and is left out. */
const WRITTEN_AHEAD_MS_MAX = 22_000;

interface Ring {
  readonly memory: RingMemory;
  readonly samples: Int16Array;
  readonly wire: Uint8Array;
}

/** Writes decoded sound into the rings, at the rates and in the formats of each. Positions go on over connections. */
export class RingWriter {
  readonly #control: Uint32Array;
  readonly #rings: readonly Ring[];
  readonly #meter = new LoudnessMeter();
  /** To 16 kHz and from there to 8 kHz, so that both rings stay level for ever, whatever the stream's rate was before. */
  #wide: Resampler | null = null;
  #narrow = new Resampler(WIDE_RATE, BASE_RATE);
  #inputRate = 0;
  #widePosition: number;
  #basePosition: number;
  /** Samples that had no room. */
  overflow = 0;

  /** `position`: where an earlier thread stopped, in samples at BASE_RATE. */
  constructor({ control, rings }: StreamMemory, position: number) {
    this.#control = new Uint32Array(control);
    this.#rings = rings.map((memory) => ({
      memory,
      samples: new Int16Array(memory.samples),
      wire: new Uint8Array(memory.wire),
    }));
    this.#basePosition = position;
    this.#widePosition = position * 2;
  }

  get aheadMs(): number {
    return (((this.#basePosition - Atomics.load(this.#control, RELEASED)) >>> 0) * 1000) / BASE_RATE;
  }

  /** Returns the changes of loudness within it. */
  write({ sampleRate, samples }: Block): LoudnessChange[] {
    if (!(sampleRate >= RATE_MIN && sampleRate <= RATE_MAX)) return [];
    if (sampleRate !== this.#inputRate) {
      this.#inputRate = sampleRate;
      this.#wide = sampleRate === WIDE_RATE ? null : new Resampler(sampleRate, WIDE_RATE);
    }
    const room = Math.max(0, Math.floor(((WRITTEN_AHEAD_MS_MAX - this.aheadMs) * WIDE_RATE) / 1000));
    const wide = this.#wide === null ? samples : this.#wide.process(samples);
    this.overflow += Math.max(0, wide.length - room);
    return this.#put(wide.length > room ? wide.subarray(0, room) : wide);
  }

  #put(wide: Float32Array): LoudnessChange[] {
    const narrow = this.#narrow.process(wide);
    for (const ring of this.#rings) {
      if (WIRE[ring.memory.format].rate === WIDE_RATE) writeRing(ring, wide, this.#widePosition);
      else writeRing(ring, narrow, this.#basePosition);
    }
    const changes = this.#meter.measure(narrow, this.#basePosition);
    this.#widePosition += wide.length;
    this.#basePosition += narrow.length;
    // Only now: who sees the new position finds the samples.
    Atomics.store(this.#control, DECODED, this.#basePosition >>> 0);
    return changes;
  }
}

function writeRing({ memory, samples, wire }: Ring, sound: Float32Array, position: number): void {
  let place = position % samples.length;
  for (let index = 0; index < sound.length; index += 1) {
    samples[place] = Math.round(Math.min(1, Math.max(-1, sound[index] as number)) * 32_767);
    if (memory.format === 'ulaw' || memory.format === 'alaw') encodeG711(memory.format, samples, place, 1, wire, place);
    place = place + 1 === samples.length ? 0 : place + 1;
  }
}
