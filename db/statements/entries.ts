import type { Customer } from '../../src/core/people.ts';
import type { LeaveRequest, NewEntry, StoredAttempt, StoredEntry } from '../../src/ports/queue-store.ts';
import {
  CALLER_NUMBER_LENGTH_MAX,
  NAME_LENGTH_MAX,
  storableCustomer,
  storableText,
  storableTextOrNull,
} from '../text.ts';
import { type AttemptRow, type TransitionRow, toAttempt } from './attempts.ts';
import { asMs, momentOf, type Statement } from './statement.ts';

/** A row of queue_entry with the attempt that holds it, whose columns are null while the entry waits. */
export interface EntryRow extends Omit<AttemptRow, 'attemptId'> {
  readonly attemptId: string | null;
  readonly callId: string;
  readonly channelId: string;
  readonly uniqueId: string;
  readonly callerNumber: string | null;
  readonly callerName: string | null;
  readonly customer: Customer | null;
  readonly priority: number;
  readonly joinedAtMs: number;
  readonly originalPosition: number;
  readonly state: StoredEntry['state'];
}

/** `position` 0 is full, -1 no such queue. */
export function enter(entry: NewEntry): Statement<{ position: number }> {
  return {
    name: 'enter',
    text: `select enter_queue($1, $2, $3, $4, $5, $6, $7, $8::jsonb, $9::int, ${momentOf('$10')}, $11::int) as position`,
    values: [
      entry.entryId,
      entry.callId,
      entry.queue,
      entry.channelId,
      entry.uniqueId,
      storableTextOrNull(entry.caller.number, CALLER_NUMBER_LENGTH_MAX),
      storableTextOrNull(entry.caller.name, NAME_LENGTH_MAX),
      entry.customer === null ? null : JSON.stringify(storableCustomer(entry.customer)),
      entry.priority,
      entry.joinedAtMs,
      entry.maxLength,
    ],
  };
}

/** Open entries in order of service. */
export function selectOpenEntries(): Statement<EntryRow> {
  return {
    name: 'open-entries',
    text: `select e.entry_id as "entryId", e.call_id as "callId", e.queue, e.channel_id as "channelId",
        e.unique_id as "uniqueId", e.caller_number as "callerNumber", e.caller_name as "callerName", e.customer, e.priority,
        ${asMs('e.joined_at')} as "joinedAtMs", e.original_position as "originalPosition", e.state,
        a.attempt_id as "attemptId", a.extension, a.member_channel_id as "memberChannelId",
        ${asMs('a.started_at')} as "startedAtMs", ${asMs('a.connected_at')} as "connectedAtMs"
      from queue_entry e left join ring_attempt a on a.attempt_id = e.attempt_id
      where e.state <> 'ended' order by e.queue, e.priority desc, e.joined_at, e.entry_id`,
    values: [],
  };
}

/** Closes a waiting or ringing entry with its lines; `done` also when the same leave was done before. */
export function leave({ entryId, outcome, info = '', atMs }: LeaveRequest): Statement<TransitionRow> {
  return {
    name: 'leave',
    text: `select leave_queue($1, $2, $3, ${momentOf('$4')}) as done, $1 as "entryId",
        (select queue from queue_entry where entry_id = $1) as queue`,
    values: [entryId, outcome, storableText(info, NAME_LENGTH_MAX), atMs],
  };
}

/** The row as the rest of the program knows it. */
export function toEntry(row: EntryRow): StoredEntry {
  const attempt: StoredAttempt | null = row.attemptId === null ? null : toAttempt({ ...row, attemptId: row.attemptId });
  return {
    entryId: row.entryId as StoredEntry['entryId'],
    callId: row.callId as StoredEntry['callId'],
    queue: row.queue as StoredEntry['queue'],
    channelId: row.channelId as StoredEntry['channelId'],
    uniqueId: row.uniqueId,
    caller: { number: row.callerNumber, name: row.callerName },
    customer: row.customer,
    priority: row.priority,
    joinedAtMs: row.joinedAtMs,
    originalPosition: row.originalPosition,
    state: row.state,
    attempt,
  };
}
