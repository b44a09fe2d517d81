import type { StoredLogLine } from '../core/queue/queue-log-line.ts';
import { isAppError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import { Outage, type OutageStatus } from '../lib/outage.ts';
import type { Logger } from '../log.ts';
import type { LogCursor, QueueLog } from '../ports/queue-log.ts';

/** How often new lines are looked for: what a reader of the file waits at most, beside the statement's own time. */
const LOOK_EVERY_MS = 1_000;
/** Lines of one look; when there are more, the next look follows at once. */
const LINES_MAX = 500;

/** Where lines go. */
export interface LogSink {
  /** Where it stopped; `null`: it has never had a line, and begins with those to come. */
  cursor(): Promise<LogCursor | null>;
  /** Takes lines and remembers the cursor after them, or rejects and gets the same lines again. */
  write(lines: readonly StoredLogLine[], cursor: LogCursor): Promise<void>;
}

const AWAY = {
  lost: 'Lines of queue_log can not be written there now: they will be, when it is possible again',
  still: 'Lines of queue_log can still not be written there',
  back: 'Lines of queue_log are written again',
};

export interface LogTailOptions {
  readonly queueLog: QueueLog;
  readonly sink: LogSink;
  /** For the log: what can't be written when the sink rejects. */
  readonly what: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Hands every new line of queue_log, whoever wrote it, to a sink: each once and in order. While the database or the sink fails it tries again; nothing
 * else is held up by it.
 */
export class LogTail {
  readonly #options: LogTailOptions;
  readonly #outage: Outage;
  #cursor: LogCursor | null = null;
  #isClosed = false;
  #cancel: () => void = () => undefined;
  /** The look in progress; never rejects. */
  #looking: Promise<void> = Promise.resolve();

  constructor(options: LogTailOptions) {
    this.#options = options;
    const { what: power, clock, log } = options;
    this.#outage = new Outage({ power, words: AWAY, clock, log });
  }

  /** Since when lines can't be written there, and why. */
  get outage(): OutageStatus {
    return this.#outage.status;
  }

  /** The first look; resolves when it is over, so that lines written from now on are not missed. */
  async start(): Promise<void> {
    this.#look();
    await this.settled();
  }

  /** Resolves when the look in progress is over. */
  settled(): Promise<void> {
    return this.#looking;
  }

  /** A last look for what was written until now, then the end. */
  async close(): Promise<void> {
    this.#cancel();
    await this.#looking;
    this.#look();
    this.#isClosed = true;
    await this.#looking;
    this.#cancel();
    this.#outage.close();
  }

  #look(): void {
    this.#looking = this.#pass()
      .then(() => this.#outage.back('sink'))
      .catch((error: unknown) => this.#failed(error))
      .then(() => this.#lookLater());
  }

  #lookLater(): void {
    if (!this.#isClosed) this.#cancel = this.#options.clock.after(LOOK_EVERY_MS, () => this.#look());
  }

  async #pass(): Promise<void> {
    const { queueLog, sink } = this.#options;
    let cursor = this.#cursor ?? (await this.#begin());
    for (let isMore = true; isMore; ) {
      const batch = await queueLog.after(cursor, LINES_MAX);
      if (batch.lines.length > 0) await sink.write(batch.lines, batch.cursor);
      cursor = batch.cursor;
      this.#cursor = cursor;
      isMore = batch.lines.length === LINES_MAX;
    }
  }

  async #begin(): Promise<LogCursor> {
    const { queueLog, sink } = this.#options;
    const kept = await sink.cursor();
    if (kept !== null) return await queueLog.adopt(kept);
    const end = await queueLog.end();
    // Remembered, so that a process that ends before the first line does not begin later than here.
    await sink.write([], end);
    this.#cursor = end;
    return end;
  }

  /** Said once; an absent database is told of by its own room. */
  #failed(error: unknown): void {
    if (isAppError(error, 'DATABASE_UNAVAILABLE')) return;
    this.#outage.lost('sink', error instanceof Error ? error.message : String(error), 'error');
  }
}
