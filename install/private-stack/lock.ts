// Locks between commands, held by the kernel (flock) so that a command that dies never leaves one behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { StackError } from './stack-error.ts';

const LOCK_WAIT_SECONDS = 300;
// Prints the inode of the file that it holds, and ends when its standard input does: when we close it, or die.
const HOLDER = `exec 3>>"$0"; flock -x -w ${LOCK_WAIT_SECONDS} 3 || exit 1; stat -L -c %i /proc/self/fd/3; exec cat`;

interface Holder {
  readonly inode: string;
  release(): Promise<void>;
}

/** Runs `work` while holding the lock file, and removes that afterwards; waits at most five minutes for another holder. */
export const withLock = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  const holder = await acquire(file);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
    await holder.release();
  }
};

const acquire = async (file: string): Promise<Holder> => {
  for (;;) {
    const holder = await hold(file);
    // Whoever waited while the holder before removed the file holds a file that nobody else will find.
    if (String(statSync(file, { throwIfNoEntry: false })?.ino) === holder.inode) return holder;
    await holder.release();
  }
};

const hold = async (file: string): Promise<Holder> => {
  const child = spawn('sh', ['-c', HOLDER, file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const inode = await firstLine(child, file);
  return {
    inode,
    release: () => {
      child.stdin.end();
      return exited;
    },
  };
};

const firstLine = (child: ChildProcess, file: string): Promise<string> =>
  new Promise((resolve, reject) => {
    child.stdout?.once('data', (text: Buffer) => resolve(text.toString('utf8').trim()));
    child.once('error', reject);
    child.once('exit', () =>
      reject(new StackError(`The lock ${file} is held by another command`, 'wait until it has ended (fuser names it)')),
    );
  });
