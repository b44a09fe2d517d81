import type { KeptHeard } from '../../src/ports/queue-store.ts';
import { asMs, momentOf, type Statement } from './statement.ts';

export interface HeardRow {
  readonly entryId: string;
  readonly heard: unknown;
  readonly atMs: number;
}

/** Keeps the newest word on each entry; of an entry that is not there nothing is kept. */
export function keepHeard(kept: readonly KeptHeard[]): Statement<object> {
  return {
    name: 'keep-heard',
    text: `insert into queue_entry_heard (entry_id, heard, heard_at)
      select k."entryId", k.heard, ${momentOf('k."atMs"')}
        from jsonb_to_recordset($1::jsonb) as k ("entryId" text, heard jsonb, "atMs" float8)
        join queue_entry e on e.entry_id = k."entryId"
      on conflict (entry_id) do update set heard = excluded.heard, heard_at = excluded.heard_at
        where queue_entry_heard.heard_at < excluded.heard_at`,
    values: [JSON.stringify(kept)],
  };
}

/** Of entries that have not ended. */
export function selectHeard(): Statement<HeardRow> {
  return {
    name: 'heard',
    text: `select h.entry_id as "entryId", h.heard, ${asMs('h.heard_at')} as "atMs"
      from queue_entry_heard h join queue_entry e on e.entry_id = h.entry_id where e.state <> 'ended'`,
    values: [],
  };
}
