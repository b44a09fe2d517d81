import type { EntryId } from '../ids.ts';

/** So long a member is left to a caller before them whom another process serves; then the member is for callers here. */
export const PATIENCE_MS = 1_000;

/**
 * Since when callers of other processes could have been served with members who are free. Order is kept over all processes as long as each
 * serves its own; one that does not (it is slow, or knows something of the member that is not known here) holds nobody up for longer.
 */
export class Patience {
  #dueSinceMs: ReadonlyMap<EntryId, number> = new Map();
  #dueNow = new Map<EntryId, number>();

  /** Whether the caller has had a member's time, and has not been served. */
  isOver(entryId: EntryId, nowMs: number): boolean {
    const sinceMs = this.#dueSinceMs.get(entryId);
    return sinceMs !== undefined && sinceMs + PATIENCE_MS <= nowMs;
  }

  /** In this look there is a member for the caller. */
  note(entryId: EntryId, nowMs: number): void {
    this.#dueNow.set(entryId, this.#dueSinceMs.get(entryId) ?? nowMs);
  }

  /** The look is over: who was not noted in it is due no more. Answers when the first patience is over; `null`: nobody is due whose is not. */
  settle(nowMs: number): number | null {
    if (this.#dueNow.size === 0 && this.#dueSinceMs.size === 0) return null;
    this.#dueSinceMs = this.#dueNow;
    this.#dueNow = new Map();
    const ends = [...this.#dueSinceMs.values()].map((sinceMs) => sinceMs + PATIENCE_MS);
    const next = Math.min(...ends.filter((endMs) => endMs > nowMs));
    return Number.isFinite(next) ? next : null;
  }
}
