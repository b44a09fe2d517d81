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
    pace.advance(64_000, 3 * CUSHION);
    expect(pace.isRunning).toBe(true);
    expect(pace.released(64_500, 3 * CUSHION)).toBe(CUSHION + SECOND / 2);
  });

  test('never backwards, though the clock is set back, and goes on from there', () => {
    const pace = new Pace();
    pace.advance(10_000, 5 * SECOND);
    pace.advance(11_000, 5 * SECOND);
    expect(pace.released(9000, 5 * SECOND)).toBe(SECOND);
    pace.advance(9000, 5 * SECOND);
    expect(pace.released(9000, 5 * SECOND)).toBe(SECOND);
    expect(pace.released(9500, 5 * SECOND)).toBe(1.5 * SECOND);
  });
});

describe('The cushion of a stream that is too slow', () => {
  /** Sends at this part of the pace for so long; answers with how often it began to play. */
  function starts(part: number, seconds: number): number {
    const pace = new Pace();
    let count = 0;
    for (let ms = 0; ms <= seconds * 1000; ms += 50) {
      const before = pace.isRunning;
      pace.advance(ms, Math.floor(ms * 8 * part));
      if (pace.isRunning && !before) count += 1;
    }
    return count;
  }

  test('grows to eight seconds: at half the pace it plays four times in a minute at most', () => {
    // Two seconds of cushion alone would be a start every eight seconds.
    expect(starts(0.5, 300)).toBeLessThanOrEqual(11);
  });

  test('stays as it is when the pace is right', () => {
    expect(starts(1, 300)).toBe(1);
  });

  test('is small again after a long time of good sound', () => {
    const pace = new Pace();
    pace.advance(0, 2 * SECOND);
    pace.advance(3000, 2 * SECOND);
    pace.advance(4000, 6 * SECOND);
    expect(pace.isRunning).toBe(true);
    for (let ms = 4000; ms < 140_000; ms += 1000) pace.advance(ms, 200 * SECOND);
    pace.advance(400_000, 200 * SECOND);
    expect(pace.isRunning).toBe(false);
    pace.advance(401_000, 202 * SECOND);
    expect(pace.isRunning).toBe(true);
  });
});
