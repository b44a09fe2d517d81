import type { LogFn, Logger } from 'pino';

/** Warnings and errors with the same words within `SAME_WORDS_MS`; further ones are written at level debug, and the next one afterwards says how many. */
export const SAME_WORDS_MAX = 5;
export const SAME_WORDS_MS = 10 * 60_000;
/** Different words that are counted; the longest known is forgotten for one more. */
const WORDS_MAX = 1_000;
/** How far down the causes of an error are looked at. */
const CAUSES_MAX = 5;

const WARN = 40;
const ERROR = 50;

/** Errors that only say that a power is away. */
const POWER_OF: Readonly<Record<string, string>> = {
  ARI_UNAVAILABLE: 'asterisk',
  DATABASE_UNAVAILABLE: 'database',
  MEDIA_UNAVAILABLE: 'asterisk',
};

type Fields = Readonly<Record<string, unknown>>;
type Hook = (this: Logger, args: Parameters<LogFn>, method: LogFn, level: number) => void;

/**
 * What keeps one loss from filling the log. From the line that tells of a loss (`lost`) to the one that tells of its end (`back`), warnings and errors
 * that only say the same once more, for one call after the other, go to level debug; the line at the end counts them (`leftOut`). Of all others with
 * the same words a few are written every ten minutes.
 */
export function floodGuard(now: () => number): Hook {
  const guard = new FloodGuard(now);
  return function guarded(args, method, level) {
    const verdict = guard.judge(args, level);
    if (verdict === 'leave-out') this.debug(...args);
    else method.apply(this, verdict === 0 ? args : withMore(args, { leftOut: verdict }));
  };
}

/** Whether a line is left out, or how many like it were left out before. */
type Verdict = number | 'leave-out';

class FloodGuard {
  readonly #now: () => number;
  /** What is lost now, with the lines that were left out since. */
  readonly #lost = new Map<unknown, number>();
  readonly #words = new Map<string, { readonly sinceMs: number; count: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  judge(args: Parameters<LogFn>, level: number): Verdict {
    const [first, text] = args as unknown as [unknown, unknown];
    const fields: Fields = typeof first === 'object' && first !== null ? (first as Fields) : {};
    if ('lost' in fields) {
      this.#lost.set(fields['lost'], 0);
      return 0;
    }
    if ('back' in fields) return this.#back(fields['back']);
    if (level !== WARN && level !== ERROR) return 0;
    const codes = codesOf(fields['err']);
    return this.#isKnown(codes) ? 'leave-out' : this.#countWords(`${text ?? first}|${codes[0] ?? ''}`);
  }

  #back(power: unknown): number {
    const count = this.#lost.get(power) ?? 0;
    this.#lost.delete(power);
    return count;
  }

  /** Whether an error only says what has been told. */
  #isKnown(codes: readonly string[]): boolean {
    const power = codes.map((code) => POWER_OF[code]).find((each) => this.#lost.has(each));
    if (power === undefined) return false;
    this.#lost.set(power, (this.#lost.get(power) ?? 0) + 1);
    return true;
  }

  #countWords(key: string): Verdict {
    const known = this.#words.get(key);
    if (known !== undefined && this.#now() - known.sinceMs < SAME_WORDS_MS) {
      known.count++;
      return known.count <= SAME_WORDS_MAX ? 0 : 'leave-out';
    }
    this.#words.delete(key);
    if (this.#words.size >= WORDS_MAX) this.#words.delete(this.#words.keys().next().value ?? '');
    this.#words.set(key, { sinceMs: this.#now(), count: 1 });
    return known === undefined ? 0 : Math.max(0, known.count - SAME_WORDS_MAX);
  }
}

/** The same line with more fields. */
function withMore(args: Parameters<LogFn>, more: Fields): Parameters<LogFn> {
  const [first, ...rest] = args as unknown as [unknown, ...unknown[]];
  const line = typeof first === 'string' ? [more, first, ...rest] : [{ ...(first as Fields), ...more }, ...rest];
  return line as unknown as Parameters<LogFn>;
}

/** The codes of an error and of its causes. */
function codesOf(error: unknown): readonly string[] {
  const codes: string[] = [];
  let each = error;
  for (let depth = 0; depth < CAUSES_MAX && typeof each === 'object' && each !== null; depth++) {
    const { code, cause } = each as { code?: unknown; cause?: unknown };
    if (typeof code === 'string') codes.push(code);
    each = cause;
  }
  return codes;
}
