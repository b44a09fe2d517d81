import type { CallEventName } from '../../src/core/events.ts';
import {
  QUEUE_LOG_FIELDS,
  QUEUE_LOG_NONE,
  type QueueLogField,
  type QueueLogRow,
  WITHDRAW_INFO_CHARACTERS,
} from '../../src/core/queue/queue-log.ts';
import type { Statement } from './statement.ts';

const COLUMNS = 'time, callid, queuename, agent, event, data1, data2, data3, data4, data5';
const DATA_COLUMNS = 5;

/** Where a line's parts are found in the statement that writes it; all are SQL expressions. */
export interface LogSource {
  readonly from: string;
  readonly at: string;
  readonly callid: string;
  readonly queue: string;
  /** @default NONE */
  readonly agent?: string;
  readonly fields?: Partial<Record<QueueLogField, string>>;
}

/** `insert into queue_log … select …`: the same lines as core's queueLogRow, made where the facts are. */
export function logInsert(selects: readonly string[]): string {
  return `insert into queue_log (${COLUMNS}) ${selects.join(' union all ')}`;
}

/** The select of one event's line; one row of `from` is one line. */
export function logSelect(event: CallEventName, source: LogSource): string {
  const names = QUEUE_LOG_FIELDS[event];
  const data = Array.from({ length: DATA_COLUMNS }, (_, index) => fieldSql(names[index] ?? 'empty', source));
  const agent = source.agent ?? `'${QUEUE_LOG_NONE}'`;
  return `select ${source.at} at time zone 'UTC', left(${source.callid}, 80), ${source.queue}, ${agent}, '${event}', ${data.join(', ')} from ${source.from}`;
}

/** SQL for the whole seconds from one moment to another, never negative. */
export function secondsBetween(from: string, to: string): string {
  return `greatest(0, floor(extract(epoch from ${to} - ${from})))::bigint::text`;
}

/** Writes a line that belongs to no transition; an equal line is not written twice (a reply may have been lost). */
export function insertLogRow(row: QueueLogRow): Statement<object> {
  const data = Array.from({ length: DATA_COLUMNS }, (_, index) => row.data[index]?.slice(0, 100) ?? '');
  return {
    name: 'insert-log-row',
    text: `insert into queue_log (${COLUMNS})
      select $1::timestamp, left($2::text, 80), $3::text, left($4::text, 80), $5::text, $6::text, $7::text, $8::text, $9::text, $10::text
      where not exists (select from queue_log where callid = left($2::text, 80) and time = $1::timestamp and queuename = $3::text
        and agent = left($4::text, 80) and event = $5::text
        and (data1, data2, data3, data4, data5) = ($6::text, $7::text, $8::text, $9::text, $10::text))`,
    values: [row.time, row.callid, row.queuename, row.agent, row.event, ...data],
  };
}

function fieldSql(field: QueueLogField, { fields = {} }: LogSource): string {
  if (field === 'empty') return "''";
  const expression = fields[field];
  if (expression === undefined) throw new Error(`No SQL for ${field}`);
  return field === 'info' ? `left(${expression}, ${WITHDRAW_INFO_CHARACTERS})` : `left(${expression}, 100)`;
}
