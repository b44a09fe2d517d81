import type { ExtensionNumber } from '../ids.ts';
import type { Member } from './availability.ts';
import { type Compare, OrderedSet } from './ordered-set.ts';
import { type PenaltyLimits, penaltyFor } from './penalty-rules.ts';
import { Pool, type Window } from './pool.ts';
import { meets, needsKey, type SkillNeeds } from './skills.ts';

/** Callers who ask for the same: the same penalties, the same skills. */
export interface Demand<Place> {
  readonly key: string;
  readonly limits: PenaltyLimits;
  readonly pool: Pool;
  /** Those of them who may have any of the members. */
  readonly line: OrderedSet<Place>;
  /** How many ask for it. */
  callers: number;
}

/** Pools of skills that nobody asks for now and that are kept, so that the next such call need not sort all members. */
const IDLE_POOLS_MAX = 20;

/** What callers of one queue ask for, each with the members who can serve it, kept in order. */
export class Demands<Place> {
  readonly #byMember: Compare<Member>;
  readonly #byPlace: Compare<Place>;
  readonly #demands = new Map<string, Demand<Place>>();
  readonly #pools = new Map<string, Pool>();
  /** How many demands draw from a pool. */
  readonly #uses = new Map<Pool, number>();

  constructor(byMember: Compare<Member>, byPlace: Compare<Place>) {
    this.#byMember = byMember;
    this.#byPlace = byPlace;
  }

  [Symbol.iterator](): Iterator<Demand<Place>> {
    return this.#demands.values();
  }

  /** The demand of one more caller; whoever takes it gives it back. */
  take(limits: PenaltyLimits, needs: SkillNeeds, freeMembers: () => readonly Member[]): Demand<Place> {
    const skills = needsKey(needs);
    const { min, max, raise, raiseKeepsMin = false } = limits;
    const key = `${min} ${max} ${raise} ${raiseKeepsMin} ${skills}`;
    const known = this.#demands.get(key);
    if (known !== undefined) {
      known.callers++;
      return known;
    }
    const pool = this.#poolOf(skills, needs, freeMembers);
    const demand: Demand<Place> = { key, limits, pool, line: new OrderedSet(this.#byPlace), callers: 1 };
    this.#demands.set(key, demand);
    this.#uses.set(pool, (this.#uses.get(pool) ?? 0) + 1);
    return demand;
  }

  giveBack(demand: Demand<Place>): void {
    demand.callers--;
    if (demand.callers > 0) return;
    this.#demands.delete(demand.key);
    this.#uses.set(demand.pool, (this.#uses.get(demand.pool) ?? 1) - 1);
    this.#dropIdlePools();
  }

  /** The member may be rung now, or is another than before. */
  putMember(member: Member): void {
    for (const pool of this.#pools.values()) pool.put(member);
  }

  removeMember(number: ExtensionNumber): void {
    for (const pool of this.#pools.values()) pool.remove(number);
  }

  /** Whether a member who is free some day can serve it. */
  isFor({ pool }: Demand<Place>, { penalty, extension }: Member, window: Window): boolean {
    return (window === null || penaltyFor(penalty, window) !== null) && meets(extension.skills, pool.needs);
  }

  #poolOf(skills: string, needs: SkillNeeds, freeMembers: () => readonly Member[]): Pool {
    const known = this.#pools.get(skills);
    if (known !== undefined) return known;
    const pool = new Pool(needs, this.#byMember);
    for (const member of freeMembers()) pool.put(member);
    this.#pools.set(skills, pool);
    return pool;
  }

  #dropIdlePools(): void {
    const idle = [...this.#pools].filter(([, pool]) => this.#uses.get(pool) === 0);
    for (const [skills, pool] of idle.slice(0, Math.max(0, idle.length - IDLE_POOLS_MAX))) {
      this.#pools.delete(skills);
      this.#uses.delete(pool);
    }
  }
}
