import type { AttemptRow, EntryRow, LogRow, Observation } from '../invariants/observation.ts';
import { isPatient } from './crowd.ts';
import type { SoakStage } from './stage.ts';

const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::float8`;

/** From where on rows are a round's. */
export interface Mark {
  readonly logId: number;
  /** By the database's clock. */
  readonly atMs: number;
}

export async function markNow(stage: SoakStage): Promise<Mark> {
  const [row] = await stage.sql<Mark>(
    `select coalesce(max(id), 0)::float8 as "logId", ${ms('now()')} as "atMs" from queue_log`,
  );
  if (row === undefined) throw new Error('The database answered nothing');
  return row;
}

/** What database, application and Asterisk say since the mark; without what the phones and callers saw. */
export async function observe(stage: SoakStage, mark: Mark): Promise<Omit<Observation, 'callers' | 'phones'>> {
  const since = 'joined_at >= to_timestamp($1::float8 / 1000)';
  const entries = await stage.sql<EntryRow>(
    `select entry_id as "entryId", coalesce(caller_number, '') as "callerNumber", unique_id as "uniqueId", state, outcome,
        coalesce(placed_priority, priority) as priority, ${ms('coalesce(placed_at, joined_at)')} as "placedAtMs",
        ${ms('joined_at')} as "joinedAtMs", ${ms('ended_at')} as "endedAtMs"
      from queue_entry where ${since} order by joined_at`,
    [mark.atMs],
  );
  const attempts = await stage.sql<AttemptRow>(
    `select a.attempt_id as "attemptId", entry_id as "entryId", extension, a.state, ${ms('started_at')} as "startedAtMs",
        ${ms('a.ended_at')} as "endedAtMs"
      from ring_attempt a join queue_entry using (entry_id) where ${since} order by started_at`,
    [mark.atMs],
  );
  const log = await stage.sql<LogRow>('select event, callid from queue_log where id > $1 order by time, id', [
    mark.logId,
  ]);
  const members = (await stage.memberViews()).map(({ extension, queues, activity }) => ({
    extension,
    isLoggedIn: queues.length > 0,
    isHeld: activity === 'ringing' || activity === 'talking',
  }));
  return {
    entries,
    attempts,
    log,
    members,
    channels: await stage.channels(),
    bridges: await stage.bridges(),
    notes: await stage.notes(),
    isPatient,
  };
}
