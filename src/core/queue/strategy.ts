import type { ExtensionNumber } from '../ids.ts';
import type { Member } from './availability.ts';
import type { WaitingEntry } from './line.ts';
import type { Compare } from './ordered-set.ts';

/** Members whose penalty counts the same for a caller, in the strategy's order. No tier is empty. */
export interface Tier {
  readonly penalty: number;
  readonly size: number;
  /** The first in order that passes. */
  first(passes: (member: Member) => boolean): Member | undefined;
  /** The next one behind `after` (who need not be here) that passes; behind the last comes the first. */
  next(after: Member, passes: (member: Member) => boolean): Member | undefined;
  /** Each member has a number from 0 to `size` - 1. */
  at(index: number): Member | undefined;
  indexOf(member: Member): number | null;
  /** In no particular order. */
  all(): Iterable<Member>;
}

/** What a strategy chooses from. */
export interface Choice {
  readonly caller: WaitingEntry;
  /** Who may be rung now, by penalty, the lowest first. May be walked through once. */
  readonly tiers: Iterable<Tier>;
  /** Rung for this caller so short a time ago that it is not yet their turn again (`retry`): not to be chosen. */
  readonly isResting: (member: Member) => boolean;
  /** A member of the queue, whether or not they may be rung now. */
  readonly member: (number: ExtensionNumber) => Member | undefined;
  /** Whom the queue has rung last; `null` when nobody yet. */
  readonly lastRung: Member | null;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  readonly nowMs: number;
}

/** Chooses whom to ring. The built-in ones and those of a user's own module are used, and checked, the same way. */
export interface Strategy {
  readonly name: string;
  /** The order in which members of one penalty stand; a change of what it looks at is a change of the member. */
  readonly compare: Compare<Member>;
  /** Who is rung for the caller now: one, several at the same time, or nobody. */
  choose(choice: Choice): readonly Member[];
}

/** Equal members (difference 1): who has waited longest since login or last call, then position, then interface. */
export const byDefinedTie: Compare<Member> = (a, b) =>
  idleSinceMs(a) - idleSinceMs(b) || a.position - b.position || byInterface(a, b);

function idleSinceMs({ loggedInAtMs, lastHangupAtMs }: Member): number {
  return Math.max(loggedInAtMs, lastHangupAtMs ?? 0);
}

export const byInterface: Compare<Member> = ({ extension: a }, { extension: b }) =>
  byText(a.interface, b.interface) || byText(a.number, b.number);

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
