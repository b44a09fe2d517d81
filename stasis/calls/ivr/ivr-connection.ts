import type { FlowEffect } from '../../../src/core/ivr/flow-state.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Pbx } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';

/** How long the IVR stands still for a switch that is away; then it goes on, and its requests fail. */
export const RECONNECT_WAIT_MS = 60_000;

/**
 * Waits until the switch is there, at most RECONNECT_WAIT_MS or until aborted. While it is away nothing is heard of keys and
 * prompts: a menu whose three seconds ran out meanwhile would send the caller elsewhere for no fault of theirs.
 */
export function untilConnected(pbx: Pbx, clock: Clock, signal: AbortSignal): Promise<void> {
  if (pbx.isConnected() || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      unsubscribe();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = clock.after(RECONNECT_WAIT_MS, end);
    const unsubscribe = pbx.subscribe((event) => {
      if (event.type === 'connected') end();
    });
    signal.addEventListener('abort', end, { once: true });
  });
}

/** An expected failure of the switch (away, refused) is a prompt not heard, a phone not reached: `null`, and the call goes on. */
export async function tolerate<T>(call: Call, what: FlowEffect['type'], request: Promise<T>): Promise<T | null> {
  try {
    return await request;
  } catch (error) {
    if (!isAppError(error)) throw error;
    call.log.warn({ err: error, what }, 'The switch could not do what the IVR asked for');
    return null;
  }
}
