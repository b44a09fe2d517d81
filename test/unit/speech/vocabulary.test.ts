import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Account, CURRENCIES } from '../../../src/core/speech/account.ts';
import { announcer } from '../../../src/core/speech/announcer.ts';
import { ANNOUNCER_PROMPTS } from '../../../src/core/speech/announcer-prompts.ts';
import { grammarOf, vocabulary } from '../../../src/core/speech/grammar.ts';
import { SPOKEN_LANGUAGES, type SpokenLanguage } from '../../../src/core/speech/phrase.ts';
import { fc } from '../../support/property.ts';
import { type Spelling, spellEnglish, spellPortuguese, spellRussian } from '../../support/speech/spelling.ts';
import { TEXTS, written } from '../../support/speech/written.ts';

const SOUNDS = join(import.meta.dirname, '../../../sounds');
const SPELLINGS: Readonly<Record<SpokenLanguage, Spelling>> = {
  en: spellEnglish,
  ru: spellRussian,
  pt_BR: spellPortuguese,
};
const GENDERS = ['masculine', 'feminine'] as const;

/** Zeros and ones are where grammars go wrong: half of the digits are one of them. */
const digits = (longest: number) =>
  fc
    .array(fc.oneof(fc.constantFrom('0', '0', '0', '1', '2'), fc.constantFrom(...'0123456789')), {
      minLength: 1,
      maxLength: longest,
    })
    .map((list) => list.join(''));
const named = digits(18).map(BigInt);
const whole = fc.oneof(named, fc.bigInt(-(10n ** 21n), 10n ** 21n));
const money = fc.record({
  hundredths: fc.oneof(whole, digits(7).map(BigInt)),
  currency: fc.constantFrom(...CURRENCIES),
});
const account: fc.Arbitrary<Account> = fc.record({
  number: digits(24),
  balance: fc.option(money),
  isLocked: fc.boolean(),
});

describe.each(SPOKEN_LANGUAGES)('%s', (language) => {
  const grammar = grammarOf(language);
  const names = new Set(vocabulary(language));
  const unknown = (phrase: readonly string[]) => phrase.filter((name) => !names.has(name));

  test('any number below 10^18 is said as it is spelt', () => {
    fc.assert(
      fc.property(named, fc.constantFrom(...GENDERS), (n, gender) => {
        expect(written(grammar.cardinal(n, gender), language)).toBe(SPELLINGS[language](n, gender));
      }),
      { numRuns: 3000 },
    );
  });

  test('every number up to 10,000 is said as it is spelt', () => {
    const wrong: string[] = [];
    for (let n = 0n; n <= 10_000n; n += 1n) {
      for (const gender of GENDERS) {
        const said = written(grammar.cardinal(n, gender), language);
        if (said !== SPELLINGS[language](n, gender)) wrong.push(`${n}: ${said}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('a negative number is minus and the number', () => {
    fc.assert(
      fc.property(whole, fc.constantFrom(...GENDERS), (n, gender) => {
        fc.pre(n > 0n);
        expect(grammar.cardinal(-n, gender)).toEqual(['numbers/minus', ...grammar.cardinal(n, gender)]);
      }),
    );
  });

  test('no phrase has a name that is not in the vocabulary', () => {
    const phrases = fc.oneof(
      fc.tuple(whole, fc.constantFrom(...GENDERS)).map(([n, gender]) => grammar.cardinal(n, gender)),
      fc.integer({ min: 1, max: 5000 }).map(grammar.position),
      fc.integer({ min: 1, max: 5_000_000 }).map(grammar.moreThan),
      fc.integer({ min: 0, max: 10 ** 9 }).map(announcer(grammar).callerWaited),
      fc.record({ minutes: fc.nat(5000), seconds: fc.nat(59) }).map(announcer(grammar).holdTime),
      digits(24).map(grammar.accountNumber),
      fc.string().map(grammar.accountNumber),
      money.map(grammar.money),
      fc.array(account, { maxLength: 8 }).map(grammar.accounts),
      fc.constant(grammar.accountsUnavailable()),
    );
    fc.assert(
      fc.property(phrases, (phrase) => expect(unknown(phrase)).toEqual([])),
      { numRuns: 3000 },
    );
  });

  test('no name of the vocabulary is never said', () => {
    const counts = [1n, 2n, 5n];
    const one: Account = { number: '1234', balance: { hundredths: 1n, currency: 'EUR' }, isLocked: true };
    const upTo1000 = Array.from({ length: 1000 }, (_, n) => n);
    const scales = Array.from({ length: 6 }, (_, power) => 1000n ** BigInt(power));
    const said = new Set([
      ...upTo1000.flatMap((n) => grammar.position(n + 1)),
      ...upTo1000.flatMap((n) => GENDERS.flatMap((gender) => grammar.cardinal(-BigInt(n), gender))),
      ...scales.flatMap((scale) => counts.flatMap((n) => grammar.cardinal(n * scale))),
      ...CURRENCIES.flatMap((currency) =>
        [...counts.map((n) => n * 101n), 10n ** 8n].flatMap((hundredths) => grammar.money({ hundredths, currency })),
      ),
      ...[0, 1, 2, 5, 21].flatMap((count) => grammar.accounts(Array.from({ length: count }, () => one))),
      ...grammar.accounts([{ ...one, balance: null }]),
      ...grammar.accountsUnavailable(),
      ...[1, 2, 5].flatMap((n) => [
        ...grammar.moreThan(n),
        ...announcer(grammar).holdTime({ minutes: n, seconds: n }),
        ...announcer(grammar).callerWaited(n * 61_000),
      ]),
      ...announcer(grammar).thanks(),
      ANNOUNCER_PROMPTS.stayOnLine,
    ]);
    expect([...names].filter((name) => !said.has(name))).toEqual([]);
  });

  test('every name of the vocabulary has a text and its two recordings', () => {
    const file = (name: string) => join(SOUNDS, language, name.replace(/^queueapp\//, ''));
    expect(names.size).toBeGreaterThan(90);
    expect([...names].filter((name) => !TEXTS[language].has(name))).toEqual([]);
    expect([...names].filter((name) => !existsSync(`${file(name)}.wav`) || !existsSync(`${file(name)}.wav16`))).toEqual(
      [],
    );
  });

  test('every word that the manifest has is one of the vocabulary', () => {
    const words = [...TEXTS[language].keys()].filter((name) => !name.startsWith('queueapp/'));
    expect(unknown(words)).toEqual([]);
  });

  test('numbers that differ are said differently', () => {
    fc.assert(
      fc.property(named, named, (a, b) => {
        fc.pre(a !== b);
        expect(grammar.cardinal(a)).not.toEqual(grammar.cardinal(b));
      }),
    );
  });

  test('account numbers that differ are said differently, pauses or not', () => {
    const all = Array.from({ length: 30_000 }, (_, n) => String(n));
    const said = all.map((number) =>
      grammar
        .accountNumber(number)
        .filter((name) => name !== 'numbers/pause')
        .join(' '),
    );
    expect(new Set(said).size).toBe(all.length);
  });
});

describe('names for Asterisk’s recordings', () => {
  const aliases = (language: SpokenLanguage): Record<string, string> =>
    parse(readFileSync(join(SOUNDS, language, 'asterisk.yaml'), 'utf8'));

  test.each(['en', 'ru'] as const)('in %s are of the vocabulary', (language) => {
    const names = vocabulary(language);
    expect(Object.keys(aliases(language)).filter((name) => !names.includes(name))).toEqual([]);
  });

  test.each([
    ['en', 99_999],
    ['ru', 199],
  ] as const)('in %s cover the place in line up to %i', (language, last) => {
    const covered = aliases(language);
    const places = Array.from({ length: last }, (_, index) => index + 1);
    const missing = places.flatMap((place) =>
      grammarOf(language)
        .position(place)
        .filter((name) => !(name in covered)),
    );
    expect(missing).toEqual([]);
  });

  test('in Russian do not reach 200', () => {
    expect(aliases('ru')['numbers/200']).toBeUndefined();
  });
});
