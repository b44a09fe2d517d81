import { pause } from '../phones/waiting.ts';

/** Often enough to follow a call, seldom enough to leave the processor to Asterisk. */
const POLL_MS = 50;

/** Waits until the condition gives something that is not false or undefined; fails with `what` after the limit. */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  limitMs = 60_000,
): Promise<Exclude<T, false | undefined | null>> {
  const endMs = Date.now() + limitMs;
  for (;;) {
    const value = await condition();
    if (value) return value as Exclude<T, false | undefined | null>;
    if (Date.now() > endMs) throw new Error(`Not within ${limitMs} ms: ${what}`);
    await pause(POLL_MS);
  }
}
