/** `3@12s`: something and when it happens, from the beginning. */
export interface Timed {
  readonly what: string;
  readonly atMs: number;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, min: 60_000 };
/** An hour: a rehearsal is held in memory. */
export const REHEARSAL_MS_MAX = 3_600_000;

/**
 * Reads `3@12s 4@20.5s 2@1:30`: keys or places in line, each with its instant in seconds, milliseconds, minutes, or minutes and seconds. What can't
 * be read is answered with as `wrong`, in the reader's words.
 */
export function readTimed(
  text: string,
  isKnown: (what: string) => boolean,
): { timed: readonly Timed[]; wrong: readonly string[] } {
  const timed: Timed[] = [];
  const wrong: string[] = [];
  for (const word of text.split(/[\s,]+/).filter((each) => each !== '')) {
    const [what = '', time = '', ...more] = word.split('@');
    const atMs = more.length === 0 ? readDuration(time) : null;
    if (atMs === null || !isKnown(what)) wrong.push(word);
    else timed.push({ what, atMs });
  }
  return { timed, wrong };
}

/** `12s`, `1500ms`, `2min`, `1:30`, `12` (seconds) as milliseconds; `null` for anything else or more than an hour. */
export function readDuration(text: string): number | null {
  const [, minutes, seconds] = /^(\d{1,3}):([0-5]\d(?:\.\d+)?)$/.exec(text) ?? [];
  if (minutes !== undefined && seconds !== undefined) return within(Number(minutes) * 60_000 + Number(seconds) * 1000);
  const [, amount, unit = 's'] = /^(\d{1,8}(?:\.\d+)?)(ms|s|min|m)?$/.exec(text) ?? [];
  return amount === undefined ? null : within(Number(amount) * (UNITS[unit] ?? Number.NaN));
}

function within(ms: number): number | null {
  return ms <= REHEARSAL_MS_MAX ? Math.round(ms) : null;
}
