import type { Clock } from './lib/clock.ts';
import type { Pbx } from './ports/pbx.ts';

/** Longest wait; an Asterisk that is away is waited for without anybody who could be served sooner. */
const WAIT_MS = 1_000;

/**
 * Settles when Asterisk is connected for the first time, or after a second. What keeps this thread busy and helps no caller begins after it: behind a
 * process that was killed, each caller hears silence until the next one is connected.
 */
export function callersFirst(pbx: Pick<Pbx, 'subscribe'>, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      cancel();
      unsubscribe();
      resolve();
    };
    const cancel = clock.after(WAIT_MS, settle);
    const unsubscribe = pbx.subscribe(({ type }) => {
      if (type === 'connected') settle();
    });
  });
}
