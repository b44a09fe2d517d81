import { type Band, perform } from './band.ts';
import { SAMPLE_RATE } from './instruments.ts';
import { amplitude, decibels, sine } from './numbers.ts';
import { hall } from './room.ts';

/** Loudness of every piece over its whole length: a decibel below the prompts. */
export const RMS_DBFS = -21;
/** No sample is louder. */
export const PEAK_DBFS = -3;

/** A telephone codec resolves 13 bits at most; the three below are left zero, which makes the files a third smaller. */
const STEP = 8;
/** The end: the last notes ring, and are faded out over their last seconds. */
const RINGING_SECONDS = 3.2;
const FADE_SECONDS = 1.8;
/** So far below the mean they count as gone. */
const FAINT_DB = 22;

/** Plays, mixes and levels a piece: 16-bit samples at SAMPLE_RATE. */
export function master(band: Band): Int16Array {
  const length = Math.round((band.seconds + RINGING_SECONDS) * SAMPLE_RATE);
  const dry = new Float32Array(length);
  const wet = new Float32Array(length);
  for (const part of band.parts) perform(part, dry, wet);
  const echo = hall(wet);
  const mixed = dry.map((value, i) => value + (echo[i] ?? 0));
  const shaped = ride(forTelephone(mixed));
  const ended = fadeOut(shaped);
  return quantised(limited(ended));
}

/** High-pass twice at 150 Hz, where only hum lives on a telephone; 6 dB more above 1.2 kHz, which it dulls; low-pass at 6 kHz against hiss. */
function forTelephone(samples: Float32Array): Float32Array {
  return [highPass, highPass, presence, lowPass].reduce((sound, filter) => filter(sound), samples);
}

// Coefficients of first-order sections: 1 − e^(−2πf/rate), as constants so that they are the same everywhere.
const HIGH_PASS_150 = 0.0572;
const BELOW_1200 = 0.376;
const LOW_PASS_6000 = 0.905;

function highPass(samples: Float32Array): Float32Array {
  let below = 0;
  return samples.map((value) => {
    below += (value - below) * HIGH_PASS_150;
    return value - below;
  });
}

function presence(samples: Float32Array): Float32Array {
  let below = 0;
  return samples.map((value) => {
    below += (value - below) * BELOW_1200;
    return value + (value - below);
  });
}

function lowPass(samples: Float32Array): Float32Array {
  let smooth = 0;
  return samples.map((value) => {
    smooth += (value - smooth) * LOW_PASS_6000;
    return smooth;
  });
}

const RIDE_WINDOW_SECONDS = 2;
/** How much of a quiet or loud passage's distance from the mean is taken back. */
const RIDE_SHARE = 0.6;
const RIDE_DB_MAX = 5;

/** Evens slow changes of loudness, as a hand at the fader does: what is too quiet is lost on a telephone. */
function ride(samples: Float32Array): Float32Array {
  const window = RIDE_WINDOW_SECONDS * SAMPLE_RATE;
  const levels: number[] = [];
  for (let from = 0; from < samples.length; from += window / 2)
    levels.push(decibels(rms(samples.subarray(Math.max(0, from - window / 2), from + window / 2))));
  const mean = decibels(rms(samples));
  const gains = levels.map((level) => Math.max(-RIDE_DB_MAX, Math.min(RIDE_DB_MAX, (mean - level) * RIDE_SHARE)));
  return samples.map((value, i) => {
    const place = i / (window / 2);
    const index = Math.min(gains.length - 1, Math.floor(place));
    const from = gains[index] ?? 0;
    const to = gains[Math.min(gains.length - 1, index + 1)] ?? from;
    const db = from + (to - from) * (place - index);
    // A rational stand-in for 10^(db/20), within 1 % for ±5 dB, the same in every version of Node.
    const x = db * 0.057_564_6;
    return (value * (1 + x)) / (1 - x);
  });
}

/** Ends where the last notes have died away, so that the next piece does not keep anybody waiting. */
function fadeOut(whole: Float32Array): Float32Array {
  const window = SAMPLE_RATE / 10;
  const faint = rms(whole) * amplitude(-FAINT_DB);
  let end = whole.length;
  while (end > window && rms(whole.subarray(end - window, end)) < faint) end -= window;
  const samples = whole.subarray(0, end);
  const fade = FADE_SECONDS * SAMPLE_RATE;
  const begin = samples.length - fade;
  return samples.map((value, i) => (i < begin ? value : value * (0.5 + 0.5 * sine(0.25 + (i - begin) / fade / 2))));
}

/** Brings the whole to RMS_DBFS, with peaks rounded off softly below PEAK_DBFS. */
function limited(samples: Float32Array): Float32Array {
  const ceiling = amplitude(PEAK_DBFS) * 0.99;
  const knee = ceiling * 0.6;
  let sound = samples;
  // Rounding peaks takes a little loudness away, which the second and third turn give back.
  for (let turn = 0; turn < 3; turn += 1) {
    const gain = amplitude(RMS_DBFS) / rms(sound);
    sound = sound.map((value) => {
      const loud = value * gain;
      const above = Math.abs(loud) - knee;
      if (above <= 0) return loud;
      const room = ceiling - knee;
      return Math.sign(loud) * (knee + (above * room) / (above + room));
    });
  }
  return sound;
}

function quantised(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (value) => Math.round((value * 32_768) / STEP) * STEP);
}

function rms(samples: Float32Array): number {
  let sum = 0;
  for (const value of samples) sum += value * value;
  return Math.fround(Math.sqrt(sum / Math.max(1, samples.length)));
}
