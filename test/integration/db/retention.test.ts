import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { Database } from '../../../db/database.ts';
import { PostgresPersonalData } from '../../../db/personal-data.ts';
import { removeOld, startRetention } from '../../../db/retention.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { KEEP_ALL } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const END_MS = Date.UTC(2026, 10, 20);
const KEY = new Uint8Array(32).fill(7);

let postgres: TestPostgres;
let anybody: Awaited<ReturnType<TestPostgres['client']>>;
let database: Database;
beforeAll(async () => {
  postgres = await startTestPostgres();
  anybody = await postgres.client();
  const limits = { pool: 2, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
  database = new Database({ databaseUrl: postgres.databaseUrl, ...limits, clock: systemClock, log: silentLog() });
});
afterAll(async () => {
  await database.close();
  await postgres.close();
});

beforeEach(async () => {
  await anybody.query('truncate queue, queue_log, queue_entry, queue_entry_heard, ring_attempt, queue_member, erasure');
  await anybody.query("insert into queue (name, title) values ('support', 'Support')");
});

/** Callers who gave up, each a millisecond later than the one before, with an offer in vain of the first one. */
async function ended(count: number): Promise<void> {
  await anybody.query(
    `insert into queue_entry (entry_id, call_id, queue, channel_id, unique_id, caller_number, caller_name, customer,
        joined_at, original_position, state, ended_at, outcome)
      select 'entry-' || i, 'call-' || i, 'support', 'channel', 'call-' || i, '200' || i % 10, 'Alice', '{"id": "1"}',
        to_timestamp($1::float8 / 1000), 1, 'ended', to_timestamp($1::float8 / 1000) + i * interval '1 ms', 'ABANDON'
      from generate_series(1, $2) i`,
    [END_MS, count],
  );
  await anybody.query(
    `insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4)
      select ended_at at time zone 'UTC', unique_id, queue, 'NONE', 'ENTERQUEUE', '', caller_number, '1', caller_name from queue_entry
      union all select ended_at at time zone 'UTC', unique_id, queue, 'NONE', 'ABANDON', '1', '1', '30', '' from queue_entry`,
  );
  await anybody.query(
    `insert into ring_attempt (attempt_id, entry_id, queue, extension, interface, state, started_at, ended_at, outcome)
      values ('attempt', 'entry-1', 'support', '1000', 'PJSIP/1000', 'ended', now(), to_timestamp($1::float8 / 1000), 'busy')`,
    [END_MS],
  );
}

async function counts() {
  const { rows } = await anybody.query<{ entries: number; attempts: number; lines: number }>(
    `select (select count(*)::int from queue_entry) as entries, (select count(*)::int from ring_attempt) as attempts,
      (select count(*)::int from queue_log) as lines`,
  );
  return rows[0];
}

const remove = (keep: Partial<typeof KEEP_ALL>, nowMs: number) =>
  removeOld(database, { keep: { ...KEEP_ALL, ...keep }, nowMs, key: KEY });

test('kept for ever, nothing goes', async () => {
  await ended(3);
  expect(await remove({}, END_MS + 100 * 365 * DAY_MS)).toEqual({});
  expect(await counts()).toEqual({ entries: 3, attempts: 1, lines: 6 });
});

test('ended entries go after their time with their attempts, more than a thousand, too; open ones and queue_log stay', async () => {
  await ended(2_003);
  await anybody.query(
    "update queue_entry set state = 'waiting', ended_at = null, outcome = null where entry_id = 'entry-2003'",
  );
  const keep = { entriesMs: DAY_MS };
  expect(await remove(keep, END_MS + DAY_MS)).toEqual({ 'remove-ended': 0 });
  expect(await remove(keep, END_MS + DAY_MS + 1001)).toEqual({ 'remove-ended': 1000 });
  expect(await remove(keep, END_MS + 10 * DAY_MS)).toEqual({ 'remove-ended': 1002 });
  expect(await counts()).toEqual({ entries: 1, attempts: 0, lines: 4006 });
});

test('attempts, customers and numbers may go before their entries', async () => {
  await ended(3);
  const keep = { attemptsMs: HOUR_MS, customersMs: 2 * HOUR_MS, numbersMs: 3 * HOUR_MS, entriesMs: DAY_MS };
  const entry = async () =>
    (await anybody.query("select caller_number, caller_name, customer from queue_entry where entry_id = 'entry-1'"))
      .rows[0];
  await remove(keep, END_MS + HOUR_MS + 10);
  expect([await counts(), await entry()]).toEqual([
    { entries: 3, attempts: 0, lines: 6 },
    { caller_number: '2001', caller_name: 'Alice', customer: { id: '1' } },
  ]);
  await remove(keep, END_MS + 2 * HOUR_MS + 10);
  expect(await entry()).toEqual({ caller_number: '2001', caller_name: 'Alice', customer: null });
  await remove(keep, END_MS + 3 * HOUR_MS + 10);
  expect(await entry()).toEqual({
    caller_number: expect.stringMatching(/^erased-/),
    caller_name: null,
    customer: null,
  });
});

test('numbers and names go from queue_log after their time: lines and distinct callers stay, what is withheld stays', async () => {
  await ended(1_500);
  await anybody.query(
    "update queue_log set data2 = 'anonymous', data4 = '' where callid = 'call-1' and event = 'ENTERQUEUE'",
  );
  const sums =
    "select count(*)::int as lines, count(distinct data2)::int as callers from queue_log where event = 'ENTERQUEUE'";
  const before = (await anybody.query(sums)).rows;
  expect(await remove({ numbersMs: 30 * DAY_MS }, END_MS + 31 * DAY_MS)).toEqual({
    'forget-numbers': 1_500,
    'forget-logged-numbers': 1_499,
  });
  expect((await anybody.query(sums)).rows).toEqual(before);
  const left = await anybody.query(
    "select distinct data2, data4 from queue_log where event = 'ENTERQUEUE' and data2 not like 'erased-%'",
  );
  expect(left.rows).toEqual([{ data2: 'anonymous', data4: '' }]);
  // Nothing is found a second time, and a number that comes later has the same token.
  await entersLate('late', '2001');
  expect(await remove({ numbersMs: 30 * DAY_MS }, END_MS + 31 * DAY_MS)).toMatchObject({ 'forget-logged-numbers': 1 });
  expect((await anybody.query(sums)).rows).toEqual([{ ...before[0], lines: 1_501 }]);
});

async function entersLate(callid: string, number: string): Promise<void> {
  await anybody.query(
    `insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3)
      values (to_timestamp($1::float8 / 1000) at time zone 'UTC', $2, 'support', 'NONE', 'ENTERQUEUE', '', $3, '1')`,
    [END_MS, callid, number],
  );
}

test('lines of queue_log go after their time', async () => {
  await ended(3);
  expect(await remove({ queueLogMs: 365 * DAY_MS }, END_MS + 365 * DAY_MS + 2)).toEqual({ 'remove-lines': 2 });
  expect(await remove({ queueLogMs: 365 * DAY_MS }, END_MS + 366 * DAY_MS)).toEqual({ 'remove-lines': 4 });
});

test('recordings are to be removed after their time; those that go on are not', async () => {
  await anybody.query('truncate recording');
  await anybody.query(
    `insert into recording (recording_id, call_id, entry_id, unique_id, queue, extension, part, file, state, started_at, ended_at)
      select i::text, 'call', 'entry', '1.1', 'support', '1000', 'together', i || '.wav', case when i < 3 then 'done' else 'recording' end,
        to_timestamp($1::float8 / 1000), case when i < 3 then to_timestamp($1::float8 / 1000) + i * interval '1 h' end
      from generate_series(1, 3) i`,
    [END_MS],
  );
  const keep = { recordingsMs: 30 * DAY_MS };
  expect(await remove(keep, END_MS + 30 * DAY_MS + 2 * HOUR_MS)).toEqual({ 'remove-recordings': 1 });
  expect(await remove(keep, END_MS + 40 * DAY_MS)).toEqual({ 'remove-recordings': 1 });
  expect(await remove(keep, END_MS + 40 * DAY_MS)).toEqual({ 'remove-recordings': 0 });
});

test('a row that somebody holds is passed over: nobody waits for the removal, and it for nobody', async () => {
  await ended(3);
  await anybody.query('begin');
  await anybody.query("select from queue_entry where entry_id = 'entry-2' for update");
  expect(await remove({ entriesMs: DAY_MS }, END_MS + 2 * DAY_MS)).toEqual({ 'remove-ended': 2 });
  await anybody.query('rollback');
  expect(await remove({ entriesMs: DAY_MS }, END_MS + 2 * DAY_MS)).toEqual({ 'remove-ended': 1 });
});

test('every ten minutes, by what is configured by then, and with the erasures that had to wait', async () => {
  await ended(2);
  const clock = new FakeClock();
  const personalData = new PostgresPersonalData({
    database,
    logCopies: null,
    pendingWrites: () => 0,
    clock,
    log: silentLog(),
  });
  await anybody.query("insert into erasure values ('number', '2001', $1, now() + interval '1 year')", [
    Buffer.alloc(32),
  ]);
  let keep = KEEP_ALL;
  const stop = startRetention({ database, personalData, keep: () => keep, clock, log: silentLog() });
  keep = { ...KEEP_ALL, queueLogMs: 1 };
  await anybody.query("update queue_log set time = '1970-01-01'");
  await clock.advance(10 * 60_000 - 1);
  expect((await anybody.query('select from erasure')).rowCount).toBe(1);
  await clock.advance(1);
  await eventually('the lines to go', async () => (await counts())?.lines === 0);
  const { rows } = await anybody.query("select entry_id from queue_entry where caller_number like 'erased-%'");
  expect(rows).toEqual([{ entry_id: 'entry-1' }]);
  await eventually('the next round to be planned', () => clock.pendingTimers === 1);
  stop();
  expect(clock.pendingTimers).toBe(0);
});
