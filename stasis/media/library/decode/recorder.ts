import type { Block } from './blocks.ts';
import { Resampler } from './resampler.ts';

/** Above this part of full scale a gain bends the wave instead of cutting it. */
const KNEE = 0.8;
const FULL_SCALE = 32_767;
/** The first and last stretch of a track goes up from and down to silence: a wave that begins in its middle clicks. */
const EDGE_MS = 5;

/** Collects decoded sound at one rate as 16-bit samples. */
export class Recorder {
  readonly rate: number;
  readonly #gain: number;
  readonly #lengthMax: number;
  readonly #pieces: Int16Array[] = [];
  #length = 0;
  #resampler: Resampler | null = null;
  /** Of what comes in; a file may change it in its middle. */
  #inputRate = 0;

  constructor(rate: number, { gain, maxMs }: { gain: number; maxMs: number }) {
    this.rate = rate;
    this.#gain = gain;
    this.#lengthMax = Math.floor((maxMs * rate) / 1000);
  }

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length >= this.#lengthMax;
  }

  add({ sampleRate, samples }: Block): void {
    if (sampleRate !== this.#inputRate) {
      this.#flush();
      this.#inputRate = sampleRate;
      this.#resampler = sampleRate === this.rate ? null : new Resampler(sampleRate, this.rate);
    }
    this.#keep(this.#resampler === null ? samples : this.#resampler.process(samples));
  }

  /** All of it, in shared memory, with its edges. */
  finish(): Int16Array {
    this.#flush();
    const all = new Int16Array(new SharedArrayBuffer(2 * this.#length));
    let position = 0;
    for (const piece of this.#pieces) {
      all.set(piece, position);
      position += piece.length;
    }
    this.#pieces.length = 0;
    softenEdges(all, Math.floor((EDGE_MS * this.rate) / 1000));
    return all;
  }

  #flush(): void {
    if (this.#resampler !== null) this.#keep(this.#resampler.flush());
    this.#resampler = null;
    this.#inputRate = 0;
  }

  #keep(samples: Float32Array): void {
    const length = Math.min(samples.length, this.#lengthMax - this.#length);
    if (length <= 0) return;
    const piece = new Int16Array(length);
    for (let index = 0; index < length; index += 1) piece[index] = sixteenBits(samples[index] as number, this.#gain);
    this.#pieces.push(piece);
    this.#length += length;
  }
}

/** A sample with its gain. Louder than before, it nears full scale along a curve; else only what is over full scale is cut. */
function sixteenBits(sample: number, gain: number): number {
  let value = sample * gain;
  const size = Math.abs(value);
  if (gain > 1 && size > KNEE) value = Math.sign(value) * (KNEE + (1 - KNEE) * Math.tanh((size - KNEE) / (1 - KNEE)));
  return Math.round(Math.min(1, Math.max(-1, value)) * FULL_SCALE);
}

function softenEdges(samples: Int16Array, edge: number): void {
  const length = Math.min(edge, samples.length >> 1);
  for (let index = 0; index < length; index += 1) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * index) / length);
    const mirrored = samples.length - 1 - index;
    samples[index] = Math.round((samples[index] as number) * gain);
    samples[mirrored] = Math.round((samples[mirrored] as number) * gain);
  }
}
