import { describe, expect, test } from '@jest/globals';
import { accountsOf } from '../../../db/accounts/account-record.ts';
import { personNumber } from '../../../db/caller-number.ts';
import { fc } from '../../support/property.ts';

// The seed stands in the failure's message; a fixed one makes every run the same.
const RUN = { seed: 20_261_121, numRuns: 2000 };

const balanceOf = (balance: unknown) => {
  const { answer } = accountsOf([{ number: '1', balance }], 'USD');
  return answer.type === 'accounts' ? answer.accounts[0]?.balance?.hundredths : undefined;
};

describe('An amount that a source tells', () => {
  test('is exact as text, to 10^18 and beyond what a double holds', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 20n) + 1n, max: 10n ** 20n - 1n }), (hundredths) => {
        const digits = String(hundredths < 0n ? -hundredths : hundredths).padStart(3, '0');
        const text = `${hundredths < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
        expect(balanceOf(text)).toBe(hundredths);
      }),
      RUN,
    );
  });

  test('is exact as a JSON number, or unknown', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1_000_000_000_000_000, max: 1_000_000_000_000_000 }), (hundredths) => {
        const digits = String(Math.abs(hundredths)).padStart(3, '0');
        const text = `${hundredths < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
        const read = balanceOf(JSON.parse(text));
        expect(read).toBe(Math.abs(hundredths) < 1_000_000_000_000_000 ? BigInt(hundredths) : undefined);
      }),
      RUN,
    );
  });
});

test('Whatever a source says is an answer, never an exception, and nothing improper is told', () => {
  fc.assert(
    fc.property(
      fc.array(fc.dictionary(fc.constantFrom('number', 'balance', 'currency', 'locked', 'x'), fc.jsonValue()), {
        maxLength: 10,
      }),
      (records) => {
        const { answer } = accountsOf(records, 'EUR');
        if (answer.type !== 'accounts') return;
        expect(answer.accounts.length).toBeLessThanOrEqual(5);
        for (const { number, balance } of answer.accounts) {
          expect(number).toMatch(/^[0-9]{1,24}$/);
          expect(balance === null || typeof balance.hundredths === 'bigint').toBe(true);
        }
      },
    ),
    RUN,
  );
});

test('What is odd is named once for all accounts, without their data', () => {
  const { oddities } = accountsOf(
    [
      { number: '77-secret', balance: '1' },
      { number: '78-secret' },
      { number: '1', balance: '4711 secret' },
      { number: '2', balance: '1', currency: 'secret' },
      { number: '3', locked: 'secret' },
    ],
    'USD',
  );
  expect(oddities).toEqual([
    'an account without a number of 1 to 24 digits is left out',
    'a balance that is no decimal is unknown',
    'a balance in a currency that has no recordings is unknown',
    '"locked" that is neither true nor false counts as false',
  ]);
  expect(oddities.join()).not.toContain('secret');
});

describe('The number of a person', () => {
  test.each([
    ['2000', '2000'],
    [' +49 (30) 123-45 ', '+49 (30) 123-45'],
    ['alice', 'alice'],
    ['0'.repeat(40), '0'.repeat(40)],
  ])('%j is %j', (written, number) => {
    expect(personNumber(written)).toBe(number);
  });

  test.each([
    '',
    ' ',
    'anonymous',
    'ANONYMOUS',
    'unknown',
    'restricted',
    'private',
    'unavailable',
    '0'.repeat(41),
    'a\u0000',
    '\ud800',
    '1\n2',
  ])('%j is nobody', (written) => {
    expect(personNumber(written)).toBeNull();
  });
});
