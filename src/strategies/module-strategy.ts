import type { Member } from '../core/queue/availability.ts';
import { builtInStrategy } from '../core/queue/strategies.ts';
import type { Choice, Strategy, Tier } from '../core/queue/strategy.ts';
import { callWithin, isTimeUp } from './timed-call.ts';
import { callerView, type MemberView, memberView, type UserStrategy } from './views.ts';

/** How long one decision of a module may take; calls and audio stand still meanwhile. */
export const DECISION_MS_MAX = 50;
/** So many faults in a row, and the module is asked no more. */
export const FAULTS_MAX = 3;

interface ModuleStrategyOptions {
  readonly name: string;
  readonly module: UserStrategy;
  /** Told what was wrong, and whether the module is asked no more. */
  readonly onFault: (reason: string, isLast: boolean) => void;
  readonly limitMs?: number;
}

/**
 * A user's module as a strategy. It is handed the members who may be rung now, and names them in order; the first is rung. A module that
 * throws, does not come back, or names nobody who may be rung costs a moment and not a call: that caller is served by `leastrecent`, and
 * after FAULTS_MAX faults in a row all are, until the configuration is read again.
 */
export function moduleStrategy({ name, module, onFault, limitMs = DECISION_MS_MAX }: ModuleStrategyOptions): Strategy {
  const fallback = builtInStrategy('leastrecent');
  let faults = 0;
  const ask = (choice: Choice, tiers: readonly Tier[]): Member | null => {
    const members = ringable(choice, tiers);
    if (members.size === 0) return null;
    try {
      const views = Object.freeze([...members.keys()]);
      const answer = callWithin(limitMs, () => asNames(module.order(views, callerView(choice))));
      const member = firstNamed(answer, members);
      faults = 0;
      return member;
    } catch (error) {
      faults++;
      onFault(reasonOf(error, limitMs), faults >= FAULTS_MAX);
      return null;
    }
  };
  return {
    name,
    compare: fallback.compare,
    choose(choice) {
      if (faults >= FAULTS_MAX) return fallback.choose(choice);
      const tiers = [...choice.tiers];
      const member = ask(choice, tiers);
      return member === null ? fallback.choose({ ...choice, tiers }) : [member];
    },
  };
}

function ringable({ caller, isResting }: Choice, tiers: readonly Tier[]): Map<MemberView, Member> {
  const members = new Map<MemberView, Member>();
  for (const { penalty, all } of tiers.map((tier) => ({ penalty: tier.penalty, all: tier.all() })))
    for (const member of all) {
      if (isResting(member)) continue;
      members.set(memberView(member, penalty, caller.missed.get(member.extension.number)), member);
    }
  return members;
}

/** Copied within the time limit: what a module hands out may be anything, an endless list too. */
function asNames(answer: unknown): readonly string[] {
  if (!Array.isArray(answer)) throw new TypeError('order() did not return an array');
  return answer.map((each: unknown) => (typeof each === 'object' && each !== null ? nameIn(each) : String(each)));
}

/** A member may be named by handing it back. */
function nameIn(each: object): string {
  return 'extension' in each ? String(each.extension) : '';
}

function firstNamed(names: readonly string[], members: ReadonlyMap<MemberView, Member>): Member {
  const byName = new Map<string, Member>();
  for (const [view, member] of members) byName.set(view.interface, member).set(view.extension, member);
  const first = names.map((name) => byName.get(name)).find((member) => member !== undefined);
  if (first !== undefined) return first;
  if (names.length === 0) throw new Error('order() named nobody, though members may be rung');
  throw new Error(`order() named nobody who may be rung, but ${shortened(names.slice(0, 3).join(', '))}`);
}

function reasonOf(error: unknown, limitMs: number): string {
  if (isTimeUp(error)) return `order() did not come back within ${limitMs} ms`;
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : error;
  return shortened(String(message));
}

const shortened = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
