import type { ReportName, ReportRequest } from '../../src/ports/reports.ts';
import { momentOf, type Statement } from './statement.ts';

/** Parameters: $1 and $2 the time, $3 the queue or null, $4 the time zone, $5 the limit. */
interface ReportSql {
  readonly columns: readonly string[];
  readonly sql: string;
}

const FROM = momentOf('$1');
const TO = momentOf('$2');
const within = (moment: string) => `${moment} >= ${FROM} and ${moment} < ${TO} and ($3::text is null or queue = $3)`;
/** For what lasts: it counts when it overlaps. */
const overlaps = (begin: string, end: string) =>
  `${begin} < ${TO} and coalesce(${end}, now()) > ${FROM} and ($3::text is null or queue = $3)`;
const clipped = (begin: string, end: string) =>
  `greatest(0, floor(extract(epoch from least(coalesce(${end}, now()), ${TO}) - greatest(${begin}, ${FROM}))))::integer`;
const CALLS = `select * from report_call where ${within('entered_at')}`;
const local = (moment: string) => `to_char(${moment} at time zone $4, 'YYYY-MM-DD HH24:MI:SS')`;
const rounded = (value: string) => `round((${value})::numeric, 1)::float8`;
const percent = (part: string, whole: string) => rounded(`100.0 * (${part}) / nullif(${whole}, 0)`);
const countOf = (condition: string) => `count(*) filter (where ${condition})`;

const ANSWERED = countOf("outcome = 'answered'");
const LEFT = countOf("outcome in ('abandoned', 'timeout', 'empty', 'withdrawn')");
const IN_LEVEL = countOf("outcome = 'answered' and in_level");
const LEFT_IN_LEVEL = countOf("outcome in ('abandoned', 'timeout', 'empty', 'withdrawn') and in_level");

/** What is counted of a group of calls. */
const TOTALS: Readonly<Record<string, string>> = {
  offered: 'count(*)::integer',
  answered: `${ANSWERED}::integer`,
  abandoned: `${countOf("outcome = 'abandoned'")}::integer`,
  timeout: `${countOf("outcome = 'timeout'")}::integer`,
  empty: `${countOf("outcome = 'empty'")}::integer`,
  withdrawn: `${countOf("outcome = 'withdrawn'")}::integer`,
  key: `${countOf("outcome = 'key'")}::integer`,
  open: `${countOf("outcome = 'open'")}::integer`,
  'answered %': percent(ANSWERED, `count(*) - ${countOf("outcome = 'open'")}`),
  'wait average': rounded("avg(wait_seconds) filter (where outcome = 'answered')"),
  'wait longest': 'max(wait_seconds)',
  'talk average': rounded('avg(talk_seconds)'),
  'in level %': percent(IN_LEVEL, ANSWERED),
  'in level of all %': percent(`${IN_LEVEL} + ${LEFT_IN_LEVEL}`, `${ANSWERED} + ${LEFT}`),
};

/** Calls counted in groups; `key` is an SQL expression. */
function totals(name: string, key: string): ReportSql {
  const selected = Object.entries(TOTALS).map(([column, sql]) => `${sql} as "${column}"`);
  return {
    columns: [name, 'queue', ...Object.keys(TOTALS)],
    sql: `select ${key} as "${name}", queue, ${selected.join(', ')} from (${CALLS}) as calls group by 1, 2 order by 1, 2`,
  };
}

function queues(): ReportSql {
  const selected = Object.entries(TOTALS).map(([column, sql]) => `${sql} as "${column}"`);
  const names = Object.keys(TOTALS).map((column) => `t."${column}"`);
  return {
    columns: ['queue', ...Object.keys(TOTALS), 'refused'],
    sql: `with totals as (select queue, ${selected.join(', ')} from (${CALLS}) as calls group by 1),
        refused as (select queue, count(*)::integer as refused from report_refused_call where ${within('refused_at')} group by 1)
      select queue, ${names.join(', ')}, coalesce(r.refused, 0) as refused
        from totals t full join refused r using (queue) order by 1`,
  };
}

const MEMBERS = `with
    calls as materialized (${CALLS} and outcome = 'answered' and member is not null),
    rings as (select queue, member, ${countOf("outcome = 'missed'")}::integer as missed from report_ring where ${within('ended_at')} group by 1, 2),
    sessions as (select queue, member, sum(${clipped('logged_in_at', 'logged_out_at')})::integer as seconds
      from report_session where ${overlaps('logged_in_at', 'logged_out_at')} group by 1, 2),
    pauses as (select queue, member, sum(${clipped('paused_at', 'unpaused_at')})::integer as seconds
      from report_pause where ${overlaps('paused_at', 'unpaused_at')} group by 1, 2),
    answers as (select queue, member, count(*)::integer as answered, coalesce(sum(talk_seconds), 0)::integer as talked,
      ${rounded('avg(talk_seconds)')} as talk, ${rounded('avg(ring_seconds)')} as ring,
      ${countOf("ended_by = 'transfer'")}::integer as transferred from calls group by 1, 2)
  select member, queue, coalesce(answered, 0) as answered, coalesce(missed, 0) as missed, coalesce(talked, 0) as "talk seconds",
      talk as "talk average", ring as "ring average", coalesce(transferred, 0) as transferred,
      coalesce(s.seconds, 0) as "logged in seconds", coalesce(p.seconds, 0) as "paused seconds"
    from answers full join rings using (queue, member) full join sessions s using (queue, member) full join pauses p using (queue, member)
    order by 1, 2`;

const LEVELS = `select queue, level as within, ${countOf('wait_seconds <= level')}::integer as answered,
    ${percent(countOf('wait_seconds <= level'), 'count(*)')} as "%"
  from (${CALLS} and outcome = 'answered') as calls cross join unnest(array[10, 20, 30, 60, 90, 120]) as level group by 1, 2 order by 1, 2`;

const WAITS = `select queue, wait_seconds / 10 * 10 as "from", wait_seconds / 10 * 10 + 10 as "to", ${ANSWERED}::integer as answered,
    ${countOf("outcome <> 'answered'")}::integer as left
  from (${CALLS} and wait_seconds is not null) as calls group by 1, 2, 3 order by 1, 2`;

const POSITIONS = `select queue, entered_position as position, count(*)::integer as offered, ${ANSWERED}::integer as answered,
    ${rounded('avg(wait_seconds)')} as "wait average"
  from (${CALLS}) as calls group by 1, 2 order by 1, 2`;

const ENDS = `select queue, ended_by as "ended by", count(*)::integer as calls, ${rounded('avg(talk_seconds)')} as "talk average"
  from (${CALLS} and ended_by is not null) as calls group by 1, 2 order by 1, 2`;

const MENUS = `select coalesce(step, '') as step, coalesce(key, '') as key, coalesce(goal, '') as goal, count(*)::integer as times
  from report_menu where at >= ${FROM} and at < ${TO} and ($3::text is null or goal is null or goal = $3) group by 1, 2, 3 order by 1, 2, 3`;

/** All reports. What is in quotes is a heading. */
const REPORT_SQL: Readonly<Record<ReportName, ReportSql>> = {
  queues: queues(),
  hours: totals('hour', "to_char(entered_at at time zone $4, 'YYYY-MM-DD HH24:00')"),
  days: totals('day', "to_char(entered_at at time zone $4, 'YYYY-MM-DD')"),
  weekdays: totals('weekday', "to_char(entered_at at time zone $4, 'ID Dy')"),
  'hours-of-day': totals('hour', "to_char(entered_at at time zone $4, 'HH24:00')"),
  members: {
    columns: [
      ...['member', 'queue', 'answered', 'missed', 'talk seconds', 'talk average', 'ring average', 'transferred'],
      ...['logged in seconds', 'paused seconds'],
    ],
    sql: MEMBERS,
  },
  answered: {
    columns: [
      'entered',
      'queue',
      'call',
      'caller',
      'member',
      'wait',
      'ring',
      'talk',
      'ended by',
      'transferred to',
      'position',
    ],
    sql: `select ${local('entered_at')} as entered, queue, call, caller, member, wait_seconds as wait, ring_seconds as ring, talk_seconds as talk,
        ended_by as "ended by", transferred_to as "transferred to", entered_position as position
      from (${CALLS} and outcome = 'answered') as calls order by entered_at, line`,
  },
  unanswered: {
    columns: [
      'entered',
      'queue',
      'call',
      'caller',
      'outcome',
      'wait',
      'position',
      'left at position',
      'missed rings',
      'key',
    ],
    sql: `select ${local('entered_at')} as entered, queue, call, caller, outcome, wait_seconds as wait, entered_position as position,
        left_position as "left at position", missed as "missed rings", key
      from (${CALLS} and outcome not in ('answered', 'open')) as calls order by entered_at, line`,
  },
  refused: {
    columns: ['refused', 'queue', 'call', 'reason'],
    sql: `select ${local('refused_at')} as refused, queue, call, reason from report_refused_call where ${within('refused_at')} order by refused_at`,
  },
  levels: { columns: ['queue', 'within', 'answered', '%'], sql: LEVELS },
  waits: { columns: ['queue', 'from', 'to', 'answered', 'left'], sql: WAITS },
  positions: { columns: ['queue', 'position', 'offered', 'answered', 'wait average'], sql: POSITIONS },
  ends: { columns: ['queue', 'ended by', 'calls', 'talk average'], sql: ENDS },
  sessions: {
    columns: ['member', 'queue', 'logged in', 'logged out', 'seconds'],
    sql: `select member, queue, ${local('logged_in_at')} as "logged in", ${local('logged_out_at')} as "logged out", seconds
      from report_session where ${overlaps('logged_in_at', 'logged_out_at')} order by logged_in_at, member, queue`,
  },
  pauses: {
    columns: ['member', 'queue', 'reason', 'paused', 'unpaused', 'seconds'],
    sql: `select member, queue, reason, ${local('paused_at')} as paused, ${local('unpaused_at')} as unpaused, seconds
      from report_pause where ${overlaps('paused_at', 'unpaused_at')} order by paused_at, member, queue`,
  },
  'wrap-ups': {
    columns: ['member', 'queue', 'calls', 'seconds', 'average'],
    sql: `select member, queue, count(*)::integer as calls, sum(seconds)::integer as seconds, ${rounded('avg(seconds)')} as average
      from report_wrap_up where ${within('began_at')} group by 1, 2 order by 1, 2`,
  },
  menus: { columns: ['step', 'key', 'goal', 'times'], sql: MENUS },
  recordings: {
    columns: ['day', 'queue', 'files', 'seconds', 'MB', 'failed', 'removed'],
    sql: `select to_char(started_at at time zone $4, 'YYYY-MM-DD') as day, queue, count(*)::integer as files, sum(seconds)::integer as seconds,
        ${rounded('sum(bytes) / 1000000.0')} as "MB", ${countOf("state = 'failed'")}::integer as failed,
        ${countOf('removed_at is not null')}::integer as removed
      from report_recording where ${within('started_at')} group by 1, 2 order by 1, 2`,
  },
};

/** The headings of a report, in order. */
export function reportColumns(report: ReportName): readonly string[] {
  return REPORT_SQL[report].columns;
}

/** A row more than the limit tells that there are more. */
export function selectReport(request: ReportRequest): Statement<Record<string, string | number | null>> {
  const { report, fromMs, toMs, queue, timeZone, limit } = request;
  // Not every report asks for each parameter; all are given a type.
  const text = `with given as (select $1::float8, $2::float8, $3::text, $4::text) select * from (${REPORT_SQL[report].sql}) as report limit $5::int`;
  return { name: `report-${report}`, text, values: [fromMs, toMs, queue, timeZone, limit + 1] };
}
