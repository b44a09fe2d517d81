import type { ExtensionNumber } from '../../src/core/ids.ts';
import type { Extension, Membership } from '../../src/core/people.ts';
import type { Skills } from '../../src/core/queue/skills.ts';
import type { LoginRequest } from '../../src/ports/member-requests.ts';
import { storableText } from '../text.ts';
import { logInsert, logSelect } from './queue-log.ts';
import { asMs, momentOf, type Statement } from './statement.ts';

/** As long as column paused_reason. */
export const REASON_LENGTH_MAX = 100;

/** A row of table extension. */
export interface ExtensionRow {
  readonly number: string;
  readonly interface: string;
  readonly name: string | null;
  readonly stateInterface: string | null;
  readonly jid: string | null;
  readonly subscribers: readonly string[];
  readonly skills: Readonly<Record<string, unknown>>;
}

/** A row of queue_member with its extension. */
export interface MembershipRow extends ExtensionRow {
  readonly queue: string;
  readonly penalty: number;
  readonly position: number;
  readonly paused: boolean;
  readonly pausedReason: string | null;
  readonly pausedAtMs: number | null;
  readonly ringInUse: boolean | null;
  readonly wrapUpMs: number | null;
  readonly asideUntilMs: number | null;
  readonly calls: number;
  readonly lastCallAtMs: number | null;
  readonly loggedInAtMs: number;
  readonly lastHangupAtMs: number | null;
  readonly lastQueue: string | null;
  readonly wrapUpEndedAtMs: number | null;
}

/** The answer of {@link login}; the membership's columns are null unless it is new. */
export type LoginRow = MembershipRow & { readonly result: 'new' | 'already' | 'unknown-queue' | 'unknown-extension' };

const EXTENSION =
  'x.number, x.interface, x.name, x.state_interface as "stateInterface", x.jid, x.subscribers, x.skills';
const MEMBERSHIP = `m.queue, m.penalty, m.position, m.paused, m.paused_reason as "pausedReason",
  ${asMs('m.paused_at')} as "pausedAtMs", m.ring_in_use as "ringInUse", m.wrap_up_ms as "wrapUpMs",
  ${asMs('m.aside_until')} as "asideUntilMs", m.calls::float8 as calls, ${asMs('m.last_call_at')} as "lastCallAtMs",
  ${asMs('m.logged_in_at')} as "loggedInAtMs", ${EXTENSION}, ${asMs('x.last_hangup_at')} as "lastHangupAtMs",
  x.last_queue as "lastQueue", ${asMs('x.wrap_up_ended_at')} as "wrapUpEndedAtMs"`;

const EXTENSIONS = `select ${EXTENSION} from extension x`;

export function selectExtensions(numbers?: readonly ExtensionNumber[]): Statement<ExtensionRow> {
  const order = 'order by x.number';
  if (numbers === undefined) return { name: 'extensions', text: `${EXTENSIONS} ${order}`, values: [] };
  return { name: 'some-extensions', text: `${EXTENSIONS} where x.number = any($1) ${order}`, values: [numbers] };
}

export function selectExtensionByInterface(interfaceName: string): Statement<ExtensionRow> {
  return {
    name: 'extension-by-interface',
    text: `select ${EXTENSION} from extension x where x.interface = $1`,
    values: [interfaceName],
  };
}

const MEMBERSHIPS = `select ${MEMBERSHIP} from queue_member m join extension x on x.number = m.extension`;

export function selectMemberships(numbers?: readonly ExtensionNumber[]): Statement<MembershipRow> {
  const order = 'order by m.queue, m.position, x.interface';
  if (numbers === undefined) return { name: 'memberships', text: `${MEMBERSHIPS} ${order}`, values: [] };
  return { name: 'some-memberships', text: `${MEMBERSHIPS} where m.extension = any($1) ${order}`, values: [numbers] };
}

const LOGIN = `with
  place as materialized (select q.name, x.number, x.interface from queue q, extension x where q.name = $1 and x.number = $2),
  added as (
    insert into queue_member (queue, extension, logged_in_at, login_unique_id, penalty, paused, paused_reason, paused_at)
    select name, number, ${momentOf('$3')}, $4, $5, $6::text is not null, nullif($6, ''), ${momentOf('$3')} from place
    on conflict do nothing returning *),
  logged as (${logInsert([
    logSelect('ADDMEMBER', {
      from: 'place where exists (select from added)',
      at: momentOf('$3'),
      callid: '$4::text',
      queue: 'name',
      agent: 'membership_name(number, interface)',
      fields: { paused: "case when $6::text is null then '' else 'PAUSED' end" },
    }),
  ])}),
  member as (
    select * from added union all
    select * from queue_member where queue = $1 and extension = $2 and login_unique_id = $4
      and logged_in_at = ${momentOf('$3')} and not exists (select from added))
  select case when m.queue is not null then 'new' when exists (select from place) then 'already'
      when exists (select from queue where name = $1) then 'unknown-extension' else 'unknown-queue' end as result, ${MEMBERSHIP}
  from (select) one left join (member m join extension x on x.number = m.extension) on true`;

/** Adds the membership and its ADDMEMBER line; the same login repeated counts as new again. */
export function login(request: LoginRequest): Statement<LoginRow> {
  const { queue, extension, uniqueId, atMs, penalty = 0, pausedReason } = request;
  const reason = pausedReason === undefined ? null : storableText(pausedReason, REASON_LENGTH_MAX);
  return { name: 'login', text: LOGIN, values: [queue, extension.number, atMs, uniqueId, penalty, reason] };
}

const LOGOUT = `with
  removed as (delete from queue_member where queue = $1 and extension = $2 returning queue, extension)
  ${logInsert([
    logSelect('REMOVEMEMBER', {
      from: 'removed r join extension x on x.number = r.extension',
      at: momentOf('$3'),
      callid: '$4::text',
      queue: 'r.queue',
      agent: 'membership_name(x.number, x.interface)',
    }),
  ])} returning id`;

/** Removes the membership and writes REMOVEMEMBER; no row when there was none. */
export function logout({ queue, extension, uniqueId, atMs }: LoginRequest): Statement<{ id: string }> {
  return { name: 'logout', text: LOGOUT, values: [queue, extension.number, atMs, uniqueId] };
}

/** The row as the rest of the program knows it. */
export function toExtension(row: ExtensionRow): Extension {
  return {
    number: row.number as Extension['number'],
    interface: row.interface,
    name: row.name,
    stateInterface: row.stateInterface,
    jid: row.jid,
    subscribers: row.subscribers,
    skills: toSkills(row.skills),
  };
}

/** The row as the rest of the program knows it. */
export function toMembership(row: MembershipRow): Membership {
  return {
    queue: row.queue as Membership['queue'],
    extension: toExtension(row),
    penalty: row.penalty,
    position: row.position,
    loggedInAtMs: row.loggedInAtMs,
    isPaused: row.paused,
    pausedReason: row.pausedReason,
    pausedAtMs: row.pausedAtMs,
    ringInUse: row.ringInUse,
    wrapUpMs: row.wrapUpMs,
    asideUntilMs: row.asideUntilMs,
    calls: row.calls,
    lastCallAtMs: row.lastCallAtMs,
    lastHangupAtMs: row.lastHangupAtMs,
    lastQueue: row.lastQueue as Membership['lastQueue'],
    wrapUpEndedAtMs: row.wrapUpEndedAtMs,
  };
}

/** The column is anybody's to write: what is no number counts as not able, and none is beyond 100. */
function toSkills(written: Readonly<Record<string, unknown>>): Skills {
  const numbers = Object.entries(written).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  return Object.fromEntries(numbers.map(([name, value]) => [name, Math.max(0, Math.min(100, value))]));
}
