import { createContext, Script } from 'node:vm';

/** What the script calls; one for all, because making a context takes longer than most calls. */
const box = { call: (): void => undefined };
const context = createContext(box);
const CALL = new Script('call()');

/**
 * Calls a function that may never come back; after the limit it is ended, and this throws. A process that has stood still meanwhile has not given it
 * its time: then it is called once more.
 */
export function callWithin<Result>(limitMs: number, call: () => Result): Result {
  const before = process.cpuUsage();
  try {
    return callOnce(limitMs, call);
  } catch (error) {
    const { user, system } = process.cpuUsage(before);
    const hasStoodStill = (user + system) / 1_000 < limitMs / 2;
    if (!(isTimeUp(error) && hasStoodStill)) throw error;
    return callOnce(limitMs, call);
  }
}

/** Whether it is the error of a call that did not come back in its time. */
export function isTimeUp(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}

/** The limit is kept by Node's own watchdog for scripts, which ends whatever the script has called, endless loops too. */
function callOnce<Result>(limitMs: number, call: () => Result): Result {
  const results: Result[] = [];
  box.call = () => {
    results.push(call());
  };
  try {
    CALL.runInContext(context, { timeout: limitMs });
  } finally {
    box.call = () => undefined;
  }
  return results[0] as Result;
}
