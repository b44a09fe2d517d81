import { fieldSafe } from '../../src/core/queue/queue-log.ts';
import type {
  AnswerRequest,
  CompleteRequest,
  ConnectRequest,
  LoggedTransfer,
  MissRequest,
  ReserveRequest,
  StoredAttempt,
} from '../../src/ports/queue-store.ts';
import { storableText } from '../text.ts';
import { type ConsequenceRow, MISS_PARTS } from './misses.ts';
import { type LogSource, logInsert, logSelect, secondsBetween } from './queue-log.ts';
import { asMs, momentOf, type Statement } from './statement.ts';

/** Channel ids and unique ids of Asterisk are at most 149 characters (AST_MAX_UNIQUEID). */
const CHANNEL_ID_LENGTH_MAX = 150;

/** A row of ring_attempt. */
export interface AttemptRow {
  readonly attemptId: string;
  readonly entryId: string;
  readonly extension: string;
  readonly queue: string;
  readonly memberChannelId: string | null;
  readonly startedAtMs: number;
  readonly connectedAtMs: number | null;
}

/** The answer of a transition: whether it is done, and what this very statement changed. */
export interface TransitionRow {
  readonly done: boolean;
  readonly entryId?: string | null;
  readonly queue: string | null;
  readonly extension?: string | null;
}

export function selectOpenAttempts(): Statement<AttemptRow> {
  return {
    name: 'open-attempts',
    text: `select attempt_id as "attemptId", entry_id as "entryId", extension, queue, member_channel_id as "memberChannelId",
        ${asMs('started_at')} as "startedAtMs", ${asMs('connected_at')} as "connectedAtMs"
      from ring_attempt where state <> 'ended' order by started_at, attempt_id`,
    values: [],
  };
}

/**
 * Who waits for the entry's lock sees its new row (READ COMMITTED looks again), so a second reservation finds it no
 * longer waiting; who wants the same extension for itself waits for the unique index and then inserts nothing. Two queues of which
 * only one says ring-in-use are kept apart as far as this statement's snapshot shows: the other one has said that it may be so.
 * Who has a call already is counted, once for each offer, which PostgreSQL does by index: "not exists" here made it read all attempts that
 * are kept, at each reservation (0.8 ms of 5,000).
 */
const RESERVE = `with
  held as materialized (
    select * from queue_entry where entry_id = $1 and queue = $2 and state in ('waiting', 'ringing') for update),
  free as materialized (
    select attempt_id, extension from unnest($3::text[], $4::text[]) o(attempt_id, extension)
    where not $6 or (select count(*) from ring_attempt r where r.extension = o.extension and r.state <> 'ended') = 0),
  added as (
    insert into ring_attempt (attempt_id, entry_id, queue, extension, interface, state, started_at, exclusive)
    select o.attempt_id, h.entry_id, h.queue, x.number, x.interface, 'ringing', ${momentOf('$5')}, $6
    from held h cross join free o
      join queue_member m on m.queue = h.queue and m.extension = o.extension and not m.paused
        and coalesce(m.aside_until <= ${momentOf('$5')}, true)
      join extension x on x.number = m.extension
    where h.state = 'waiting'
    on conflict do nothing returning attempt_id, extension),
  taken as (
    update queue_entry e set state = 'ringing', attempt_id = (select min(attempt_id) from added),
      ringing = (select count(*) from added)
    from held h where e.entry_id = h.entry_id and exists (select from added)),
  remembered as (
    insert into queue_delta (queue, last_rung)
    select $2, extension from added where $7 order by array_position($4::text[], extension) limit 1)
  select array(select attempt_id from added union select attempt_id from ring_attempt
      where attempt_id = any($3) and entry_id = $1 and state = 'ringing') as reserved,
    (select state from held) as state`;

/** Reserves entry and members for each other, or does nothing; the same attempts repeated are reserved again. */
export function reserve({ entryId, queue, offers, isExclusive, isRemembered, atMs }: ReserveRequest): Statement<{
  readonly reserved: readonly string[];
  /** What the entry was before; `null`: neither waiting nor ringing. */
  readonly state: string | null;
}> {
  const attemptIds = offers.map((offer) => offer.attemptId);
  const extensions = offers.map((offer) => offer.extension);
  return {
    name: 'reserve',
    text: RESERVE,
    values: [entryId, queue, attemptIds, extensions, atMs, isExclusive, isRemembered],
  };
}

/**
 * The entry of an attempt, locked, while it is in that state. An attempt's entry never changes, so reading it unlocked is safe. The entry
 * is locked first and its attempts afterwards, in every statement, so that no two can wait for each other; whoever waits sees the
 * entry's row as it is then, while other tables look as they were when the statement began: what decides stands in that row.
 */
function heldIn(state: 'ringing' | 'talking'): string {
  return `held as materialized (
    select * from queue_entry where entry_id = (select entry_id from ring_attempt where attempt_id = $1)
      and state = '${state}' for update)`;
}

/** What changed, for those who want to know; null when nothing did. */
const HELD = '(select entry_id from held) as "entryId", (select queue from held) as queue';

const LINE = { callid: 'h.unique_id', queue: 'h.queue', agent: 'member_name(a.extension, a.interface)' };

function missText(line: 'RINGNOANSWER' | 'RINGCANCELED' | 'AGENTDUMP' | null): string {
  const isJudged = line === 'RINGNOANSWER';
  const log = logInsert([
    logSelect(line ?? 'RINGCANCELED', {
      ...LINE,
      from: 'held h cross join ended a',
      at: momentOf('$3'),
      fields: { ringMs: '$4::bigint::text' },
    }),
    ...(isJudged ? MISS_PARTS.lines : []),
  ]);
  return `with ${heldIn('ringing')},
  ended as (
    update ring_attempt a set state = 'ended', outcome = $2, ended_at = ${momentOf('$3')}
    from held h where a.attempt_id = $1 and a.state = 'ringing' returning a.entry_id, a.extension, a.interface, a.queue),${isJudged ? `\n  ${MISS_PARTS.tables},` : ''}
  waiting as (
    update queue_entry e set ringing = greatest(0, e.ringing - 1),
      state = case when e.ringing > 1 then 'ringing' else 'waiting' end,
      attempt_id = case when e.ringing > 1 then e.attempt_id end
    from ended a where e.entry_id = a.entry_id)${line === null ? '' : `,\n  logged as (${log})`}
  select ${HELD},${isJudged ? ` ${MISS_PARTS.answer},` : ''} exists (select from ended) or exists (
    select from ring_attempt where attempt_id = $1 and outcome = $2) as done`;
}

const MISS = {
  noAnswer: missText('RINGNOANSWER'),
  callerGone: missText('RINGCANCELED'),
  dumped: missText('AGENTDUMP'),
  cancelled: missText(null),
};

const MISS_KINDS: Partial<Record<MissRequest['outcome'], keyof typeof MISS>> = {
  'caller-gone': 'callerGone',
  cancelled: 'cancelled',
  dumped: 'dumped',
};
/** app_queue tells time-outs to the millisecond, everything else in whole seconds times 1000. */
const TO_THE_MILLISECOND: ReadonlySet<MissRequest['outcome']> = new Set(['no-answer', 'not-accepted', 'caller-gone']);

/** Ends a ringing attempt and lets the entry wait again; `cancelled` writes no line (app_queue writes none for a ring that it ends itself). */
export function miss({
  attemptId,
  outcome,
  ringMs,
  atMs,
  policy,
}: MissRequest): Statement<TransitionRow & ConsequenceRow> {
  const kind = MISS_KINDS[outcome] ?? 'noAnswer';
  const wholeMs = Math.max(0, Math.trunc(ringMs));
  const loggedMs = TO_THE_MILLISECOND.has(outcome) ? wholeMs : Math.trunc(wholeMs / 1000) * 1000;
  const ringing = kind === 'cancelled' || kind === 'dumped' ? [] : [loggedMs];
  const judged = kind === 'noAnswer' ? MISS_PARTS.values(policy) : [];
  return { name: `miss-${kind}`, text: MISS[kind], values: [attemptId, outcome, atMs, ...ringing, ...judged] };
}

const ANSWER = `with ${heldIn('ringing')},
  answered as (
    update ring_attempt a set answered_at = ${momentOf('$2')}
    from held h where a.attempt_id = $1 and a.state = 'ringing' returning a.entry_id),
  elsewhere as (
    update ring_attempt a set state = 'ended', outcome = 'answered-elsewhere', ended_at = ${momentOf('$2')}
    from answered c where a.entry_id = c.entry_id and a.attempt_id <> $1 and a.state = 'ringing'),
  alone as (
    update queue_entry e set attempt_id = $1, ringing = 1 from answered c where e.entry_id = c.entry_id)
  select ${HELD}, exists (select from answered) as done`;

/** The attempt is answered and still rings for all others; it rings alone from now on. */
export function answer({ attemptId, atMs }: AnswerRequest): Statement<TransitionRow> {
  return { name: 'answer', text: ANSWER, values: [attemptId, atMs] };
}

/** Who answers begins to be counted anew. */
const PRESENT_AGAIN = `present as (
    update queue_member m set misses_no_answer = 0, misses_busy = 0, misses_rejected = 0, misses_unavailable = 0, aside_until = null
    from connected c where m.queue = c.queue and m.extension = c.extension and (m.aside_until is not null
      or m.misses_no_answer + m.misses_busy + m.misses_rejected + m.misses_unavailable > 0))`;

const CONNECT = `with ${heldIn('ringing')},
  connected as (
    update ring_attempt a set state = 'talking', connected_at = ${momentOf('$2')}, member_channel_id = $3, member_unique_id = $4
    from held h where a.attempt_id = $1 and a.state = 'ringing' returning a.entry_id, a.extension, a.interface, a.queue),
  ${PRESENT_AGAIN},
  elsewhere as (
    update ring_attempt a set state = 'ended', outcome = 'answered-elsewhere', ended_at = ${momentOf('$2')}
    from connected c where a.entry_id = c.entry_id and a.attempt_id <> $1 and a.state = 'ringing'),
  talking as (
    update queue_entry e set state = 'talking', attempt_id = $1, ringing = 0, answered_at = ${momentOf('$6')}
    from connected c where e.entry_id = c.entry_id),
  logged as (${logInsert([
    logSelect('CONNECT', {
      ...LINE,
      from: 'held h cross join connected a',
      at: momentOf('$2'),
      fields: {
        holdSeconds: secondsBetween('h.joined_at', momentOf('$2')),
        memberUniqueId: '$4::text',
        ringSeconds: '($5::bigint / 1000)::text',
      },
    }),
  ])})
  select ${HELD}, exists (select from connected) or exists (
    select from ring_attempt where attempt_id = $1 and state = 'talking' and member_channel_id = $3) as done`;

/** Entry and attempt talk; `done` also when the same member channel was connected before. */
export function connect(request: ConnectRequest): Statement<TransitionRow> {
  const { attemptId, atMs, answeredAtMs = atMs, memberChannelId, memberUniqueId, ringMs } = request;
  return {
    name: 'connect',
    text: CONNECT,
    values: [
      attemptId,
      atMs,
      memberChannelId,
      storableText(memberUniqueId, CHANNEL_ID_LENGTH_MAX),
      Math.max(0, Math.trunc(ringMs)),
      answeredAtMs,
    ],
  };
}

const HOLD_SECONDS = secondsBetween('h.joined_at', 'a.connected_at');
const TALK_SECONDS = secondsBetween('a.connected_at', momentOf('$2'));
const ORIGINAL_POSITION = 'h.original_position::text';

type Ending = 'COMPLETEAGENT' | 'COMPLETECALLER' | 'BLINDTRANSFER' | 'ATTENDEDTRANSFER';

/**
 * `wrapUp` is the parameter with the queue's wrap-up in milliseconds; the member's own goes before it. `fields`: what the event's line has beside
 * that of all of them.
 */
function completeText(event: Ending, wrapUp: string, fields: LogSource['fields'] = {}): string {
  return `with ${heldIn('talking')},
  ended as (
    update ring_attempt a set state = 'ended', outcome = '${event}', ended_at = ${momentOf('$2')}
    from held h where a.attempt_id = $1 and a.state = 'talking' returning a.entry_id, a.extension, a.interface, a.connected_at),
  closed as (
    update queue_entry e set state = 'ended', outcome = '${event}', ended_at = ${momentOf('$2')}
    from ended a where e.entry_id = a.entry_id),
  hung_up as (
    update extension x set last_hangup_at = greatest(x.last_hangup_at, ${momentOf('$2')})
    from ended a where x.number = a.extension),
  logged as (${logInsert([
    logSelect(event, {
      ...LINE,
      from: 'held h cross join ended a',
      at: momentOf('$2'),
      fields: {
        holdSeconds: HOLD_SECONDS,
        talkSeconds: TALK_SECONDS,
        originalPosition: ORIGINAL_POSITION,
        ...fields,
      },
    }),
    logSelect('WRAPUPSTART', {
      ...LINE,
      from: `held h cross join ended a cross join lateral (select coalesce(nullif((select m.wrap_up_ms from queue_member m
        where m.queue = h.queue and m.extension = a.extension), 0), ${wrapUp}::int) as ms) w where w.ms > 0`,
      at: momentOf('$2'),
      fields: { wrapUpSeconds: '(w.ms / 1000)::text' },
    }),
  ])})
  select ${HELD}, (select extension from ended) as extension, exists (select from ended) or exists (
    select from ring_attempt where attempt_id = $1 and outcome = '${event}') as done`;
}

/** A link has two channels, one parameter more than there are columns: Asterisk leaves the last two together in data5. */
const LINKED = "$3::text = 'LINK'";
const COMPLETE = {
  member: completeText('COMPLETEAGENT', '$3'),
  caller: completeText('COMPLETECALLER', '$3'),
  blind: completeText('BLINDTRANSFER', '$5', { extension: '$3::text', context: '$4::text' }),
  attended: completeText('ATTENDEDTRANSFER', '$6', {
    transferKind: '$3::text',
    transferTarget: '$4::text',
    holdSeconds: `case when ${LINKED} then $5::text else ${HOLD_SECONDS} end`,
    talkSeconds: `case when ${LINKED} then ${HOLD_SECONDS} else ${TALK_SECONDS} end`,
    originalPosition: `case when ${LINKED} then ${TALK_SECONDS} || '|' || ${ORIGINAL_POSITION} else ${ORIGINAL_POSITION} end`,
  }),
};

/** Closes entry and attempt and sets the extension's last hang-up; `done` also when repeated. */
export function complete(request: CompleteRequest): Statement<TransitionRow> {
  const { attemptId, endedBy, transfer = null, wrapUpMs = 0, atMs } = request;
  const how = transfer?.type ?? endedBy;
  const values = [attemptId, atMs, ...transferValues(transfer), Math.trunc(wrapUpMs)];
  return { name: `complete-${how}`, text: COMPLETE[how], values };
}

function transferValues(transfer: LoggedTransfer | null): readonly string[] {
  if (transfer === null) return [];
  if (transfer.type === 'blind') return [transfer.extension, transfer.context].map(fieldSafe);
  const { target } = transfer;
  switch (target.type) {
    case 'BRIDGE':
      return [target.type, fieldSafe(target.bridgeId), ''];
    case 'APP':
      return [target.type, fieldSafe(target.application), ''];
    case 'LINK':
      return [target.type, ...target.channelNames.map(fieldSafe)];
  }
}

/** The row as the rest of the program knows it. */
export function toAttempt(row: AttemptRow): StoredAttempt {
  return {
    attemptId: row.attemptId as StoredAttempt['attemptId'],
    entryId: row.entryId as StoredAttempt['entryId'],
    extension: row.extension as StoredAttempt['extension'],
    queue: row.queue as StoredAttempt['queue'],
    memberChannelId: row.memberChannelId as StoredAttempt['memberChannelId'],
    startedAtMs: row.startedAtMs,
    connectedAtMs: row.connectedAtMs,
  };
}
