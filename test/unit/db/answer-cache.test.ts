import { expect, test } from '@jest/globals';
import { AnswerCache } from '../../../db/accounts/answer-cache.ts';
import type { AccountsAnswer } from '../../../src/ports/accounts.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const NUMBERS_MAX = 10_000;

const answer = (number: number): AccountsAnswer => ({
  type: 'accounts',
  accounts: [{ number: String(number), balance: null, isLocked: false }],
  total: 1,
});

test('Ten thousand numbers are kept; one more takes the place of the one that was asked for longest ago', () => {
  const cache = new AnswerCache({ clock: new FakeClock(), keepMs: 60_000 });
  for (let number = 0; number < NUMBERS_MAX; number++) cache.put(String(number), answer(number));
  // Asked for again: not the oldest any more.
  expect(cache.get('0')).toEqual(answer(0));
  cache.put('new', answer(99_999));
  expect(cache.get('1')).toBeNull();
  for (const kept of [0, 2, NUMBERS_MAX - 1]) expect(cache.get(String(kept))).toEqual(answer(kept));
  expect(cache.get('new')).toEqual(answer(99_999));
});

test('An answer is kept for its time and not a millisecond longer, however often it is asked for', async () => {
  const clock = new FakeClock();
  const cache = new AnswerCache({ clock, keepMs: 1000 });
  cache.put('2000', { type: 'none' });
  await clock.advance(600);
  expect(cache.get('2000')).toEqual({ type: 'none' });
  await clock.advance(399);
  expect(cache.get('2000')).toEqual({ type: 'none' });
  await clock.advance(1);
  expect(cache.get('2000')).toBeNull();
});

test('That a source was unavailable is not kept, and nothing is with a time of 0', () => {
  const kept = new AnswerCache({ clock: new FakeClock(), keepMs: 1000 });
  kept.put('2000', { type: 'unavailable', reason: 'silence' });
  expect(kept.get('2000')).toBeNull();
  const forgetful = new AnswerCache({ clock: new FakeClock(), keepMs: 0 });
  forgetful.put('2000', { type: 'none' });
  expect(forgetful.get('2000')).toBeNull();
});

test('A number is found by the whole of it: __proto__, 2000 and 02000 are three numbers', () => {
  const cache = new AnswerCache({ clock: new FakeClock(), keepMs: 1000 });
  cache.put('2000', answer(1));
  for (const number of ['02000', '200', '20000', '__proto__', 'constructor', '']) expect(cache.get(number)).toBeNull();
});
