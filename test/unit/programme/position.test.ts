import { describe, expect, test } from '@jest/globals';
import type { Programme } from '../../../src/core/programme/programme.ts';
import type { ProgrammeOverrides } from '../../../src/core/programme/settings.ts';
import { type Event, hear, programmeOf, seconds, TestShelf, tone } from '../../support/programme-stage.ts';

const shelf = new TestShelf(tone('a', { hz: 0, seconds: 300 }));
const word = (name: string, length = 1) => tone(name, { hz: 0, seconds: length });

/** What is told when, in seconds, looked at every 100 ms. */
function told(
  events: readonly Event[],
  { to = 60, settings = {} }: { to?: number; settings?: ProgrammeOverrides } = {},
): (readonly [number, string])[] {
  const found: (readonly [number, string])[] = [];
  let before = '';
  const look = (each: Programme, at: number): void => {
    const now = each.nowPlaying(at).recordings.join(' ');
    if (now !== before && now !== '') found.push([at / 8000, now]);
    before = now;
  };
  const programme = programmeOf({
    shelf,
    settings,
    sayPosition: (place) => (place === 99 ? [] : [word('you are'), word(`${place}`)]),
  });
  const looks = Array.from({ length: to * 10 }, (_, index) => ({ at: index * 800, happens: look }));
  hear(programme, { to: seconds(to), events: [...events, ...looks], ahead: 1600 });
  return found;
}

const at = (second: number, happens: Event['happens']): Event => ({ at: seconds(second), happens });
const place = (second: number, n: number | null) => at(second, (each, sample) => each.position(n, sample));
const press = (second: number, digit: string) => at(second, (each, sample) => each.press(digit, sample));

describe('The position', () => {
  test('is said when it is known, after the music has come and gone, and when it changes', () => {
    expect(told([place(0, 3), place(20, 2)])).toEqual([
      [2, 'you are 3'],
      [21, 'you are 2'],
    ]);
  });

  test('is said once for all changes within eight seconds: the newest, at the moment when the saying begins', () => {
    expect(told([place(0, 9), place(4, 8), place(5, 7), place(6, 6), place(10.9, 5)])).toEqual([
      [2, 'you are 9'],
      [11, 'you are 5'],
    ]);
  });

  test('is not said when it is again what it was', () => {
    expect(told([place(0, 3), place(4, 2), place(6, 3)])).toEqual([[2, 'you are 3']]);
  });

  test('is said every two minutes, counted from the last time', () => {
    expect(told([place(0, 3), place(50, 2)], { to: 300 })).toEqual([
      [2, 'you are 3'],
      [51, 'you are 2'],
      [172, 'you are 2'],
      [293, 'you are 2'],
    ]);
  });

  test('is said by the clock alone, or by change alone, when so configured', () => {
    expect(told([place(0, 3), place(20, 2)], { to: 130, settings: { position: { onChange: false } } })).toEqual([
      [121, 'you are 2'],
    ]);
    expect(told([place(0, 3), place(20, 2)], { to: 200, settings: { position: { everyMs: 0 } } })).toEqual([
      [2, 'you are 3'],
      [21, 'you are 2'],
    ]);
  });

  test('is said on the key, eight seconds apart at least', () => {
    expect(told([place(0, 3), press(10, '4'), press(13, '4'), press(17.9, '4'), press(18, '4')])).toEqual([
      [2, 'you are 3'],
      [11, 'you are 3'],
      [19, 'you are 3'],
    ]);
  });

  test('is not said anew by a key that is pressed while it is being said', () => {
    expect(told([place(0, 3), press(2.5, '4')])).toEqual([[2, 'you are 3']]);
  });

  test('is not said, nor answered, when there is none', () => {
    expect(told([press(5, '4'), place(10, 3), place(14, null), press(30, '4')], { to: 200 })).toEqual([
      [11, 'you are 3'],
    ]);
    expect(programmeOf({ shelf }).press('4', 100)).toBeNull();
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])('of %p is none', (wrong) => {
    expect(told([place(0, wrong)], { to: 10 })).toEqual([]);
  });

  test('without recordings leaves the music alone', () => {
    const programme = programmeOf({ shelf, sayPosition: () => [] });
    programme.position(2, 0);
    hear(programme, { to: seconds(30) });
    expect(programme.nowPlaying(seconds(5)).tunes).toMatchObject([{ gain: 1 }]);
    expect(told([place(0, 99), place(10, 2)], { to: 20 })).toEqual([[11, 'you are 2']]);
  });
});

describe('Personal information', () => {
  const tell = (second: number, name: string) => at(second, (each, sample) => each.tellAccounts([word(name)], sample));

  test('is asked for by the key, fifteen seconds apart at least', () => {
    const programme = programmeOf({ shelf });
    const asked = [1, 5, 15.9, 16, 20].map((second) => programme.press('2', seconds(second)));
    expect(asked).toEqual([{ type: 'ask-accounts' }, null, null, { type: 'ask-accounts' }, null]);
  });

  test('is told as soon as it can be; what waits is replaced by what is newer, and nothing is told twice', () => {
    expect(told([place(0, 3), tell(2.5, 'old'), tell(3, 'new')])).toEqual([
      [2, 'you are 3'],
      [4.3, 'new'],
    ]);
  });

  test('of no recordings is not told', () => {
    expect(told([at(3, (each, sample) => each.tellAccounts([], sample))], { to: 10 })).toEqual([]);
  });

  test('of thousands of recordings is cut', () => {
    const programme = programmeOf({ shelf });
    programme.tellAccounts(
      Array.from({ length: 5000 }, () => word('x', 0.01)),
      0,
    );
    hear(programme, { to: seconds(5) });
    expect(programme.nowPlaying(seconds(3)).recordings).toHaveLength(200);
  });
});

describe('Keys', () => {
  test('that are not of the programme, or switched off, are left to others', () => {
    const programme = programmeOf({ shelf, settings: { keys: { nextTune: null, accounts: '7' } } });
    const answers = [...'0123456789*#', '', '33', 'A'].map((digit) => programme.press(digit, seconds(5)));
    expect(answers.filter((answer) => answer !== null)).toEqual([{ type: 'ask-accounts' }]);
  });

  test('all twelve in one instant do each its part, once', () => {
    const programme = programmeOf({ shelf, sayPosition: () => [word('you are')] });
    programme.position(2, 0);
    const answers = [...'0123456789*#', ...'0123456789*#'].map((digit) => programme.press(digit, seconds(20)));
    expect(answers.filter((answer) => answer !== null)).toEqual([
      { type: 'ask-accounts' },
      { type: 'next-tune', track: 'a' },
      { type: 'position' },
    ]);
  });
});

describe('A command', () => {
  test('for a sample before that of the last command counts as that one', () => {
    const programme = programmeOf({ shelf, sayPosition: () => [word('you are')] });
    programme.position(2, seconds(10));
    programme.render(seconds(9), seconds(1), Buffer.alloc(seconds(1) * 2), 0);
    expect(programme.press('3', seconds(2))).toEqual({ type: 'next-tune', track: 'a' });
    expect(programme.press('3', seconds(12.9))).toBeNull();
    expect(programme.press('3', seconds(13))).not.toBeNull();
  });

  test.each([Number.NaN, Infinity])('for sample %p is a fault of ours', (wrong) => {
    expect(() => programmeOf({ shelf }).press('3', wrong)).toThrow(`no sample ${wrong}`);
  });

  test('tells from where on it has to be rendered anew, once', () => {
    const programme = programmeOf({ shelf });
    hear(programme, { to: seconds(5) });
    programme.press('3', seconds(4.5));
    expect(programme.takeChangedFrom()).toBe(seconds(4.5));
    expect(programme.takeChangedFrom()).toBe(Infinity);
    // Nothing that was rendered sounds otherwise.
    programme.press('3', seconds(8));
    expect(programme.takeChangedFrom()).toBe(Infinity);
    programme.press('9', seconds(8));
    expect(programme.takeChangedFrom()).toBe(Infinity);
  });
});
