import type { Client } from 'pg';
import type { QueueLogRow } from '../../src/core/queue/queue-log.ts';

interface Row extends Omit<QueueLogRow, 'data'> {
  readonly data: readonly string[];
}

/** All lines of one queue as they lie in the table, in the order of writing, without the empty columns at the end of each. */
export async function logOf(client: Client, queue: string): Promise<readonly QueueLogRow[]> {
  const result = await client.query<Row>(
    `select to_char(time, 'YYYY-MM-DD HH24:MI:SS.US') as time, callid, queuename, agent, event,
      array[data1, data2, data3, data4, data5] as data from queue_log where queuename = $1 order by id`,
    [queue],
  );
  return result.rows.map((row) => ({ ...row, data: trimmed(row.data) }));
}

function trimmed(data: readonly string[]): readonly string[] {
  return data.slice(0, data.findLastIndex((text) => text !== '') + 1);
}
