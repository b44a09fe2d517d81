import type { Member } from './availability.ts';
import type { Compare } from './ordered-set.ts';
import type { BuiltInStrategy } from './settings.ts';
import { byDefinedTie, byInterface, type Choice, type Strategy, type Tier } from './strategy.ts';

/** Who has other calls, too (`ringInUse`), goes behind those who have none. */
const byOffers: Compare<Member> = (a, b) => a.offers - b.offers;
/** In the order in which they were added. */
const byLogin: Compare<Member> = (a, b) =>
  a.loggedInAtMs - b.loggedInAtMs || a.position - b.position || byInterface(a, b);
/** In the order of configuration. */
const byPosition: Compare<Member> = (a, b) =>
  a.position - b.position || a.loggedInAtMs - b.loggedInAtMs || byInterface(a, b);

/** Who never had a call goes before all who had one (L1), however long ago that was (L4). */
const byLastHangup: Compare<Member> = (a, b) => (a.lastHangupAtMs ?? 0) - (b.lastHangupAtMs ?? 0);
const byCalls: Compare<Member> = (a, b) => a.calls - b.calls;

/** app_queue's strategies. */
const BUILT_IN: Readonly<Record<BuiltInStrategy, Strategy>> = {
  leastrecent: bestFirst('leastrecent', byLastHangup),
  fewestcalls: bestFirst('fewestcalls', byCalls),
  ringall: { name: 'ringall', compare: byDefinedTie, choose: lowestTierWhole },
  rrmemory: { name: 'rrmemory', compare: byLogin, choose: (choice) => behind(choice.lastRung, choice) },
  rrordered: { name: 'rrordered', compare: byPosition, choose: (choice) => behind(choice.lastRung, choice) },
  linear: { name: 'linear', compare: byPosition, choose: (choice) => behind(lastMissed(choice), choice) },
  random: { name: 'random', compare: byDefinedTie, choose: anyOfLowestTier },
  wrandom: { name: 'wrandom', compare: byDefinedTie, choose: byWeightedChance },
};

/** By its name in a queue's settings, which has been checked: what is unknown all the same is served by leastrecent. */
export function builtInStrategy(name: string): Strategy {
  return Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name as BuiltInStrategy] : BUILT_IN.leastrecent;
}

/**
 * The best of the lowest penalty. Who did not take this very call goes behind the others of that penalty, the latest last
 * (difference 2; app_queue rings the same phone again: L3).
 */
function bestFirst(name: string, byMetric: Compare<Member>): Strategy {
  const compare: Compare<Member> = (a, b) => byOffers(a, b) || byMetric(a, b) || byDefinedTie(a, b);
  return {
    name,
    compare,
    choose(choice) {
      const { missed } = choice.caller;
      return fromLowestTier(choice, (tier) => {
        return tier.first((member) => !missed.has(member.extension.number)) ?? longestMissed(choice, tier, compare);
      });
    },
  };
}

/** Of those who missed this call and may be rung again, the one who missed it longest ago. */
function longestMissed(choice: Choice, tier: Tier, compare: Compare<Member>): Member | undefined {
  const again = missedMembers(choice).filter(
    ({ member }) => !choice.isResting(member) && tier.indexOf(member) !== null,
  );
  again.sort((a, b) => a.atMs - b.atMs || compare(a.member, b.member));
  return again[0]?.member;
}

/** All of the lowest penalty in which anybody may be rung (RA1). */
function lowestTierWhole({ tiers, isResting }: Choice): readonly Member[] {
  for (const tier of tiers) {
    const ringable = [...tier.all()].filter((member) => !isResting(member));
    if (ringable.length > 0) return ringable.sort(byDefinedTie);
  }
  return [];
}

/** Round robin: who comes after the pointer in the lowest penalty in which anybody may be rung. */
function behind(pointer: Member | null, choice: Choice): readonly Member[] {
  const passes = (member: Member) => !choice.isResting(member);
  return fromLowestTier(choice, (tier) => (pointer === null ? tier.first(passes) : tier.next(pointer, passes)));
}

/** The pointer of `linear` is the caller's own (RR3): whom this caller missed last. */
function lastMissed(choice: Choice): Member | null {
  const latest = missedMembers(choice).reduce<{ member: Member; atMs: number } | null>(
    (best, each) => (best === null || each.atMs >= best.atMs ? each : best),
    null,
  );
  return latest?.member ?? null;
}

/** R1: anybody of the lowest penalty, all with the same chance. */
function anyOfLowestTier(choice: Choice): readonly Member[] {
  return fromLowestTier(choice, (tier) => drawn(tier, resting(choice, tier), choice.random));
}

/**
 * app_queue draws a number up to (1 + penalty) × 1000 for each member and rings the least: a penalty is a chance, no tier
 * (R1). The least of n numbers drawn up to w is distributed as w(1 - u^(1/n)), so one draw for each penalty is enough, and
 * one for the member in it; no number overflows (difference 9).
 */
function byWeightedChance(choice: Choice): readonly Member[] {
  let winner: { readonly tier: Tier; readonly resting: readonly number[]; readonly least: number } | null = null;
  for (const tier of choice.tiers) {
    const restingHere = resting(choice, tier);
    const count = tier.size - restingHere.length;
    if (count === 0) continue;
    const least = (1 + tier.penalty) * (1 - (1 - choice.random()) ** (1 / count));
    if (winner === null || least < winner.least) winner = { tier, resting: restingHere, least };
  }
  const member = winner === null ? undefined : drawn(winner.tier, winner.resting, choice.random);
  return member === undefined ? [] : [member];
}

/** The numbers of those in the tier who are not to be rung yet, ascending. */
function resting(choice: Choice, tier: Tier): readonly number[] {
  return missedMembers(choice)
    .filter(({ member }) => choice.isResting(member))
    .map(({ member }) => tier.indexOf(member))
    .filter((index) => index !== null)
    .sort((a, b) => a - b);
}

function drawn(tier: Tier, resting: readonly number[], random: () => number): Member | undefined {
  const count = tier.size - resting.length;
  if (count === 0) return undefined;
  let index = Math.min(count - 1, Math.floor(random() * count));
  for (const left of resting) if (left <= index) index++;
  return tier.at(index);
}

function missedMembers({ caller, member }: Choice): { readonly member: Member; readonly atMs: number }[] {
  return [...caller.missed].flatMap(([number, atMs]) => {
    const found = member(number);
    return found === undefined ? [] : [{ member: found, atMs }];
  });
}

function fromLowestTier({ tiers }: Choice, choose: (tier: Tier) => Member | undefined): readonly Member[] {
  for (const tier of tiers) {
    const member = choose(tier);
    if (member !== undefined) return [member];
  }
  return [];
}
