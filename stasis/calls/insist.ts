import { isAppError } from '../../src/errors.ts';
import { type Clock, delay } from '../../src/lib/clock.ts';
import type { Call } from './call.ts';

/** Before the next try, because the caller hears nothing meanwhile. While Asterisk is out of reach a try costs nothing. */
const AGAIN_MS = 3_000;

interface Insistence {
  /** For the log. */
  readonly what: string;
  /** Aborted when it is not wanted any more. */
  readonly signal: AbortSignal;
  readonly action: () => Promise<void>;
}

/** Does something, and as often as it takes while Asterisk is out of reach, until nobody wants it. Rejects with faults of ours alone. */
export async function insist(clock: Clock, call: Call, { what, signal, action }: Insistence): Promise<void> {
  const end = AbortSignal.any([signal, call.signal]);
  for (;;) {
    try {
      return await action();
    } catch (error) {
      if (!isAppError(error)) throw error;
      if (end.aborted) return;
      call.log.warn({ err: error, what }, 'The waiting caller hears nothing now: tried again');
      await delay(clock, AGAIN_MS, end).catch(() => undefined);
      if (end.aborted) return;
    }
  }
}
