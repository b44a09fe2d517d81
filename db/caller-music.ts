import { AppError } from '../src/errors.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { CallerMusic } from '../src/ports/caller-music.ts';
import { personNumber } from './caller-number.ts';
import { Database } from './database.ts';
import { recallTrack, rememberTrack } from './statements/caller-music.ts';

/** A connection of its own to read and one to write, so that nothing of a call waits behind music, nor who begins behind those who choose. */
const POOL = 1;
/** Longest wait for an answer, the wait for a connection included; the music begins without it. */
const ANSWER_LIMIT_MS = 500;
/** Longest wait of a choice for its turn, when many choose at once: nobody waits for it. */
const TURN_LIMIT_MS = 5_000;
/** Choices on their way to the database; one more is lost. */
const WRITES_MAX = 1000;
/** Longest name of a track that is kept; the table's. */
const TRACK_LENGTH_MAX = 255;
/** Between two log lines about choices that were lost. */
const LOG_PAUSE_MS = 60_000;

export interface CallerMusicOptions {
  readonly databaseUrl: string;
  /** @default 500; another one only for tests */
  readonly answerLimitMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The tunes that callers chose, in the table `caller_music`. Callers who can't be told from others have none. */
export class PostgresCallerMusic implements CallerMusic {
  readonly #reading: Database;
  readonly #writing: Database;
  readonly #answerLimitMs: number;
  readonly #clock: Clock;
  readonly #log: Logger;
  #writes = 0;
  #lost = 0;
  #lostToldAtMs = Number.NEGATIVE_INFINITY;

  constructor({ databaseUrl, answerLimitMs = ANSWER_LIMIT_MS, clock, log }: CallerMusicOptions) {
    const common = { databaseUrl, pool: POOL, statementTimeoutMs: answerLimitMs, clock, log };
    this.#answerLimitMs = answerLimitMs;
    this.#reading = new Database({ ...common, connectTimeoutMs: answerLimitMs });
    this.#writing = new Database({ ...common, connectTimeoutMs: TURN_LIMIT_MS });
    this.#clock = clock;
    this.#log = log;
  }

  async recall(request: { readonly number: string; readonly musicClass: string }): Promise<string | null> {
    const number = personNumber(request.number);
    if (number === null) return null;
    const statement = recallTrack({ number, musicClass: request.musicClass, nowMs: this.#clock.now() });
    const [row] = await this.#withinLimit(this.#reading.run(statement));
    return row?.track ?? null;
  }

  async remember(choice: {
    readonly number: string;
    readonly musicClass: string;
    readonly track: string;
    readonly atMs: number;
  }): Promise<void> {
    const number = personNumber(choice.number);
    // A name that was cut would never be found again.
    if (number === null || choice.track === '' || choice.track.length > TRACK_LENGTH_MAX) return;
    if (this.#writes >= WRITES_MAX) return this.#tellLost(`${WRITES_MAX} others are on their way`);
    this.#writes++;
    try {
      await this.#writing.run(rememberTrack({ ...choice, number }));
    } catch (error) {
      this.#tellLost(error);
    } finally {
      this.#writes--;
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#reading.close(), this.#writing.close()]);
  }

  #tellLost(err: unknown): void {
    this.#lost++;
    if (this.#clock.now() - this.#lostToldAtMs < LOG_PAUSE_MS) return;
    this.#log.warn({ err, lost: this.#lost }, "Callers' choices of music are lost: the database did not take them");
    this.#lost = 0;
    this.#lostToldAtMs = this.#clock.now();
  }

  /** The pool's own limits add up to more: a connection, another one after a loss, the statement. */
  async #withinLimit<T>(answer: Promise<T>): Promise<T> {
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(this.#answerLimitMs, () => {
        reject(new AppError('DATABASE_UNAVAILABLE', `The database did not answer within ${this.#answerLimitMs} ms`));
      });
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      cancel();
    }
  }
}
