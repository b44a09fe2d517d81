/** Taps of the low pass; the outer ones beside the middle are every second one, the others are 0. */
const TAPS = 31;
const MIDDLE = (TAPS - 1) / 2;
const PAST = TAPS - 1;

/** The taps at the odd distances 1, 3, … from the middle one, which is 0.5: a sinc in a Hamming window. */
const ODD_TAPS: Float64Array = Float64Array.from({ length: (MIDDLE + 1) / 2 }, (_, index) => {
  const distance = 2 * index + 1;
  const sinc = Math.sin((Math.PI * distance) / 2) / (Math.PI * distance);
  return sinc * (0.54 + 0.46 * Math.cos((Math.PI * distance) / MIDDLE));
});

/**
 * 16,000 samples a second to 8,000. What is above 4.9 kHz, and would come back below 3.1 kHz, is 40 dB down and more; it comes 1 ms later.
 * One for each caller: it remembers the last samples.
 */
export class HalfBand {
  readonly #samples: Int16Array;

  /** For at most so many wide samples at a time. */
  constructor(wideSamplesMax: number) {
    this.#samples = new Int16Array(PAST + wideSamplesMax);
  }

  /** Reads `count` samples, an even number, and writes half as many. */
  halve(wide: Int16Array, count: number, narrow: Int16Array): void {
    const samples = this.#samples;
    for (let index = 0; index < count; index++) samples[PAST + index] = wide[index] ?? 0;
    for (let index = 0; index < count / 2; index++) narrow[index] = this.#filtered(2 * index + MIDDLE + 1);
    samples.copyWithin(0, count, count + PAST);
  }

  #filtered(at: number): number {
    const samples = this.#samples;
    let sum = 0.5 * (samples[at] ?? 0);
    for (let tap = 0; tap < ODD_TAPS.length; tap++) {
      const distance = 2 * tap + 1;
      sum += (ODD_TAPS[tap] ?? 0) * ((samples[at - distance] ?? 0) + (samples[at + distance] ?? 0));
    }
    return Math.max(-32_768, Math.min(32_767, Math.round(sum)));
  }
}
