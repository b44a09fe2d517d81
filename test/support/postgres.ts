import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../db/embedded.ts';
import { migrate } from '../../db/migrate.ts';
import { isAppError } from '../../src/errors.ts';
import { silentLog } from '../../src/log.ts';

/** More test processes at once than this share the machine with nobody. */
const FOLDERS_MAX = 64;
const MIGRATIONS = new URL('../../db/migrations/', import.meta.url);

/** A real PostgreSQL for one test file, with a fresh database that has all tables. */
export interface TestPostgres {
  readonly databaseUrl: string;
  /** A connection like anybody's: nothing of the application's. */
  client(databaseUrl?: string): Promise<Client>;
  /** A further database, with all tables or empty; gone with the server's next use. */
  createDatabase(kind: 'migrated' | 'empty'): Promise<string>;
  /** Stops the server as an administrator would, and starts it again on the same port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** For afterAll: drops what was made and stops the server. */
  close(): Promise<void>;
}

/**
 * Starts (0.1 s; the first time on a machine 1 s) a server of this test file's own. Its folder below the temporary folder
 * is kept for the next file; a file or a run beside this one takes the next folder.
 */
export async function startTestPostgres(): Promise<TestPostgres> {
  const { dataDir, first } = await freeServer();
  let server: EmbeddedPostgres | null = first;
  const { hostname, port, password } = new URL(first.databaseUrl);
  const urlOf = (database: string) => `postgres://queueapp:${password}@${hostname}:${port}/${database}`;
  const made: string[] = [];
  const clients: Client[] = [];

  const client = async (databaseUrl: string) => {
    const made = new Client({ connectionString: databaseUrl });
    // Tests stop the server under this connection; the loss shows in the next query.
    made.on('error', () => undefined);
    await made.connect();
    clients.push(made);
    return made;
  };
  // A migration that fails must not leave the server behind: nobody has it yet who could close it.
  const template = await withAdmin(urlOf('queueapp'), (admin) => prepareTemplate(admin, urlOf)).catch(
    async (error: unknown) => {
      await first.stop();
      throw error;
    },
  );
  const createDatabase = async (kind: 'migrated' | 'empty') => {
    const name = `test_${randomUUID().replaceAll('-', '')}`;
    made.push(name);
    await withAdmin(urlOf('queueapp'), (admin) =>
      admin.query(`create database ${name} template ${kind === 'migrated' ? template : 'template0'}`),
    );
    return urlOf(name);
  };
  const databaseUrl = await createDatabase('migrated');

  return {
    databaseUrl,
    client: (url = databaseUrl) => client(url),
    createDatabase,
    async stop() {
      await server?.stop();
      server = null;
    },
    async start() {
      server ??= await startEmbeddedPostgres({ dataDir, port: Number(port), log: silentLog() });
    },
    async close() {
      await Promise.all(clients.map((each) => each.end().catch(() => undefined)));
      server ??= await startEmbeddedPostgres({ dataDir, port: Number(port), log: silentLog() });
      await withAdmin(urlOf('queueapp'), async (admin) => {
        for (const name of made) await admin.query(`drop database if exists ${name} with (force)`);
      });
      await server.stop();
    },
  };
}

async function freeServer(): Promise<{ dataDir: string; first: EmbeddedPostgres }> {
  for (let index = 0; index < FOLDERS_MAX; index++) {
    const dataDir = join(tmpdir(), `queueapp-test-postgres-${process.getuid?.() ?? 'user'}`, String(index));
    try {
      return { dataDir, first: await startEmbeddedPostgres({ dataDir, log: silentLog() }) };
    } catch (error) {
      if (!isAppError(error, 'DATABASE_FOLDER_IN_USE')) throw error;
    }
  }
  throw new Error(`${FOLDERS_MAX} test processes have a PostgreSQL already`);
}

/** One database per state of the migrations, made once and cloned from then on. */
async function prepareTemplate(admin: Client, urlOf: (database: string) => string): Promise<string> {
  const template = `template_${await migrationsDigest()}`;
  const databases = await admin.query<{ datname: string }>(
    "select datname from pg_database where datname ~ '^(test|template)_'",
  );
  const names = databases.rows.map(({ datname }) => datname);
  for (const name of names) if (name !== template) await admin.query(`drop database ${name} with (force)`);
  if (names.includes(template)) return template;
  // Data of tests need not survive a power cut.
  await admin.query('alter role queueapp set synchronous_commit = off');
  await admin.query(`create database ${template}_new`);
  await migrate({ databaseUrl: urlOf(`${template}_new`), log: silentLog() });
  await admin.query(`alter database ${template}_new rename to ${template}`);
  return template;
}

async function migrationsDigest(): Promise<string> {
  const hash = createHash('sha256');
  for (const name of (await readdir(MIGRATIONS)).sort())
    hash.update(name).update(await readFile(new URL(name, MIGRATIONS)));
  return hash.digest('hex').slice(0, 12);
}

async function withAdmin<T>(databaseUrl: string, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: databaseUrl });
  await admin.connect();
  return work(admin).finally(() => admin.end());
}
