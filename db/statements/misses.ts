import { AUTO_PAUSE } from '../../src/core/events.ts';
import type { MissConsequence, MissKind, MissPolicy } from '../../src/core/queue/misses.ts';
import { logSelect } from './queue-log.ts';
import { asMs, momentOf } from './statement.ts';

/** What a miss does to the member, as the statement answers it; all null when nothing follows. */
export interface ConsequenceRow {
  readonly pausedIn?: 'queue' | 'all' | null;
  readonly asideUntilMs?: number | null;
}

const COLUMNS: Readonly<Record<MissKind, string>> = {
  noAnswer: 'misses_no_answer',
  busy: 'misses_busy',
  rejected: 'misses_rejected',
  unavailable: 'misses_unavailable',
};
const KINDS = Object.entries(COLUMNS) as [MissKind, string][];

/**
 * Parts of the statement that ends a ring: they count the miss on the member's row and carry out what follows, as core's afterMiss says.
 * They read `ended` (extension, queue) and take the moment as $3 and the policy as $5 to $9; without a policy $5 is null and nothing is done.
 */
export const MISS_PARTS = {
  values: (policy: MissPolicy | undefined): readonly unknown[] =>
    policy === undefined
      ? [null, 0, 'queue', 0, 0]
      : [policy.kind, policy.pauseAfter, policy.pauseIn, policy.pauseDelayMs, policy.asideMs],
  /** Locks the member's rows in one order, so that no two statements wait for each other. */
  tables: `member_rows as materialized (
    select m.queue, m.extension, m.paused, m.queue = e.queue as is_this, coalesce(x.name, x.interface) as member, x.last_hangup_at,
      1 + case $5::text ${KINDS.map(([kind, column]) => `when '${kind}' then m.${column}`).join(' ')} end as misses
    from ended e join queue_member m on m.extension = e.extension and (m.queue = e.queue or $7::text = 'all')
      join extension x on x.number = m.extension
    where $5::text is not null order by m.queue for update of m),
  verdict as materialized (
    select coalesce(bool_or(is_this and not paused and $6::int > 0 and misses >= $6::int
      and coalesce(last_hangup_at <= ${momentOf('$3')} - make_interval(secs => $8::float8 / 1000), true)), false) as pauses
    from member_rows),
  judged as (
    update queue_member m set
      ${KINDS.map(([kind, column]) => `${column} = case when not r.is_this then m.${column} when v.pauses then 0 when $5 = '${kind}' then r.misses else m.${column} end`).join(',\n      ')},
      aside_until = case when r.is_this and not v.pauses and $9::float8 > 0 then ${momentOf('$3')} + make_interval(secs => $9::float8 / 1000) else m.aside_until end,
      paused_reason = case when v.pauses and not r.paused then '${AUTO_PAUSE}' else m.paused_reason end,
      paused_at = case when v.pauses and not r.paused then ${momentOf('$3')} else m.paused_at end,
      paused = m.paused or v.pauses
    from member_rows r cross join verdict v
    where m.queue = r.queue and m.extension = r.extension and (r.is_this or v.pauses)
    returning r.is_this, case when r.is_this and not v.pauses and $9::float8 > 0 then m.aside_until end as aside_until)`,
  /** Lines that follow the one of the ring. */
  lines: [
    logSelect('PAUSEALL', {
      from: `(select member from member_rows where is_this) r cross join verdict v where v.pauses and $7::text = 'all'`,
      at: momentOf('$3'),
      callid: "'NONE'",
      queue: "'NONE'",
      agent: 'r.member',
      fields: { reason: `'${AUTO_PAUSE}'` },
    }),
    logSelect('PAUSE', {
      from: '(select * from member_rows order by queue) r cross join verdict v where v.pauses and not r.paused',
      at: momentOf('$3'),
      callid: "'NONE'",
      queue: 'r.queue',
      agent: 'r.member',
      fields: { reason: `'${AUTO_PAUSE}'` },
    }),
  ],
  answer: `(select case when pauses then $7::text end from verdict) as "pausedIn",
    (select ${asMs('aside_until')} from judged where is_this) as "asideUntilMs",
    (select extension from member_rows where is_this) as extension`,
} as const;

/** The row as the rest of the program knows it. */
export function toConsequence({ pausedIn, asideUntilMs }: ConsequenceRow): MissConsequence | null {
  if (pausedIn) return { type: 'paused', in: pausedIn };
  return typeof asideUntilMs === 'number' ? { type: 'aside', untilMs: asideUntilMs } : null;
}
