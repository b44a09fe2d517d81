import { AppError } from '../../../src/errors.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import type { QueueStore } from '../../../src/ports/queue-store.ts';

/** Methods of the port that ask the database something. */
export type StoreMethod = Exclude<keyof QueueStore, 'subscribe'>;

/** `lost`: done, and nobody heard of it. `unasked`: refused before the database was asked, as the outbox does while writes wait. */
export type Failure = 'unavailable' | 'lost' | 'unasked';

/** A call that waits for the test. */
export interface Held {
  /** Settles when the call has arrived. */
  readonly arrived: Promise<void>;
  release(): void;
}

interface Hold {
  readonly work: 'at-once' | 'late';
  readonly arrived: Deferred<void>;
  readonly released: Deferred<void>;
}

/** What goes wrong with which of the next calls. */
export class CallFaults {
  /** While true every call rejects before its work. */
  isAway = false;
  /** Calls so far, by method. */
  readonly counts = new Map<StoreMethod, number>();
  readonly #failures = new Map<StoreMethod, Failure[]>();
  readonly #holds = new Map<StoreMethod, Hold[]>();

  fail(method: StoreMethod, kind: Failure, times: number): void {
    const queued = this.#failures.get(method) ?? [];
    queued.push(...Array.from({ length: times }, () => kind));
    this.#failures.set(method, queued);
  }

  hold(method: StoreMethod, work: 'at-once' | 'late'): Held {
    const hold: Hold = { work, arrived: deferred(), released: deferred() };
    this.#holds.set(method, [...(this.#holds.get(method) ?? []), hold]);
    return { arrived: hold.arrived.promise, release: () => hold.released.resolve() };
  }

  /** Runs the work with whatever was ordered for this call; never answers within the caller's own turn. */
  async call<T>(method: StoreMethod, work: () => T): Promise<T> {
    const hold = this.#holds.get(method)?.shift();
    const failure = this.#failures.get(method)?.shift();
    await Promise.resolve();
    hold?.arrived.resolve();
    if (hold?.work === 'late') await hold.released.promise;
    this.counts.set(method, (this.counts.get(method) ?? 0) + 1);
    if (failure === 'unasked') throw unavailable({ isAsked: false });
    if (this.isAway || failure === 'unavailable') throw unavailable();
    const answer = work();
    if (hold?.work === 'at-once') await hold.released.promise;
    if (failure === 'lost') throw unavailable();
    return answer;
  }
}

function unavailable(details: Record<string, unknown> = {}): AppError {
  return new AppError('DATABASE_UNAVAILABLE', 'The database does not answer: ordered by the test', { details });
}
