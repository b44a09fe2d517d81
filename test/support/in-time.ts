import { delay, systemClock } from '../../src/lib/clock.ts';

/**
 * What comes within a time, measured by a timer of this very process that begins together with the wait: what holds the process up on a busy machine,
 * holds both up. Fails when the timer is first.
 */
export async function inTime<T>(limitMs: number, awaited: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = delay(systemClock, limitMs, over.signal).then(() => {
    throw new Error(`Not within ${limitMs} ms`);
  });
  try {
    return await Promise.race([awaited, late]);
  } finally {
    late.catch(() => undefined);
    over.abort();
  }
}
