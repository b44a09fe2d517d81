import { describe, expect, test } from '@jest/globals';
import { lostMs, OwnBeat } from '../../support/media/own-beat.ts';

describe('What a beat of 20 ms has lost', () => {
  const still = { endMs: 2_000, ms: 520 };
  const within = (fromMs: number, toMs: number) => lostMs([{ endMs: 1_480, ms: 21 }, still], 20, { fromMs, toMs });

  test('is a pause without the beat that it would have been', () => expect(within(0, 5_000)).toBe(500));
  test('is no more than the part within the span', () =>
    expect([within(1_900, 5_000), within(0, 1_600)]).toEqual([100, 100]));
  test('is nothing before and after', () => expect([within(0, 1_480), within(2_000, 3_000)]).toEqual([0, 0]));
  test('is nothing while timers are a little late', () =>
    expect(lostMs([{ endMs: 100, ms: 40 }], 20, { fromMs: 0, toMs: 1_000 })).toBe(0));
});

test('While this process computes for 200 ms its own time stands still', () => {
  const beat = new OwnBeat();
  const fromMs = performance.timeOrigin + performance.now();
  const untilMs = performance.now() + 200;
  while (performance.now() < untilMs);
  const stoodMs = performance.timeOrigin + performance.now();
  expect(beat.ownMs(fromMs, stoodMs)).toBeLessThan(stoodMs - fromMs - 150);
  beat.end();
});
