import type { Account, Currency, Money } from '../../src/core/speech/account.ts';
import { ACCOUNT_DIGITS_MAX, ACCOUNTS_MAX, CURRENCIES } from '../../src/core/speech/account.ts';
import { parseAmount } from '../../src/core/speech/money.ts';
import type { AccountsAnswer } from '../../src/ports/accounts.ts';

/** What a source said of one account: columns of a row or members of a JSON object. Nothing of it is trusted. */
export type AccountRecord = Readonly<Record<string, unknown>>;

/** An answer, and what was odd in it: for the log, without any person's data, each kind once. */
export interface ReadAccounts {
  readonly answer: AccountsAnswer;
  readonly oddities: readonly string[];
}

/**
 * Accounts out of records, the first {@link ACCOUNTS_MAX} that have a proper number, and how many have one. A balance that is no decimal is unknown: its account
 * is told without it. When there were records and none has a number, the source is at fault: to say "no account" would be untrue.
 */
export function accountsOf(records: readonly AccountRecord[], currency: Currency): ReadAccounts {
  const accounts: Account[] = [];
  let total = 0;
  const oddities = new Set<string>();
  for (const record of records) {
    const account = accountOf(record, { currency, tell: (oddity) => oddities.add(oddity) });
    if (account === null) continue;
    total += 1;
    if (accounts.length < ACCOUNTS_MAX) accounts.push(account);
  }
  return { answer: answerOf({ accounts, total }, records.length), oddities: [...oddities] };
}

/** The source is at fault; `reason` is for the log and names no person. */
export function unavailable(reason: string): AccountsAnswer {
  return { type: 'unavailable', reason };
}

function answerOf(
  found: { readonly accounts: readonly Account[]; readonly total: number },
  recordsCount: number,
): AccountsAnswer {
  if (found.total > 0) return { type: 'accounts', ...found };
  return recordsCount === 0 ? { type: 'none' } : unavailable('no account of the answer has a proper number');
}

interface Reading {
  /** Of amounts that come without one. */
  readonly currency: Currency;
  readonly tell: (oddity: string) => void;
}

function accountOf(record: AccountRecord, reading: Reading): Account | null {
  const number = textOf(record['number']);
  if (number === null || !/^[0-9]+$/.test(number) || number.length > ACCOUNT_DIGITS_MAX) {
    reading.tell(`an account without a number of 1 to ${ACCOUNT_DIGITS_MAX} digits is left out`);
    return null;
  }
  return { number, balance: balanceOf(record, reading), isLocked: lockOf(record['locked'], reading) };
}

function balanceOf(record: AccountRecord, { currency: usual, tell }: Reading): Money | null {
  const written = record['balance'];
  if (written === null || written === undefined) return null;
  const currency = currencyOf(record['currency'], usual);
  if (currency === null) {
    tell('a balance in a currency that has no recordings is unknown');
    return null;
  }
  const text = typeof written === 'number' ? decimalOf(written) : textOf(written);
  const amount = text === null ? null : parseAmount(text, currency);
  if (amount?.type === 'money') return amount.money;
  tell('a balance that is no decimal is unknown');
  return null;
}

/**
 * A JSON number as it was written, when that can be told: with at most two decimals and fifteen digits a double comes back digit by
 * digit. `null` for all others: 0.1 + 0.2, 1e21, what overflowed.
 */
function decimalOf(value: number): string | null {
  const text = String(value);
  return Math.abs(value) < 1e13 && /^-?[0-9]+(?:\.[0-9]{1,2})?$/.test(text) ? text : null;
}

function currencyOf(written: unknown, usual: Currency): Currency | null {
  if (written === null || written === undefined || written === '') return usual;
  const code = typeof written === 'string' ? written.trim().toUpperCase() : '';
  return CURRENCIES.find((currency) => currency === code) ?? null;
}

const LOCKED: ReadonlySet<unknown> = new Set([true, 1, 'true', 't', 'yes', '1']);
const NOT_LOCKED: ReadonlySet<unknown> = new Set([false, 0, null, undefined, 'false', 'f', 'no', '0', '']);

function lockOf(written: unknown, { tell }: Reading): boolean {
  const plain = typeof written === 'string' ? written.trim().toLowerCase() : written;
  if (LOCKED.has(plain)) return true;
  if (!NOT_LOCKED.has(plain)) tell('"locked" that is neither true nor false counts as false');
  return false;
}

/** An account's number may come as a JSON number: whole and exact. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value.trim();
  return Number.isSafeInteger(value) ? String(value) : null;
}
