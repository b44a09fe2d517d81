import { ACCOUNTS_MAX, type Account, type Money } from './account.ts';
import type { Phrase } from './phrase.ts';
import type { Form } from './rules.ts';

/** The parts of the message that are not numbers. */
export const ACCOUNT_MESSAGES = {
  none: 'queueapp/accounts_none',
  unavailable: 'queueapp/accounts_unavailable',
  /** In front of the number of the only account. */
  only: 'accounts/only',
  /** Around how many there are; the second has a form for each number. */
  found: { before: 'accounts/found', after: 'accounts/accounts' },
  /** In front of how many of them are told when there are more. */
  first: 'accounts/first',
  /** In front of the number of each of several. */
  each: 'accounts/each',
  /** In front of the amount. */
  balance: 'accounts/balance',
  balanceUnknown: 'accounts/balance_unknown',
  locked: 'accounts/locked',
} as const;

/** How a language says the parts that are numbers. */
export interface AccountWords {
  count(count: number): Phrase;
  formAfter(count: number): Form;
  number(digits: string): Phrase;
  money(amount: Money): Phrase;
  readonly pause: string;
}

/** Accounts of one caller, at least the first of them that are told, and how many there are. */
interface FoundAccounts {
  readonly accounts: readonly Account[];
  readonly total: number;
}

/** The whole message: how many accounts there are, and of the first {@link ACCOUNTS_MAX} number, balance and lock. */
export function accountsMessage({ accounts, total }: FoundAccounts, words: AccountWords): Phrase {
  const [only] = accounts;
  if (only === undefined) return [ACCOUNT_MESSAGES.none];
  if (total === 1) return [ACCOUNT_MESSAGES.only, ...aboutAccount(only, words)];
  const { before, after } = ACCOUNT_MESSAGES.found;
  const told = accounts.slice(0, ACCOUNTS_MAX);
  return [
    before,
    ...words.count(total),
    `${after}_${words.formAfter(total)}`,
    words.pause,
    ...(told.length === total ? [] : [ACCOUNT_MESSAGES.first, ...words.count(told.length), words.pause]),
    ...told.flatMap((account, index) => [
      ...(index === 0 ? [] : [words.pause]),
      ACCOUNT_MESSAGES.each,
      ...aboutAccount(account, words),
    ]),
  ];
}

function aboutAccount({ number, balance, isLocked }: Account, words: AccountWords): Phrase {
  const ofBalance =
    balance === null ? [ACCOUNT_MESSAGES.balanceUnknown] : [ACCOUNT_MESSAGES.balance, ...words.money(balance)];
  return [
    ...words.number(number),
    words.pause,
    ...ofBalance,
    ...(isLocked ? [words.pause, ACCOUNT_MESSAGES.locked] : []),
  ];
}
