import type { StoredLogLine } from '../core/queue/queue-log-line.ts';

/**
 * A place in the order in which lines became visible. Lines are numbered when they are begun and seen when their transaction is done,
 * so the number alone would pass over a line that was finished late.
 */
export interface LogCursor {
  /** Number of the transaction, as PostgreSQL counts them. */
  readonly transaction: string;
  readonly lineId: string;
}

/** Lines after a cursor, each exactly once, and the cursor after the last of them. */
export interface LogBatch {
  readonly lines: readonly StoredLogLine[];
  readonly cursor: LogCursor;
}

/** Which lines are asked for; what is left out is not looked at. */
export interface LogFilter {
  readonly queue?: string;
  readonly event?: string;
  /** The member's name or interface, or the number of the extension. */
  readonly member?: string;
  /** queue_log's callid, or the call's id in the application's log. */
  readonly call?: string;
  readonly sinceMs?: number;
  /** Before this moment. */
  readonly untilMs?: number;
  /** Only lines with a greater number. */
  readonly afterLineId?: string;
  readonly limit: number;
  /** `last`: the newest lines that fit, in order; `first`: the oldest. */
  readonly take: 'first' | 'last';
}

/** Reads table queue_log. @throws AppError DATABASE_UNAVAILABLE */
export interface QueueLog {
  /** Where lines begin that are written from now on. */
  end(): Promise<LogCursor>;
  after(cursor: LogCursor, limit: number): Promise<LogBatch>;
  /** The cursor as this server understands it: after a restore from a dump transactions are counted anew, and no line is written twice for that. */
  adopt(cursor: LogCursor): Promise<LogCursor>;
  find(filter: LogFilter): Promise<readonly StoredLogLine[]>;
}
