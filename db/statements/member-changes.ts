import type {
  EndWrapUpRequest,
  MemberChange,
  PauseRequest,
  PenaltyRequest,
  RingInUseRequest,
} from '../../src/ports/member-requests.ts';
import { storableText } from '../text.ts';
import { REASON_LENGTH_MAX } from './members.ts';
import { logInsert, logSelect } from './queue-log.ts';
import { momentOf, type Statement } from './statement.ts';

/** How many memberships were meant, and how many of them this statement changed. */
export interface ChangeRow {
  readonly meant: number;
  readonly changed: number;
}

const COUNTS = `select (select count(*) from meant)::int as meant, (select count(*) from changed)::int as changed`;
/** Of no call and no channel. */
const NO_CALL = "'NONE'";

/** The member's rows are locked in one order, so that no two statements wait for each other. */
function pauseText(isPaused: boolean): string {
  const line = { at: momentOf('$3'), callid: NO_CALL, agent: 'm.member', fields: { reason: '$4::text' } };
  const differs = isPaused
    ? "not m.paused or coalesce(m.paused_reason, '') <> $4::text"
    : 'm.paused or m.aside_until is not null';
  // Who was only aside comes back without a line: queue_log never said that they went.
  const told = isPaused ? 'c.queue is not null' : 'c.queue is not null and m.paused';
  const lines = `(select m.* from meant m left join changed c on c.queue = m.queue where ${told} order by m.queue) m`;
  return `with
  meant as materialized (
    select m.queue, m.extension, m.paused, m.paused_reason, m.aside_until, coalesce(x.name, x.interface) as member
    from queue_member m join extension x on x.number = m.extension
    where m.extension = $1 and ($2::text is null or m.queue = $2) order by m.queue for update of m),
  changed as (
    update queue_member q set paused = ${isPaused}, paused_reason = nullif($4::text, ''), paused_at = ${momentOf('$3')}
      ${isPaused ? '' : ', aside_until = null'}
    from meant m where q.queue = m.queue and q.extension = m.extension and (${differs}) returning q.queue),
  logged as (${logInsert([
    logSelect(isPaused ? 'PAUSEALL' : 'UNPAUSEALL', {
      ...line,
      from: `(select distinct member from ${lines} where $2::text is null) m`,
      queue: "'NONE'",
    }),
    logSelect(isPaused ? 'PAUSE' : 'UNPAUSE', { ...line, from: lines, queue: 'm.queue' }),
  ])})
  ${COUNTS}`;
}

const PAUSE = { pause: pauseText(true), unpause: pauseText(false) };

/** Pauses or unpauses a member and writes the lines; an equal state is left as it is. */
export function pause({ extension, queue, isPaused, reason, atMs }: PauseRequest): Statement<ChangeRow> {
  const kind = isPaused ? 'pause' : 'unpause';
  const text = PAUSE[kind];
  return { name: kind, text, values: [extension.number, queue, atMs, storableText(reason, REASON_LENGTH_MAX)] };
}

/** A change of one column, and its line; `value` is SQL of the parameter $4. */
function columnText({ column, value, log }: { column: string; value: string; log: string }): string {
  return `with
  meant as materialized (
    select m.queue, m.extension, x.interface from queue_member m join extension x on x.number = m.extension
    where m.extension = $1 and m.queue = $2 for update of m),
  changed as (
    update queue_member q set ${column} = ${value} from meant m
    where q.queue = m.queue and q.extension = m.extension and q.${column} is distinct from ${value} returning m.queue, m.interface),
  logged as (${log})
  ${COUNTS}`;
}

const CHANGED = { from: 'changed c', at: momentOf('$3'), callid: NO_CALL, queue: 'c.queue', agent: 'c.interface' };

const SET_PENALTY = columnText({
  column: 'penalty',
  value: '$4::int',
  log: logInsert([logSelect('PENALTY', { ...CHANGED, fields: { penalty: '$4::int::text' } })]),
});

export function setPenalty({ extension, queue, penalty, atMs }: PenaltyRequest): Statement<ChangeRow> {
  return { name: 'set-penalty', text: SET_PENALTY, values: [extension.number, queue, atMs, penalty] };
}

const SET_RING_IN_USE = columnText({
  column: 'ring_in_use',
  value: '$4::boolean',
  log: logInsert([logSelect('RINGINUSE', { ...CHANGED, fields: { ringInUse: '$5::boolean::int::text' } })]),
});

export function setRingInUse(request: RingInUseRequest): Statement<ChangeRow> {
  const { extension, queue, ringInUse, inEffect, atMs } = request;
  return {
    name: 'set-ring-in-use',
    text: SET_RING_IN_USE,
    values: [extension.number, queue, atMs, ringInUse, inEffect],
  };
}

/** Later than the hang-up even when the clocks of two processes differ: it has to count. */
const END_WRAP_UP = `with
  meant as materialized (select number from extension where number = $1 and last_hangup_at is not null for update),
  changed as (
    update extension x set wrap_up_ended_at = greatest(${momentOf('$2')}, x.last_hangup_at + interval '1 millisecond')
    from meant m where x.number = m.number and coalesce(x.wrap_up_ended_at <= x.last_hangup_at, true)
    returning x.last_queue, coalesce(x.name, x.interface) as member),
  logged as (${logInsert([
    logSelect('WRAPUPEND', {
      from: 'changed c where c.last_queue is not null',
      at: momentOf('$2'),
      callid: NO_CALL,
      queue: 'c.last_queue',
      agent: 'c.member',
    }),
  ])})
  ${COUNTS}`;

export function endWrapUp({ extension, atMs }: EndWrapUpRequest): Statement<ChangeRow> {
  return { name: 'end-wrap-up', text: END_WRAP_UP, values: [extension.number, atMs] };
}

export function toMemberChange({ meant, changed }: ChangeRow): MemberChange {
  if (meant === 0) return 'not-logged-in';
  return changed === 0 ? 'already' : 'done';
}
