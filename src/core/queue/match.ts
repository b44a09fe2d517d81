import type { EntryId, ExtensionNumber, QueueName } from '../ids.ts';
import { availability, type Member } from './availability.ts';
import { inOrder, type WaitingEntry } from './line.ts';
import type { QueueSettings } from './settings.ts';
import { leastrecent, strategies } from './strategy.ts';

/** One queue at one instant: who waits (not those already ringing or talking) and who is logged in. */
export interface QueueView {
  readonly settings: QueueSettings;
  readonly waiting: readonly WaitingEntry[];
  readonly members: readonly Member[];
}

/** Ring this member for this caller: a proposal that only the database makes true. */
export interface Proposal {
  readonly queue: QueueName;
  readonly entryId: EntryId;
  readonly extension: ExtensionNumber;
}

export interface Matching {
  readonly proposals: readonly Proposal[];
  /** When time alone (wrap-up over, retry over) may allow another match; `null` when only an event can. */
  readonly lookAgainAtMs: number | null;
}

/**
 * Matches callers and members of all queues at once, so that a member of several queues is proposed once. Callers are served
 * in order of priority and arrival over all queues (autofill: one who can't be served blocks nobody behind).
 */
export function match(queues: readonly QueueView[], nowMs: number): Matching {
  const proposals: Proposal[] = [];
  const taken = new Set<ExtensionNumber>();
  let lookAgainAtMs: number | null = null;
  const lookAgain = (atMs: number) => {
    lookAgainAtMs = lookAgainAtMs === null ? atMs : Math.min(lookAgainAtMs, atMs);
  };
  const candidates = new Map(queues.map((queue) => [queue, ringableMembers(queue, nowMs, lookAgain)]));
  const line = inOrder(queues.flatMap((queue) => queue.waiting.map((entry) => ({ ...entry, queue }))));
  for (const entry of line) {
    const free = (candidates.get(entry.queue) ?? []).filter((member) => !taken.has(member.extension.number));
    if (free.length === 0) continue;
    const chosen = choose({ members: free, entry, settings: entry.queue.settings, nowMs, lookAgain });
    if (chosen === undefined) continue;
    taken.add(chosen.extension.number);
    proposals.push({
      queue: entry.queue.settings.name,
      entryId: entry.entryId,
      extension: chosen.extension.number,
    });
  }
  return { proposals, lookAgainAtMs };
}

function ringableMembers(queue: QueueView, nowMs: number, lookAgain: (atMs: number) => void): Member[] {
  return queue.members.filter((member) => {
    const is = availability(member, queue.settings, nowMs);
    if (is.type === 'wrap-up') lookAgain(is.untilMs);
    return is.type === 'available';
  });
}

/** The strategy's first member that isn't still within `retry` for this caller. */
function choose({ members, entry, settings, nowMs, lookAgain }: Choice): Member | undefined {
  const rested = members.filter((member) => {
    const missedAtMs = entry.missed.get(member.extension.number);
    if (missedAtMs === undefined || missedAtMs + settings.retryMs <= nowMs) return true;
    lookAgain(missedAtMs + settings.retryMs);
    return false;
  });
  return (strategies[settings.strategy] ?? leastrecent)(rested, entry)[0];
}

interface Choice {
  readonly members: readonly Member[];
  readonly entry: WaitingEntry;
  readonly settings: QueueSettings;
  readonly nowMs: number;
  readonly lookAgain: (atMs: number) => void;
}
