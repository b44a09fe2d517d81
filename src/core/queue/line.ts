import type { EntryId, ExtensionNumber } from '../ids.ts';
import type { PenaltyLimits, PenaltyRule } from './penalty-rules.ts';
import type { SkillNeeds, SkillRule } from './skills.ts';

/** A caller's place while waiting, as the rules see it. */
export interface WaitingEntry {
  readonly entryId: EntryId;
  /** QUEUE_PRIO, as people see it. */
  readonly priority: number;
  /** Decide the order of service; see {@link placeOf}. */
  readonly placedPriority: number;
  readonly placedAtMs: number;
  readonly joinedAtMs: number;
  /** Which members may be rung, as it was at the moment of entering, and the rule that changes it, as it was then (P3). */
  readonly limits: PenaltyLimits;
  readonly penaltyRule: PenaltyRule;
  /** Skills that the call itself asks for, and the queue's rule as it was at the moment of entering. */
  readonly needs: SkillNeeds;
  readonly skillRule: SkillRule;
  /** Who knows the customer and is rung first; `null`: nobody. */
  readonly knownExtension: ExtensionNumber | null;
  /** Members who were rung for this caller and did not take the call: when the last ring ended. */
  readonly missed: ReadonlyMap<ExtensionNumber, number>;
  /** The call is on another switch, where another process serves it: it has its place, and nobody is rung for it from here. @default false */
  readonly isElsewhere?: boolean;
}

/**
 * Where a caller stands by priority and arrival. Priority goes before all waiting; with an age weight each point of it is worth so much
 * waiting, which is the same as having come that much earlier, so that the order of two callers never changes while they wait.
 */
export function placeOf(priority: number, joinedAtMs: number, ageWeightMs: number) {
  if (ageWeightMs === 0) return { placedPriority: priority, placedAtMs: joinedAtMs };
  return { placedPriority: 0, placedAtMs: joinedAtMs - priority * ageWeightMs };
}

/** What decides the order of service. */
export type Placed = Pick<WaitingEntry, 'entryId' | 'placedPriority' | 'placedAtMs'>;

/** Order of service: higher priority first, then who came first; the id decides between equals so that every process agrees. */
export function compareEntries(a: Placed, b: Placed): number {
  return b.placedPriority - a.placedPriority || compareArrivals(a, b);
}

/** Who came first, whatever the priority. */
export function compareArrivals(a: Placed, b: Placed): number {
  return a.placedAtMs - b.placedAtMs || (a.entryId < b.entryId ? -1 : a.entryId > b.entryId ? 1 : 0);
}

/** The line in order of service. */
export function inOrder<Entry extends Placed>(entries: Iterable<Entry>): Entry[] {
  return [...entries].sort(compareEntries);
}
