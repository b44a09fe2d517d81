import { Client } from 'pg';
import { AppError } from '../src/errors.ts';
import type { OlderTables } from '../src/import/older-tables.ts';
import { databaseError } from './database-error.ts';

/** Rows of one table; the older program's own counters end at a million. */
export const ROWS_MAX = 1_000_000;
const CONNECT_TIMEOUT_MS = 5000;
const STATEMENT_TIMEOUT_MS = 60_000;

/** As text, whatever the columns' types: what is read is looked at, and written again, as text. */
const STATEMENTS = {
  customers: `select id::text, name::text, code::text from customer order by id`,
  phones: `select id::text, extension::text, coalesce(jid::text, '') as jid from sip order by id`,
  queues: `select id::text, name::text from queue order by id`,
  memberships: `select id::text, queue_id::text as "queueId", sip_id::text as "phoneId",
      coalesce(logged, false) as "isLoggedIn", to_char(lasthangup, 'YYYY-MM-DD HH24:MI:SS') as "lastHangup"
    from queue_sip order by id`,
} as const satisfies Record<keyof OlderTables, string>;

/**
 * Reads the tables `customer`, `sip`, `queue` and `queue_sip` of the older program, all of one moment. Nothing is written: the
 * transaction is read only.
 * @throws AppError IMPORT_SOURCE when they are not there or not as they should be, DATABASE_UNAVAILABLE
 */
export async function readOlderTables(databaseUrl: string): Promise<OlderTables> {
  // Its text stays out of the message: it may hold a password.
  if (!/^postgres(?:ql)?:\/\//.test(databaseUrl) || !URL.canParse(databaseUrl))
    throw new AppError('IMPORT_SOURCE', 'expected a database such as postgres://user@host/database');
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    application_name: 'queueapp import',
  });
  // A connection that is lost shows in the statement that runs.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('begin isolation level repeatable read read only');
    const rows = async <Name extends keyof OlderTables>(name: Name) =>
      (await client.query(`${STATEMENTS[name]} limit ${ROWS_MAX + 1}`)).rows as OlderTables[Name] & object[];
    const tables: OlderTables = {
      customers: await rows('customers'),
      phones: await rows('phones'),
      queues: await rows('queues'),
      memberships: await rows('memberships'),
    };
    return refuseTooMany(tables);
  } catch (error) {
    throw asRefusal(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function refuseTooMany(tables: OlderTables): OlderTables {
  for (const [name, rows] of Object.entries(tables)) {
    if (rows.length > ROWS_MAX) throw new AppError('IMPORT_SOURCE', `There are more than ${ROWS_MAX} rows of ${name}`);
  }
  return tables;
}

/** PostgreSQL's codes of what is not there: table, column, right to read, conversion of a type. */
const NOT_AS_EXPECTED = ['42P01', '42703', '42501', '42846', '42883'];

function asRefusal(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string' || !NOT_AS_EXPECTED.includes(code)) return databaseError(error);
  const reason = (error as Error).message;
  const tables = 'the tables customer, sip, queue and queue_sip of the older program are read';
  return new AppError('IMPORT_SOURCE', `The database does not fit: ${reason}; ${tables}`, { cause: error });
}
