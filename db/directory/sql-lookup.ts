import type { LookupParameter, SqlLookupSettings } from '../../src/config/config.ts';
import type { LookupRequest, LookupResult } from '../../src/ports/directory.ts';
import type { Database } from '../database.ts';
import { storableText } from '../text.ts';
import { resultOf, type SourceRecord } from './customer-record.ts';

const OID_BOOLEAN = 16;
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
  const rows = await database.run<SourceRecord>({
    name: `lookup ${settings.name}`,
    // Two rows tell as much as a million.
    text: `select * from (${settings.sql.replace(/[\s;]+$/, '')}\n) as lookup limit 2`,
    values: settings.parameters.map((parameter) => parameterOf(parameter, request)),
    types: { getTypeParser: textParser },
  });
  return resultOf(rows, request);
}

function parameterOf(parameter: LookupParameter, { code, caller }: LookupRequest): string | null {
  const value = parameter === 'code' ? code : caller[parameter];
  return value === null ? null : storableText(value, PARAMETER_LENGTH_MAX);
}

/** Everything as PostgreSQL prints it, except that its `t` and `f` are spelt out. */
function textParser(oid: number): (text: string) => string {
  return oid === OID_BOOLEAN ? (text) => (text === 't' ? 'true' : 'false') : (text) => text;
}
