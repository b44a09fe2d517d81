import { expect, test } from '@jest/globals';
import { grammarOf } from '../../../src/core/speech/grammar.ts';

test.each([
  ['en', 'en'],
  ['en_GB', 'en'],
  ['EN-us', 'en'],
  ['ru', 'ru'],
  ['ru_RU', 'ru'],
  ['pt', 'pt_BR'],
  ['pt-br', 'pt_BR'],
  ['pt_BR', 'pt_BR'],
  ['pt_PT', 'pt_BR'],
])('%s is spoken by the grammar of %s', (language, expected) => {
  expect(grammarOf(language, 'ru').language).toBe(language.startsWith('ru') ? 'ru' : expected);
  expect(grammarOf(language).language).toBe(expected);
});

test.each(['', 'fr', 'english', 'rus', 'en1', '../en', '__proto__', 'constructor'])(
  '%j has no grammar and is spoken by the fallback',
  (language) => {
    expect(grammarOf(language).language).toBe('en');
    expect(grammarOf(language, 'pt_BR').language).toBe('pt_BR');
  },
);

test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('there is no place %s in line', (place) => {
  expect(() => grammarOf('ru').position(place)).toThrow(RangeError);
});
