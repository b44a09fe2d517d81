import { describe, expect, test } from '@jest/globals';
import type { Currency } from '../../../src/core/speech/account.ts';
import { grammarOf } from '../../../src/core/speech/grammar.ts';
import { parseAmount } from '../../../src/core/speech/money.ts';
import type { Phrase } from '../../../src/core/speech/phrase.ts';
import { written } from '../../support/speech/written.ts';

const grammar = grammarOf('en');
const said = (phrase: Phrase) => written(phrase, 'en');
const moneySaid = (text: string, currency: Currency) => {
  const parsed = parseAmount(text, currency);
  return parsed.type === 'money' ? said(grammar.money(parsed.money)) : parsed.reason;
};

describe('English', () => {
  test.each([
    [0n, 'zero'],
    [1n, 'one'],
    [11n, 'eleven'],
    [13n, 'thirteen'],
    [20n, 'twenty'],
    [21n, 'twenty one'],
    [40n, 'forty'],
    [99n, 'ninety nine'],
    [100n, 'one hundred'],
    [101n, 'one hundred one'],
    [110n, 'one hundred ten'],
    [115n, 'one hundred fifteen'],
    [123n, 'one hundred twenty three'],
    [999n, 'nine hundred ninety nine'],
    [1_000n, 'one thousand'],
    [1_001n, 'one thousand one'],
    [1_100n, 'one thousand one hundred'],
    [2_013n, 'two thousand thirteen'],
    [10_000n, 'ten thousand'],
    [21_000n, 'twenty one thousand'],
    [100_000n, 'one hundred thousand'],
    [123_456n, 'one hundred twenty three thousand four hundred fifty six'],
    [1_000_000n, 'one million'],
    [1_000_001n, 'one million one'],
    [2_000_010n, 'two million ten'],
    [15_023_007_000n, 'fifteen billion twenty three million seven thousand'],
    [1_000_000_000_000n, 'one trillion'],
    [10n ** 15n, 'one quadrillion'],
    [-(10n ** 15n), 'minus one quadrillion'],
    [-7n, 'minus seven'],
    [
      999_999_999_999_999n,
      'nine hundred ninety nine trillion nine hundred ninety nine billion nine hundred ninety nine million nine hundred ninety nine thousand nine hundred ninety nine',
    ],
    [10n ** 18n, 'one zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero'],
    [
      -(10n ** 18n) - 2n,
      'minus one zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero zero two',
    ],
  ])('%s is %s', (n, expected) => {
    expect(said(grammar.cardinal(n))).toBe(expected);
    expect(said(grammar.cardinal(n, 'feminine'))).toBe(expected);
  });

  test.each<[string, Currency, string]>([
    ['0', 'USD', 'zero dollars'],
    ['0.01', 'USD', 'one cent'],
    ['-0.01', 'USD', 'minus one cent'],
    ['0.05', 'EUR', 'five cents'],
    ['1', 'USD', 'one dollar'],
    ['1.01', 'USD', 'one dollar and one cent'],
    ['2', 'EUR', 'two euros'],
    ['1.50', 'EUR', 'one euro and fifty cents'],
    ['-5.01', 'USD', 'minus five dollars and one cent'],
    ['21', 'USD', 'twenty one dollars'],
    ['101', 'USD', 'one hundred one dollars'],
    ['0.01', 'GBP', 'one penny'],
    ['0.99', 'GBP', 'ninety nine pence'],
    ['1.02', 'GBP', 'one pound and two pence'],
    ['300', 'GBP', 'three hundred pounds'],
    ['1.01', 'RUB', 'one ruble and one kopeck'],
    ['2.20', 'RUB', 'two rubles and twenty kopecks'],
    ['1.01', 'BRL', 'one real and one centavo'],
    ['2.10', 'BRL', 'two reais and ten centavos'],
    ['1000000', 'USD', 'one million dollars'],
    ['15023007000.30', 'USD', 'fifteen billion twenty three million seven thousand dollars and thirty cents'],
    ['-999.99', 'EUR', 'minus nine hundred ninety nine euros and ninety nine cents'],
  ])('%s %s is %s', (amount, currency, expected) => expect(moneySaid(amount, currency)).toBe(expected));

  test.each([
    [1, 'Your call is first in line, and will be taken next.'],
    [2, 'Of the waiting calls, yours is the second'],
    [3, 'Of the waiting calls, yours is the third'],
    [5, 'Of the waiting calls, yours is the fifth'],
    [11, 'Of the waiting calls, yours is the eleventh'],
    [12, 'Of the waiting calls, yours is the twelfth'],
    [20, 'Of the waiting calls, yours is the twentieth'],
    [21, 'Of the waiting calls, yours is the twenty first'],
    [40, 'Of the waiting calls, yours is the fortieth'],
    [99, 'Of the waiting calls, yours is the ninety ninth'],
    [100, 'You are caller number one hundred'],
    [400, 'You are caller number four hundred'],
    [1234, 'You are caller number one thousand two hundred thirty four'],
  ])('place %i: %s', (place, expected) => expect(said(grammar.position(place))).toBe(expected));

  test.each([
    ['7', 'seven'],
    ['45', 'four five'],
    ['007', 'zero zero seven'],
    ['123', 'one two three'],
    ['1007', 'one | zero zero seven'],
    ['000000', 'zero zero zero | zero zero zero'],
    ['123456', 'one two three | four five six'],
    ['12345678', 'one two | three four five | six seven eight'],
    ['12-34', 'one | two three four'],
    ['', ''],
  ])('the account number %s is %s', (digits, expected) => expect(said(grammar.accountNumber(digits))).toBe(expected));
});
