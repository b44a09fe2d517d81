import type { LookupParameter, SqlLookupSettings } from '../../src/config/config.ts';
import type { LookupRequest, LookupResult } from '../../src/ports/directory.ts';
import type { Database } from '../database.ts';
import { sourceRows } from '../sources/sql-rows.ts';
import { storableText } from '../text.ts';
import { resultOf } from './customer-record.ts';

/** Longest text that a caller may put into a statement. */
const PARAMETER_LENGTH_MAX = 100;

/**
 * Asks the database once: the configured statement in a read-only transaction, its parameters passed apart from its text.
 * @throws AppError DATABASE_UNAVAILABLE, or PostgreSQL's own error for a wrong statement
 */
export async function lookUpBySql(
  database: Database,
  settings: SqlLookupSettings,
  request: LookupRequest,
): Promise<LookupResult> {
  const rows = await sourceRows(database, {
    name: `lookup ${settings.name}`,
    sql: settings.sql,
    values: settings.parameters.map((parameter) => parameterOf(parameter, request)),
    // Two rows tell as much as a million.
    rowsMax: 2,
  });
  return resultOf(rows, request);
}

function parameterOf(parameter: LookupParameter, { code, caller }: LookupRequest): string | null {
  const value = parameter === 'code' ? code : caller[parameter];
  return value === null ? null : storableText(value, PARAMETER_LENGTH_MAX);
}
