import { storableCustomer, storableTextOrNull } from '../../../db/text.ts';
import type { CallEvent } from '../../../src/core/events.ts';
import type { Placing, PriorityRequest } from '../../../src/ports/member-requests.ts';
import type {
  CompleteRequest,
  EnterOptions,
  LeaveOutcome,
  MissRequest,
  NewEntry,
} from '../../../src/ports/queue-store.ts';
import type { MemoryAttempt, MemoryEntry } from './memory-calls.ts';

/** Place of an entry in the line: 1 and however many are before it. */
export function position(entry: MemoryEntry, line: readonly MemoryEntry[]): number {
  return 1 + line.filter((other) => isBefore(other, entry)).length;
}

function isBefore(other: MemoryEntry, entry: MemoryEntry): boolean {
  if (other.queue !== entry.queue) return false;
  if (other.placedPriority !== entry.placedPriority) return other.placedPriority > entry.placedPriority;
  if (other.placedAtMs !== entry.placedAtMs) return other.placedAtMs < entry.placedAtMs;
  return other.entryId < entry.entryId;
}

/** What every line about a member's call begins with. */
export function memberLine({ entry, memberName: member }: MemoryAttempt) {
  const { queue, callId, uniqueId } = entry;
  return { queue, callId, uniqueId, member };
}

/** The line of a ring that led to nothing; none when we ended it ourselves. */
export function missLines(attempt: MemoryAttempt, { outcome, ringMs, atMs }: MissRequest): readonly CallEvent[] {
  const line = { ...memberLine(attempt), atMs };
  if (outcome === 'cancelled') return [];
  if (outcome === 'dumped') return [{ event: 'AGENTDUMP', ...line }];
  if (outcome === 'caller-gone') return [{ event: 'RINGCANCELED', ...line, ringMs }];
  const isExact = outcome === 'no-answer' || outcome === 'not-accepted';
  const loggedMs = isExact ? ringMs : Math.trunc(ringMs / 1000) * 1000;
  return [{ event: 'RINGNOANSWER', ...line, ringMs: loggedMs }];
}

/** Which line a conversation's end writes, and what it has beside that of all of them. */
export function endingOf({ endedBy, transfer = null }: CompleteRequest) {
  if (transfer === null) return { event: endedBy === 'caller' ? 'COMPLETECALLER' : 'COMPLETEAGENT' } as const;
  if (transfer.type === 'attended') return { event: 'ATTENDEDTRANSFER', target: transfer.target } as const;
  const { extension, context } = transfer;
  return { event: 'BLINDTRANSFER', extension, context } as const;
}

/** The caller and the customer as a table with limits keeps them. */
export function cutToLimits(entry: NewEntry): NewEntry {
  const { caller, customer } = entry;
  return {
    ...entry,
    caller: { number: storableTextOrNull(caller.number, 100), name: storableTextOrNull(caller.name, 1000) },
    customer: customer === null ? null : storableCustomer(customer),
  };
}

/** The entry with its place: that of a caller who was cut off, the one asked for, or the one of its own. `all` are entries of all queues. */
export function placeInLine(entry: NewEntry, options: EnterOptions, all: readonly MemoryEntry[]): NewEntry {
  const { caller, queue, customer } = entry;
  const byEnd = all.filter((each) => each.endedAtMs !== null).sort((a, b) => (b.endedAtMs ?? 0) - (a.endedAtMs ?? 0));
  const spoke = byEnd.find((each) => each.customer?.id === customer?.id && each.answeredBy !== null);
  const known = options.isKnownByLastCall ? { knownExtension: spoke?.answeredBy ?? entry.knownExtension } : {};
  const since = options.resumeSinceMs ?? Number.POSITIVE_INFINITY;
  const old = byEnd.find(
    (each) =>
      each.queue === queue &&
      each.caller.number === caller.number &&
      caller.number !== null &&
      !each.isResumed &&
      each.outcome === 'ABANDON' &&
      (each.endedAtMs ?? 0) >= since,
  );
  if (old !== undefined) {
    old.isResumed = true;
    const placedPriority = Math.max(entry.placedPriority, old.placedPriority);
    return { ...entry, ...known, placedPriority, placedAtMs: Math.min(entry.placedAtMs, old.placedAtMs) };
  }
  if (options.wantedPosition === null) {
    return { ...entry, ...known, placedAtMs: options.isLast ? lastPlace(entry, all) : entry.placedAtMs };
  }
  return { ...entry, ...known, placedAtMs: wantedPlace(entry, options.wantedPosition, all) };
}

function lastPlace(entry: NewEntry, all: readonly MemoryEntry[]): number {
  const equals = all.filter((each) => isInLine(each, entry.queue) && each.placedPriority === entry.placedPriority);
  return Math.max(entry.placedAtMs, ...equals.map(({ placedAtMs }) => placedAtMs + 0.001));
}

const isInLine = (each: MemoryEntry, queue: string) =>
  each.queue === queue && (each.state === 'waiting' || each.state === 'ringing');

function wantedPlace(entry: NewEntry, wanted: number, all: readonly MemoryEntry[]): number {
  const line = all.filter((each) => isInLine(each, entry.queue));
  const before = line.filter((each) => each.placedPriority > entry.placedPriority).length;
  const equals = line
    .filter((each) => each.placedPriority === entry.placedPriority)
    .sort((a, b) => (isBefore(a, b) ? -1 : 1));
  const index = Math.max(0, wanted - before - 1);
  const behind = equals[index];
  const ahead = equals[index - 1];
  if (behind === undefined) return entry.placedAtMs;
  return ahead === undefined ? behind.placedAtMs - 1 : ahead.placedAtMs + (behind.placedAtMs - ahead.placedAtMs) / 2;
}

type LeavingLine = Omit<Extract<CallEvent, { event: 'EXITEMPTY' }>, 'event'>;

/** The line that closes an entry unserved; `member` had answered already. */
export function leavingLine(
  outcome: LeaveOutcome,
  line: LeavingLine,
  { info, member }: { readonly info: string; readonly member: string | undefined },
): CallEvent {
  if (outcome === 'WITHDRAW') return { event: outcome, ...line, info };
  if (outcome === 'EXITWITHKEY') return { event: outcome, ...line, key: info };
  return outcome === 'ABANDON' && member !== undefined
    ? { event: outcome, ...line, member }
    : { event: outcome, ...line };
}

/** Where a caller stands after a change of priority, among those who wait. */
export function newPlacing(
  { priority, placed }: PriorityRequest,
  entry: MemoryEntry,
  line: readonly MemoryEntry[],
): Placing {
  if (placed === null) return { priority, placedPriority: entry.placedPriority, placedAtMs: entry.placedAtMs };
  const { placedPriority, placedAtMs, isLast } = placed;
  const equals = line.filter((each) => isLast && each !== entry && each.placedPriority === placedPriority);
  return { priority, placedPriority, placedAtMs: Math.max(placedAtMs, ...equals.map((each) => each.placedAtMs + 1)) };
}
