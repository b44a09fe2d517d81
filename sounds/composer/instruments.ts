import { chance, decayPerStep, frequencyOf, sine } from './numbers.ts';

/** Samples per second of all music. */
export const SAMPLE_RATE = 16_000;

/** A note as it is played. */
export interface Played {
  readonly note: number;
  /** Time until the key is let go. */
  readonly seconds: number;
  /** How hard, 0 to 1: louder and brighter. */
  readonly velocity: number;
  /** What is chance in this one note: noise of a plucking finger, drift of a voice. */
  readonly seed: number;
}

/** Makes the sound of a note, at about full scale for velocity 1. */
export type Instrument = (played: Played) => Float32Array;

/**
 * A plucked string after Karplus and Strong, with Jaffe's and Smith's extensions: noise goes round in a loop whose filter
 * eats the high partials first; an allpass tunes it between samples; a comb stands for where the finger plucks.
 */
export function pluckedString({ sustainSeconds = 2.2, brightness = 0.5 } = {}): Instrument {
  return ({ note, seconds, velocity, seed }) => {
    const period = SAMPLE_RATE / frequencyOf(note);
    // Share of the sample before: at a half the high partials of a high string would be gone at once.
    const damping = 0.34 - 0.22 * brightness;
    const whole = Math.floor(period - damping - 0.1);
    const fraction = period - damping - whole;
    const tuning = (1 - fraction) / (1 + fraction);
    const loop = excitation(whole, 0.2 + 0.35 * brightness * (0.4 + 0.6 * velocity), chance(seed));
    const held = Math.min(seconds + 0.12, sustainSeconds * 1.3);
    const out = new Float32Array(Math.round((held + 0.25) * SAMPLE_RATE));
    // A string loses per round, whatever its pitch: high ones would die at once and low ones drone without this.
    const loss = decayPerStep((sustainSeconds * SAMPLE_RATE) / period);
    const letGo = Math.round(held * SAMPLE_RATE);
    const muted = decayPerStep(0.2 * SAMPLE_RATE);
    let place = 0;
    let last = 0;
    let allpassIn = 0;
    let allpassOut = 0;
    let level = velocity * 0.9;
    for (let i = 0; i < out.length; i += 1) {
      const now = loop[place] ?? 0;
      const smooth = (now + (last - now) * damping) * loss;
      last = now;
      allpassOut = tuning * (smooth - allpassOut) + allpassIn;
      allpassIn = smooth;
      loop[place] = allpassOut;
      place = place + 1 === whole ? 0 : place + 1;
      if (i > letGo) level *= muted;
      out[i] = now * level;
    }
    return shaped(out, { attackSeconds: 0.005, seconds, releaseSeconds: 0.02 });
  };
}

/** One round of the string at its beginning: smoothed noise, combed by the place of the finger. */
function excitation(length: number, openness: number, random: () => number): Float64Array {
  const noise = new Float64Array(length);
  let once = 0;
  let smooth = 0;
  // Two rounds, the second kept: so the end meets the beginning without a step.
  const raw = Array.from({ length }, () => random() * 2 - 1);
  for (let i = 0; i < 2 * length; i += 1) {
    once += ((raw[i % length] ?? 0) - once) * openness;
    smooth += (once - smooth) * openness;
    noise[i % length] = smooth;
  }
  const pluckAt = Math.max(1, Math.round(length * 0.22));
  const combed = noise.map((value, i) => value - 0.9 * (noise[(i + length - pluckAt) % length] ?? 0));
  const mean = combed.reduce((sum, value) => sum + value, 0) / length;
  const power = combed.reduce((sum, value) => sum + (value - mean) ** 2, 0) / length;
  const scale = power > 0 ? 0.26 / Math.fround(Math.sqrt(power)) : 0;
  return combed.map((value) => (value - mean) * scale);
}

/** An electric piano by frequency modulation: a body that turns mellow while it sounds, and a short tine an octave and more above. */
export function electricPiano({ decaySeconds = 2.6, tine = 0.1, body = 1.3 } = {}): Instrument {
  return ({ note, seconds, velocity, seed }) => {
    const step = frequencyOf(note) / SAMPLE_RATE;
    const out = sounding(seconds, 0.18, decaySeconds * 1.2);
    const fall = decayPerStep(decaySeconds * SAMPLE_RATE * (note > 72 ? 0.8 : 1));
    const mellow = decayPerStep(decaySeconds * 0.7 * SAMPLE_RATE);
    const tineFall = decayPerStep(0.22 * SAMPLE_RATE);
    const start = chance(seed)();
    let level = velocity * 0.5;
    let index = body * 0.16 * (0.4 + velocity * 0.9);
    let tineLevel = tine * velocity * velocity;
    for (let i = 0; i < out.length; i += 1) {
      const phase = step * i;
      const bodyWave = sine(phase + index * sine(phase + start * 0.02));
      const tineWave = step < 0.055 ? sine(phase * 7.02) : 0;
      out[i] = level * bodyWave + tineLevel * tineWave;
      level *= fall;
      index *= mellow;
      tineLevel *= tineFall;
    }
    return shaped(out, { attackSeconds: 0.004, seconds, releaseSeconds: 0.18 });
  };
}

/** A vibraphone: struck bars with their double octave, and the slow beat of its rotating discs. */
export function vibraphone({ decaySeconds = 2.8 } = {}): Instrument {
  return ({ note, seconds, velocity, seed }) => {
    const step = frequencyOf(note) / SAMPLE_RATE;
    const out = sounding(seconds, 0.5, decaySeconds);
    const fall = decayPerStep(decaySeconds * SAMPLE_RATE);
    const upperFall = decayPerStep(0.5 * SAMPLE_RATE);
    const start = chance(seed)();
    let level = velocity * 0.5;
    let upper = velocity * velocity * (step < 0.1 ? 0.14 : 0.04);
    for (let i = 0; i < out.length; i += 1) {
      const disc = 1 + 0.12 * sine(start + (4.6 * i) / SAMPLE_RATE);
      out[i] = (level * sine(step * i) + upper * sine(step * 3.98 * i)) * disc;
      level *= fall;
      upper *= upperFall;
    }
    return shaped(out, { attackSeconds: 0.003, seconds, releaseSeconds: 0.45 });
  };
}

/** A wooden flute: few partials, breath, and a vibrato that sets in late. */
export const flute: Instrument = ({ note, seconds, velocity, seed }) => {
  const step = frequencyOf(note) / SAMPLE_RATE;
  const random = chance(seed);
  const out = sounding(seconds, 0.14, 30);
  const wobble = random();
  let phase = 0;
  let breath = 0;
  for (let i = 0; i < out.length; i += 1) {
    const time = i / SAMPLE_RATE;
    const vibrato = (time < 0.25 ? 0 : time > 0.75 ? 1 : (time - 0.25) * 2) * sine(wobble + time * 5.1);
    phase += step * (1 + 0.004 * vibrato);
    breath += (random() * 2 - 1 - breath) * 0.35;
    const tone = sine(phase) + (0.16 + 0.12 * velocity) * sine(2 * phase) + 0.06 * velocity * sine(3 * phase);
    out[i] = velocity * 0.36 * (1 + 0.1 * vibrato) * (tone + 0.035 * breath);
  }
  return shaped(out, { attackSeconds: 0.055, seconds, releaseSeconds: 0.13 });
};

/** A soft string pad: three voices that drift against each other, few partials, slow to come and to go. */
export function pad({ attackSeconds = 0.7, releaseSeconds = 0.9, partials = 5 } = {}): Instrument {
  return ({ note, seconds, velocity, seed }) => {
    const random = chance(seed);
    const base = frequencyOf(note) / SAMPLE_RATE;
    const out = sounding(seconds, releaseSeconds, 60);
    for (const detune of [-0.0032, 0.0004, 0.0029]) {
      const step = base * (1 + detune);
      const start = random();
      const drift = random();
      for (let partial = 1; partial <= partials && step * partial < 0.2; partial += 1) {
        const level = (velocity * 0.17) / (partial * (1 + 0.35 * partial));
        for (let i = 0; i < out.length; i += 1) {
          const swell = 1 + 0.25 * sine(drift + partial * 0.31 + (0.33 * i) / SAMPLE_RATE);
          out[i] = (out[i] ?? 0) + level * swell * sine(start * partial + step * partial * i);
        }
      }
    }
    return shaped(out, { attackSeconds, seconds, releaseSeconds });
  };
}

/** A bass whose second and third partial carry it where a telephone swallows the first. */
export const bass: Instrument = ({ note, seconds, velocity }) => {
  const step = frequencyOf(note) / SAMPLE_RATE;
  const out = sounding(seconds, 0.09, 2.4);
  const fall = decayPerStep(2.4 * SAMPLE_RATE);
  const upperFall = decayPerStep(0.9 * SAMPLE_RATE);
  let level = velocity * 0.45;
  let upper = velocity * 0.34;
  for (let i = 0; i < out.length; i += 1) {
    const phase = step * i;
    out[i] = level * (sine(phase) + 0.5 * sine(2 * phase)) + upper * (0.6 * sine(3 * phase) + 0.3 * sine(4 * phase));
    level *= fall;
    upper *= upperFall;
  }
  return shaped(out, { attackSeconds: 0.006, seconds, releaseSeconds: 0.08 });
};

function sounding(seconds: number, releaseSeconds: number, longestSeconds: number): Float32Array {
  return new Float32Array(Math.round((Math.min(seconds, longestSeconds) + releaseSeconds) * SAMPLE_RATE));
}

/** Lets a note come and go on half a cosine: no step at either end. */
export function shaped(
  out: Float32Array,
  { attackSeconds, seconds, releaseSeconds }: { attackSeconds: number; seconds: number; releaseSeconds: number },
): Float32Array {
  const attack = Math.round(Math.min(attackSeconds, seconds * 0.6) * SAMPLE_RATE);
  const release = Math.min(out.length, Math.round(releaseSeconds * SAMPLE_RATE));
  for (let i = 0; i < attack && i < out.length; i += 1)
    out[i] = (out[i] ?? 0) * (0.5 - 0.5 * sine(0.25 + i / attack / 2));
  for (let i = 0; i < release; i += 1) {
    const place = out.length - 1 - i;
    out[place] = (out[place] ?? 0) * (0.5 - 0.5 * sine(0.25 + i / release / 2));
  }
  return out;
}
