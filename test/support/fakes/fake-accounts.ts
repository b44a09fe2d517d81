import { ACCOUNTS_MAX, type Account } from '../../../src/core/speech/account.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import type { Accounts, AccountsAnswer, AccountsRequest } from '../../../src/ports/accounts.ts';

/** The billing in memory: says what the test tells it to, at once, after a time of its own, or when the test lets it. */
export class FakeAccounts implements Accounts {
  readonly requests: AccountsRequest[] = [];
  readonly #answers = new Map<string, AccountsAnswer>();
  readonly #delays = new Map<string, Promise<void>>();
  #held: Deferred<void> | null = null;

  /** What a number gives; anything else has no account. */
  set(number: string, answer: AccountsAnswer): void {
    this.#answers.set(number, answer);
  }

  /** A caller's accounts. */
  addAccounts(number: string, ...accounts: readonly Account[]): void {
    this.set(number, { type: 'accounts', accounts: accounts.slice(0, ACCOUNTS_MAX), total: accounts.length });
  }

  /** The answer for this number waits for the promise: answers come in the order that the test wants. */
  delay(number: string, until: Promise<void>): void {
    this.#delays.set(number, until);
  }

  /** Requests from now on wait until the returned function is called, or their caller is gone. */
  hold(): () => void {
    const held = deferred<void>();
    this.#held = held;
    return () => {
      this.#held = null;
      held.resolve();
    };
  }

  async ask(request: AccountsRequest): Promise<AccountsAnswer> {
    this.requests.push(request);
    const waits = [this.#held?.promise, this.#delays.get(request.number)].filter((wait) => wait !== undefined);
    for (const wait of waits) await Promise.race([wait, aborted(request.signal)]);
    if (request.signal.aborted) return { type: 'unavailable', reason: 'the caller is gone' };
    return this.#answers.get(request.number) ?? { type: 'none' };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
