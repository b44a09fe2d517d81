import { delay, systemClock } from '../../src/lib/clock.ts';

/**
 * Waits until the condition gives something that is not false or undefined; fails with `what` after the limit, which is for what never comes:
 * whatever a busy machine needs is far below it.
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMs = 60_000,
): Promise<Exclude<T, false | undefined | null>> {
  const endMs = systemClock.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, false | undefined | null>;
    if (systemClock.now() > endMs) throw new Error(`Not within ${limitMs} ms: ${what}`);
    await delay(systemClock, 10);
  }
}
