import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import type { Directory, LookupRequest, LookupResult } from '../../../src/ports/directory.ts';

/** The directory in memory: says what the test tells it to, at once or when the test lets it. */
export class FakeDirectory implements Directory {
  readonly requests: LookupRequest[] = [];
  readonly #results = new Map<string, LookupResult>();
  #held: Deferred<void> | null = null;

  /** What a code (or, for lookups without a code, a number) gives; anything else is nobody. */
  set(codeOrNumber: string, result: LookupResult): void {
    this.#results.set(codeOrNumber, result);
  }

  /** A customer for a code, with as little as a customer needs. */
  addCustomer(code: string, customer: { id: string; name: string; fields?: Record<string, string> }): void {
    this.set(code, { type: 'found', customer: { code, fields: {}, ...customer } });
  }

  /** Lookups from now on wait until the returned function is called, or their caller is gone. */
  hold(): () => void {
    const held = deferred<void>();
    this.#held = held;
    return () => {
      this.#held = null;
      held.resolve();
    };
  }

  async lookup(request: LookupRequest): Promise<LookupResult> {
    this.requests.push(request);
    if (this.#held !== null) await Promise.race([this.#held.promise, aborted(request.signal)]);
    if (request.signal.aborted) return { type: 'unavailable', reason: 'the caller is gone' };
    return this.#results.get(request.code || (request.caller.number ?? '')) ?? { type: 'not-found' };
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
