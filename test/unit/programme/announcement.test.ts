import { describe, expect, test } from '@jest/globals';
import {
  ANNOUNCEMENT_DEFAULTS,
  type AnnouncementSettings,
  type PeriodicSettings,
} from '../../../src/core/programme/announcement-settings.ts';
import type { Programme } from '../../../src/core/programme/programme.ts';
import type { ProgrammeOverrides } from '../../../src/core/programme/settings.ts';
import { type Event, hear, programmeOf, seconds, TestShelf, tone } from '../../support/programme-stage.ts';

// app_queue's announcements by the labels of queue-semantics.md, and where they are other on purpose. Positions are told after a second in which the music goes
// down, and the first of all when it has come: at 2 s.

const shelf = new TestShelf(tone('a', { hz: 0, seconds: 300 }));
const word = (name: string, length = 1) => tone(name, { hz: 0, seconds: length });

interface Hearing {
  readonly to?: number;
  readonly settings?: Partial<AnnouncementSettings>;
  readonly programme?: ProgrammeOverrides;
  /** Minutes of waiting that are told; `null`: there is no estimate. */
  readonly minutes?: (at: number) => number | null;
  readonly waitedMs?: number;
  readonly random?: number;
}

/** What is told when, in seconds, looked at every 100 ms. */
function told(events: readonly Event[], hearing: Hearing = {}): (readonly [number, string])[] {
  const { to = 100, settings = {}, programme: overrides = {}, minutes = () => 5, waitedMs = 0, random = 0.5 } = hearing;
  const found: (readonly [number, string])[] = [];
  let before = '';
  const look = (each: Programme, at: number): void => {
    const now = each.nowPlaying(at).recordings.join(' ');
    if (now !== before && now !== '') found.push([at / 8000, now]);
    before = now;
  };
  const programme = programmeOf({
    shelf,
    settings: overrides,
    random: () => random,
    sayPosition: (place) => [word(`place ${place}`)],
    announcements: {
      settings: { ...ANNOUNCEMENT_DEFAULTS, ...settings },
      waitedMs,
      say: {
        position: (place) => (place === 99 ? [] : [word(`place ${place}`)]),
        moreThan: (places) => [word(`more than ${places}`)],
        holdTime: (at) => {
          const told = minutes(at);
          return told === null ? [] : [word(`${told} min`)];
        },
        thanks: () => [word('thanks')],
        periodic: (name) => (name === 'missing' ? [] : [word(name, 2)]),
      },
    },
  });
  const looks = Array.from({ length: to * 10 }, (_, index) => ({ at: index * 800, happens: look }));
  hear(programme, { to: seconds(to), events: [...events, ...looks], ahead: 1600 });
  return found;
}

const at = (second: number, happens: Event['happens']): Event => ({ at: seconds(second), happens });
const place = (second: number, n: number | null) => at(second, (each, sample) => each.position(n, sample));
const press = (second: number, digit: string) => at(second, (each, sample) => each.press(digit, sample));
const texts = (all: readonly (readonly [number, string])[]) => all.map(([, text]) => text);
const startsOf = (all: readonly (readonly [number, string])[], text: RegExp) =>
  all.filter(([, each]) => text.test(each)).map(([second]) => second);
const periodic = (changes: Partial<PeriodicSettings>): Partial<AnnouncementSettings> => ({
  periodic: { ...ANNOUNCEMENT_DEFAULTS.periodic, prompts: ['one', 'two', 'three'], ...changes },
});
/** The position alone, so that it is seen when. */
const alone = { holdTime: 'no', thanks: false } as const;
/** Nothing of the programme's own. */
const silent: ProgrammeOverrides = { position: { onChange: false, everyMs: 0 } };

describe('AN1 frequency', () => {
  test('0: nothing is announced, and what the programme says by itself stays', () => {
    expect(told([place(0, 3)], { settings: { frequencyMs: 0 }, programme: silent })).toEqual([]);
    expect(told([place(0, 3), place(20, 2)], { to: 60 })).toEqual([
      [2, 'place 3'],
      [21, 'place 2'],
    ]);
  });

  test('above 0: at once when the caller has to wait', () => {
    expect(told([place(0, 3)], { to: 10, settings: { frequencyMs: 60_000 } })).toEqual([
      [2, 'place 3'],
      [3.3, '5 min'],
      [4.6, 'thanks'],
    ]);
  });

  test("above 0: of the programme's own rules for the place the key alone is left", () => {
    const settings = { frequencyMs: 60_000, minFrequencyMs: 50_000, ...alone };
    expect(told([place(0, 3), place(20, 2), press(30, '4')], { to: 60, settings })).toEqual([
      [2, 'place 3'],
      [31, 'place 2'],
    ]);
  });

  test('a caller who has no place yet is told nothing', () => {
    expect(told([], { settings: { frequencyMs: 60_000, ...periodic({ frequencyMs: 10_000 }) } })).toEqual([]);
    const settings = { frequencyMs: 60_000, ...alone, ...periodic({ frequencyMs: 10_000 }) };
    expect(texts(told([place(0, 2), place(5, null)], { to: 60, settings }))).toEqual(['place 2']);
  });
});

describe('AN2 again', () => {
  test('after the frequency, counted from the beginning of the last one', () => {
    const all = told([place(0, 3)], { settings: { frequencyMs: 30_000 } });
    // It is due 30 s after it began; then the music goes down.
    expect(startsOf(all, /place/)).toEqual([2, 33, 64, 95]);
  });

  test('after the least frequency when the place has changed', () => {
    const settings = { frequencyMs: 60_000, minFrequencyMs: 15_000, ...alone };
    expect(told([place(0, 9), place(5, 8), place(12, 7), place(40, 6)], { to: 60, settings })).toEqual([
      [2, 'place 9'],
      [18, 'place 7'],
      [41, 'place 6'],
    ]);
  });

  test('never sooner than that, whatever the frequency', () => {
    const settings = { frequencyMs: 5_000, minFrequencyMs: 20_000, ...alone };
    expect(startsOf(told([place(0, 3)], { to: 70, settings }), /place/)).toEqual([2, 23, 44, 65]);
  });

  test('of 0 both: no faster than it can be said', () => {
    const settings = { frequencyMs: 1, minFrequencyMs: 0, ...alone };
    expect(startsOf(told([place(0, 3)], { to: 6, settings }), /place/)).toEqual([2, 3.3, 4.6, 5.9]);
  });
});

describe('AN3 only-up', () => {
  test('is silent unless the place became smaller than the one told last', () => {
    const settings = { frequencyMs: 20_000, onlyUp: true, ...alone };
    expect(told([place(0, 5), place(30, 6), place(50, 5), place(70, 4)], { settings })).toEqual([
      [2, 'place 5'],
      [71, 'place 4'],
    ]);
  });
});

describe('AN4 position', () => {
  const first = (n: number, settings: Partial<AnnouncementSettings>) =>
    texts(told([place(0, n)], { to: 12, settings: { frequencyMs: 60_000, positionLimit: 3, ...settings } }));

  test('yes: any place', () => expect(first(50, { position: 'yes' })).toEqual(['place 50', '5 min', 'thanks']));

  test('no: the waiting time alone', () => expect(first(2, { position: 'no' })).toEqual(['5 min', 'thanks']));

  test('limit: up to the limit', () => {
    expect(first(3, { position: 'limit' })).toEqual(['place 3', '5 min', 'thanks']);
    expect(first(4, { position: 'limit' })).toEqual(['5 min', 'thanks']);
  });

  test('more: beyond the limit “more than” it', () => {
    expect(first(3, { position: 'more' })).toEqual(['place 3', '5 min', 'thanks']);
    expect(first(4, { position: 'more' })).toEqual(['more than 3', '5 min', 'thanks']);
  });

  test('the first is next, and is told no waiting time', () => {
    expect(first(1, {})).toEqual(['place 1', 'thanks']);
    expect(first(1, { position: 'no' })).toEqual(['5 min', 'thanks']);
  });
});

describe('AN5 hold-time', () => {
  test('is told each time, with what it is then', () => {
    const all = told([place(0, 3)], {
      settings: { frequencyMs: 30_000 },
      minutes: (at) => 9 - Math.floor(at / 240_000),
    });
    expect(texts(all).filter((text) => /min/.test(text))).toEqual(['9 min', '8 min', '7 min', '6 min']);
  });

  test('no: never', () => {
    expect(texts(told([place(0, 3)], { to: 50, settings: { frequencyMs: 30_000, holdTime: 'no' } }))).toEqual([
      ...['place 3', 'thanks', 'place 3', 'thanks'],
    ]);
  });

  test('once: with the first announcement only', () => {
    const all = told([place(0, 3), place(20, 2)], { settings: { frequencyMs: 30_000, holdTime: 'once' } });
    expect(startsOf(all, /min/)).toEqual([3.3]);
    expect(startsOf(all, /place/).length).toBeGreaterThan(2);
  });

  test('is left out while there is no estimate', () => {
    expect(texts(told([place(0, 3)], { to: 10, settings: { frequencyMs: 30_000 }, minutes: () => null }))).toEqual([
      ...['place 3', 'thanks'],
    ]);
  });
});

describe('AN7 thanks', () => {
  test('only if something was said', () => {
    const settings = { frequencyMs: 30_000, position: 'no', holdTime: 'no' } as const;
    expect(told([place(0, 3)], { settings })).toEqual([]);
    expect(told([place(0, 99)], { settings: { frequencyMs: 30_000 }, minutes: () => null })).toEqual([]);
  });

  test('not when switched off', () => {
    expect(texts(told([place(0, 3)], { to: 20, settings: { frequencyMs: 30_000, thanks: false } }))).toEqual([
      ...['place 3', '5 min'],
    ]);
  });

  test('the music goes down and comes back, where app_queue stops it (where we differ: overlays, point 5)', () => {
    const gains: number[] = [];
    const programme = programmeOf({
      shelf,
      announcements: {
        settings: { ...ANNOUNCEMENT_DEFAULTS, frequencyMs: 30_000 },
        waitedMs: 0,
        say: {
          position: () => [word('place')],
          moreThan: () => [],
          holdTime: () => [],
          thanks: () => [word('thanks')],
          periodic: () => [],
        },
      },
    });
    programme.position(2, 0);
    const look = (second: number) =>
      at(second, (each, sample) => gains.push(each.nowPlaying(sample).tunes.reduce((sum, { gain }) => sum + gain, 0)));
    hear(programme, { to: seconds(9), events: [1, 2.5, 3.1, 4, 6].map(look), ahead: 1600 });
    expect(gains.map((gain) => Math.round(gain * 100) / 100)).toEqual([1, 0.1, 0.1, 0.1, 1]);
  });
});

describe('AN8 the head of the line', () => {
  const settings = { frequencyMs: 30_000, ...alone };

  test('hears it, too (where we differ: app_queue tells the first nothing unless asked to, point 5)', () => {
    expect(startsOf(told([place(0, 1)], { settings }), /place 1/)).toEqual([2, 33, 64, 95]);
  });

  test('hears nothing of it with to-first: no, as there; and the others do', () => {
    const others = { ...settings, toFirst: false };
    expect(told([place(0, 1)], { settings: others })).toEqual([]);
    expect(texts(told([place(0, 2), place(20, 1)], { settings: others }))).toEqual(['place 2']);
  });

  test('a member who is found interrupts it at once: nobody waits for a recording (where we differ, point 5)', () => {
    const events = [
      place(0, 1),
      at(2.4, (each, sample) => each.cut(sample)),
      at(2.5, (each, sample) => expect(each.nowPlaying(sample)).toMatchObject({ telling: null })),
    ];
    expect(told(events, { settings })).toEqual([[2, 'place 1']]);
  });

  test('who is not connected then hears what was cut again, from its beginning; thanks alone are not worth it', () => {
    const cutAndOn = (cut: number) => [
      place(0, 3),
      at(cut, (each, sample) => each.cut(sample)),
      at(20, (each, sample) => each.goOn(sample)),
    ];
    const frequency = { frequencyMs: 60_000 };
    const heardAfter = (cut: number) => texts(told(cutAndOn(cut), { to: 50, settings: frequency })).slice(1);
    expect(heardAfter(2.4)).toEqual(['place 3', '5 min', 'thanks']);
    expect(heardAfter(3.1)).toEqual(['place 3', '5 min', 'thanks']);
    expect(heardAfter(3.6)).toEqual(['5 min', 'place 3', '5 min', 'thanks']);
    expect(heardAfter(4.9)).toEqual(['5 min', 'thanks']);
  });
});

describe('AN9 periodic announcements', () => {
  const only = (changes: Partial<PeriodicSettings>, hearing: Hearing = {}) =>
    told([place(0, 2)], { programme: silent, settings: periodic(changes), ...hearing });

  test('first after the frequency, then by turns, counted from the beginning of the last one', () => {
    expect(only({ frequencyMs: 20_000 })).toEqual([
      [21, 'one'],
      [42, 'two'],
      [63, 'three'],
      [84, 'one'],
    ]);
  });

  test('relative: counted from its end', () => {
    expect(only({ frequencyMs: 20_000, relative: true })).toEqual([
      [21, 'one'],
      [44, 'two'],
      [67, 'three'],
      [90, 'one'],
    ]);
  });

  test('with a start delay: the first one after that', () => {
    expect(startsOf(only({ frequencyMs: 40_000, startDelayMs: 5_000 }), /./)).toEqual([6, 47, 88]);
    expect(startsOf(only({ frequencyMs: 40_000, startDelayMs: 0 }), /./)).toEqual([2, 43, 84]);
  });

  test('counted from the time at which the caller came, also when the music begins later', () => {
    expect(startsOf(only({ frequencyMs: 20_000 }, { waitedMs: 8_000, to: 30 }), /./)).toEqual([13]);
    expect(startsOf(only({ frequencyMs: 20_000 }, { waitedMs: 800_000, to: 20 }), /./)).toEqual([2]);
  });

  test('in random order: any of them, another order for another caller', () => {
    const prompts = Array.from({ length: 10 }, (_, index) => `prompt ${index}`);
    const order = (random: number) =>
      texts(only({ frequencyMs: 5_000, order: 'random', prompts }, { random, to: 200 })).join();
    expect(order(0.1)).toBe(order(0.1));
    expect(order(0.1)).not.toBe(order(0.7));
    const said = new Set(order(0.1).split(','));
    expect(said.size).toBeGreaterThan(5);
    expect([...said].filter((text) => !prompts.includes(text))).toEqual([]);
  });

  test('without a recording: that one is passed over, and the next has its turn', () => {
    expect(only({ frequencyMs: 20_000, prompts: ['missing', 'two'] })).toEqual([
      [41, 'two'],
      [82, 'two'],
    ]);
  });

  test('cut by a member who is found: the same one, at its next turn', () => {
    const events = [
      place(0, 2),
      at(21.5, (each, sample) => each.cut(sample)),
      at(30, (each, sample) => each.goOn(sample)),
    ];
    const all = told(events, { programme: silent, settings: periodic({ frequencyMs: 20_000 }), to: 70 });
    expect(texts(all)).toEqual(['one', 'one', 'two']);
    expect(startsOf(all, /one/)[1]).toBeCloseTo(42.5, 1);
  });

  test('stand behind the place and personal information, and before advice', () => {
    const advised = new TestShelf(tone('a', { hz: 0, seconds: 300 }));
    advised.folders.first = [word('advice')];
    const heard: string[] = [];
    const programme = programmeOf({
      shelf: advised,
      settings: { advice: { firstAfterMs: 9000 } },
      announcements: {
        settings: { ...ANNOUNCEMENT_DEFAULTS, frequencyMs: 60_000, ...periodic({ frequencyMs: 9_500 }) },
        waitedMs: 0,
        say: {
          position: (n) => [word(`place ${n}`)],
          moreThan: () => [],
          holdTime: () => [word('5 min')],
          thanks: () => [word('thanks')],
          periodic: (name) => [word(name)],
        },
      },
    });
    const look = (each: Programme, sample: number): void => {
      const now = each.nowPlaying(sample).recordings.join(' ');
      if (now !== '' && now !== heard.at(-1)) heard.push(now);
    };
    const events = [
      place(9.6, 4),
      at(9.7, (each, sample) => each.tellAccounts([word('accounts')], sample)),
      ...Array.from({ length: 200 }, (_, index) => ({ at: index * 800, happens: look })),
    ];
    hear(programme, { to: seconds(20), events, ahead: 1600 });
    expect(heard).toEqual(['place 4', '5 min', 'thanks', 'accounts', 'one', 'advice']);
  });
});
