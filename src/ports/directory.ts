import type { Caller, Customer } from '../core/people.ts';

/** What a lookup has to go by. */
export interface LookupRequest {
  /** Name of the lookup in configuration. */
  readonly lookup: string;
  /** The digits typed, or '' for a lookup by the caller's number. */
  readonly code: string;
  readonly caller: Caller;
  readonly signal: AbortSignal;
}

/** `unavailable`: the source did not answer properly within its time limit and retries; the call goes on without a customer. */
export type LookupResult =
  | { readonly type: 'found'; readonly customer: Customer }
  | { readonly type: 'not-found' }
  | { readonly type: 'unavailable'; readonly reason: string };

/** Who is calling: SQL or HTTP lookups named in configuration. Never rejects for a fault of the source. */
export interface Directory {
  lookup(request: LookupRequest): Promise<LookupResult>;
}
