import { types } from 'node:util';
import type { LookupLimits } from '../../src/config/config.ts';
import { isAppError } from '../../src/errors.ts';
import { type Clock, delay } from '../../src/lib/clock.ts';

/** Between two tries, so that a source that restarts gets a chance. */
export const RETRY_PAUSE_MS = 100;

/** The source failed in a way that the next try may not. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
}

export interface Asking<Answer> {
  readonly limits: Pick<LookupLimits, 'timeoutMs' | 'retries'>;
  readonly clock: Clock;
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** Asks once. What it throws as {@link SourceFault}, as fetch's failure or as AppError is tried again. */
  readonly attempt: (signal: AbortSignal) => Promise<Answer>;
  readonly unavailable: (reason: string) => Answer;
}

/**
 * Asks a foreign source. Each try has the time limit; what may be temporary is tried again, then the source counts as unavailable. The
 * longest it takes is (retries + 1) × timeoutMs and 0.1 s between tries. Never rejects.
 */
export async function askSource<Answer>(asking: Asking<Answer>): Promise<Answer> {
  const { limits, clock, signal, unavailable } = asking;
  for (let tries = 0; ; tries++) {
    if (signal.aborted) return unavailable('the caller is gone');
    const { answer, mayPass } = await tryOnce(asking);
    if (!mayPass || tries >= limits.retries) return answer;
    await delay(clock, RETRY_PAUSE_MS, signal).catch(() => undefined);
  }
}

async function tryOnce<Answer>(asking: Asking<Answer>): Promise<{ answer: Answer; mayPass: boolean }> {
  const { limits, clock, signal, attempt, unavailable } = asking;
  const limit = new AbortController();
  const onGone = () => limit.abort(signal.reason);
  signal.addEventListener('abort', onGone, { once: true });
  const reason = `no answer within ${limits.timeoutMs} ms`;
  const cancel = clock.after(limits.timeoutMs, () => limit.abort(new SourceFault(reason)));
  try {
    return { answer: await orAborted(attempt(limit.signal), limit.signal), mayPass: false };
  } catch (error) {
    const mayPass = error instanceof SourceFault || isFetchFailure(error) || isAppError(error);
    return { answer: unavailable(describe(error)), mayPass };
  } finally {
    cancel();
    signal.removeEventListener('abort', onGone);
  }
}

/** The result, or the abort, whichever is first; a statement that is too late ends by its own limit. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** fetch rejects with a TypeError for whatever is wrong with the connection. */
function isFetchFailure(error: unknown): boolean {
  return types.isNativeError(error) && error.name === 'TypeError';
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function describe(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  return types.isNativeError(error.cause) ? `${error.message}: ${error.cause.message}` : error.message;
}
