import { type LiveSound, WIRE, type WireFormat } from '../../../src/core/programme/sound.ts';

/**
 * Length of a ring. It holds what has been released and can still be heard, and what is decoded ahead: see
 * {@link AHEAD_MS_MAX}; listeners may be up to the difference behind.
 */
export const RING_MS = 30_000;
/** Sound decoded ahead of what is released; beyond it no more is taken from the network. */
export const AHEAD_MS_MAX = 10_000;
/** All positions of a stream are counted at this rate; each format's own is this times `rate / BASE_RATE`. */
export const BASE_RATE = 8000;

/** Memory that the decoding thread writes and the main thread reads. */
export interface StreamMemory {
  /** 32-bit words: how far is decoded, how far is released, both in samples at BASE_RATE modulo 2³². */
  readonly control: SharedArrayBuffer;
  readonly rings: readonly RingMemory[];
}

export interface RingMemory {
  readonly format: WireFormat;
  readonly samples: SharedArrayBuffer;
  /** The same buffer when the format is linear. */
  readonly wire: SharedArrayBuffer;
}

export const DECODED = 0;
export const RELEASED = 1;

export function createMemory(formats: readonly WireFormat[]): StreamMemory {
  return { control: new SharedArrayBuffer(8), rings: [...new Set(formats)].map(createRing) };
}

function createRing(format: WireFormat): RingMemory {
  const length = (RING_MS * WIRE[format].rate) / 1000;
  const samples = new SharedArrayBuffer(length * 2);
  if (WIRE[format].bytesPerSample === 2) return { format, samples, wire: samples };
  const wire = new SharedArrayBuffer(length);
  // What was never written is silence, not the laws' byte 0, which is the loudest of all.
  new Uint8Array(wire).fill(format === 'ulaw' ? 0xff : 0xd5);
  return { format, samples, wire };
}

/** How far the other thread has decoded, as a number that does not wrap: must be asked more often than every 2³² samples (six days). */
export class DecodedCount {
  readonly #control: Uint32Array;
  #last = 0;

  constructor({ control }: StreamMemory) {
    this.#control = new Uint32Array(control);
  }

  read(): number {
    const low = Atomics.load(this.#control, DECODED);
    this.#last += (low - this.#last) >>> 0;
    return this.#last;
  }

  release(position: number): void {
    Atomics.store(this.#control, RELEASED, position >>> 0);
  }
}

/** One format of a stream as its listeners see it. */
export function liveSound(
  name: string,
  ring: RingMemory,
  view: { readonly released: () => number; readonly isPlaying: () => boolean },
): LiveSound {
  const perBase = WIRE[ring.format].rate / BASE_RATE;
  return {
    kind: 'live',
    name,
    samples: new Int16Array(ring.samples),
    wire: new Uint8Array(ring.wire),
    get writtenTo() {
      return view.released() * perBase;
    },
    get isPlaying() {
      return view.isPlaying();
    },
  };
}
