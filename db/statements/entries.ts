import type { EntryId } from '../../src/core/ids.ts';
import type { Customer } from '../../src/core/people.ts';
import type { PenaltyLimits } from '../../src/core/queue/penalty-rules.ts';
import type { SkillNeeds } from '../../src/core/queue/skills.ts';
import type { Placing, PriorityRequest, WithdrawalRequest } from '../../src/ports/member-requests.ts';
import type {
  EndedEntry,
  EnteredPlace,
  EnterOptions,
  LateEndsRequest,
  LeaveRequest,
  NewEntry,
  StoredEntry,
} from '../../src/ports/queue-store.ts';
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
  readonly placedPriority: number;
  readonly placedAtMs: number;
  readonly minPenalty: number | null;
  readonly maxPenalty: number | null;
  readonly raisePenalty: number | null;
  readonly needs: SkillNeeds | null;
  readonly knownExtension: string | null;
  readonly joinedAtMs: number;
  readonly originalPosition: number;
  readonly withdrawalWanted: string | null;
  readonly state: StoredEntry['state'];
  readonly switchName: string;
}

/** `position` 0 is full, -1 no such queue. */
export function enter(
  entry: NewEntry,
  {
    maxLength,
    resumeSinceMs,
    wantedPosition,
    isLast,
    isKnownByLastCall,
    loggedName,
    isNumberHidden = false,
  }: EnterOptions,
): Statement<EnteredPlace> {
  const { entryId, callId, queue, channelId, uniqueId, priority, placedPriority, limits, needs, knownExtension } =
    entry;
  const record = {
    ...{
      entryId,
      callId,
      queue,
      channelId,
      uniqueId,
      priority,
      placedPriority,
      knownExtension,
      isLast,
      isNumberHidden,
    },
    callerNumber: storableTextOrNull(entry.caller.number, CALLER_NUMBER_LENGTH_MAX),
    callerName: storableTextOrNull(entry.caller.name, NAME_LENGTH_MAX),
    customer: entry.customer === null ? null : storableCustomer(entry.customer),
    minPenalty: limits.min,
    maxPenalty: limits.max,
    raisePenalty: raiseColumn(limits),
    needs: Object.keys(needs).length === 0 ? null : needs,
    loggedName: storableTextOrNull(loggedName, NAME_LENGTH_MAX),
  };
  return {
    name: 'enter',
    text: `select place as position, placed_priority as "placedPriority", ${asMs('placed_at')} as "placedAtMs",
        known_extension as "knownExtension"
      from enter_queue($1::jsonb, ${momentOf('$2')}, ${momentOf('$3')}, $4::int, ${momentOf('$5')}, $6::int, $7::boolean)`,
    // Nobody has left at infinity: without a moment nothing is resumed.
    values: [
      JSON.stringify(record),
      entry.joinedAtMs,
      entry.placedAtMs,
      maxLength,
      resumeSinceMs ?? Infinity,
      wantedPosition,
      isKnownByLastCall,
    ],
  };
}

const OPEN_ENTRIES = `select e.entry_id as "entryId", e.call_id as "callId", e.queue, e.channel_id as "channelId",
        e.unique_id as "uniqueId", e.caller_number as "callerNumber", e.caller_name as "callerName", e.customer, e.priority,
        e.placed_priority as "placedPriority", ${asMs('e.placed_at')} as "placedAtMs", e.min_penalty as "minPenalty",
        e.max_penalty as "maxPenalty", e.raise_penalty as "raisePenalty", e.needs, e.known_extension as "knownExtension",
        ${asMs('e.joined_at')} as "joinedAtMs", e.original_position as "originalPosition", e.withdrawal_wanted as "withdrawalWanted", e.state, e.switch as "switchName",
        a.attempt_id as "attemptId", a.extension, a.member_channel_id as "memberChannelId",
        ${asMs('a.started_at')} as "startedAtMs", ${asMs('a.connected_at')} as "connectedAtMs"
      from queue_entry e left join ring_attempt a on a.entry_id = e.entry_id and a.state <> 'ended'
      where e.state <> 'ended'`;
const IN_ORDER = 'order by e.queue, e.placed_priority desc, e.placed_at, e.entry_id, a.started_at, a.attempt_id';

/** Open entries in order of service, one row for each of their live attempts. */
export function selectOpenEntries(): Statement<EntryRow> {
  return { name: 'open-entries', text: `${OPEN_ENTRIES} ${IN_ORDER}`, values: [] };
}

/** Of these entries the open ones, as above. */
export function selectEntries(entryIds: readonly EntryId[]): Statement<EntryRow> {
  return { name: 'entries', text: `${OPEN_ENTRIES} and e.entry_id = any($1) ${IN_ORDER}`, values: [entryIds] };
}

/** Of these entries those that are over. */
export function selectClosed(entryIds: readonly EntryId[]): Statement<{ readonly entryId: string }> {
  const text = `select entry_id as "entryId" from queue_entry where entry_id = any($1) and state = 'ended'`;
  return { name: 'closed-entries', text, values: [entryIds] };
}

/** The switch of this session. */
const THIS_SWITCH = "coalesce(nullif(current_setting('queueapp.switch', true), ''), 'main')";

export interface EndedEntryRow {
  readonly entryId: string;
  readonly callId: string;
  readonly queue: string;
  readonly channelId: string;
  readonly outcome: EndedEntry['outcome'];
  readonly info: string | null;
  readonly waitMs: number;
  readonly customer: Customer | null;
}

/** Of these channels the last entry, where it is over. Asked for once at a start, so that no index has channels. */
export function selectEndedEntries(channelIds: readonly string[]): Statement<EndedEntryRow> {
  return {
    name: 'ended-entries',
    text: `select l.entry_id as "entryId", l.call_id as "callId", l.queue, l.channel_id as "channelId", l.outcome,
        ${asMs('coalesce(talk.connected_at, l.ended_at)')} - ${asMs('l.joined_at')} as "waitMs", line.info, l.customer
      from (select distinct on (channel_id) * from queue_entry
          where channel_id = any($1::text[]) and switch = ${THIS_SWITCH}
          order by channel_id, joined_at desc, ended_at desc nulls first) l
        left join lateral (select max(connected_at) as connected_at from ring_attempt where entry_id = l.entry_id) talk on true
        left join lateral (select case event when 'EXITWITHKEY' then data1 else data4 end as info from queue_log
          where callid = left(l.unique_id, 80) and queuename = l.queue and event = l.outcome
            and event in ('EXITWITHKEY', 'WITHDRAW') order by id desc limit 1) line on true
      where l.state = 'ended' order by l.channel_id`,
    values: [channelIds],
  };
}

export function toEndedEntry({ entryId, callId, queue, channelId, ...row }: EndedEntryRow): EndedEntry {
  const ids = { entryId: entryId as EndedEntry['entryId'], callId: callId as EndedEntry['callId'] };
  const where = { queue: queue as EndedEntry['queue'], channelId: channelId as EndedEntry['channelId'] };
  return { ...ids, ...where, ...row, info: row.info ?? '' };
}

/** The newest ends of entries and of attempts, counted back from the newest of all. */
export function selectLateEnds({
  withinMs,
  countMax,
}: LateEndsRequest): Statement<{ readonly channelId: string | null; readonly attemptId: string | null }> {
  return {
    name: 'late-ends',
    text: `with
        entries as materialized (select channel_id, null::text as attempt_id, ended_at from queue_entry
          where state = 'ended' and switch = ${THIS_SWITCH} order by ended_at desc limit $2),
        attempts as materialized (select null::text as channel_id, a.attempt_id, a.ended_at from ring_attempt a join queue_entry e using (entry_id)
          where a.state = 'ended' and e.switch = ${THIS_SWITCH} order by a.ended_at desc limit $2),
        ends as (select * from entries union all select * from attempts)
      select channel_id as "channelId", attempt_id as "attemptId" from ends
      where ended_at >= (select max(ended_at) from ends) - $1::float8 * interval '1 millisecond' order by ended_at desc`,
    values: [withinMs, countMax],
  };
}

const CHANGE_PRIORITY = `with
  held as materialized (
    select * from queue_entry where entry_id = $1 and state in ('waiting', 'ringing') for update),
  placed as (
    update queue_entry e set priority = $2, placed_priority = coalesce($3::int, h.placed_priority),
      placed_at = case when $3::int is null then h.placed_at else greatest(${momentOf('$4')}, (
        select max(o.placed_at) + interval '1 millisecond' from queue_entry o where $5 and o.queue = h.queue
          and o.entry_id <> h.entry_id and o.state in ('waiting', 'ringing') and o.placed_priority = $3)) end
    from held h where e.entry_id = h.entry_id returning e.queue, e.placed_priority, e.placed_at)
  select queue, placed_priority as "placedPriority", ${asMs('placed_at')} as "placedAtMs" from placed`;

/** Another priority, and with it another place or the same; no row when the caller does not wait any more. */
export function changePriority({
  entryId,
  priority,
  placed,
}: PriorityRequest): Statement<Pick<Placing, 'placedPriority' | 'placedAtMs'> & { readonly queue: string }> {
  const place = placed === null ? [null, null, false] : [placed.placedPriority, placed.placedAtMs, placed.isLast];
  return { name: 'change-priority', text: CHANGE_PRIORITY, values: [entryId, priority, ...place] };
}

export function wantWithdrawal({ entryId, info }: WithdrawalRequest): Statement<TransitionRow> {
  return {
    name: 'want-withdrawal',
    text: `with wanted as (
        update queue_entry set withdrawal_wanted = $2 where entry_id = $1 and state in ('waiting', 'ringing') returning queue)
      select exists (select from wanted) as done, $1 as "entryId", (select queue from wanted) as queue`,
    values: [entryId, storableText(info, NAME_LENGTH_MAX)],
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

/** Rows as the rest of the program knows them; an entry for which several phones ring has several. */
export function toEntries(rows: readonly EntryRow[]): StoredEntry[] {
  const byEntry = new Map<string, EntryRow[]>();
  for (const row of rows) byEntry.set(row.entryId, [...(byEntry.get(row.entryId) ?? []), row]);
  return [...byEntry.values()].map((ofOne) => toEntry(ofOne));
}

function toEntry(rows: readonly EntryRow[]): StoredEntry {
  const row = rows[0] as EntryRow;
  const attempts = rows.flatMap((each) =>
    each.attemptId === null ? [] : [toAttempt({ ...each, attemptId: each.attemptId })],
  );
  return {
    entryId: row.entryId as StoredEntry['entryId'],
    callId: row.callId as StoredEntry['callId'],
    queue: row.queue as StoredEntry['queue'],
    channelId: row.channelId as StoredEntry['channelId'],
    uniqueId: row.uniqueId,
    caller: { number: row.callerNumber, name: row.callerName },
    customer: row.customer,
    priority: row.priority,
    placedPriority: row.placedPriority,
    placedAtMs: row.placedAtMs,
    limits: { min: row.minPenalty, max: row.maxPenalty, ...raiseOf(row.raisePenalty) },
    needs: row.needs ?? {},
    knownExtension: row.knownExtension as StoredEntry['knownExtension'],
    joinedAtMs: row.joinedAtMs,
    originalPosition: row.originalPosition,
    withdrawalWanted: row.withdrawalWanted,
    switchName: row.switchName as StoredEntry['switchName'],
    state: row.state,
    attempts,
  };
}

/** Penalties are never negative: `r4` (members below the lowest penalty stay left out) is kept as -1 - 4. */
function raiseColumn({ raise, raiseKeepsMin }: PenaltyLimits): number | null {
  return raise !== null && raiseKeepsMin === true ? -1 - raise : raise;
}

function raiseOf(column: number | null): Pick<PenaltyLimits, 'raise' | 'raiseKeepsMin'> {
  return column !== null && column < 0 ? { raise: -1 - column, raiseKeepsMin: true } : { raise: column };
}
