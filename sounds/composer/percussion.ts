import { type Instrument, SAMPLE_RATE, shaped } from './instruments.ts';
import { chance, decayPerStep, sine } from './numbers.ts';

/** A shaker: a breath of bright noise. */
export const shaker: Instrument = ({ velocity, seed }) =>
  noise({ seed, seconds: 0.09, attackSeconds: 0.025, level: velocity * 0.6, low: 0.75, high: 0.25 });

/** A brush over a snare drum: darker noise, longer. */
export const brush: Instrument = ({ velocity, seed }) =>
  noise({ seed, seconds: 0.2, attackSeconds: 0.012, level: velocity * 0.6, low: 0.42, high: 0.1 });

/** A knock on wood, the side of a drum. */
export const wood: Instrument = ({ velocity, seed }) => {
  const out = new Float32Array(Math.round(0.09 * SAMPLE_RATE));
  const fall = decayPerStep(0.07 * SAMPLE_RATE);
  const pitch = 780 + 40 * chance(seed)();
  let level = velocity * 0.4;
  for (let i = 0; i < out.length; i += 1) {
    out[i] = level * (sine((pitch * i) / SAMPLE_RATE) + 0.4 * sine((pitch * 2.3 * i) / SAMPLE_RATE));
    level *= fall;
  }
  return shaped(out, { attackSeconds: 0.001, seconds: 0.08, releaseSeconds: 0.01 });
};

/** A soft thump with enough of 150 to 300 Hz for a telephone. */
export const thump: Instrument = ({ velocity }) => {
  const out = new Float32Array(Math.round(0.2 * SAMPLE_RATE));
  const fall = decayPerStep(0.19 * SAMPLE_RATE);
  let level = velocity * 0.7;
  let phase = 0;
  for (let i = 0; i < out.length; i += 1) {
    phase += (95 + 170 * (1 - i / out.length) ** 6) / SAMPLE_RATE;
    out[i] = level * (sine(phase) + 0.35 * sine(2 * phase));
    level *= fall;
  }
  return shaped(out, { attackSeconds: 0.003, seconds: 0.18, releaseSeconds: 0.02 });
};

interface Noise {
  readonly seed: number;
  readonly seconds: number;
  readonly attackSeconds: number;
  readonly level: number;
  /** What of each step the low-pass takes over, 0 to 1: higher is brighter. */
  readonly low: number;
  /** The same for what is taken away below: higher leaves less. */
  readonly high: number;
}

function noise({ seed, seconds, attackSeconds, level, low, high }: Noise): Float32Array {
  const random = chance(seed);
  const out = new Float32Array(Math.round(seconds * SAMPLE_RATE));
  const fall = decayPerStep(out.length * 1.1);
  let bright = 0;
  let dark = 0;
  let loudness = level;
  for (let i = 0; i < out.length; i += 1) {
    bright += (random() * 2 - 1 - bright) * low;
    dark += (bright - dark) * high;
    out[i] = (bright - dark) * loudness;
    loudness *= fall;
  }
  return shaped(out, { attackSeconds, seconds, releaseSeconds: 0.02 });
}
