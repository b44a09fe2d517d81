import type { Clock } from '../../src/lib/clock.ts';
import type { AccountsAnswer } from '../../src/ports/accounts.ts';

/** Numbers whose answers are kept; of more, the one that was asked for longest ago goes. */
const NUMBERS_MAX = 10_000;

interface Kept {
  readonly answer: AccountsAnswer;
  readonly untilMs: number;
}

/** Answers of one source by number, for a time: also that there is no account, never that the source was unavailable. */
export class AnswerCache {
  readonly #clock: Clock;
  readonly #keepMs: number;
  /** In the order of last use, the oldest first. */
  readonly #kept = new Map<string, Kept>();

  constructor({ clock, keepMs }: { readonly clock: Clock; readonly keepMs: number }) {
    this.#clock = clock;
    this.#keepMs = keepMs;
  }

  get(number: string): AccountsAnswer | null {
    const kept = this.#kept.get(number);
    if (kept === undefined) return null;
    this.#kept.delete(number);
    if (kept.untilMs <= this.#clock.now()) return null;
    this.#kept.set(number, kept);
    return kept.answer;
  }

  put(number: string, answer: AccountsAnswer): void {
    if (this.#keepMs === 0 || answer.type === 'unavailable') return;
    this.#kept.delete(number);
    this.#kept.set(number, { answer, untilMs: this.#clock.now() + this.#keepMs });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > NUMBERS_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}
