import { describe, expect, test } from '@jest/globals';
import { estimatedWait, nextAverage, ROUND_SECONDS, type RoundSeconds } from '../../../../src/core/queue/hold-time.ts';
import { fc } from '../../../support/property.ts';

const min = (minutes: number, seconds = 0) => (60 * minutes + seconds) * 1000;
const told = (averageMs: number | null, waitedMs: number, round: RoundSeconds = 0) => {
  const time = estimatedWait({ averageMs, waitedMs }, round);
  return time && `${time.minutes}:${String(time.seconds).padStart(2, '0')}`;
};

describe('AN5 the waiting time that is told', () => {
  test.each<[string, number, number, string | null]>([
    ['the average, for who has just come', min(3), 0, '3:00'],
    ['to the nearest minute', min(2, 29), 0, '2:00'],
    ['to the nearest minute', min(2, 30), 0, '3:00'],
    ['less what has been waited', min(5), min(2), '3:00'],
    ['less what has been waited, to the nearest minute', min(5), min(1, 40), '3:00'],
    ['nothing below half a minute', min(1), min(0, 31), null],
    ['one minute from half a minute on', min(1), min(0, 30), '1:00'],
  ])('is %s', (_, averageMs, waitedMs, expected) => expect(told(averageMs, waitedMs)).toBe(expected));

  test.each<[RoundSeconds, number, string | null]>([
    [5, min(2, 3), '2:30'],
    [5, min(2, 7), '2:35'],
    [10, min(2, 7), '2:30'],
    [15, min(2, 16), '2:45'],
    [20, min(2, 16), '2:40'],
    [30, min(2, 16), '2:30'],
    [30, min(0, 10), '0:30'],
    [10, 0, '0:30'],
  ])('with seconds in steps of %i, rounded down', (round, averageMs, expected) => {
    expect(told(averageMs, 0, round)).toBe(expected);
  });

  test('is none while nobody has been answered', () => {
    expect(told(null, 0)).toBeNull();
    expect(told(null, 0, 5)).toBeNull();
  });

  test('never grows while a caller waits, also beyond the average (where we differ: app_queue counts up again, point 8)', () => {
    const length = fc.integer({ min: 0, max: min(120) });
    fc.assert(
      fc.property(length, length, length, fc.constantFrom(...ROUND_SECONDS), (averageMs, waitedMs, moreMs, round) => {
        const seconds = (waited: number) => {
          const time = estimatedWait({ averageMs, waitedMs: waited }, round);
          return time === null ? 0 : 60 * time.minutes + time.seconds;
        };
        expect(seconds(waitedMs + moreMs)).toBeLessThanOrEqual(seconds(waitedMs));
      }),
    );
    expect([1, 3, 10, 60].map((waited) => told(min(2), min(waited)))).toEqual(['1:00', null, null, null]);
  });
});

describe('AN6 the average waiting time', () => {
  test('is the first sample, then three parts old and one part new', () => {
    const first = nextAverage(null, 40_000);
    expect(first).toBe(40_000);
    expect(nextAverage(first, 80_000)).toBe(50_000);
    expect(nextAverage(nextAverage(first, 80_000), 0)).toBe(37_500);
  });

  test('of nobody who had to wait is none, and not the beginning anew', () => {
    expect(nextAverage(nextAverage(null, 0), 40_000)).toBe(10_000);
  });
});
