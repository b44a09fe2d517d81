/** What lies above the output's (or the input's) half rate is at least so far down. */
const STOPBAND_DB = 80;
/** The last part of the band, in which the filter falls: 3400 to 4000 Hz at 8 kHz. */
const TRANSITION = 0.15;
/** Positions between two input samples that have a filter of their own. Of odd rates the nearest is taken: its error is below −75 dB. */
const PHASES = 1024;

/**
 * Turns one sample rate into another, piece by piece: a windowed sinc (Kaiser) in phases, as long as its stop band asks for, so that
 * nothing above half the lower rate comes back as a tone of its own. Output sample n lies at input sample n · from / to; the filter
 * adds no delay.
 */
export class Resampler {
  readonly #from: number;
  readonly #to: number;
  readonly #half: number;
  readonly #phases: readonly Float32Array[];
  /** Input that is still needed; its first sample is input sample {@link #base}. */
  #held: Float32Array;
  #base: number;
  #received = 0;
  #given = 0;

  constructor(from: number, to: number) {
    const { half, phases } = filterFor(from, to);
    const divisor = greatestCommonDivisor(from, to);
    this.#from = from / divisor;
    this.#to = to / divisor;
    this.#half = half;
    this.#phases = phases;
    this.#base = -this.#half;
    this.#held = new Float32Array(this.#half);
  }

  /** The output that can be computed by now. */
  process(input: Float32Array): Float32Array {
    const held = new Float32Array(this.#held.length + input.length);
    held.set(this.#held);
    held.set(input, this.#held.length);
    this.#held = held;
    this.#received += input.length;
    // Sample n needs the input up to floor(n · from / to) + half, and one more when its phase is rounded up.
    return this.#give(Math.floor(((this.#received - this.#half - 1) * this.#to) / this.#from));
  }

  /** The rest, as if silence followed. */
  flush(): Float32Array {
    const total = Math.ceil((this.#received * this.#to) / this.#from);
    const held = new Float32Array(this.#held.length + this.#half + 2);
    held.set(this.#held);
    this.#held = held;
    return this.#give(total);
  }

  #give(until: number): Float32Array {
    const output = new Float32Array(Math.max(0, until - this.#given));
    for (let index = 0; index < output.length; index += 1) output[index] = this.#sample(this.#given + index);
    this.#given += output.length;
    const first = Math.floor((this.#given * this.#from) / this.#to) - this.#half;
    const surplus = Math.min(Math.max(0, first - this.#base), this.#held.length);
    this.#held = this.#held.slice(surplus);
    this.#base += surplus;
    return output;
  }

  #sample(number: number): number {
    const position = number * this.#from;
    let before = Math.floor(position / this.#to);
    let phase = Math.round(((position - before * this.#to) * this.#phases.length) / this.#to);
    if (phase === this.#phases.length) {
      before += 1;
      phase = 0;
    }
    const taps = this.#phases[phase] as Float32Array;
    const held = this.#held;
    const start = before - this.#half + 1 - this.#base;
    // Four sums side by side: an addition waits for the one before it, and this loop is most of what decoding costs (1.6 times as fast).
    let [a, b, c, d] = [0, 0, 0, 0];
    for (let tap = 0; tap < taps.length; tap += 4) {
      const at = start + tap;
      a += (taps[tap] as number) * (held[at] as number);
      b += (taps[tap + 1] as number) * (held[at + 1] as number);
      c += (taps[tap + 2] as number) * (held[at + 2] as number);
      d += (taps[tap + 3] as number) * (held[at + 3] as number);
    }
    return a + b + (c + d);
  }
}

interface Filter {
  /** Input samples on each side of an output sample. */
  readonly half: number;
  readonly phases: readonly Float32Array[];
}

/** A folder holds a few sample rates; making a filter takes as long as decoding seconds of sound. */
const FILTERS_MAX = 8;
const filters = new Map<string, Filter>();

function filterFor(from: number, to: number): Filter {
  const key = `${from} ${to}`;
  const known = filters.get(key);
  if (known !== undefined) return known;
  const made = makeFilter(from, to);
  if (filters.size >= FILTERS_MAX) filters.clear();
  filters.set(key, made);
  return made;
}

function makeFilter(from: number, to: number): Filter {
  const lower = Math.min(from, to);
  const transition = (TRANSITION * lower) / 2 / from;
  // Kaiser's formula for the length of a filter, in steps of four taps.
  const half = 2 * Math.ceil((STOPBAND_DB - 7.95) / (14.36 * transition) / 4);
  const cutoff = ((1 - TRANSITION / 2) * lower) / 2 / from;
  const count = Math.min(to / greatestCommonDivisor(from, to), PHASES);
  return { half, phases: Array.from({ length: count }, (_, phase) => kernel(half, cutoff, phase / count)) };
}

/** The filter for an output sample that lies `fraction` behind input sample 0: taps for the input samples 1 − half to half. */
function kernel(half: number, cutoff: number, fraction: number): Float32Array {
  const beta = 0.1102 * (STOPBAND_DB - 8.7);
  const taps = Float64Array.from({ length: 2 * half }, (_, index) => {
    const distance = index - half + 1 - fraction;
    const inWindow = distance / half;
    const window = Math.abs(inWindow) >= 1 ? 0 : bessel(beta * Math.sqrt(1 - inWindow * inWindow));
    return sinc(2 * cutoff * distance) * window;
  });
  const sum = taps.reduce((total, tap) => total + tap, 0);
  return Float32Array.from(taps, (tap) => tap / sum);
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The modified Bessel function I0, by its series. */
function bessel(x: number): number {
  let term = 1;
  let sum = 1;
  for (let n = 1; term > sum * 1e-12; n += 1) {
    term *= (x / (2 * n)) ** 2;
    sum += term;
  }
  return sum;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
