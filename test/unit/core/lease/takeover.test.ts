import { describe, expect, test } from '@jest/globals';
import {
  type LeaseLook,
  type LeaseWatch,
  type TakeoverReason,
  watchLease,
} from '../../../../src/core/lease/takeover.ts';

const rule = { leaseMs: 3000 };

/** Looks one after another; answers after 10 ms. What each says of taking over. */
function reasons(looks: readonly (Partial<LeaseLook> & { readonly atMs: number })[]): (TakeoverReason | null)[] {
  let watch: LeaseWatch | null = null;
  return looks.map(({ atMs, ...look }) => {
    const seen = { epoch: 1, beat: 1, isFree: false, isSessionGone: false, ...look };
    const next = watchLease(watch, { ...seen, askedAtMs: atMs, answeredAtMs: atMs + 10 }, rule);
    watch = next.watch;
    return next.reason;
  });
}

describe('A lease may be taken over', () => {
  test('at the first look when nobody holds it', () => {
    expect(reasons([{ atMs: 0, isFree: true }])).toEqual(['free']);
  });

  test('when its holder has not given a sign of life for the lease time, counted from an answer to a question', () => {
    expect(reasons([{ atMs: 0 }, { atMs: 2990 }, { atMs: 3009 }, { atMs: 3010 }])).toEqual([
      null,
      null,
      null,
      'silent',
    ]);
  });

  test('at the second such look by a watcher that has stood still itself: so has perhaps the holder, and beats as soon as it goes on', () => {
    expect(reasons([{ atMs: 0 }, { atMs: 9000 }, { atMs: 9250 }])).toEqual([null, null, 'silent']);
    expect(reasons([{ atMs: 0 }, { atMs: 9000 }, { atMs: 9250, beat: 2 }])).toEqual([null, null, null]);
    // However seldom it comes to look.
    expect(reasons([{ atMs: 0 }, { atMs: 9000 }, { atMs: 18_000 }])).toEqual([null, null, 'silent']);
  });

  test('and not while its holder lives, however slowly it beats', () => {
    const looks = [0, 1, 2, 3, 4].map((beat) => ({ atMs: beat * 2900, beat }));
    expect(reasons(looks)).toEqual([null, null, null, null, null]);
  });

  test('at the second look at which its session is gone', () => {
    const gone = { isSessionGone: true };
    expect(reasons([{ atMs: 0 }, { atMs: 250, ...gone }, { atMs: 500, ...gone }])).toEqual([
      null,
      null,
      'session-gone',
    ]);
  });

  test('but not when the holder has come back in between, or has beaten once more', () => {
    const gone = { isSessionGone: true };
    expect(reasons([{ atMs: 0, ...gone }, { atMs: 250 }, { atMs: 500, ...gone }])).toEqual([null, null, null]);
    expect(
      reasons([
        { atMs: 0, ...gone },
        { atMs: 250, ...gone, beat: 2 },
      ]),
    ).toEqual([null, null]);
  });

  test('and everything begins anew with another holder', () => {
    expect(reasons([{ atMs: 0 }, { atMs: 3000, epoch: 2 }, { atMs: 3100, epoch: 2 }])).toEqual([null, null, null]);
  });

  test('never by a watcher that has looked only once, however long that took', () => {
    const look = { epoch: 1, beat: 1, isFree: false, isSessionGone: true, askedAtMs: 0, answeredAtMs: 60_000 };
    expect(watchLease(null, look, rule).reason).toBeNull();
  });
});
