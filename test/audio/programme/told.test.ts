import { describe, expect, test } from '@jest/globals';
import type { Sound } from '../../../src/core/programme/sound.ts';
import { toneSpans } from '../../support/audio/levels.ts';
import type { Pcm } from '../../support/audio/pcm.ts';
import {
  amplitudeOf,
  type Event,
  listened,
  programmeOf,
  seconds,
  TestShelf,
  tone,
} from '../../support/programme-stage.ts';

/** Every recording has a frequency of its own, by which it is found again in what is heard. */
const HZ = {
  'first a': 700,
  'first b': 760,
  'first c': 820,
  'morning a': 900,
  'morning b': 960,
  'day a': 1040,
  'day b': 1100,
  'evening a': 1180,
  'evening b': 1240,
  'middle a': 1340,
  'middle b': 1400,
  'middle c': 1460,
  'middle d': 1520,
  'last a': 1640,
  'last b': 1700,
  place: 1800,
  accounts: 1900,
} as const;
type Recording = keyof typeof HZ;

const spoken = (name: Recording): Sound => tone(name, { hz: HZ[name], seconds: 1.5 });
const PARTS = {
  first: 'first',
  firstMorning: 'morning',
  firstDay: 'day',
  firstEvening: 'evening',
  middle: 'middle',
  last: 'last',
} as const;

function shelfWithAdvice(): TestShelf {
  const shelf = new TestShelf(tone('a', { hz: 400, seconds: 60 }), tone('b', { hz: 500, seconds: 60 }));
  for (const [folder, part] of Object.entries(PARTS)) {
    const names = (Object.keys(HZ) as Recording[]).filter((name) => name.startsWith(`${part} `));
    // Handed over from last to first: the order is the programme's business.
    shelf.folders[folder as keyof typeof PARTS] = names.map(spoken).reverse();
  }
  return shelf;
}

/** What was said, in the order in which it is heard, with the instants. */
function found(heard: Pcm): { name: Recording; fromMs: number; toMs: number }[] {
  const all = (Object.keys(HZ) as Recording[]).flatMap((name) =>
    toneSpans(heard, [HZ[name]], { share: 0.8 }).map((span) => ({ name, ...span })),
  );
  return all.sort((a, b) => a.fromMs - b.fromMs);
}

const names = (heard: Pcm): string[] => found(heard).map(({ name }) => name);
const quick = { advice: { firstAfterMs: 5000, pauseMs: 2000 } };

function hearAdvice(
  hour: number,
  {
    shelf = shelfWithAdvice(),
    random = 0.3,
    events = [],
  }: { shelf?: TestShelf; random?: number; events?: Event[] } = {},
): Pcm {
  const programme = programmeOf({ shelf, settings: quick, startedAt: { hour, minute: 0 }, random: () => random });
  return listened(programme, { to: seconds(60), events, ahead: 1600 });
}

describe('Advice', () => {
  test.each([
    { when: 'in the morning', hour: 9, part: 'morning' },
    { when: 'by day', hour: 10, part: 'day' },
    { when: 'in the evening', hour: 21, part: 'evening' },
  ])(
    '$when: first by name, the hour’s by name, the middle in any order, the last by name, each once',
    ({ hour, part }) => {
      const order = names(hearAdvice(hour));
      expect(order.slice(0, 5)).toEqual(['first a', 'first b', 'first c', `${part} a`, `${part} b`]);
      expect([...order.slice(5, 9)].sort()).toEqual(['middle a', 'middle b', 'middle c', 'middle d']);
      expect(order.slice(9)).toEqual(['last a', 'last b']);
    },
  );

  test('has a middle in another order for another caller', () => {
    const orders = [0.1, 0.4, 0.8].map((random) => names(hearAdvice(9, { random })).slice(5, 9).join());
    expect(new Set(orders).size).toBeGreaterThan(1);
  });

  test('begins after 20 s of music and then leaves half a minute between two of them', () => {
    const programme = programmeOf({ shelf: shelfWithAdvice() });
    const spans = found(listened(programme, { to: seconds(100) }));
    // One second more, in which the music goes down.
    const wanted = [21_000, 53_500, 86_000];
    expect(spans.map(({ name }) => name)).toEqual(['first a', 'first b', 'first c']);
    for (const [index, { fromMs }] of spans.entries())
      expect(Math.abs(fromMs - (wanted[index] ?? 0))).toBeLessThanOrEqual(100);
  });

  test('goes over to the next hour’s folder in the middle of a call', () => {
    const programme = programmeOf({
      shelf: shelfWithAdvice(),
      settings: { advice: { firstAfterMs: 5000, pauseMs: 12_000 } },
      startedAt: { hour: 9, minute: 59 },
    });
    // The fifth one is due after a minute.
    const order = names(listened(programme, { to: seconds(100) }));
    expect(order.slice(0, 6)).toEqual(['first a', 'first b', 'first c', 'morning a', 'day a', 'day b']);
  });

  test('that is put on the shelf during a call is said next, and what is taken away is not said', () => {
    const shelf = shelfWithAdvice();
    shelf.folders.firstMorning = [];
    shelf.folders.first = [spoken('first b'), spoken('first c')];
    const put = (at: number, folder: keyof typeof PARTS, ...recordings: Recording[]): Event => ({
      at: seconds(at),
      happens: () => {
        shelf.folders[folder] = recordings.map(spoken);
      },
    });
    // At 7 s “first b” is being said.
    const events = [put(7, 'first', 'first a', 'first b'), put(8, 'middle', 'middle d'), put(30, 'first', 'first c')];
    expect(names(hearAdvice(9, { shelf, events }))).toEqual([
      'first b',
      'first a',
      'middle d',
      'last a',
      'last b',
      'first c',
    ]);
  });
});

describe('What is more important is said first', () => {
  const tell = (each: ReturnType<typeof programmeOf>, at: number) => each.tellAccounts([spoken('accounts')], at);

  test('position, then personal information, then advice, when all are due at once', () => {
    const programme = programmeOf({ shelf: shelfWithAdvice(), settings: quick, sayPosition: () => [spoken('place')] });
    const heard = listened(programme, {
      to: seconds(13),
      events: [
        { at: seconds(5.2), happens: tell },
        { at: seconds(5.5), happens: (each, at) => each.position(2, at) },
      ],
    });
    expect(names(heard)).toEqual(['place', 'accounts', 'first a']);
    const spans = found(heard);
    for (const [index, { fromMs }] of spans.entries())
      expect(fromMs).toBeGreaterThanOrEqual((spans[index - 1]?.toMs ?? 0) + 100);
  });

  test('but what has begun is said to its end', () => {
    const programme = programmeOf({ shelf: shelfWithAdvice(), settings: quick, sayPosition: () => [spoken('place')] });
    const heard = listened(programme, {
      to: seconds(10.4),
      events: [{ at: seconds(6.5), happens: (each, at) => each.position(2, at) }],
    });
    expect(names(heard)).toEqual(['first a', 'place']);
    expect(amplitudeOf(heard, HZ['first a'], seconds(6.1), seconds(7.4))).toBeGreaterThan(7000);
  });

  test('and a key in the middle of it changes the music under it', () => {
    const heard = hearAdvice(9, { events: [{ at: seconds(6.5), happens: (each, at) => each.press('3', at) }] });
    expect(names(heard)[0]).toBe('first a');
    expect(amplitudeOf(heard, HZ['first a'], seconds(6.1), seconds(7.4))).toBeGreaterThan(7000);
    expect(amplitudeOf(heard, 400, seconds(8.9), seconds(9.9))).toBeLessThan(20);
    expect(amplitudeOf(heard, 500, seconds(8.7), seconds(9.9))).toBeGreaterThan(4000);
  });
});

describe('A member was found', () => {
  test('what is being said stops within 60 ms, the music comes back, and nothing more is said until it goes on', () => {
    const programme = programmeOf({ shelf: shelfWithAdvice(), settings: quick, sayPosition: () => [spoken('place')] });
    const heard = listened(programme, {
      to: seconds(30),
      events: [
        { at: seconds(6.5), happens: (each, at) => each.cut(at) },
        { at: seconds(8), happens: (each, at) => each.position(4, at) },
        { at: seconds(9), happens: (each, at) => expect(each.press('4', at)).toBeNull() },
        { at: seconds(9), happens: (each, at) => expect(each.press('2', at)).toBeNull() },
        { at: seconds(20), happens: (each, at) => each.goOn(at) },
      ],
    });
    expect(amplitudeOf(heard, HZ['first a'], seconds(6.1), seconds(6.5))).toBeGreaterThan(7000);
    expect(amplitudeOf(heard, HZ['first a'], seconds(6.56), seconds(21))).toBeLessThan(5);
    expect(amplitudeOf(heard, 400, seconds(7.5), seconds(20))).toBeGreaterThan(7900);
    // Advice that was cut counts as not said.
    expect(names(heard)).toEqual(['first a', 'place', 'first a', 'first b']);
  });
});
