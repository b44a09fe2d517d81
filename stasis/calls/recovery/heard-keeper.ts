import type { EntryId } from '../../../src/core/ids.ts';
import { isSameLater } from '../../../src/core/programme/memory.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type { QueueStore } from '../../../src/ports/queue-store.ts';
import type { Heard, KeptUp } from './heard.ts';

/** How often callers are looked at. What a process heard less than this before its death may be said again by the next one. */
const LOOK_MS = 1_000;

interface KeeperDeps {
  readonly store: Pick<QueueStore, 'keepHeard'>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Followed {
  readonly look: () => Heard | null;
  kept: KeptUp | null;
}

/**
 * Keeps what waiting callers hear, for the process after this one: once a second, all callers of whom more is to be told than that time has passed,
 * in one statement. While the database is away nothing is kept, and nothing waits: what counts then is written when it is back.
 */
export class HeardKeeper {
  readonly #deps: KeeperDeps;
  readonly #followed = new Map<EntryId, Followed>();
  #cancelLook: (() => void) | null = null;
  #keepingNow: Promise<void> | null = null;
  #isAway = false;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  /** Looks at a caller from now on, until the returned function is called. `look` answers `null` while nothing is heard. */
  follow(entryId: EntryId, look: () => Heard | null): () => void {
    const followed: Followed = { look, kept: null };
    this.#followed.set(entryId, followed);
    this.#lookSoon();
    return () => {
      if (this.#followed.get(entryId) === followed) this.#followed.delete(entryId);
      if (this.#followed.size > 0) return;
      this.#cancelLook?.();
      this.#cancelLook = null;
    };
  }

  /** The process stops: what callers hear is kept as it is now, for all who ask in one turn at once. Never rejects. */
  keepNow(): Promise<void> {
    this.#keepingNow ??= Promise.resolve().then(async () => {
      this.#keepingNow = null;
      await this.#keep();
    });
    return this.#keepingNow;
  }

  #lookSoon(): void {
    this.#cancelLook ??= this.#deps.clock.after(LOOK_MS, () => {
      this.#keep().catch((error: unknown) => this.#deps.log.error({ err: error }, 'What callers hear is not kept'));
    });
  }

  /** The next look comes a second after the answer: a slow database is asked less often. */
  async #keep(): Promise<void> {
    try {
      const news = this.#news();
      if (news.length > 0)
        await this.#deps.store.keepHeard(
          news.map(({ entryId, kept: { atMs, ...heard } }) => ({ entryId, atMs, heard })),
        );
      for (const { followed, kept } of news) followed.kept = kept;
      this.#isAway = false;
    } catch (error) {
      if (!isAppError(error)) throw error;
      // That the database is away is told elsewhere, once.
      if (!this.#isAway) this.#deps.log.debug({ err: error }, 'What callers hear is not kept for a while');
      this.#isAway = true;
    } finally {
      this.#cancelLook = null;
      if (this.#followed.size > 0) this.#lookSoon();
    }
  }

  #news() {
    const atMs = this.#deps.clock.now();
    return [...this.#followed].flatMap(([entryId, followed]) => {
      const heard = followed.look();
      if (heard === null || isKept(followed.kept, heard, atMs)) return [];
      return [{ entryId, followed, kept: { ...heard, atMs } }];
    });
  }
}

function isKept(kept: KeptUp | null, { musicClass, consent, programme }: Heard, atMs: number): boolean {
  if (kept === null || kept.musicClass !== musicClass || kept.consent.length !== consent.length) return false;
  return isSameLater(kept.programme, programme, atMs - kept.atMs);
}
