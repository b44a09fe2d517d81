import { createContext, Script } from 'node:vm';

/** What the script calls; one for all, because making a context takes longer than most calls. */
const box = { call: (): void => undefined };
const context = createContext(box);
const CALL = new Script('call()');

/**
 * Calls a function that may never come back; after the limit it is ended, and this throws. The limit is kept by Node's own watchdog for
 * scripts, which ends whatever the script has called, endless loops too.
 */
export function callWithin<Result>(limitMs: number, call: () => Result): Result {
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
