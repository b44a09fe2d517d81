import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Client } from 'pg';
import { AppError } from '../src/errors.ts';
import { monotonicClock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import { databaseError } from './database-error.ts';
import { PatientClient } from './patient-client.ts';

/** Any constant that no other program on the same database uses. */
const MIGRATION_LOCK = 7_246_113;
/** How long one process waits for another that migrates; longer than any migration of ours takes. */
const LOCK_WAIT_MS = 60_000;
/** So long the server may say nothing while the connection is made: nobody waits but a process that begins. */
const CONNECT_SILENCE_MS = 30_000;
const FILE_NAME = /^(\d{4})-([a-z0-9-]+)\.sql$/;
/** First comment line of a migration after which older programs can't use the database any more. */
const BREAKS = /^-- breaks versions below (\d{4})$/m;

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
  /** Programs that know at least this version may use the database afterwards; 0 is every program. */
  readonly oldestUsable: number;
}

interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  readonly checksum: string;
  readonly oldestUsable: number;
}

/** What a database holds beside what this program knows. */
export interface SchemaVersion {
  /** The newest migration applied; 0 in an empty database. */
  readonly current: number;
  /** The newest migration of this program. */
  readonly wanted: number;
  /** `too-new` only when a newer program said that older ones can't use the database. */
  readonly verdict: 'ready' | 'too-old' | 'too-new';
}

/**
 * Brings the database to this program's version: every missing file of db/migrations in order, each in a transaction
 * of its own. Processes that start at once wait for one another (advisory lock, at most 60 s).
 * @throws AppError DATABASE_SCHEMA when an applied file was changed afterwards, or the database is too new
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function migrate(options: { databaseUrl: string; log: Logger }): Promise<{ applied: string[] }> {
  const migrations = await readMigrations();
  return withClient(options.databaseUrl, async (client) => {
    await client.query(`set lock_timeout = ${LOCK_WAIT_MS}`);
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(
      `create table if not exists schema_migration (version integer primary key, name text not null, checksum text not null,
        oldest_usable integer not null default 0, applied_at timestamptz not null default now())`,
    );
    const known = await appliedMigrations(client);
    assertUnchanged(migrations, known);
    assertUsable(schemaVersionOf(migrations, known));
    const missing = migrations.filter(({ version }) => !known.some((row) => row.version === version));
    for (const migration of missing) {
      await apply(client, migration);
      options.log.info({ migration: migration.name }, 'Migration applied');
    }
    return { applied: missing.map(({ name }) => name) };
  });
}

/**
 * Compares the database with this program without changing anything.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export async function schemaVersion(options: { databaseUrl: string }): Promise<SchemaVersion> {
  const migrations = await readMigrations();
  return withClient(options.databaseUrl, async (client) => {
    const found = await client.query<{ present: boolean }>(
      "select to_regclass('schema_migration') is not null as present",
    );
    const known = found.rows[0]?.present ? await appliedMigrations(client) : [];
    return schemaVersionOf(migrations, known);
  });
}

function schemaVersionOf(migrations: readonly Migration[], known: readonly AppliedMigration[]): SchemaVersion {
  const wanted = Math.max(0, ...migrations.map(({ version }) => version));
  const current = Math.max(0, ...known.map(({ version }) => version));
  const isMissingOne = migrations.some(({ version }) => !known.some((row) => row.version === version));
  const isTooNew = known.some(({ oldestUsable }) => oldestUsable > wanted);
  return { current, wanted, verdict: isTooNew ? 'too-new' : isMissingOne ? 'too-old' : 'ready' };
}

function assertUsable({ verdict, current, wanted }: SchemaVersion): void {
  if (verdict !== 'too-new') return;
  throw new AppError(
    'DATABASE_SCHEMA',
    `The database is at version ${current}, which programs of version ${wanted} can't use`,
    { details: { current, wanted } },
  );
}

function assertUnchanged(migrations: readonly Migration[], known: readonly AppliedMigration[]): void {
  for (const migration of migrations) {
    const row = known.find(({ version }) => version === migration.version);
    if (row === undefined || (row.checksum === migration.checksum && row.name === migration.name)) continue;
    throw new AppError('DATABASE_SCHEMA', `Migration ${migration.name} differs from ${row.name} in the database`, {
      details: { migration: migration.name, applied: row.name },
    });
  }
}

async function apply(client: Client, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.sql);
    await client.query(
      'insert into schema_migration (version, name, checksum, oldest_usable) values ($1, $2, $3, $4)',
      [migration.version, migration.name, migration.checksum, migration.oldestUsable],
    );
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

async function appliedMigrations(client: Client): Promise<readonly AppliedMigration[]> {
  const result = await client.query<AppliedMigration>(
    'select version, name, checksum, oldest_usable as "oldestUsable" from schema_migration order by version',
  );
  return result.rows;
}

async function readMigrations(): Promise<readonly Migration[]> {
  const folder = new URL('./migrations/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const version = Number(FILE_NAME.exec(name)?.[1]);
      if (!Number.isInteger(version)) throw new Error(`Migration ${name} isn't named NNNN-name.sql`);
      const sql = await readFile(new URL(name, folder), 'utf8');
      const checksum = createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
      return { version, name, sql, checksum, oldestUsable: Number(BREAKS.exec(sql)?.[1] ?? 0) };
    }),
  );
}

async function withClient<T>(databaseUrl: string, work: (client: Client) => Promise<T>): Promise<T> {
  const config = { connectionString: databaseUrl, application_name: 'queueapp migrate', keepAlive: true };
  const client = new PatientClient(config, { silenceMs: CONNECT_SILENCE_MS, clock: monotonicClock });
  // Without a listener the loss of an idle connection would end the process; the pending query rejects by itself.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } catch (error) {
    throw databaseError(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
