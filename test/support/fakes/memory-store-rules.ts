import { storableCustomer, storableTextOrNull } from '../../../db/text.ts';
import type { CallEvent } from '../../../src/core/events.ts';
import type { MissRequest, NewEntry } from '../../../src/ports/queue-store.ts';
import type { MemoryAttempt, MemoryEntry } from './memory-queue-store.ts';

/** Place of an entry in the line: 1 and however many are before it. */
export function position(entry: MemoryEntry, line: readonly MemoryEntry[]): number {
  return 1 + line.filter((other) => isBefore(other, entry)).length;
}

function isBefore(other: MemoryEntry, entry: MemoryEntry): boolean {
  if (other.queue !== entry.queue) return false;
  if (other.priority !== entry.priority) return other.priority > entry.priority;
  if (other.joinedAtMs !== entry.joinedAtMs) return other.joinedAtMs < entry.joinedAtMs;
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

/** The caller and the customer as a table with limits keeps them. */
export function cutToLimits(entry: Omit<NewEntry, 'maxLength'>): Omit<NewEntry, 'maxLength'> {
  const { caller, customer } = entry;
  return {
    ...entry,
    caller: { number: storableTextOrNull(caller.number, 100), name: storableTextOrNull(caller.name, 1000) },
    customer: customer === null ? null : storableCustomer(customer),
  };
}
