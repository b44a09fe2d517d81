import { Fft } from './fft.ts';
import type { Pcm } from './pcm.ts';

/** Where a sound was found in another, in milliseconds from the beginning, and how alike they are there: 0 to 1. */
export interface Match {
  readonly offsetMs: number;
  readonly score: number;
}

/** Quieter than this (root mean square, −60 dBFS) counts as silence, in which nothing is found. */
const SILENCE_RMS = 0.001;

/**
 * So much of a sound's end may be missing at the end of the recording: Asterisk does not send the last part of a packet, and
 * whoever hangs up right after a prompt cuts into the 200 ms of silence that end it.
 */
const MISSING_END_MS = 250;

/** Finds the place where `wanted` fits best into `heard`, by normalised cross-correlation. */
export function correlate(heard: Pcm, wanted: Pcm): Match {
  return new Haystack(heard).find(wanted, { threshold: 0, atMost: 1 })[0] ?? { offsetMs: 0, score: 0 };
}

/** A recording prepared for many searches: its blocks are transformed once. */
export class Haystack {
  readonly #pcm: Pcm;
  readonly #energy: Float64Array;
  readonly #blocks = new Map<number, { fft: Fft; step: number; spectra: { re: Float64Array; im: Float64Array }[] }>();

  constructor(pcm: Pcm) {
    const missing = Math.round((MISSING_END_MS * pcm.sampleRate) / 1000);
    const samples = new Float32Array(pcm.samples.length + missing);
    samples.set(pcm.samples);
    this.#pcm = { ...pcm, samples };
    this.#energy = new Float64Array(samples.length + 1);
    for (let index = 0; index < samples.length; index += 1) {
      this.#energy[index + 1] = (this.#energy[index] ?? 0) + (samples[index] ?? 0) ** 2;
    }
  }

  /** The recording, and the silence behind it. */
  get samples(): Float32Array {
    return this.#pcm.samples;
  }

  /**
   * Finds all places with at least `threshold`, best first, at least half of the wanted sound's length apart; at most
   * `atMost` of them.
   */
  find(wanted: Pcm, { threshold, atMost = 100 }: { threshold: number; atMost?: number }): Match[] {
    if (wanted.sampleRate !== this.#pcm.sampleRate) {
      throw new Error(`A sound of ${wanted.sampleRate} Hz cannot be looked for in one of ${this.#pcm.sampleRate} Hz`);
    }
    const scores = this.#scores(wanted.samples);
    const apart = Math.max(1, Math.floor(wanted.samples.length / 2));
    const found: Match[] = [];
    while (found.length < atMost) {
      const best = indexOfMaximum(scores);
      const score = scores[best] ?? 0;
      if (best < 0 || score <= 0 || score < threshold) break;
      found.push({ offsetMs: (best * 1000) / this.#pcm.sampleRate, score });
      scores.fill(0, Math.max(0, best - apart), best + apart);
    }
    return found;
  }

  // Score for every lag at which the wanted sound lies wholly inside, by overlap-save.
  #scores(wanted: Float32Array): Float32Array {
    const lags = this.#pcm.samples.length - wanted.length + 1;
    if (lags <= 0) return new Float32Array(0);
    const { fft, step, spectra } = this.#spectra(wanted.length);
    const re = new Float64Array(fft.size);
    const im = new Float64Array(fft.size);
    re.set(wanted);
    fft.forward(re, im);
    let energy = 0;
    for (const sample of wanted) energy += sample * sample;
    const scores = new Float32Array(lags);
    const blockRe = new Float64Array(fft.size);
    const blockIm = new Float64Array(fft.size);
    for (const [block, spectrum] of spectra.entries()) {
      multiplyConjugate({ re: blockRe, im: blockIm }, spectrum, { re, im });
      fft.inverse(blockRe, blockIm);
      const start = block * step;
      for (let index = 0; index < step && start + index < lags; index += 1) {
        const here = (this.#energy[start + index + wanted.length] ?? 0) - (this.#energy[start + index] ?? 0);
        if (here < SILENCE_RMS * SILENCE_RMS * wanted.length || energy === 0) continue;
        scores[start + index] = Math.max(0, (blockRe[index] ?? 0) / Math.sqrt(here * energy));
      }
    }
    return scores;
  }

  #spectra(length: number): { fft: Fft; step: number; spectra: { re: Float64Array; im: Float64Array }[] } {
    const size = 2 ** Math.max(14, Math.ceil(Math.log2(length)) + 1);
    const known = this.#blocks.get(size);
    if (known) return known;
    const fft = new Fft(size);
    // The size is at least twice the wanted length, so half of each block's lags are free of wrap-around for all of them.
    const step = size / 2;
    const spectra = [];
    for (let start = 0; start < this.#pcm.samples.length; start += step) {
      const re = new Float64Array(size);
      const im = new Float64Array(size);
      re.set(this.#pcm.samples.subarray(start, start + size));
      fft.forward(re, im);
      spectra.push({ re, im });
    }
    const blocks = { fft, step, spectra };
    this.#blocks.set(size, blocks);
    return blocks;
  }
}

function multiplyConjugate(
  out: { re: Float64Array; im: Float64Array },
  a: { re: Float64Array; im: Float64Array },
  b: { re: Float64Array; im: Float64Array },
): void {
  for (let index = 0; index < out.re.length; index += 1) {
    const [aRe, aIm, bRe, bIm] = [a.re[index] ?? 0, a.im[index] ?? 0, b.re[index] ?? 0, b.im[index] ?? 0];
    out.re[index] = aRe * bRe + aIm * bIm;
    out.im[index] = aIm * bRe - aRe * bIm;
  }
}

function indexOfMaximum(values: Float32Array): number {
  let best = -1;
  let maximum = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? 0;
    if (value > maximum) {
      maximum = value;
      best = index;
    }
  }
  return best;
}
