import type { ExtensionNumber } from '../ids.ts';
import type { Member } from './availability.ts';
import { type Compare, OrderedSet } from './ordered-set.ts';
import { type PenaltyLimits, penaltyFor } from './penalty-rules.ts';
import { meets, type SkillNeeds } from './skills.ts';
import type { Tier } from './strategy.ts';

/** Which members of a pool a caller may have; `null`: penalties don't count (S4). */
export type Window = PenaltyLimits | null;

/**
 * The members of one queue who may be rung now and can do what a call asks for, by penalty and in the strategy's order. One
 * change costs O(log n) and the number of different penalties.
 */
export class Pool {
  readonly needs: SkillNeeds;
  readonly #compare: Compare<Member>;
  readonly #members = new Map<ExtensionNumber, Member>();
  /** In the order of penalties; none is empty. */
  #tiers: { readonly penalty: number; readonly members: OrderedSet<Member> }[] = [];

  constructor(needs: SkillNeeds, compare: Compare<Member>) {
    this.needs = needs;
    this.#compare = compare;
  }

  /** Takes the member in, or in place of what was known before; who lacks a skill is left out. */
  put(member: Member): void {
    this.remove(member.extension.number);
    if (!meets(member.extension.skills, this.needs)) return;
    this.#members.set(member.extension.number, member);
    const index = this.#tierIndex(member.penalty);
    const tier = this.#tiers[index];
    if (tier?.penalty === member.penalty) tier.members.add(member);
    else {
      const members = new OrderedSet(this.#compare);
      members.add(member);
      this.#tiers.splice(index, 0, { penalty: member.penalty, members });
    }
  }

  remove(number: ExtensionNumber): void {
    const member = this.#members.get(number);
    if (member === undefined) return;
    this.#members.delete(number);
    const index = this.#tierIndex(member.penalty);
    const tier = this.#tiers[index];
    tier?.members.delete(member);
    if (tier?.members.size === 0) this.#tiers.splice(index, 1);
  }

  /** Whether anybody in the window may be rung. */
  hasAny(window: Window): boolean {
    if (window === null) return this.#tiers.length > 0;
    return this.#tiers.some(({ penalty }) => penaltyFor(penalty, window) !== null);
  }

  /** The member while free and in the window. */
  member(number: ExtensionNumber, window: Window): Member | undefined {
    const member = this.#members.get(number);
    if (member === undefined || window === null) return member;
    return penaltyFor(member.penalty, window) === null ? undefined : member;
  }

  /** Members by the penalty that counts for the caller, the lowest first. */
  *tiers(window: Window): Generator<Tier> {
    let together: OrderedSet<Member>[] = [];
    let countedBefore = 0;
    for (const { penalty, members } of this.#tiers) {
      const counted = window === null ? 0 : penaltyFor(penalty, window);
      if (counted === null) continue;
      if (counted !== countedBefore && together.length > 0) {
        yield new PoolTier(countedBefore, together, this.#compare);
        together = [];
      }
      together.push(members);
      countedBefore = counted;
    }
    if (together.length > 0) yield new PoolTier(countedBefore, together, this.#compare);
  }

  /** Of the tier, or where it would have to stand. */
  #tierIndex(penalty: number): number {
    let low = 0;
    let high = this.#tiers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#tiers[middle]?.penalty ?? 0) < penalty) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Several penalties are one tier when they count as the same: they are raised, or penalties don't count. */
class PoolTier implements Tier {
  readonly penalty: number;
  readonly #sets: readonly OrderedSet<Member>[];
  readonly #compare: Compare<Member>;

  constructor(penalty: number, sets: readonly OrderedSet<Member>[], compare: Compare<Member>) {
    this.penalty = penalty;
    this.#sets = sets;
    this.#compare = compare;
  }

  get size(): number {
    return this.#sets.reduce((sum, set) => sum + set.size, 0);
  }

  first(passes: (member: Member) => boolean): Member | undefined {
    return this.#least((set) => firstThat(passes, set.from()));
  }

  next(after: Member, passes: (member: Member) => boolean): Member | undefined {
    const behind = (member: Member) => this.#compare(member, after) > 0 && passes(member);
    return this.#least((set) => firstThat(behind, set.from(set.indexOf(after)))) ?? this.first(passes);
  }

  at(index: number): Member | undefined {
    let before = index;
    for (const set of this.#sets) {
      if (before < set.size) return set.at(before);
      before -= set.size;
    }
    return undefined;
  }

  indexOf(member: Member): number | null {
    let before = 0;
    for (const set of this.#sets) {
      const index = set.indexOf(member);
      const found = set.at(index);
      if (found !== undefined && this.#compare(found, member) === 0) return before + index;
      before += set.size;
    }
    return null;
  }

  *all(): Generator<Member> {
    for (const set of this.#sets) yield* set;
  }

  #least(of: (set: OrderedSet<Member>) => Member | undefined): Member | undefined {
    let least: Member | undefined;
    for (const set of this.#sets) {
      const member = of(set);
      if (member !== undefined && (least === undefined || this.#compare(member, least) < 0)) least = member;
    }
    return least;
  }
}

function firstThat(passes: (member: Member) => boolean, members: Iterable<Member>): Member | undefined {
  for (const member of members) if (passes(member)) return member;
  return undefined;
}
