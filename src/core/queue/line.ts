import type { EntryId, ExtensionNumber } from '../ids.ts';

/** A caller's place while waiting, as the rules see it. */
export interface WaitingEntry {
  readonly entryId: EntryId;
  /** Higher goes first (QUEUE_PRIO). */
  readonly priority: number;
  readonly joinedAtMs: number;
  /** Members who were rung for this caller and did not take the call: when the last ring ended. */
  readonly missed: ReadonlyMap<ExtensionNumber, number>;
}

/** Order of service: higher priority first, then who came first; the id decides between equals so that every process agrees. */
export function compareEntries(a: WaitingEntry, b: WaitingEntry): number {
  return b.priority - a.priority || a.joinedAtMs - b.joinedAtMs || (a.entryId < b.entryId ? -1 : 1);
}

/** The line in order of service. */
export function inOrder<Entry extends WaitingEntry>(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort(compareEntries);
}
