import type { EntryId, ExtensionNumber } from '../ids.ts';
import type { PenaltyLimits } from './penalty-rules.ts';
import type { SkillNeeds } from './skills.ts';

/** A caller's place while waiting, as the rules see it. */
export interface WaitingEntry {
  readonly entryId: EntryId;
  /** QUEUE_PRIO, as people see it. */
  readonly priority: number;
  /** Decide the order of service; see {@link placeOf}. */
  readonly placedPriority: number;
  readonly placedAtMs: number;
  readonly joinedAtMs: number;
  /** Which members may be rung, as it was at the moment of entering. */
  readonly limits: PenaltyLimits;
  /** Skills that the call itself asks for. */
  readonly needs: SkillNeeds;
  /** Who knows the customer; `null`: nobody. */
  readonly knownExtension: ExtensionNumber | null;
  /** Members who were rung for this caller and did not take the call: when the last ring ended. */
  readonly missed: ReadonlyMap<ExtensionNumber, number>;
}

/**
 * Where a caller stands by priority and arrival. Priority goes before all waiting; with an age weight each point of it is worth so much
 * waiting, which is the same as having come that much earlier, so that the order of two callers never changes while they wait.
 */
export function placeOf(priority: number, joinedAtMs: number, ageWeightMs: number) {
  if (ageWeightMs === 0) return { placedPriority: priority, placedAtMs: joinedAtMs };
  return { placedPriority: 0, placedAtMs: joinedAtMs - priority * ageWeightMs };
}

/** Order of service: higher priority first, then who came first; the id decides between equals so that every process agrees. */
export function compareEntries(a: WaitingEntry, b: WaitingEntry): number {
  return b.placedPriority - a.placedPriority || a.placedAtMs - b.placedAtMs || (a.entryId < b.entryId ? -1 : 1);
}

/** The line in order of service. */
export function inOrder<Entry extends WaitingEntry>(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort(compareEntries);
}
