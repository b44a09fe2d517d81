// A child process that may take only so long, and that must end soon after it is done.
import { spawn } from 'node:child_process';

export interface ChildLimits {
  readonly cwd: string;
  /** What becomes of its standard output. Standard error is always ours. */
  readonly output: 'inherit' | 'ignore';
  /** Milliseconds after which it is ended, whatever it does. */
  readonly limitMs: number;
  /** Asked now and then: whether its work is done, so that only its end is missing. @default never before its end */
  readonly isDone?: () => boolean;
  /** Milliseconds that it has for its end when its work is done. @default 30,000 */
  readonly graceMs?: number;
}

export type ChildEnd =
  | { readonly how: 'exited'; readonly status: number }
  /** It was killed: its time was up, or it was done and did not end (something was left open). */
  | { readonly how: 'took-too-long' | 'did-not-end' };

const LOOK_MS = 500;
const GRACE_MS = 30_000;

/** Runs a command within limits. Rejects when it can't be started. */
export function runLimited(command: string, args: readonly string[], limits: ChildLimits): Promise<ChildEnd> {
  const { cwd, output, limitMs, isDone = () => false, graceMs = GRACE_MS } = limits;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', output, 'inherit'] });
    const startedMs = performance.now();
    let doneMs: number | null = null;
    let killed: ChildEnd | null = null;
    const looking = setInterval(() => {
      const nowMs = performance.now();
      if (doneMs === null && isDone()) doneMs = nowMs;
      if (doneMs !== null && nowMs - doneMs > graceMs) killed = { how: 'did-not-end' };
      else if (nowMs - startedMs > limitMs) killed = { how: 'took-too-long' };
      if (killed !== null) child.kill('SIGKILL');
    }, LOOK_MS);
    child.once('error', (error) => {
      clearInterval(looking);
      reject(error);
    });
    child.once('exit', (status) => {
      clearInterval(looking);
      resolve(killed ?? { how: 'exited', status: status ?? 1 });
    });
  });
}
