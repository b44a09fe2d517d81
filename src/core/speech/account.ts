/** Currencies with recordings, by ISO 4217. */
export const CURRENCIES = ['USD', 'EUR', 'GBP', 'RUB', 'BRL'] as const;
export type Currency = (typeof CURRENCIES)[number];

/** An exact amount in hundredths (cents, kopecks, centavos): `-1n` is −0.01. */
export interface Money {
  readonly hundredths: bigint;
  readonly currency: Currency;
}

/** One account of a caller, as the company's billing tells it. */
export interface Account {
  /** Digits, leading zeros kept, at most {@link ACCOUNT_DIGITS_MAX}. */
  readonly number: string;
  /** `null`: the source does not tell it. */
  readonly balance: Money | null;
  readonly isLocked: boolean;
}

export const ACCOUNT_DIGITS_MAX = 24;
/** Accounts that are told to a caller; of more, the first so many. */
export const ACCOUNTS_MAX = 5;
