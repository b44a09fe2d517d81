import type { QueueName } from '../../../src/core/ids.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';

/** Between two tries to enter while the database is away. */
const ENTER_RETRY_MS = 1_000;

/** Stands among those who could not enter at once. */
export interface LateCaller {
  /** Settles when it is this caller's turn to try, or at that moment; rejects with the signal's reason. */
  turn(untilMs: number, signal: AbortSignal): Promise<void>;
  /** The try was made in vain. */
  failed(): void;
  /** Is in the queue now: the next one may try. */
  entered(): void;
  /** Tries no more. Idempotent. */
  leave(): void;
}

/**
 * Callers of one queue who came while the database was away. One of them tries, each second the first; when that one is in, the others follow one
 * after another, so that they stand in the queue as they came and not as their tries fell. Who comes meanwhile goes behind them.
 */
export class LateEntrances {
  readonly #clock: Clock;
  readonly #line: Waiting[] = [];
  #arrivals = 0;
  /** Cancels the next try; `null`: somebody tries now, or nobody is there. */
  #cancel: (() => void) | null = null;
  /** Whose try is under way. */
  #trying: Waiting | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The number of who comes now: each is higher than the one before. */
  arrival(): number {
    return ++this.#arrivals;
  }

  get isEmpty(): boolean {
    return this.#line.length === 0;
  }

  join(arrival: number): LateCaller {
    const waiting: Waiting = { arrival, called: null };
    const behind = this.#line.findIndex((each) => each.arrival > arrival);
    this.#line.splice(behind < 0 ? this.#line.length : behind, 0, waiting);
    this.#callLater();
    return {
      turn: (untilMs, signal) => this.#turn(waiting, untilMs, signal),
      failed: () => this.#over(waiting),
      entered: () => this.#entered(waiting),
      leave: () => this.#leave(waiting),
    };
  }

  async #turn(waiting: Waiting, untilMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const called = deferred<void>();
    waiting.called = called;
    const cancel = this.#clock.after(Math.max(0, untilMs - this.#clock.now()), () => called.resolve());
    const onAbort = () => called.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await called.promise;
    } finally {
      waiting.called = null;
      cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  #entered(waiting: Waiting): void {
    this.#remove(waiting);
    if (this.#trying !== null && this.#trying !== waiting) return;
    this.#callFirst();
  }

  #leave(waiting: Waiting): void {
    this.#remove(waiting);
    this.#over(waiting);
  }

  #remove(waiting: Waiting): void {
    const index = this.#line.indexOf(waiting);
    if (index >= 0) this.#line.splice(index, 1);
  }

  /** The try was in vain: whoever is the first then makes the next one. */
  #over(waiting: Waiting): void {
    if (this.#trying !== waiting) return;
    this.#trying = null;
    this.#callLater();
  }

  #callLater(): void {
    if (this.#trying !== null || this.#cancel !== null || this.#line.length === 0) return;
    this.#cancel = this.#clock.after(ENTER_RETRY_MS, () => this.#callFirst());
  }

  #callFirst(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#trying = this.#line.find(({ called }) => called !== null) ?? null;
    this.#trying?.called?.resolve();
  }
}

/** Of each queue its own: when one of them is locked in the database, the others are not held up. */
export class LateEntrancesOfQueues {
  readonly #clock: Clock;
  readonly #queues = new Map<QueueName, LateEntrances>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(queue: QueueName): LateEntrances {
    const known = this.#queues.get(queue) ?? new LateEntrances(this.#clock);
    this.#queues.set(queue, known);
    return known;
  }
}

interface Waiting {
  readonly arrival: number;
  /** Set while the caller waits for a turn. */
  called: Deferred<void> | null;
}
