// The stack's PostgreSQL: its cluster, its start and end. One database, owned by one role that is no superuser.
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeLiteral } from 'pg';
import { reachableBinaries, serverAccount } from '../../db/embedded/binaries.ts';
import { silentLog } from '../../src/log.ts';
import { DATABASE_NAME } from './env.ts';
import { LOOPBACK } from './ports.ts';
import { awaitReady, lastLines, type ProcessRecord, run, startDaemon, stopProcess } from './processes.ts';
import type { StackState } from './state.ts';

const START_LIMIT_MS = 30_000;
const CONNECT_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 15_000;
const START_ATTEMPTS = 10;
const LINGER_PAUSE_MS = 500;
const UNREACHABLE = 'the folder must be reachable by that user: set QUEUEAPP_CACHE to one below /var, or unset it';

/** Folder of the database server. */
export const postgresFolder = (state: StackState): string => join(state.folder, 'postgres');

/** The files that tell what PostgreSQL did. */
export const postgresLogs = (state: StackState): string[] => [join(postgresFolder(state), 'postgres.log')];

/** Makes the cluster, unless it is there. */
export const preparePostgres = async (state: StackState): Promise<void> => {
  const folder = postgresFolder(state);
  const account = await serverAccount();
  const data = join(folder, 'data');
  if (existsSync(join(data, 'PG_VERSION'))) return;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, `${state.secrets.database}\n`, { mode: 0o600 });
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) for (const path of [folder, passwordFile]) chownSync(path, uid, gid);
  const { initdb } = await reachableBinaries(account, silentLog());
  const args = [
    '--pgdata',
    data,
    '--username',
    'postgres',
    '--auth',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '--no-sync',
  ];
  // The server's own locale, which is the same on every machine.
  const locale = ['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'];
  await run(initdb, [...args, ...locale], {
    cwd: folder,
    cure: UNREACHABLE,
    env: { LC_ALL: 'C', TZ: 'UTC' },
    ...account,
  });
  rmSync(passwordFile);
};

/** Starts PostgreSQL and waits until it takes connections; makes role and database at the first start. */
export const startPostgres = async (state: StackState, started: (process: ProcessRecord) => void): Promise<void> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await startOnce(state, started);
      return;
    } catch (error) {
      // After kill -9 the old server's children need a moment to notice, and its id one to be given back by the system.
      const said = lastLines(postgresLogs(state)[0] ?? '', 5);
      const oldOneLingers = /still in use|"postmaster\.pid" already exists/.test(said);
      if (!oldOneLingers || attempt === START_ATTEMPTS) throw error;
      await sleep(LINGER_PAUSE_MS);
    }
  }
};

const startOnce = async (state: StackState, started: (process: ProcessRecord) => void): Promise<void> => {
  const folder = postgresFolder(state);
  const [logFile = ''] = postgresLogs(state);
  const settings = {
    listen_addresses: LOOPBACK,
    port: String(state.ports.postgres),
    // A socket's path may be too long in a cache folder of a long name; loopback serves.
    unix_socket_directories: '',
    max_connections: '200',
    log_line_prefix: '%m [%p] ',
  };
  const account = await serverAccount();
  const { postgres } = await reachableBinaries(account, silentLog());
  const process = await startDaemon({
    command: postgres,
    args: [
      '-D',
      join(folder, 'data'),
      ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
    ],
    cwd: folder,
    logFile,
    env: { TZ: 'UTC', LC_ALL: 'C' },
    ...account,
  });
  started(process);
  await awaitReady({
    server: 'PostgreSQL',
    process,
    logFiles: [logFile],
    limitMs: START_LIMIT_MS,
    isReady: () => makeDatabase(state).then(() => true, isStarting),
  });
};

// A refusal in PostgreSQL's own words (SQLSTATE) is not cured by waiting, except "the database system is starting up".
const isStarting = (error: unknown): false => {
  const { code } = error as { code?: string };
  if (code !== '57P03' && /^[0-9A-Z]{5}$/.test(code ?? '')) throw error;
  return false;
};

/** Runs `work` with a connection that is closed afterwards. */
export const withClient = async <T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  // A server that goes away while the connection is idle says so here; the next query fails by itself.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};

const makeDatabase = (state: StackState): Promise<void> => {
  const { database: password } = state.secrets;
  return withClient(`postgres://postgres:${password}@${LOOPBACK}:${state.ports.postgres}/postgres`, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE_NAME]);
    if (rowCount) return;
    await client.query(`CREATE ROLE ${DATABASE_NAME} LOGIN PASSWORD ${escapeLiteral(password)}`);
    await client.query(`CREATE DATABASE ${DATABASE_NAME} OWNER ${DATABASE_NAME}`);
  });
};

/** Ends PostgreSQL; connections that are open are closed. */
export const stopPostgres = (process: ProcessRecord): Promise<void> => stopProcess(process, 'SIGINT', STOP_LIMIT_MS);
