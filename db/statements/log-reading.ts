import type { StoredLogLine } from '../../src/core/queue/queue-log-line.ts';
import type { LogCursor, LogFilter } from '../../src/ports/queue-log.ts';
import { asMs, momentOf, type Statement } from './statement.ts';

/** A line of queue_log; what is null in the table is empty text. */
export interface LogRow {
  readonly transaction: string;
  readonly lineId: string;
  readonly atMs: number;
  readonly callid: string;
  readonly queuename: string;
  readonly agent: string;
  readonly event: string;
  readonly data: readonly string[];
}

const LINE = `transaction_id::text as transaction, id::text as "lineId", ${asMs("coalesce(time, 'epoch') at time zone 'UTC'")} as "atMs",
  ${['callid', 'queuename', 'agent', 'event'].map((column) => `coalesce(${column}, '') as ${column}`).join(', ')},
  array[${[1, 2, 3, 4, 5].map((number) => `coalesce(data${number}, '')`).join(', ')}] as data`;

/** Before the oldest transaction that may still bring lines: those of all older ones are to be seen. */
export function selectLogEnd(): Statement<LogCursor> {
  return {
    name: 'log-end',
    text: `select (pg_snapshot_xmin(pg_current_snapshot())::text::numeric - 1)::text as transaction,
        (select coalesce(max(id), 0)::text from queue_log) as "lineId"`,
    values: [],
  };
}

/** Lines of transactions after which no line can come in between any more, in their order. */
export function selectLogAfter({ transaction, lineId }: LogCursor, limit: number): Statement<LogRow> {
  return {
    name: 'log-after',
    text: `select ${LINE} from queue_log where (transaction_id, id) > ($1::xid8, $2::bigint)
        and transaction_id < pg_snapshot_xmin(pg_current_snapshot()) order by transaction_id, id limit $3::int`,
    values: [transaction, lineId, limit],
  };
}

/**
 * A cursor of transactions that this server has not begun yet is of another server, whose dump was restored here: lines that were read there
 * get no transaction, the others this statement's own, which comes before all that follow.
 */
export function adoptLog({ transaction, lineId }: LogCursor): Statement<{ adopted: number }> {
  return {
    name: 'log-adopt',
    text: `with changed as (
        update queue_log set transaction_id = case when id > $2::bigint then pg_current_xact_id() end
        where $1::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) and transaction_id is not null returning 1)
      select case when $1::xid8 >= pg_snapshot_xmax(pg_current_snapshot()) then 1 + (select count(*)::int from changed) else 0 end as adopted`,
    values: [transaction, lineId],
  };
}

export function selectLog(filter: LogFilter): Statement<LogRow> {
  const { queue, event, member, call, sinceMs, untilMs, afterLineId, limit, take } = filter;
  const order = take === 'first' ? '' : 'desc';
  return {
    name: `log-${take}`,
    text: `select ${LINE} from queue_log where ($1::text is null or queuename = $1) and ($2::text is null or event = $2)
        and ($3::text is null or agent = $3 or agent in
          (select each from extension x, unnest(array[x.name, x.interface]) as each where $3 in (x.number, x.name, x.interface)))
        and ($4::text is null or callid = $4 or callid in (select unique_id from queue_entry where call_id = $4))
        and ($5::float8 is null or time >= ${momentOf('$5')} at time zone 'UTC')
        and ($6::float8 is null or time < ${momentOf('$6')} at time zone 'UTC')
        and ($7::bigint is null or id > $7)
      order by id ${order} limit $8::int`,
    values: [queue, event, member, call, sinceMs, untilMs, afterLineId, limit].map((value) => value ?? null),
  };
}

/** The row as the rest of the program knows it. */
export function toLogLine({ transaction: _, ...line }: LogRow): StoredLogLine {
  return line;
}
