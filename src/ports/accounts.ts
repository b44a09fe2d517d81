import type { Account } from '../core/speech/account.ts';

/** What the company's billing says of a caller (E3). `unavailable`: no proper answer within time limit and retries. */
export type AccountsAnswer =
  /** The first ACCOUNTS_MAX of them, and how many there are. */
  | { readonly type: 'accounts'; readonly accounts: readonly Account[]; readonly total: number }
  | { readonly type: 'none' }
  | { readonly type: 'unavailable'; readonly reason: string };

export interface AccountsRequest {
  /** Name of the account source in configuration. */
  readonly source: string;
  /** The caller's number as the line sent it: encoded or bound, never pasted. */
  readonly number: string;
  readonly signal: AbortSignal;
}

/** Personal information by the caller's number: SQL or HTTP, named in configuration. Never rejects for a fault of the source. */
export interface Accounts {
  ask(request: AccountsRequest): Promise<AccountsAnswer>;
}
