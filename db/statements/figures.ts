import type { MemberFigures, QueueFigures } from '../../src/ports/queue-store.ts';
import { asMs, momentOf, type Statement } from './statement.ts';

/** A queue's figures with those of its members, `members` as JSON. */
export type FiguresRow = Omit<QueueFigures, 'queue' | 'members'> & {
  readonly queue: string;
  readonly members: readonly MemberFigures[];
};

export function selectFigures(): Statement<FiguresRow> {
  return {
    name: 'figures',
    text: `select f.queue, f.completed::float8, f.abandoned::float8, f.completed_in_level::float8 as "completedInLevel",
        f.abandoned_in_level::float8 as "abandonedInLevel", f.hold_ms as "holdMs", f.talk_ms as "talkMs",
        q.service_level_ms as "serviceLevelMs", ${asMs('q.figures_since')} as "sinceMs",
        coalesce((select jsonb_agg(jsonb_build_object('extension', m.extension, 'calls', m.calls,
            'lastCallAtMs', ${asMs('m.last_call_at')}, 'lastPausedAtMs', ${asMs('m.last_paused_at')}) order by m.extension)
          from queue_member m where m.queue = q.name), '[]') as members
      from queue q join queue_figures f on f.queue = q.name order by q.name`,
    values: [],
  };
}

/** What round robin remembers is no figure, and stays. */
const RESET = `with
  reset as (
    update queue q set completed = 0, abandoned = 0, completed_in_level = 0, abandoned_in_level = 0, hold_ms = null, talk_ms = null,
      last_rung = (select f.last_rung from queue_figures f where f.queue = q.name), figures_since = ${momentOf('$2')}
    where name = $1 returning name),
  forgotten as (delete from queue_delta d using reset where d.queue = reset.name)
  update queue_member m set calls = 0, last_call_at = null from reset where m.queue = reset.name returning m.extension`;

/** Sets a queue's figures and those of its members to the beginning (app_queue's QueueReset); the rows are the members that changed. */
export function resetFigures(queue: string, atMs: number): Statement<{ extension: string }> {
  return { name: 'reset-figures', text: RESET, values: [queue, atMs] };
}

/** The row as the rest of the program knows it. */
export function toFigures(row: FiguresRow): QueueFigures {
  return { ...row, queue: row.queue as QueueFigures['queue'] };
}
