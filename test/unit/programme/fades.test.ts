import { describe, expect, test } from '@jest/globals';
import { fillGains, gainAt, isMoving, type Ramp } from '../../../src/core/programme/fades.ts';
import { fc } from '../../support/property.ts';

const fall: Ramp = { from: 1000, length: 8000, start: 1, end: 0 };
const rise: Ramp = { from: 1000, length: 8000, start: 0, end: 1 };
const db = (gain: number): number => 20 * Math.log10(gain);

describe('A fade', () => {
  test('falls quickly at first: 3 dB within 0.19 of its length, 20 dB within 0.72', () => {
    expect(db(gainAt(fall, 1000 + 8000 * 0.19))).toBeCloseTo(-3, 1);
    expect(db(gainAt(fall, 1000 + 8000 * 0.713))).toBeCloseTo(-20, 0);
  });

  test('rises as a sine: half of it at a third', () => {
    expect(gainAt(rise, 1000 + 8000 / 3)).toBeCloseTo(0.5, 3);
    expect(db(gainAt(rise, 5000))).toBeCloseTo(-3, 1);
  });

  test('keeps its first gain before it and its last one after it', () => {
    expect([gainAt(fall, -5), gainAt(fall, 1000), gainAt(fall, 9000), gainAt(fall, 1e9)]).toEqual([1, 1, 0, 0]);
    expect([999, 1000, 8999, 9000].map((at) => isMoving(fall, at))).toEqual([false, true, true, false]);
  });

  test('has no step larger than π/2 of its height by its length, whatever its length and gains', () => {
    const gain = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 40, max: 20_000 }), gain, gain, (length, start, end) => {
        const ramp = { from: 0, length, start, end };
        // One step of the table more than that.
        const steepest = (Math.PI / 2) * Math.abs(end - start) * (1 / length + 1 / 16_384) + 1e-6;
        for (let at = 0; at <= length; at += 1) {
          if (Math.abs(gainAt(ramp, at) - gainAt(ramp, at - 1)) > steepest) throw new Error(`A step at ${at}`);
        }
      }),
    );
  });

  test('is multiplied with another one, sample by sample', () => {
    const gains = new Float64Array(4).fill(7);
    fillGains(fall, 2000, gains, 3, true);
    fillGains(rise, 2000, gains, 3, false);
    expect([...gains]).toEqual([...[2000, 2001, 2002].map((at) => gainAt(fall, at) * gainAt(rise, at)), 7]);
  });
});
