import { spawn } from 'node:child_process';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { AppError } from '../../src/errors.ts';
import { delay, systemClock } from '../../src/lib/clock.ts';
import type { Binaries, ServerAccount } from './binaries.ts';

/** How often a condition of another process is looked at. */
const POLL_MS = 20;
/** Start after a crash includes recovery; longer than that needs a person. */
const START_MS_MAX = 60_000;
/** A fast shutdown writes a checkpoint. */
const STOP_MS_MAX = 30_000;

/** What line 1, 4 and 8 of postmaster.pid say (PostgreSQL's miscadmin.h, LOCK_FILE_LINE_…). */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly isReady: boolean;
}

/** The server that runs on the folder, whoever started it; a file left behind by a server that is gone is removed. */
export async function runningPostmaster(folder: string): Promise<Postmaster | null> {
  const path = join(folder, 'postmaster.pid');
  const text = await readFile(path, 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return null;
  if (await isPostgres(pid)) return { pid, port: Number(lines[3]), isReady: lines[7] === 'ready' };
  // After a power cut the number may belong to any program, and PostgreSQL would then refuse to start.
  await rm(path, { force: true });
  return null;
}

/**
 * Starts a server that outlives this process if need be (its own session, output to files) and waits until it is ready.
 * @throws AppError DATABASE_START with the last lines of the server's words
 */
export async function startPostmaster(options: {
  binaries: Binaries;
  account: ServerAccount;
  folder: string;
  outputFile: string;
  port: number;
}): Promise<Postmaster> {
  const { binaries, account, folder, outputFile, port } = options;
  const output = await open(outputFile, 'w', 0o600);
  let exitCode: number | string | null = null;
  try {
    const child = spawn(binaries.postgres, ['-D', folder, '-p', String(port)], {
      ...account,
      cwd: '/',
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
      env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    });
    child.on('exit', (code, signal) => {
      exitCode = code ?? signal ?? 'unknown';
    });
    child.on('error', (error) => {
      exitCode = error.message;
    });
    child.unref();
  } finally {
    await output.close();
  }
  return waitUntilReady({ folder, outputFile, hasEnded: () => exitCode !== null });
}

/** Waits for a server that is starting or recovering. */
export async function waitUntilReady(options: {
  folder: string;
  outputFile: string;
  hasEnded?: () => boolean;
}): Promise<Postmaster> {
  const endMs = systemClock.now() + START_MS_MAX;
  while (!options.hasEnded?.()) {
    const found = await runningPostmaster(options.folder);
    if (found?.isReady) return found;
    if (systemClock.now() > endMs) break;
    await delay(systemClock, POLL_MS);
  }
  const said = (await readFile(options.outputFile, 'utf8').catch(() => '')).trim().split('\n').slice(-10).join('\n');
  const what = options.hasEnded?.() ? 'ended at once' : `is not ready after ${START_MS_MAX / 1000} s`;
  throw new AppError('DATABASE_START', `PostgreSQL ${what}: ${said}`);
}

/** Fast shutdown (SIGINT: sessions are ended, a checkpoint is written); SIGQUIT when that takes over 30 s. */
export async function stopPostmaster(folder: string): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    const found = await runningPostmaster(folder);
    if (found === null) return;
    process.kill(found.pid, signal);
    const endMs = systemClock.now() + STOP_MS_MAX;
    while (systemClock.now() < endMs) {
      if (!(await isPostgres(found.pid))) return;
      await delay(systemClock, POLL_MS);
    }
  }
  throw new AppError('DATABASE_START', `The PostgreSQL of ${folder} does not stop`);
}

/** A port of loopback that nobody uses at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Puts a secret where only its owner can read it. */
export async function writeSecret(path: string, text: string, account: ServerAccount = {}): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  if (account.uid === undefined || account.gid === undefined) return;
  const file = await open(path);
  await file.chown(account.uid, account.gid).finally(() => file.close());
}

async function isPostgres(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (process.platform !== 'linux') return true;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // A zombie waits for whoever started it and serves nobody.
  return stat.includes('(postgres)') && !/\) [ZX] /.test(stat);
}
