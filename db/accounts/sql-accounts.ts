import type { SqlAccountSettings } from '../../src/config/config.ts';
import type { Database } from '../database.ts';
import { sourceRows } from '../sources/sql-rows.ts';
import { accountsOf, type ReadAccounts, unavailable } from './account-record.ts';

/** Rows that are read: enough to find some with a proper number among others. */
const ROWS_MAX = 400;

/**
 * Asks the database once: the configured statement in a read-only transaction, the caller's number passed apart from its text.
 * @throws AppError DATABASE_UNAVAILABLE, or PostgreSQL's own error for a wrong statement
 */
export async function askBySql(
  database: Database,
  { name, sql, currency }: SqlAccountSettings,
  number: string,
): Promise<ReadAccounts> {
  const rows = await sourceRows(database, { name: `accounts ${name}`, sql, values: [number], rowsMax: ROWS_MAX });
  const [first] = rows;
  if (first !== undefined && !Object.hasOwn(first, 'number')) {
    return { answer: unavailable('the statement gives no column named number'), oddities: [] };
  }
  return accountsOf(rows, currency);
}
