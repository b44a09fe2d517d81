import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Database } from '../../../db/database.ts';
import { KEEP_ENDED_MS, removeBatch } from '../../../db/retention.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

let postgres: TestPostgres;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  const limits = { pool: 2, connectTimeoutMs: 5000, statementTimeoutMs: 5000 };
  database = new Database({ databaseUrl: postgres.databaseUrl, ...limits, clock: systemClock, log: silentLog() });
});
afterAll(async () => {
  await database.close();
  await postgres.close();
});

test('ended entries go after a day with their attempts, in batches; open ones and queue_log stay', async () => {
  const anybody = await postgres.client();
  const endMs = Date.UTC(2026, 10, 20);
  await anybody.query("insert into queue (name, title) values ('support', 'Support')");
  await anybody.query(
    `select enter_queue('entry-' || i, 'call', 'support', 'channel', '1.1', null, null, null, 0, to_timestamp($1::float8 / 1000), 0)
      from generate_series(1, 1003) i`,
    [endMs],
  );
  await anybody.query(
    "select leave_queue('entry-' || i, 'ABANDON', '', to_timestamp($1::float8 / 1000) + i * interval '1 ms') from generate_series(1, 1002) i",
    [endMs],
  );
  await anybody.query(
    `insert into ring_attempt (attempt_id, entry_id, queue, extension, interface, state, started_at, ended_at, outcome)
      values ('attempt', 'entry-1', 'support', '1000', 'PJSIP/1000', 'ended', now(), now(), 'busy')`,
  );
  const removed: number[] = [];
  for (const nowMs of [endMs, endMs + KEEP_ENDED_MS + 1002, endMs + KEEP_ENDED_MS + 1002, endMs + 10 * KEEP_ENDED_MS]) {
    removed.push(await removeBatch(database, nowMs));
  }
  expect(removed).toEqual([0, 1000, 1, 1]);
  const left = await anybody.query<{ entries: number; attempts: number; lines: number }>(
    `select (select count(*)::int from queue_entry) as entries, (select count(*)::int from ring_attempt) as attempts,
      (select count(*)::int from queue_log) as lines`,
  );
  expect(left.rows).toEqual([{ entries: 1, attempts: 0, lines: 2005 }]);
});
