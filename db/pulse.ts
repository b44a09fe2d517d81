import type { Clock } from '../src/lib/clock.ts';
import { Outage, type OutageStatus, type OutageWords } from '../src/lib/outage.ts';
import type { Logger } from '../src/log.ts';
import type { Database } from './database.ts';

/** The simplest statement takes a millisecond; from here on callers and members notice. */
const SLOW_MS = 500;
/** Slow answers in a row before it is told: a checkpoint may hold up one. */
const SLOW_IN_A_ROW = 2;

const SLOW: OutageWords = {
  lost: 'The database is slow: calls and music go on, callers get their places and members ring late',
  still: 'The database is still slow',
  back: 'The database is as fast as before',
};

/** Asks the database for nothing, and keeps how long that takes: one that answers late is not away, and still a thing to know. */
export class Pulse {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #outage: Outage;
  #slowInARow = 0;

  constructor({ database, clock, log }: { readonly database: Database; readonly clock: Clock; readonly log: Logger }) {
    this.#database = database;
    this.#clock = clock;
    this.#outage = new Outage({ power: 'speed of the database', words: SLOW, clock, log });
  }

  /** Since when it is slow, or is not. */
  get speed(): OutageStatus {
    return this.#outage.status;
  }

  /** @throws AppError DATABASE_UNAVAILABLE: away is told by who notices it */
  async ping(): Promise<void> {
    const askedAtMs = this.#clock.now();
    await this.#database.run({ name: 'ping', text: 'select 1', values: [] });
    const tookMs = this.#clock.now() - askedAtMs;
    await this.#database.askForRoom();
    this.#slowInARow = tookMs < SLOW_MS ? 0 : this.#slowInARow + 1;
    if (this.#slowInARow === 0) this.#outage.back('answers');
    if (this.#slowInARow >= SLOW_IN_A_ROW)
      this.#outage.lost('answers', `the simplest statement takes ${(tookMs / 1000).toFixed(1)} s`);
  }

  close(): void {
    this.#outage.close();
  }
}
