import { expect } from '@jest/globals';
import type { SmallDisk } from './small-disk.ts';

const ENDED = "'state', 'ended', 'ended_at', now(), 'outcome', 'ABANDON'";
/** What another row of each table differs in from the first. */
const ANOTHER = {
  queue_log: "'id', -n",
  queue_entry: `'entry_id', 'filler-' || n, ${ENDED}`,
  ring_attempt: `'attempt_id', 'filler-' || n, ${ENDED}`,
} as const;

/** The disk takes no byte more, and these tables, which have a row each, have no place left in the pages that they have already. */
export async function fillUp(
  disk: SmallDisk,
  tables: readonly (keyof typeof ANOTHER)[],
  { admin, query }: Readonly<Record<'admin' | 'query', (text: string) => Promise<unknown>>>,
): Promise<void> {
  // What did not find room would be cleared away, and there would be some.
  await admin('alter system set autovacuum = off');
  await admin('select pg_reload_conf()');
  // The write-ahead log keeps the room that it has: a segment of its own.
  await admin('select pg_switch_wal()');
  await admin('checkpoint');
  disk.fill();
  for (const table of tables) {
    const row = `jsonb_populate_record(null::${table}, to_jsonb(t) || jsonb_build_object(${ANOTHER[table]}))`;
    const filling = query(
      `insert into ${table} overriding system value select (${row}).*
        from (select * from ${table} limit 1) t, generate_series(1, 10000) n`,
    );
    await expect(filling).rejects.toMatchObject({ code: '53100' });
  }
}
