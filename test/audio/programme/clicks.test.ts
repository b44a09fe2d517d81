import { describe, expect, test } from '@jest/globals';
import type { Programme } from '../../../src/core/programme/programme.ts';
import type { Sound } from '../../../src/core/programme/sound.ts';
import { type Event, hear, linearOf, programmeOf, seconds, TestShelf, tone } from '../../support/programme-stage.ts';
import { fc } from '../../support/property.ts';

/*
 * Constant values stand in for music and voice: they have no movement of their own, so every step from sample to sample is a step of a gain. The
 * steepest curve that is specified is a quarter of a sine over a second: π/2 · 8000 / 8000 = 1.6 per sample for music at 8000. With one more fade
 * and the level on it, on two tunes at once, a tune so short that it fades in half a second, and rounding, 8 is never passed: 72 dB below full scale, where a hard cut of that music would be a step
 * of 8000, and 800 under speech.
 */
const LEVEL = 8000;
const CLICK = 8;
/** What is said has edges of 5 ms, 40 samples: π/2 · 0.9 · 8000 / 40 = 283. Where it is cut off, 60 ms: less. */
const EDGE = 300;
const LENGTH = seconds(30);

const sounds = new Map<string, Sound>();
function flat(name: string, length: number, amplitude = LEVEL): Sound {
  const key = `${name} ${length} ${amplitude}`;
  const sound = sounds.get(key) ?? tone(name, { hz: 0, seconds: length, amplitude });
  sounds.set(key, sound);
  return sound;
}

/** The largest step from one sample to the next. */
function largestStep(programme: Programme, events: readonly Event[], to = LENGTH): number {
  const samples = linearOf(hear(programme, { to, events, ahead: 1600 }), programme.format);
  let [largest, before] = [0, 0];
  for (const sample of samples) {
    const step = sample > before ? sample - before : before - sample;
    if (step > largest) largest = step;
    before = sample;
  }
  return largest;
}

function programmeWith(voice: number, music: number): Programme {
  const shelf = new TestShelf(flat('a', 7, music), flat('b', 20, music), flat('c', 1.4, music), flat('d', 1, music));
  shelf.folders.first = [flat('advice', 1, voice), flat('more', 0.2, voice)];
  return programmeOf({
    shelf,
    settings: {
      advice: { firstAfterMs: 4000, pauseMs: 3000 },
      keyPauses: { nextTuneMs: 300, positionMs: 1000, accountsMs: 1000 },
    },
    sayPosition: () => [flat('place', 0.7, voice), flat('number', 0.3, voice)],
  });
}

const keys = (voice: number) =>
  fc.array(
    fc.record({
      at: fc.nat(LENGTH - 1),
      happens: fc.oneof(
        fc.constantFrom(...'0123456789*#').map((digit) => (each: Programme, at: number) => each.press(digit, at)),
        fc.constant((each: Programme, at: number) => each.press('3', at)),
        fc.nat(5).map((place) => (each: Programme, at: number) => each.position(place, at)),
        fc.constant((each: Programme, at: number) => each.tellAccounts([flat('account', 0.8, voice)], at)),
        fc.constant((each: Programme, at: number) => each.cut(at)),
        fc.constant((each: Programme, at: number) => each.goOn(at)),
      ),
    }),
    { maxLength: 40 },
  );

describe('There is no click', () => {
  test('in the music, whatever keys are pressed and whatever is said: tunes end, are changed, fade while they fade', () => {
    fc.assert(
      fc.property(keys(0), (events) => {
        expect(largestStep(programmeWith(0, LEVEL), events)).toBeLessThanOrEqual(CLICK);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('in what is said, where it begins, ends, follows upon another and is cut off', () => {
    fc.assert(
      fc.property(keys(LEVEL), (events) => {
        expect(largestStep(programmeWith(LEVEL, 0), events)).toBeLessThanOrEqual(EDGE);
      }),
      { numRuns: 60 },
    );
  }, 60_000);

  test('when all twelve keys come in the same instant, or one is held', () => {
    const all = [...'0123456789*#'].map((digit) => ({
      at: seconds(6.2),
      happens: (each: Programme, at: number) => each.press(digit, at),
    }));
    expect(largestStep(programmeWith(0, LEVEL), all)).toBeLessThanOrEqual(CLICK);
    const held = Array.from({ length: 1000 }, (_, index) => ({
      at: seconds(3) + index * 160,
      happens: (each: Programme, at: number) => each.press('3', at),
    }));
    expect(largestStep(programmeWith(0, LEVEL), held)).toBeLessThanOrEqual(CLICK);
  });

  test('and the measure would find one: a tune that is cut hard', () => {
    const programme = programmeOf({
      shelf: new TestShelf(flat('a', 20)),
      settings: { fades: { outMs: 0, inMs: 0, inDelayMs: 0 } },
    });
    const key = { at: seconds(5), happens: (each: Programme, at: number) => each.press('3', at) };
    // Fades of no length take 5 ms: heard as a soft cut, and far above the threshold.
    expect(largestStep(programme, [key], seconds(8))).toBeGreaterThan(CLICK * 20);
  });
});

describe('There is no gap', () => {
  const events = [6, 11, 17, 23].map((at) => ({
    at: seconds(at),
    happens: (each: Programme) => each.press('3', seconds(at)),
  }));
  // The quietest sample after the programme's first half second.
  const quietest = (...tunes: readonly Sound[]): number => {
    const heard = hear(programmeOf({ shelf: new TestShelf(...tunes) }), { to: seconds(60), events, ahead: 3200 });
    return linearOf(heard, 'slin')
      .subarray(seconds(0.5))
      .reduce((least, sample) => Math.min(least, sample));
  };

  test('in a cross-fade the old tune is at 1 − sin(π/4) = 0.29 when the new one begins, and it is never quieter', () => {
    expect(quietest(flat('a', 7), flat('b', 20), flat('c', 3)) / LEVEL).toBeGreaterThan(0.29);
  });

  test('with tunes shorter than their fades there is still music, louder than it is under speech', () => {
    expect(quietest(flat('a', 7), flat('b', 1.4), flat('c', 0.3), flat('d', 0.1)) / LEVEL).toBeGreaterThan(0.1);
  });
});
