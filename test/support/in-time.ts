import { delay, systemClock } from '../../src/lib/clock.ts';

/** Rounds of the event loop in which what has come while the process was held up is read before it counts as late. */
const LAST_LOOKS = 3;

/**
 * What comes within a time, measured by a timer of this very process that begins together with the wait: what holds the process up on a busy machine,
 * holds both up. Fails when the timer is first.
 */
export async function inTime<T>(limitMs: number, awaited: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = delay(systemClock, limitMs, over.signal).then(async () => {
    for (let look = 0; look < LAST_LOOKS; look++) await new Promise<void>((resolve) => setImmediate(resolve));
    throw new Error(`Not within ${limitMs} ms`);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}
