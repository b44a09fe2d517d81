import type { LookupLimits } from '../../src/config/config.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/log.ts';
import { Database } from '../database.ts';

/** Connections of one SQL source; a question takes milliseconds. */
const POOL = 3;
const OID_BOOLEAN = 16;

/** A row's columns as text; `null` where there is nothing. */
export type SourceRow = Readonly<Record<string, string | null>>;

export interface SqlQuestion {
  /** Under which the server keeps the prepared statement. */
  readonly name: string;
  /** As the configuration has it. */
  readonly sql: string;
  readonly values: readonly (string | null)[];
  /** Rows that are read at most. */
  readonly rowsMax: number;
}

/** Connections for one source: its sessions may only read, and a statement ends with the source's time limit. */
export function openSourceDatabase({
  limits,
  ...options
}: {
  readonly limits: Pick<LookupLimits, 'timeoutMs'>;
  readonly databaseUrl: string;
  readonly clock: Clock;
  readonly log: Logger;
}): Database {
  const { timeoutMs } = limits;
  return new Database({
    ...options,
    pool: POOL,
    connectTimeoutMs: timeoutMs,
    statementTimeoutMs: timeoutMs,
    isReadOnly: true,
    isForeign: true,
  });
}

/**
 * Asks the database once, the parameters passed apart from the text. Every column comes as PostgreSQL prints it, so that a numeric
 * never becomes a float; only its `t` and `f` are spelt out.
 * @throws AppError DATABASE_UNAVAILABLE, or PostgreSQL's own error for a wrong statement
 */
export function sourceRows(database: Database, { name, sql, values, rowsMax }: SqlQuestion): Promise<SourceRow[]> {
  return database.run<SourceRow>({
    name,
    text: `select * from (${sql.replace(/[\s;]+$/, '')}\n) as source limit ${Math.trunc(rowsMax)}`,
    values,
    types: { getTypeParser: textParser },
  });
}

function textParser(oid: number): (text: string) => string {
  return oid === OID_BOOLEAN ? (text) => (text === 't' ? 'true' : 'false') : (text) => text;
}
