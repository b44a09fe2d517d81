import { type Deferred, deferred } from '../../../src/lib/deferred.ts';

interface Waiter {
  readonly isEnough: () => boolean;
  readonly enough: Deferred<void>;
}

/** The reading of everything that lay in the folders at the start, and who waits for a part of it: callers, of whom there is a limit. */
export class FirstReading {
  #waiters: readonly Waiter[] = [];
  #isOver = false;

  /** Settles when `isEnough` says so after a further track, or when all are read; `null` when they are. */
  until(isEnough: () => boolean): Promise<void> | null {
    if (this.#isOver) return null;
    const enough = deferred<void>();
    this.#waiters = [...this.#waiters, { isEnough, enough }];
    return enough.promise;
  }

  /** A further track is there. */
  noteTrack(): void {
    if (this.#waiters.length === 0) return;
    const served = this.#waiters.filter(({ isEnough }) => isEnough());
    this.#waiters = this.#waiters.filter((waiter) => !served.includes(waiter));
    for (const { enough } of served) enough.resolve();
  }

  /** All are read. */
  end(): void {
    this.#isOver = true;
    for (const { enough } of this.#waiters) enough.resolve();
    this.#waiters = [];
  }
}
