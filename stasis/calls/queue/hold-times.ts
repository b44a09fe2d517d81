import type { QueueName } from '../../../src/core/ids.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type { QueueStore } from '../../../src/ports/queue-store.ts';

/** The averages are asked for again when they are older than this. */
const READ_AGAIN_MS = 5_000;

interface HoldTimesDeps {
  readonly store: QueueStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * How long answered callers of each queue wait on average, as the database keeps it for all processes. Nobody waits for it:
 * what was read last is answered with, and read anew behind the answer. While the database is away the last average stays.
 */
export class HoldTimes {
  readonly #deps: HoldTimesDeps;
  #averages: ReadonlyMap<QueueName, number> = new Map();
  #readAtMs = -Infinity;
  #isReading = false;

  constructor(deps: HoldTimesDeps) {
    this.#deps = deps;
  }

  /** `null`: nobody has been answered yet, or it is not known yet. */
  averageMs(queue: QueueName): number | null {
    this.expect();
    return this.#averages.get(queue) ?? null;
  }

  /** Somebody will ask soon. */
  expect(): void {
    const { clock, log } = this.#deps;
    if (this.#isReading || clock.now() - this.#readAtMs < READ_AGAIN_MS) return;
    this.#isReading = true;
    this.#read()
      .catch((error: unknown) => {
        if (isAppError(error)) log.warn({ err: error }, 'The average waiting times are not known now');
        else log.error({ err: error }, 'The average waiting times could not be read');
      })
      .finally(() => {
        this.#isReading = false;
      });
  }

  async #read(): Promise<void> {
    const { store, clock } = this.#deps;
    // Also a failure: the next try comes as late as the next look.
    this.#readAtMs = clock.now();
    const figures = await store.figures();
    this.#averages = new Map(figures.flatMap(({ queue, holdMs }) => (holdMs === null ? [] : [[queue, holdMs]])));
  }
}
