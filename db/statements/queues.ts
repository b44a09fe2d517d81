import type { QueueName } from '../../src/core/ids.ts';
import type { StoredSettings } from '../../src/ports/queue-rows.ts';
import type { QueueDefinition } from '../../src/ports/queue-store.ts';
import type { Statement } from './statement.ts';

/** The setting log-member-name-as-agent of this session; sessions of others, which write members with SQL, read it in the queue's row. */
const LOGS_MEMBER_NAME = "coalesce(current_setting('queueapp.log_member_name', true) = 'on', false)";

/**
 * Makes the file's queues where they are missing and brings titles and what the database goes by up to date. Answers those that were
 * written: a row that is right already is not.
 */
export function defineQueues(queues: readonly QueueDefinition[]): Statement<{ readonly name: string }> {
  return {
    name: 'define-queues',
    text: `insert into queue (name, title, service_level_ms, age_weight_ms, source, logs_member_name)
      select *, 'file', ${LOGS_MEMBER_NAME} from unnest($1::text[], $2::text[], $3::int[], $4::bigint[])
      on conflict (name) do update set title = excluded.title, service_level_ms = excluded.service_level_ms,
        age_weight_ms = excluded.age_weight_ms, source = excluded.source, logs_member_name = excluded.logs_member_name
      where (queue.title, queue.service_level_ms, queue.age_weight_ms, queue.source, queue.logs_member_name)
        <> (excluded.title, excluded.service_level_ms, excluded.age_weight_ms, excluded.source, excluded.logs_member_name)
      returning name`,
    values: [
      queues.map(({ name }) => name),
      queues.map(({ title }) => title),
      queues.map(({ serviceLevelMs }) => serviceLevelMs),
      queues.map(({ ageWeightMs = 0 }) => ageWeightMs),
    ],
  };
}

/** What queues remember of their members. */
export function selectQueueMemories(): Statement<{ readonly queue: string; readonly lastRung: string | null }> {
  return { name: 'queue-memories', text: 'select queue, last_rung as "lastRung" from queue_figures', values: [] };
}

/** A row of queue, as far as it says what the queue is. */
export interface QueueSettingsRow {
  readonly name: string;
  readonly title: string;
  readonly settings: StoredSettings;
  readonly source: 'file' | 'sql';
}

export function selectQueues(limit: number): Statement<QueueSettingsRow> {
  return {
    name: 'queues',
    text: 'select name, title, settings, source from queue order by source, name limit $1',
    values: [limit],
  };
}

/** What the database goes by of queues that are made by SQL: the levels that it counts with, the weights that it places callers by. */
export function noteSettings(queues: readonly Omit<QueueDefinition, 'title'>[]): Statement<object> {
  return {
    name: 'note-settings',
    text: `update queue q set service_level_ms = given.level, age_weight_ms = given.weight, logs_member_name = ${LOGS_MEMBER_NAME}
      from unnest($1::text[], $2::int[], $3::bigint[]) given (name, level, weight)
      where q.name = given.name
        and (q.service_level_ms, q.age_weight_ms, q.logs_member_name) <> (given.level, given.weight, ${LOGS_MEMBER_NAME})`,
    values: [
      queues.map(({ name }) => name),
      queues.map(({ serviceLevelMs }) => serviceLevelMs),
      queues.map(({ ageWeightMs = 0 }) => ageWeightMs),
    ],
  };
}

interface NewSettings {
  readonly queue: QueueName;
  readonly after: StoredSettings;
}

/** No row when somebody has changed the settings meanwhile. */
export function updateSettings({ queue, before, after }: NewSettings & { before: StoredSettings }): Statement<object> {
  return {
    name: 'update-settings',
    text: 'update queue set settings = $3::jsonb where name = $1 and settings = $2::jsonb returning name',
    values: [queue, JSON.stringify(before), JSON.stringify(after)],
  };
}

/** No row when there is one of that name; one of a queue that the file has named before becomes one made by SQL. */
export function insertQueue({ queue, after }: NewSettings): Statement<object> {
  return {
    name: 'insert-queue',
    text: `insert into queue (name, title, settings, source)
      values ($1, upper(left($1, 1)) || substr($1, 2), $2::jsonb, 'sql')
      on conflict (name) do update set settings = excluded.settings, source = excluded.source where queue.source = 'file'
      returning name`,
    values: [queue, JSON.stringify(after)],
  };
}
