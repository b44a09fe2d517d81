import type { StoredLogLine } from '../src/core/queue/queue-log-line.ts';
import type { Logger } from '../src/log.ts';
import type { LogBatch, LogCursor, LogFilter, QueueLog } from '../src/ports/queue-log.ts';
import type { Database } from './database.ts';
import { adoptLog, selectLog, selectLogAfter, selectLogEnd, toLogLine } from './statements/log-reading.ts';

/** Reads table queue_log. */
export class PostgresQueueLog implements QueueLog {
  readonly #database: Database;
  readonly #log: Logger;

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  async end(): Promise<LogCursor> {
    const [row] = await this.#database.run(selectLogEnd());
    if (row === undefined) throw new Error('The end of queue_log has no row');
    return row;
  }

  async after(cursor: LogCursor, limit: number): Promise<LogBatch> {
    const rows = await this.#database.run(selectLogAfter(cursor, limit));
    const last = rows.at(-1);
    const next = last === undefined ? cursor : { transaction: last.transaction, lineId: last.lineId };
    return { lines: rows.map(toLogLine), cursor: next };
  }

  async adopt(cursor: LogCursor): Promise<LogCursor> {
    const [row] = await this.#database.run(adoptLog(cursor));
    if (row === undefined || row.adopted === 0) return cursor;
    this.#log.warn(
      { lines: row.adopted - 1 },
      'This database was restored from a dump: queue_log goes on where it was',
    );
    return { transaction: '0', lineId: '0' };
  }

  async find(filter: LogFilter): Promise<readonly StoredLogLine[]> {
    const rows = await this.#database.run(selectLog(filter));
    const lines = rows.map(toLogLine);
    return filter.take === 'last' ? lines.reverse() : lines;
  }
}
