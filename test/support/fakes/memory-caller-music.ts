import { personNumber } from '../../../db/caller-number.ts';
import { AppError } from '../../../src/errors.ts';
import type { CallerMusic } from '../../../src/ports/caller-music.ts';

interface Choice {
  readonly number: string;
  readonly musicClass: string;
  readonly track: string;
  readonly atMs: number;
}

/** Callers' tunes in memory, with a database that a test can take away. */
export class MemoryCallerMusic implements CallerMusic {
  /** As they stand now: one for each number and class. */
  readonly #choices = new Map<string, Choice>();
  /** `true`: recalling is refused, and what is remembered is lost. */
  isAway = false;
  /** What is recalled is told when this settles. */
  slow: Promise<void> = Promise.resolve();

  get choices(): readonly Choice[] {
    return [...this.#choices.values()];
  }

  async recall(request: { readonly number: string; readonly musicClass: string }): Promise<string | null> {
    const number = personNumber(request.number);
    if (number === null) return null;
    if (this.isAway) throw new AppError('DATABASE_UNAVAILABLE', 'The database does not answer: taken away by the test');
    await this.slow;
    return this.#choices.get(keyOf(number, request.musicClass))?.track ?? null;
  }

  async remember(choice: Choice): Promise<void> {
    const number = personNumber(choice.number);
    if (number === null || this.isAway || choice.track === '' || choice.track.length > 255) return;
    const key = keyOf(number, choice.musicClass);
    const before = this.#choices.get(key);
    if (before === undefined || before.atMs <= choice.atMs) this.#choices.set(key, { ...choice, number });
  }
}

const keyOf = (number: string, musicClass: string) => JSON.stringify([number, musicClass]);
