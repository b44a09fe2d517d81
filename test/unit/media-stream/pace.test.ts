import { describe, expect, test } from '@jest/globals';
import { CUSHION_MS, Pace } from '../../../stasis/media/stream/pace.ts';

const SECOND = 8000;
const CUSHION = (CUSHION_MS / 1000) * SECOND;

describe('Sound is released', () => {
  test('not before there is a cushion, then with the clock', () => {
    const pace = new Pace();
    pace.advance(0, CUSHION - 1);
    expect(pace.isRunning).toBe(false);
    expect(pace.released(5000, CUSHION - 1)).toBe(0);
    pace.advance(100, CUSHION);
    expect(pace.isRunning).toBe(true);
    expect(pace.released(100, CUSHION)).toBe(0);
    expect(pace.released(1100, CUSHION)).toBe(SECOND);
  });

  test('at the same pace after a burst of ten seconds', () => {
    const pace = new Pace();
    pace.advance(0, 10 * SECOND);
    for (let ms = 0; ms <= 9000; ms += 100) {
      pace.advance(ms, 10 * SECOND);
      expect(pace.released(ms, 10 * SECOND)).toBe(ms * 8);
    }
  });

  test('no further than it is decoded; then a new cushion is waited for, and nothing is left out', () => {
    const pace = new Pace();
    pace.advance(0, CUSHION);
    expect(pace.released(60_000, CUSHION)).toBe(CUSHION);
    pace.advance(60_000, CUSHION);
    expect(pace.isRunning).toBe(false);
    pace.advance(61_000, CUSHION + SECOND);
    expect(pace.released(61_000, CUSHION + SECOND)).toBe(CUSHION);
    pace.advance(62_000, 2 * CUSHION);
    expect(pace.isRunning).toBe(true);
    expect(pace.released(62_500, 2 * CUSHION)).toBe(CUSHION + SECOND / 2);
  });

  test('never backwards, though the clock is set back', () => {
    const pace = new Pace();
    pace.advance(10_000, 5 * SECOND);
    expect(pace.released(9000, 5 * SECOND)).toBe(0);
  });
});
