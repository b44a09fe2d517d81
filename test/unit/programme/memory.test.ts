import { describe, expect, test } from '@jest/globals';
import { NO_MEMORY, type ProgrammeMemory } from '../../../src/core/programme/continuation.ts';
import { isSameLater, readMemory } from '../../../src/core/programme/memory.ts';
import type { Programme } from '../../../src/core/programme/programme.ts';
import { hear, programmeOf, type StageOptions, seconds, TestShelf, tone } from '../../support/programme-stage.ts';

const tune = (name: string, length = 60) => tone(name, { hz: 0, seconds: length });
const shelf = (...names: string[]) => new TestShelf(...names.map((name) => tune(name)));

/** What a second process plays, so many seconds after the first was heard last. */
function goesOn(first: Programme, heardSeconds: number, { away = 0, ...options }: StageOptions & { away?: number }) {
  hear(first, { to: seconds(heardSeconds) });
  // As it comes back from the database.
  const memory = readMemory(JSON.parse(JSON.stringify(first.memory(seconds(heardSeconds))))) as ProgrammeMemory;
  return { memory, next: programmeOf({ ...options, continues: { memory, awayMs: away * 1000 } }) };
}

const tuneAt = (programme: Programme, at: number) => programme.nowPlaying(seconds(at)).tunes.at(-1)?.name;

describe('A programme that another process goes on with', () => {
  test('is heard in the midst of the tune, where it would be by now', () => {
    const rising = tone('a', { hz: 0, seconds: 60 });
    for (let index = 0; index < rising.samples.length; index += 1) rising.samples[index] = index >> 4;
    const stage = { shelf: new TestShelf({ ...rising, wire: new Uint8Array(rising.samples.buffer) }) };
    const { memory, next } = goesOn(programmeOf(stage), 20, { ...stage, away: 5 });
    expect(memory).toMatchObject({ tune: 'a', tuneMs: 20_000 });
    const heard = Buffer.alloc(seconds(3) * 2);
    next.render(0, seconds(3), heard, 0);
    expect(heard.readInt16LE(seconds(2) * 2)).toBe(seconds(27) >> 4);
    // From nothing: it does not begin with a click.
    expect(heard.readInt16LE(0)).toBe(0);
  });

  test.each([
    ['that has ended meanwhile makes way for the next', 50, 15, 'b'],
    ['that has gone round all the others is heard again', 20, 3 * 59.5, 'a'],
    ['that has hardly anything left makes way, too', 58.95, 0, 'b'],
  ])('a tune %s', (_, heardSeconds, away, expected) => {
    const stage = { shelf: shelf('a', 'b', 'c') };
    const { next } = goesOn(programmeOf(stage), heardSeconds, { ...stage, away });
    expect(tuneAt(next, 1)).toBe(expected);
  });

  test('a tune whose file is gone makes way for the one behind it', () => {
    const { next } = goesOn(programmeOf({ shelf: shelf('a', 'b', 'c') }), 10, { shelf: shelf('b', 'c') });
    expect(tuneAt(next, 0.5)).toBe('b');
  });

  test('tunes follow each other in the order that the caller has', () => {
    const stage = { shelf: shelf('a', 'b', 'c', 'd', 'e'), settings: { order: 'random' }, random: () => 0.3 } as const;
    const whole = programmeOf(stage);
    const later = [100, 160, 220].map((at) => {
      hear(whole, { to: seconds(at) });
      return tuneAt(whole, at - 1);
    });
    const { next } = goesOn(programmeOf(stage), 10, stage);
    const same = [100, 160, 220].map((at) => {
      hear(next, { to: seconds(at - 10) });
      return tuneAt(next, at - 11);
    });
    expect(same).toEqual(later);
  });

  test('a tune that was chosen by key stays chosen, and the stream does not come back by itself', () => {
    const stage = { shelf: shelf('a', 'b') };
    const first = programmeOf(stage);
    hear(first, { to: seconds(5), events: [{ at: seconds(2), happens: (each, at) => each.press('3', at) }] });
    expect(goesOn(first, 10, stage).memory).toMatchObject({ tune: 'b', isChosen: true });
  });

  test('advice is said once, and the next one at its time', () => {
    const stage = { shelf: shelf('a'), settings: { advice: { firstAfterMs: 5_000, pauseMs: 10_000 } } } as const;
    stage.shelf.folders.first = ['one', 'two', 'three'].map((name) => tone(name, { hz: 1500, seconds: 2 }));
    // The first is said from 6 s to 8 s; the next is due at 18 s.
    const { memory, next } = goesOn(programmeOf(stage), 12, { ...stage, away: 2 });
    expect(memory.advice).toEqual(['first/one']);
    const said: (string | undefined)[] = [];
    const looks = Array.from({ length: 200 }, (_, index) => ({
      at: seconds(index / 10),
      happens: (each: Programme, at: number) => said.push(each.nowPlaying(at).recordings[0]),
    }));
    hear(next, { to: seconds(20), events: looks });
    expect([...new Set(said.filter((name) => name !== undefined))]).toEqual(['three', 'two']);
    // Four seconds are left until it is due, and a second for the music to go down.
    expect(said.indexOf('three')).toBeGreaterThanOrEqual(50);
    expect(said.indexOf('three')).toBeLessThanOrEqual(52);
  });

  test('a place that was told is not told again; another one is', () => {
    const place = tone('place', { hz: 1800, seconds: 1 });
    const stage = { shelf: shelf('a'), sayPosition: () => [place] };
    const first = programmeOf(stage);
    first.position(2, 0);
    const same = goesOn(first, 10, stage).next;
    same.position(2, 0);
    hear(same, { to: seconds(8) });
    expect(same.nowPlaying(seconds(7)).telling).toBeNull();
    expect(same.memory(seconds(8)).told).toMatchObject({ place: 2, agoMs: 16_000 });
    const moved = goesOn(first, 20, stage).next;
    moved.position(1, 0);
    hear(moved, { to: seconds(3) });
    expect(moved.memory(seconds(3)).told).toMatchObject({ place: 1 });
  });
});

describe('A memory', () => {
  const memory: ProgrammeMemory = { ...NO_MEMORY, tune: 'a', tuneMs: 5_000, told: { place: 1, agoMs: 2_000 } };

  test.each([
    ['time has passed', { tuneMs: 8_000, told: { place: 1, agoMs: 5_000 } }, true],
    ['another tune', { tune: 'b', tuneMs: 8_000, told: { place: 1, agoMs: 5_000 } }, false],
    ['the music stood still', { told: { place: 1, agoMs: 5_000 } }, false],
    ['advice was said', { tuneMs: 8_000, advice: ['first/a'], told: { place: 1, agoMs: 5_000 } }, false],
    ['the place was told again', { tuneMs: 8_000, told: { place: 1, agoMs: 0 } }, false],
    ['another place was told', { tuneMs: 8_000, told: { place: 2, agoMs: 5_000 } }, false],
    ['a periodic announcement was said', { tuneMs: 8_000, periodic: 1, told: { place: 1, agoMs: 5_000 } }, false],
  ])('says the same three seconds later when only time has passed: %s', (_, now, expected) => {
    expect(isSameLater(memory, { ...memory, ...now }, 3_000)).toBe(expected);
  });

  test.each([
    null,
    'a',
    {},
    { ...NO_MEMORY, tuneMs: -1 },
    { ...NO_MEMORY, tune: 7 },
    { ...NO_MEMORY, advice: [1] },
    { ...NO_MEMORY, told: {} },
    { ...NO_MEMORY, periodicInMs: 'soon' },
    { ...NO_MEMORY, advice: Array.from({ length: 501 }, () => 'x') },
  ])('of another kind is none: %j', (value) => {
    expect(readMemory(value)).toBeNull();
  });
});
