import { describe, expect, test } from '@jest/globals';
import {
  addMusic,
  addVoice,
  clipGainAt,
  cutVoice,
  EMPTY_TIMELINE,
  fadeMusicOut,
  levelAt,
  moveLevel,
  prune,
  type Timeline,
} from '../../../src/core/programme/timeline.ts';
import { soundOf } from '../../support/programme-stage.ts';
import { fc } from '../../support/property.ts';

const sound = (length: number, name = 'a') => soundOf(name, new Int16Array(length));
const tune = (start: number, length: number) => ({
  sound: sound(length),
  start,
  end: start + length,
  offset: 0,
  gain: 1,
  fades: [],
  dry: null,
});

describe('The level of the music', () => {
  test('is 1 where nothing was done to it', () => {
    expect(levelAt(EMPTY_TIMELINE, 12_345)).toBe(1);
  });

  test('has no step, however often and early it is sent somewhere else', () => {
    const moves = fc.array(
      fc.record({
        at: fc.nat(20_000),
        gain: fc.constantFrom(0.1, 1, 0.5, 0),
        length: fc.integer({ min: 40, max: 8000 }),
      }),
      { maxLength: 10 },
    );
    fc.assert(
      fc.property(moves, (wanted) => {
        const sorted = [...wanted].sort((a, b) => a.at - b.at);
        const timeline = sorted.reduce<Timeline>((before, { at, ...to }) => moveLevel(before, at, to), EMPTY_TIMELINE);
        for (let at = 1; at < 30_000; at += 1) {
          if (Math.abs(levelAt(timeline, at) - levelAt(timeline, at - 1)) > 0.05) throw new Error(`A step at ${at}`);
        }
      }),
      { numRuns: 40 },
    );
  });

  test('goes nowhere that was planned for later once it is sent elsewhere', () => {
    const planned = moveLevel(moveLevel(EMPTY_TIMELINE, 1000, { gain: 0.1, length: 100 }), 5000, {
      gain: 1,
      length: 100,
    });
    const changed = moveLevel(planned, 3000, { gain: 0.5, length: 100 });
    expect([levelAt(changed, 2999), levelAt(changed, 3100), levelAt(changed, 9000)]).toEqual([0.1, 0.5, 0.5]);
    expect(levelAt(planned, 9000)).toBe(1);
  });
});

describe('Music', () => {
  test('that is faded out ends with the fade, and what has not begun does not begin', () => {
    const timeline = fadeMusicOut(addMusic(addMusic(EMPTY_TIMELINE, tune(0, 50_000)), tune(9000, 50_000)), 5000, 1000);
    expect(timeline.music.map(({ start, end }) => [start, end])).toEqual([[0, 6000]]);
    const [clip] = timeline.music;
    expect(clip && [clipGainAt(clip, 5000), clipGainAt(clip, 6000)]).toEqual([1, 0]);
  });
});

describe('What is said', () => {
  const said = addVoice(EMPTY_TIMELINE, 1000, { sounds: [sound(500), sound(0), sound(300)], gain: 0.9, edge: 40 });

  test('follows one after the other, with soft edges', () => {
    expect(said.voice.map(({ start, end }) => [start, end])).toEqual([
      [1000, 1500],
      [1500, 1800],
    ]);
    const [first] = said.voice;
    expect(first && [1000, 1040, 1460, 1500].map((at) => clipGainAt(first, at))).toEqual([0, 0.9, 0.9, 0]);
  });

  test('is cut in the middle of it, and the rest is not said', () => {
    expect(cutVoice(said, 1200, 60).voice.map(({ start, end }) => [start, end])).toEqual([[1000, 1260]]);
  });
});

describe('What is over', () => {
  test('is forgotten, and the level stays what it was', () => {
    let timeline = addVoice(addMusic(EMPTY_TIMELINE, tune(0, 1000)), 100, { sounds: [sound(500)], gain: 1, edge: 40 });
    timeline = moveLevel(moveLevel(timeline, 100, { gain: 0.1, length: 50 }), 700, { gain: 0.4, length: 50 });
    const later = prune(timeline, 5000);
    expect(later).toEqual({ music: [], voice: [], level: [expect.objectContaining({ from: 700 })] });
    expect(levelAt(later, 5000)).toBe(levelAt(timeline, 5000));
  });

  test('leaves the same timeline when there is nothing to forget', () => {
    const timeline = addMusic(EMPTY_TIMELINE, tune(0, 9000));
    expect(prune(timeline, 5000)).toBe(timeline);
  });
});
