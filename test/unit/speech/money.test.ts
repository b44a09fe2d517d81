import { describe, expect, test } from '@jest/globals';
import { AMOUNT_DIGITS_MAX, parseAmount } from '../../../src/core/speech/money.ts';
import { fc } from '../../support/property.ts';

describe('an amount as text', () => {
  test.each([
    ['0', 0n],
    ['12', 1200n],
    ['12.3', 1230n],
    ['12.34', 1234n],
    ['-0.01', -1n],
    ['+5', 500n],
    ['15023007000.30', 1502300700030n],
    [' 12 ', 1200n],
    ['\t-7.5\n', -750n],
    ['.5', 50n],
    ['-.05', -5n],
    ['7.', 700n],
    ['0007', 700n],
    ['-0', 0n],
    ['-0.00', 0n],
    ['999999999999999999.99', 99999999999999999999n],
    ['0000000000000000000000000000001', 100n],
  ])('%j is %s hundredths', (text, hundredths) => {
    expect(parseAmount(text, 'EUR')).toEqual({ type: 'money', money: { hundredths, currency: 'EUR' } });
  });

  test.each([
    ['1.234', 123n],
    ['1.239', 123n],
    ['-1.239', -123n],
    ['-0.009', 0n],
    ['0.0099', 0n],
    ['10.0000', 1000n],
  ])('%s is cut after the second decimal, towards zero', (text, hundredths) => {
    expect(parseAmount(text, 'RUB')).toEqual({ type: 'money', money: { hundredths, currency: 'RUB' } });
  });

  test.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['.', 'not-decimal'],
    ['-', 'not-decimal'],
    ['--1', 'not-decimal'],
    ['1e3', 'not-decimal'],
    ['1E3', 'not-decimal'],
    ['NaN', 'not-decimal'],
    ['Infinity', 'not-decimal'],
    ['null', 'not-decimal'],
    ['1,5', 'not-decimal'],
    ['1,234.50', 'not-decimal'],
    ['1 234', 'not-decimal'],
    ['1_000', 'not-decimal'],
    ['1.2.3', 'not-decimal'],
    ['$5', 'not-decimal'],
    ['5 USD', 'not-decimal'],
    ['0x10', 'not-decimal'],
    ['−5', 'not-decimal'],
    ['٥', 'not-decimal'],
    ['1\n2', 'not-decimal'],
    ['<html>', 'not-decimal'],
    ['1000000000000000000', 'too-long'],
    ['-1000000000000000000.00', 'too-long'],
    [`0.${'1'.repeat(63)}`, 'too-long'],
  ])('%j is refused: %s', (text, reason) => {
    expect(parseAmount(text, 'USD')).toEqual({ type: 'refused', reason });
  });

  test('of a megabyte is refused', () => {
    expect(parseAmount('9'.repeat(1_000_000), 'USD')).toEqual({ type: 'refused', reason: 'too-long' });
    expect(parseAmount(`${' '.repeat(1_000_000)}9`, 'USD').type).toBe('money');
  });

  test('of any whole number of hundredths comes back as it was', () => {
    const limit = 10n ** BigInt(AMOUNT_DIGITS_MAX + 2);
    fc.assert(
      fc.property(fc.bigInt(-limit + 1n, limit - 1n), (hundredths) => {
        const digits = String(hundredths < 0n ? -hundredths : hundredths).padStart(3, '0');
        const text = `${hundredths < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
        expect(parseAmount(text, 'BRL')).toEqual({ type: 'money', money: { hundredths, currency: 'BRL' } });
      }),
    );
  });

  test('of any other text is refused, and never an error', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^\s*[+-]?[0-9.]*\s*$/.test(text));
        expect(parseAmount(text, 'USD').type).toBe('refused');
      }),
    );
  });
});
