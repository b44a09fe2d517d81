import { describe, expect, test } from '@jest/globals';
import { Resampler } from '../../../stasis/media/library/decode/resampler.ts';
import { fc } from '../../support/property.ts';

const SECONDS = 0.5;

function tone(hertz: number, rate: number): Float32Array {
  return Float32Array.from({ length: SECONDS * rate }, (_, index) => Math.sin((2 * Math.PI * hertz * index) / rate));
}

function resampled(input: Float32Array, from: number, to: number): Float32Array {
  const resampler = new Resampler(from, to);
  return joined([resampler.process(input), resampler.flush()]);
}

function joined(pieces: readonly Float32Array[]): Float32Array {
  return Float32Array.from(pieces.flatMap((piece) => [...piece]));
}

/** Level in dB of full scale, without the first and last 50 ms, in which the filter meets the beginning and the end. */
function levelDb(samples: Float32Array, rate: number): number {
  const middle = samples.subarray(rate / 20, samples.length - rate / 20);
  return 10 * Math.log10(middle.reduce((sum, sample) => sum + sample * sample, 0) / middle.length);
}

const SINE_DB = 10 * Math.log10(0.5);

describe('The resampler', () => {
  const rates = [4000, 8000, 11_025, 16_000, 22_050, 32_000, 44_100, 44_101, 48_000, 96_000, 192_000];
  const pairs = rates.flatMap((from) => [8000, 16_000].filter((to) => to !== from).map((to) => [from, to] as const));

  test.each(pairs)('%i → %i Hz: a tone of 1 kHz keeps level, pitch and place', (from, to) => {
    const output = resampled(tone(1000, from), from, to);
    expect(Math.abs(levelDb(output, to) - SINE_DB)).toBeLessThan(0.1);
    const wanted = tone(1000, to);
    const error = output.map((sample, index) => sample - (wanted[index] as number));
    expect(levelDb(error, to)).toBeLessThan(-55);
    expect(output.length).toBe(Math.ceil((SECONDS * from * to) / from));
  });

  test.each([
    [44_100, 8000, 4600],
    [44_100, 8000, 6000],
    [44_100, 8000, 7000],
    [44_100, 16_000, 9300],
    [48_000, 8000, 6000],
    [48_000, 8000, 20_000],
    [16_000, 8000, 6000],
    [96_000, 16_000, 15_000],
    [44_101, 8000, 6000],
  ])('%i → %i Hz: of a tone of %i Hz nothing comes back as another tone', (from, to, hertz) => {
    const output = resampled(tone(hertz, from), from, to);
    expect(levelDb(output, to) - SINE_DB).toBeLessThan(-70);
  });

  test('what the telephone carries passes: 300 to 3400 Hz within 0.1 dB', () => {
    for (const hertz of [300, 1000, 2000, 3000, 3400]) {
      const level = levelDb(resampled(tone(hertz, 44_100), 44_100, 8000), 8000);
      expect(Math.abs(level - SINE_DB)).toBeLessThan(0.1);
    }
  });

  test('gives the same, in whatever pieces the sound comes', () => {
    const input = tone(700, 44_100).subarray(0, 6000);
    const whole = resampled(input, 44_100, 8000);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 8 }), (lengths) => {
        const resampler = new Resampler(44_100, 8000);
        let from = 0;
        const pieces = lengths.map((length) => {
          const piece = resampler.process(input.subarray(from, from + length));
          from = Math.min(input.length, from + length);
          return piece;
        });
        const output = joined([...pieces, resampler.process(input.subarray(from)), resampler.flush()]);
        expect(Buffer.from(output.buffer).equals(Buffer.from(whole.buffer))).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
