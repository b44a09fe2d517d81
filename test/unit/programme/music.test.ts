import { describe, expect, test } from '@jest/globals';
import { firstOf, nextOf } from '../../../src/core/programme/order.ts';
import type { Programme } from '../../../src/core/programme/programme.ts';
import { type Event, hear, programmeOf, seconds, soundOf, TestShelf, tone } from '../../support/programme-stage.ts';
import { fc } from '../../support/property.ts';

const tune = (name: string, length = 60) => tone(name, { hz: 0, seconds: length });

/** Which tunes begin when, in seconds. */
function tunesHeard(programme: Programme, to: number, events: readonly Event[] = []): (readonly [number, string])[] {
  const found: (readonly [number, string])[] = [];
  const look = (each: Programme, at: number): void => {
    const name = each.nowPlaying(at).tunes.at(-1)?.name ?? 'silence';
    if (name !== found.at(-1)?.[1]) found.push([at / 8000, name]);
  };
  const looks = Array.from({ length: to * 10 }, (_, index) => ({ at: index * 800, happens: look }));
  hear(programme, { to: seconds(to), events: [...events, ...looks] });
  return found;
}

const press = (at: number, digit = '3'): Event => ({
  at: seconds(at),
  happens: (each, sample) => each.press(digit, sample),
});

describe('The music', () => {
  test('begins with the tune that is remembered, else with the first by name', () => {
    const shelf = new TestShelf(tune('b'), tune('a'), tune('c'));
    expect(tunesHeard(programmeOf({ shelf, startTrack: 'c' }), 2)).toEqual([[0, 'c']]);
    expect(tunesHeard(programmeOf({ shelf }), 2)).toEqual([[0, 'a']]);
    expect(tunesHeard(programmeOf({ shelf, startTrack: 'gone' }), 2)).toEqual([[0, 'a']]);
  });

  test('goes from tune to tune by name and begins anew behind the last', () => {
    const shelf = new TestShelf(tune('b', 10), tune('a', 8), tune('c', 6));
    // Each begins half a second after the one before has begun to go, a second before its end.
    expect(tunesHeard(programmeOf({ shelf }), 30)).toEqual([
      [0, 'a'],
      [7.5, 'b'],
      [17, 'c'],
      [22.5, 'a'],
    ]);
  });

  test('has an order of the caller’s own when so configured, with every tune in it', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const shelf = new TestShelf(...names.map((name) => tune(name, 3)));
    const orders = [0.1, 0.35, 0.6, 0.85].map((seed) => {
      const heard = tunesHeard(programmeOf({ shelf, settings: { order: 'random' }, random: () => seed }), 16).map(
        ([, name]) => name,
      );
      expect([...new Set(heard)].sort()).toEqual(names);
      return heard.join();
    });
    expect(new Set(orders).size).toBeGreaterThan(1);
  });

  test('goes on when the shelf changes, and the next choice is one of the new shelf', () => {
    const shelf = new TestShelf(tune('a', 10), tune('b', 10), tune('d', 10));
    const change = {
      at: seconds(5),
      happens: () => {
        shelf.music = [tune('c', 10), tune('e', 10)];
      },
    };
    expect(tunesHeard(programmeOf({ shelf }), 25, [change])).toEqual([
      [0, 'a'],
      [9.5, 'c'],
      [19, 'e'],
    ]);
  });

  test('is silent on an empty shelf, also when tunes vanish, and begins when there is one', () => {
    const shelf = new TestShelf();
    const put = (at: number, ...music: readonly ReturnType<typeof tune>[]) => ({
      at: seconds(at),
      happens: () => {
        shelf.music = music;
      },
    });
    const programme = programmeOf({ shelf });
    expect(programme.press('3', 0)).toBeNull();
    expect(tunesHeard(programme, 20, [put(3.5, tune('a', 8)), put(6, ...[])])).toEqual([
      [0, 'silence'],
      [4, 'a'],
      [12, 'silence'],
    ]);
  });

  test('leaves out what is too short to be a tune', () => {
    const shelf = new TestShelf(soundOf('a', new Int16Array(0)), soundOf('b', new Int16Array(799)), tune('c'));
    expect(tunesHeard(programmeOf({ shelf }), 2)).toEqual([[0, 'c']]);
  });

  test('of the shortest tunes there are takes no more than a few clips and steps', () => {
    const shelf = new TestShelf(tune('a', 0.1), tune('b', 0.15), tune('c', 0.3));
    const programme = programmeOf({ shelf });
    hear(programme, { to: seconds(60), events: Array.from({ length: 500 }, (_, index) => press(index / 10)) });
    expect(programme.nowPlaying(seconds(59)).tunes.length).toBeLessThan(5);
  });
});

describe('Key 3', () => {
  const shelf = new TestShelf(tune('a'), tune('b'), tune('c'));

  test('brings the next tune half a second later, and names it so that it can be remembered', () => {
    const programme = programmeOf({ shelf });
    let effect: unknown;
    const heard = tunesHeard(programme, 8, [
      {
        at: seconds(5),
        happens: (each, at) => {
          effect = each.press('3', at);
        },
      },
    ]);
    expect(effect).toEqual({ type: 'next-tune', track: 'b' });
    expect(heard).toEqual([
      [0, 'a'],
      [5.5, 'b'],
    ]);
  });

  test('works again after three seconds, and is not heard before', () => {
    const heard = tunesHeard(programmeOf({ shelf }), 14, [press(5), press(6), press(7.9), press(8), press(9)]);
    expect(heard).toEqual([
      [0, 'a'],
      [5.5, 'b'],
      [8.5, 'c'],
    ]);
  });

  test('begins the only tune anew', () => {
    const programme = programmeOf({ shelf: new TestShelf(tune('a')) });
    expect(programme.press('3', seconds(5))).toEqual({ type: 'next-tune', track: 'a' });
  });

  test('pressed while the next tune is about to begin, is answered with that one', () => {
    const short = new TestShelf(tune('a', 10), tune('b', 10), tune('c', 10));
    const programme = programmeOf({ shelf: short });
    hear(programme, { to: seconds(9.2) });
    expect(programme.press('3', seconds(9.2))).toEqual({ type: 'next-tune', track: 'b' });
    expect(programme.takeChangedFrom()).toBe(Infinity);
  });

  test('held with no pause at all: tunes follow each other, and no more than so many fade at a time', () => {
    const programme = programmeOf({ shelf, settings: { keyPauses: { nextTuneMs: 0 }, fades: { inDelayMs: 0 } } });
    let most = 0;
    const held = Array.from({ length: 400 }, (_, index) => ({
      at: seconds(2) + index * 160,
      happens: (each: Programme, at: number) => {
        each.press('3', at);
        most = Math.max(most, each.nowPlaying(at).tunes.length);
      },
    }));
    hear(programme, { to: seconds(12), events: held });
    expect(most).toBeGreaterThan(2);
    expect(most).toBeLessThanOrEqual(16);
  });
});

describe('An order', () => {
  test('goes once through all names, and a name that has vanished keeps its place in it', () => {
    const order = fc.oneof(
      fc.constant('alphabetical' as const),
      fc.nat().map((seed) => ({ seed })),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ maxLength: 5 }), { minLength: 1, maxLength: 20 }),
        order,
        fc.nat(19),
        (names, by, gone) => {
          const sounds = names.map((name) => soundOf(name, new Int16Array(1)));
          const walk: string[] = [];
          for (let next = firstOf(sounds, by); next !== undefined; next = nextOf(sounds, by, next.name))
            walk.push(next.name);
          expect([...walk].sort()).toEqual([...names].sort());
          const vanished = walk[gone % walk.length] ?? '';
          const rest = sounds.filter(({ name }) => name !== vanished);
          expect(nextOf(rest, by, vanished)?.name).toBe(walk[walk.indexOf(vanished) + 1]);
        },
      ),
    );
  });
});
