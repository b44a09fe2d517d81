import type { QueueDefinition } from '../../src/ports/queue-store.ts';
import type { Statement } from './statement.ts';

/** Makes missing queues and brings titles and service levels up to date; a row that is right already is not written. */
export function defineQueues(queues: readonly QueueDefinition[]): Statement<object> {
  return {
    name: 'define-queues',
    text: `insert into queue (name, title, service_level_ms) select * from unnest($1::text[], $2::text[], $3::int[])
      on conflict (name) do update set title = excluded.title, service_level_ms = excluded.service_level_ms
      where (queue.title, queue.service_level_ms) <> (excluded.title, excluded.service_level_ms)`,
    values: [
      queues.map(({ name }) => name),
      queues.map(({ title }) => title),
      queues.map(({ serviceLevelMs }) => serviceLevelMs),
    ],
  };
}

/** What queues remember of their members. */
export function selectQueueMemories(): Statement<{ readonly queue: string; readonly lastRung: string | null }> {
  return { name: 'queue-memories', text: 'select name as queue, last_rung as "lastRung" from queue', values: [] };
}
