import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { appendFile, chmod, chown, mkdir, readFile, realpath, rename, rm, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { AppError } from '../src/errors.ts';
import type { Logger } from '../src/log.ts';
import {
  type Binaries,
  cacheFolder,
  canReach,
  exists,
  reachableBinaries,
  type ServerAccount,
  serverAccount,
} from './embedded/binaries.ts';
import { keepRunning } from './embedded/keep-running.ts';
import { ownFolder } from './embedded/owner-file.ts';
import {
  freePort,
  type Postmaster,
  runningPostmaster,
  startPostmaster,
  stopPostmaster,
  waitUntilReady,
  writeSecret,
} from './embedded/server-process.ts';

const run = promisify(execFile);
const USER = 'queueapp';
const DATABASE = 'queueapp';
/** A free port may be taken by somebody between looking and binding. */
const PORT_TRIES = 5;

/** What is changed from PostgreSQL's defaults. Log files are named by day of the week and overwritten after a week. */
const SETTINGS = `
# Written by queueapp when it made this folder.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 50
shared_buffers = 64MB
logging_collector = on
log_directory = 'log'
log_filename = 'postgres-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
log_line_prefix = '%m [%p] %a '
timezone = 'UTC'
log_timezone = 'UTC'
`;

/** A PostgreSQL server of this process's own. */
export interface EmbeddedPostgres {
  readonly databaseUrl: string;
  /** Ends the server (fast shutdown) and gives the folder free; calls share one ending. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** Folder of this application's data; made when missing. Holds `password`, `owner` and `postgres` (a link elsewhere when the server's user can't enter). */
  readonly dataDir: string;
  /** @default a free one */
  readonly port?: number;
  readonly log: Logger;
}

interface Folders {
  readonly dataDir: string;
  readonly cluster: string;
  readonly outputFile: string;
}

/**
 * Starts PostgreSQL on a folder, setting it up the first time, or adopts the server that survived the end of an earlier
 * process. Listens on loopback only, with a random password kept in the folder. A server that ends by itself is started again, until `stop`.
 * @throws AppError DATABASE_FOLDER_IN_USE when another process runs it
 * @throws AppError DATABASE_START
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { log } = options;
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true });
  const owner = await ownFolder(join(dataDir, 'owner'));
  try {
    const account = await serverAccount();
    const folders = await prepareFolders(dataDir, account, log);
    const password = await clusterPassword(folders);
    const common = { folders, account, password, log };
    const server = await bringUp({ ...common, ...(options.port ? { port: options.port } : {}) });
    const databaseUrl = urlOf(password, server.port, DATABASE);
    await makeDatabase(urlOf(password, server.port, 'postgres'));
    log.info({ port: server.port, folder: folders.cluster }, 'Embedded PostgreSQL is ready');
    const start = () => bringUp({ ...common, port: server.port });
    const leaveAlone = keepRunning({ cluster: folders.cluster, start, log });
    let ending: Promise<void> | undefined;
    const end = () =>
      leaveAlone()
        .then(() => stopPostmaster(folders.cluster))
        .finally(() => owner.release());
    return { databaseUrl, stop: () => (ending ??= end()) };
  } catch (error) {
    await owner.release();
    throw error;
  }
}

async function bringUp(options: {
  folders: Folders;
  account: ServerAccount;
  password: string;
  port?: number;
  log: Logger;
}): Promise<Postmaster> {
  const { folders, account, log } = options;
  const running = await runningPostmaster(folders.cluster);
  if (running !== null) {
    log.info({ pid: running.pid, port: running.port }, 'Adopting the PostgreSQL that survived an earlier process');
    return running.isReady ? running : waitUntilReady({ folder: folders.cluster, outputFile: folders.outputFile });
  }
  const binaries = await reachableBinaries(account, log);
  if (!(await exists(join(folders.cluster, 'PG_VERSION')))) await initialise({ ...options, binaries });
  const start = (port: number) =>
    startPostmaster({ binaries, account, folder: folders.cluster, outputFile: folders.outputFile, port });
  if (options.port !== undefined) return start(options.port);
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      if (attempt === PORT_TRIES || !String(error).includes('Address already in use')) throw error;
    }
  }
}

/** Sets the cluster up beside its place and renames it, so that an interrupted set-up leaves nothing that looks whole. */
async function initialise(options: {
  folders: Folders;
  account: ServerAccount;
  binaries: Binaries;
  password: string;
  log: Logger;
}): Promise<void> {
  const { folders, account, binaries, log } = options;
  log.info({ folder: folders.cluster }, 'Setting up PostgreSQL for the first time');
  const temporary = `${folders.cluster}.new`;
  const passwordFile = `${folders.cluster}.secret`;
  await rm(temporary, { recursive: true, force: true });
  await writeSecret(passwordFile, `${options.password}\n`, account);
  try {
    await run(
      binaries.initdb,
      [
        `--pgdata=${temporary}`,
        `--username=${USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
      ],
      { ...account, cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C' } },
    );
    await appendFile(join(temporary, 'postgresql.conf'), SETTINGS);
    await rename(temporary, folders.cluster);
  } catch (cause) {
    const said = (cause as { stderr?: string }).stderr?.trim() ?? String(cause);
    throw new AppError('DATABASE_START', `PostgreSQL can't be set up in ${folders.cluster}: ${said}`, { cause });
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Decides where the cluster lies: in the data folder, or, when the server's user can't enter that, in the cache folder with a link here. */
async function prepareFolders(dataDir: string, account: ServerAccount, log: Logger): Promise<Folders> {
  const link = join(dataDir, 'postgres');
  if (!(await exists(link))) {
    await rm(link, { force: true });
    const isReachable = await canReach(dataDir, account);
    const base = isReachable
      ? link
      : join(cacheFolder(), `data-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`);
    await mkdir(base, { recursive: true, mode: 0o755 });
    if (account.uid !== undefined && account.gid !== undefined) await chown(base, account.uid, account.gid);
    await chmod(base, 0o700);
    if (!isReachable) {
      log.warn({ folder: base }, 'The server can not enter the data folder, so its files lie elsewhere');
      await symlink(base, link);
    }
  }
  // The server's user may not be able to read the link either, so it is resolved here.
  const base = await realpath(link);
  if (!(await canReach(base, account))) {
    throw new AppError('DATABASE_START', `The user that PostgreSQL runs as can't enter ${base}`);
  }
  return { dataDir, cluster: join(base, 'cluster'), outputFile: join(base, 'start.log') };
}

async function clusterPassword({ dataDir, cluster }: Folders): Promise<string> {
  const path = join(dataDir, 'password');
  const kept = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (kept !== '') return kept;
  if (await exists(join(cluster, 'PG_VERSION'))) {
    throw new AppError('DATABASE_START', `${path} is missing, so nobody can log in to the database in ${cluster}`);
  }
  const password = randomBytes(24).toString('base64url');
  await writeSecret(path, `${password}\n`);
  return password;
}

function urlOf(password: string, port: number, database: string): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;
}

async function makeDatabase(adminUrl: string): Promise<void> {
  const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const found = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } catch (cause) {
    throw new AppError('DATABASE_START', `The embedded database refuses: ${String(cause)}`, { cause });
  } finally {
    await client.end().catch(() => undefined);
  }
}
