import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { link, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { AppError } from '../../src/errors.ts';

/** Somebody starts a second process because it is to take over: not with this database. */
const STANDBY_NEEDS = ': a standby needs a PostgreSQL that both processes reach, set DATABASE_URL for both';

/** Tries when several processes fight for a file left by a dead one. */
const TRIES = 5;

/**
 * Marks a folder as this process's until `release`; a file left by a process that died is taken over.
 * @throws AppError DATABASE_FOLDER_IN_USE when another living process (or another call in this one) has it
 */
export async function ownFolder(path: string): Promise<{ release(): Promise<void> }> {
  const mine = `${process.pid} ${startOf(process.pid)} ${randomUUID()}\n`;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (await create(path, mine)) return { release: () => removeWhenEqual(path, mine).then(() => undefined) };
    const other = await readFile(path, 'utf8').catch(() => '');
    const [pid = '', start = ''] = other.trim().split(' ');
    if (other !== '' && isAlive(Number(pid), start)) {
      throw new AppError(
        'DATABASE_FOLDER_IN_USE',
        `Process ${pid} already runs the database of ${path}${STANDBY_NEEDS}`,
        {
          details: { pid: Number(pid), path },
        },
      );
    }
    await removeWhenEqual(path, other);
  }
  throw new AppError(
    'DATABASE_FOLDER_IN_USE',
    `Several processes are starting the database of ${path}${STANDBY_NEEDS}`,
  );
}

/** Written apart and linked into place, so that nobody ever reads half a file. */
async function create(path: string, text: string): Promise<boolean> {
  const temporary = `${path}.${randomUUID()}`;
  await writeFile(temporary, text, { mode: 0o644 });
  try {
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await unlink(temporary);
  }
}

/** Takes the file aside before looking, so that a file which somebody else just made is never lost: it goes back. */
async function removeWhenEqual(path: string, expected: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const found = await readFile(aside, 'utf8');
  if (found !== expected) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

function isAlive(pid: number, start: string): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  // The number may have been given to another process since: its time of start tells.
  return start === startOf(pid);
}

/** Ticks since boot at which a process started (Linux, /proc/PID/stat field 22); `-` where that can't be read. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
}
