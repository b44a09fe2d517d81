import type { Member } from './availability.ts';
import type { WaitingEntry } from './line.ts';

/** Puts the members who may be rung for one caller in order, best first. Pure: the same input gives the same order. */
export type Strategy = (members: readonly Member[], entry: WaitingEntry) => Member[];

/**
 * app_queue's `leastrecent`: who has waited longest since the end of their last queue call, and who never had one first. Two
 * differences on purpose (queue-semantics): ties are defined (1) and a missed call moves on (2).
 */
export const leastrecent: Strategy = (members, entry) =>
  [...members].sort(
    (a, b) =>
      a.penalty - b.penalty ||
      missedAt(entry, a) - missedAt(entry, b) ||
      (a.lastHangupAtMs ?? 0) - (b.lastHangupAtMs ?? 0) ||
      byDefinedTie(a, b),
  );

/** Equal members: who is logged in longer, then configured position, then interface name. */
function byDefinedTie(a: Member, b: Member): number {
  return (
    a.loggedInAtMs - b.loggedInAtMs ||
    a.position - b.position ||
    (a.extension.interface < b.extension.interface ? -1 : 1)
  );
}

/** Members who did not answer this caller go behind the others, the latest last. */
function missedAt(entry: WaitingEntry, member: Member): number {
  return entry.missed.get(member.extension.number) ?? 0;
}

export const strategies: Readonly<Record<string, Strategy>> = { leastrecent };
