// Locks between commands, held by the kernel (flock) so that a command that dies never leaves one behind.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { StackError } from './stack-error.ts';

const LOCK_WAIT_SECONDS = 300;

/** Runs `work` while holding the lock file; waits at most five minutes for another holder. */
export const withLock = async <T>(file: string, work: () => Promise<T>): Promise<T> => {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  // The holder ends when its standard input does: when we close it, and when we die.
  const holder = spawn('flock', ['-x', '-w', String(LOCK_WAIT_SECONDS), file, 'sh', '-c', 'echo held; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => holder.once('exit', () => resolve()));
  try {
    await new Promise<void>((held, failed) => {
      holder.stdout.once('data', () => held());
      holder.once('error', failed);
      holder.once('exit', () =>
        failed(
          new StackError(
            `The lock ${file} is held by another command`,
            'wait until it has ended (fuser shows which it is)',
          ),
        ),
      );
    });
    return await work();
  } finally {
    holder.stdin.end();
    await exited;
  }
};
