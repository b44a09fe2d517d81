import { describe, expect, test } from '@jest/globals';
import {
  bass,
  electricPiano,
  flute,
  type Instrument,
  pad,
  pluckedString,
  SAMPLE_RATE,
  vibraphone,
} from '../../../sounds/composer/instruments.ts';
import { brush, shaker, thump, wood } from '../../../sounds/composer/percussion.ts';

// In jest's sandboxes a look-up of `Math` takes far longer than the sine.
const { cos, sin, PI } = Math;

const PITCHED: readonly (readonly [string, Instrument, readonly number[]])[] = [
  ['plucked string', pluckedString(), [50, 57, 62, 69, 74, 81]],
  ['electric piano', electricPiano(), [50, 62, 74, 81]],
  ['vibraphone', vibraphone(), [57, 69, 81, 86]],
  ['flute', flute, [62, 69, 81, 86]],
  ['pad', pad(), [50, 62, 74]],
  ['bass', bass, [36, 43, 48]],
];
const STRUCK = [shaker, brush, wood, thump] as const;

/** Power at a frequency, under a Hann window. */
function power(samples: Float32Array, hz: number): number {
  let real = 0;
  let imaginary = 0;
  for (const [i, value] of samples.entries()) {
    const windowed = value * (0.5 - 0.5 * cos((2 * PI * i) / samples.length));
    real += windowed * cos((2 * PI * hz * i) / SAMPLE_RATE);
    imaginary += windowed * sin((2 * PI * hz * i) / SAMPLE_RATE);
  }
  return real ** 2 + imaginary ** 2;
}

/** Distance in cents of the strongest frequency from the note, within a semitone of it. */
function detuning(samples: Float32Array, note: number): number {
  const right = 440 * 2 ** ((note - 69) / 12);
  let best = { cents: 0, power: -1 };
  for (let cents = -100; cents <= 100; cents += 1) {
    const found = power(samples, right * 2 ** (cents / 1200));
    if (found > best.power) best = { cents, power: found };
  }
  return best.cents;
}

describe.each(PITCHED)('%s', (_name, instrument, notes) => {
  test.each(notes)('note %d is in tune', (note) => {
    const sound = instrument({ note, seconds: 1, velocity: 0.7, seed: note });
    expect(Math.abs(detuning(sound.subarray(800, 800 + SAMPLE_RATE / 2), note))).toBeLessThanOrEqual(6);
  });

  test('a note begins and ends without a step, at full strength too, and stays in range', () => {
    for (const note of notes) {
      const sound = instrument({ note, seconds: 0.8, velocity: 1, seed: 1 });
      const steps = Array.from(sound, (value, i) => Math.abs(value - (sound[i - 1] ?? 0)));
      expect(Math.abs(sound[0] ?? 1)).toBeLessThan(0.02);
      expect(Math.abs(sound.at(-1) ?? 1)).toBeLessThan(0.005);
      expect(Math.max(...sound.map(Math.abs))).toBeLessThan(1.6);
      expect(Math.max(...steps)).toBeLessThan(1);
    }
  });

  test('struck harder is louder', () => {
    const energy = (velocity: number) =>
      instrument({ note: notes[1] ?? 60, seconds: 0.5, velocity, seed: 3 }).reduce((sum, value) => sum + value ** 2, 0);
    expect(energy(0.9)).toBeGreaterThan(2 * energy(0.5));
  });
});

test('Percussion is over within a quarter of a second, and two strokes are not the same', () => {
  for (const drum of STRUCK) {
    const strokes = [1, 2].map((seed) => drum({ note: 60, seconds: 0.1, velocity: 0.8, seed }));
    for (const stroke of strokes) expect(stroke.length).toBeLessThan(SAMPLE_RATE / 4);
    if (drum !== thump) expect(strokes[0]).not.toEqual(strokes[1]);
  }
});
