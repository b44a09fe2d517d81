import type { ExtensionNumber, QueueName } from '../../src/core/ids.ts';
import { availability, type Member } from '../../src/core/queue/availability.ts';
import { compareEntries, inOrder, type WaitingEntry } from '../../src/core/queue/line.ts';
import type { Proposal } from '../../src/core/queue/matchmaker.ts';
import { limitsAt, penaltyFor } from '../../src/core/queue/penalty-rules.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import { meets, needsAt } from '../../src/core/queue/skills.ts';

/** A queue as plain lists. */
export interface PlainQueue {
  settings: QueueSettings;
  members: Map<ExtensionNumber, Member>;
  line: Map<string, { entry: WaitingEntry; isWaiting: boolean }>;
  lastRung: Member | null;
}

interface Candidate {
  readonly member: Member;
  readonly penalty: number;
}

/**
 * What the matchmaker does, as simply as it can be said and in as much time as it takes: each caller in the order of service,
 * each member looked at and sorted anew. Changes the lists as the matchmaker would.
 */
export function naiveLook(queues: ReadonlyMap<QueueName, PlainQueue>, nowMs: number): Proposal[] {
  const proposals: Proposal[] = [];
  for (const { queue, entry } of inOrderOfService([...queues.values()])) {
    const place = queue.line.get(entry.entryId);
    if (place?.isWaiting !== true || !mayBeServed(queue, entry, nowMs)) continue;
    const chosen = choose(queue, entry, nowMs);
    if (chosen.length === 0) continue;
    place.isWaiting = false;
    queue.lastRung = chosen.at(-1) ?? null;
    const extensions = chosen.map(({ extension }) => extension.number);
    for (const number of extensions) hold(queues, number);
    proposals.push({ queue: queue.settings.name, entryId: entry.entryId, extensions });
  }
  return proposals;
}

function hold(queues: ReadonlyMap<QueueName, PlainQueue>, number: ExtensionNumber): void {
  for (const { members } of queues.values()) {
    const member = members.get(number);
    if (member !== undefined) members.set(number, { ...member, offers: member.offers + 1 });
  }
}

function inOrderOfService(queues: readonly PlainQueue[]) {
  const all = queues.flatMap((queue) => [...queue.line.values()].map(({ entry }) => ({ queue, entry })));
  return all.sort((a, b) => b.queue.settings.weight - a.queue.settings.weight || compareEntries(a.entry, b.entry));
}

/** Without autofill only the first whom anybody of the queue could serve. */
function mayBeServed(queue: PlainQueue, entry: WaitingEntry, nowMs: number): boolean {
  if (queue.settings.autofill) return true;
  const line = inOrder([...queue.line.values()].map((place) => place.entry));
  const first = line.find((each) => {
    const isRung = queue.line.get(each.entryId)?.isWaiting === false;
    return isRung || candidates(queue, each, nowMs).length > 0;
  });
  return first === entry;
}

/** Members who could serve the caller when free. */
function candidates({ settings, members }: PlainQueue, entry: WaitingEntry, nowMs: number): Candidate[] {
  const waitedMs = nowMs - entry.joinedAtMs;
  const { limits } = limitsAt(entry.limits, entry.penaltyRule, waitedMs);
  const { needs } = needsAt(entry.skillRule, entry.needs, waitedMs);
  const doPenaltiesCount = members.size > settings.penaltyMembersLimit;
  return [...members.values()].flatMap((member) => {
    const penalty = doPenaltiesCount ? penaltyFor(member.penalty, limits) : 0;
    return penalty === null || !meets(member.extension.skills, needs) ? [] : [{ member, penalty }];
  });
}

function choose(queue: PlainQueue, entry: WaitingEntry, nowMs: number): Member[] {
  const { settings } = queue;
  const able = candidates(queue, entry, nowMs);
  const free = able.filter(({ member }) => {
    const missedAtMs = entry.missed.get(member.extension.number);
    const isResting = missedAtMs !== undefined && missedAtMs + settings.retryMs > nowMs;
    return !isResting && availability(member, settings, nowMs).type === 'available';
  });
  const isKnown = ({ member }: Candidate) => member.extension.number === entry.knownExtension;
  const known = free.find(isKnown);
  if (known !== undefined) return [known.member];
  if (settings.knownMember !== null && entry.joinedAtMs + settings.knownMember.exclusiveMs > nowMs) {
    const isTried = entry.knownExtension !== null && entry.missed.has(entry.knownExtension);
    if (!isTried && able.some((each) => isKnown(each) && !each.member.isPaused)) return [];
  }
  const lowest = Math.min(...free.map(({ penalty }) => penalty));
  const tier = free.filter(({ penalty }) => penalty === lowest).map(({ member }) => member);
  return byStrategy(queue, entry, tier);
}

function byStrategy({ settings, lastRung, members }: PlainQueue, entry: WaitingEntry, tier: Member[]): Member[] {
  const byText = (a: Member, b: Member) => a.extension.interface.localeCompare(b.extension.interface);
  const idle = (member: Member) => Math.max(member.loggedInAtMs, member.lastHangupAtMs ?? 0);
  const byTie = (a: Member, b: Member) => idle(a) - idle(b) || a.position - b.position || byText(a, b);
  const missed = (member: Member) => entry.missed.get(member.extension.number) ?? Number.NEGATIVE_INFINITY;
  const byMissed = (a: Member, b: Member) => {
    const [first, second] = [missed(a), missed(b)];
    return first === second ? 0 : first - second;
  };
  const byLogin = (a: Member, b: Member) => a.loggedInAtMs - b.loggedInAtMs || a.position - b.position || byText(a, b);
  const byPosition = (a: Member, b: Member) => a.position - b.position || byLogin(a, b);
  const behind = (pointer: Member | null, order: (a: Member, b: Member) => number) => {
    const sorted = [...tier].sort(order);
    const next = pointer === null ? undefined : sorted.find((each) => order(each, pointer) > 0);
    return [next ?? sorted[0]].filter((each) => each !== undefined);
  };
  const best = (metric: (member: Member) => number) =>
    [...tier].sort((a, b) => byMissed(a, b) || a.offers - b.offers || metric(a) - metric(b) || byTie(a, b)).slice(0, 1);
  if (settings.strategy === 'ringall') return [...tier].sort(byTie);
  if (settings.strategy === 'rrmemory') return behind(lastRung, byLogin);
  if (settings.strategy === 'rrordered') return behind(lastRung, byPosition);
  if (settings.strategy === 'linear') {
    const tried = [...entry.missed].sort((a, b) => a[1] - b[1]).flatMap(([number]) => members.get(number) ?? []);
    return behind(tried.at(-1) ?? null, byPosition);
  }
  return best(settings.strategy === 'fewestcalls' ? (each) => each.calls : (each) => each.lastHangupAtMs ?? 0);
}
