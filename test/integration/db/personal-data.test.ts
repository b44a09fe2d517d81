import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { personNumber } from '../../../db/caller-number.ts';
import { Database } from '../../../db/database.ts';
import { PostgresPersonalData, TRACES_LISTED_MAX } from '../../../db/personal-data.ts';
import { PostgresRecordingRemovals } from '../../../db/recording-removals.ts';
import { recordingId } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { LogErasure } from '../../../src/ports/log-copies.ts';
import { START_MS, scene } from '../../contract/queue-store.scene.ts';
import { openTestDatabase } from '../../support/database.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

type Anybody = Awaited<ReturnType<TestPostgres['client']>>;

const NOW_MS = START_MS + 3_600_000;
const ERASED = /^erased-[0-9a-f]{16}$/;

let postgres: TestPostgres;
let anybody: Anybody;
let database: Database;
let personalData: PostgresPersonalData;
let nowMs = NOW_MS;
let pendingWrites = 0;
/** What the copies of queue_log were asked to erase. */
const copies: LogErasure[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  anybody = await postgres.client();
  const clock = { ...systemClock, now: () => nowMs };
  const limits = { pool: 2, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
  database = new Database({ databaseUrl: postgres.databaseUrl, ...limits, clock, log: silentLog() });
  personalData = new PostgresPersonalData({
    database,
    logCopies: {
      async erase(erasure) {
        copies.push(erasure);
        return 1;
      },
    },
    pendingWrites: () => pendingWrites,
    clock,
    log: silentLog(),
  });
});
afterAll(async () => {
  await database.close();
  await postgres.close();
});

beforeEach(async () => {
  await anybody.query(
    'truncate queue, queue_member, queue_entry, queue_entry_heard, ring_attempt, queue_log, caller_music, erasure, recording',
  );
  nowMs = NOW_MS;
  copies.length = 0;
});

/** Rooms that a test has opened. */
const toClose: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(toClose.splice(0).map((each) => each.close()));
});

/** A queue with a member, on the real store. */
async function openQueue() {
  const opened = await openTestDatabase(postgres.databaseUrl);
  toClose.push(opened);
  const made = await scene({
    store: opened.queueStore,
    async addExtension({ number, interface: interfaceName }) {
      await anybody.query('insert into extension (number, interface) values ($1, $2)', [number, interfaceName]);
    },
    logOf: async () => [],
  });
  const { store } = made;
  return {
    ...made,
    /** A call that was answered and is over. */
    async talked(number: string | null, over: Parameters<typeof made.enter>[0] = {}) {
      const entered = await made.enter({ caller: { number, name: 'Alice' }, ...over });
      const attempt = await made.reserve(entered);
      await made.connect(attempt);
      await store.complete({ attemptId: attempt.attemptId, endedBy: 'caller', atMs: START_MS + 60_000 });
      return entered;
    },
    async gaveUp(number: string | null) {
      const entered = await made.enter({ caller: { number, name: null }, customer: null });
      await store.leave({ entryId: entered.entryId, outcome: 'ABANDON', atMs: START_MS + 30_000 });
      return entered;
    },
  };
}

const likes = (number: string, atMs = START_MS) =>
  anybody.query("insert into caller_music values ($1, 'default', 'harbour', to_timestamp($2::float8 / 1000), now())", [
    number,
    atMs,
  ]);

const REPORTS = [
  'report_hour',
  'report_member_day',
  'report_wait',
  'report_position',
  'report_ring',
  'report_refused_call',
];

/** What supervisors read: the reports as they are, and how many calls and distinct callers each queue had. */
async function reports() {
  const { rows: calls } = await anybody.query(
    'select queue, outcome, count(*)::int as calls, count(distinct caller)::int as callers, sum(talk_seconds)::int as talked from report_call group by 1, 2 order by 1, 2',
  );
  const { rows: callers } = await anybody.query<{ callers: number }>(
    'select count(distinct caller)::int as callers from report_call',
  );
  const all: Record<string, unknown> = { calls, callers: callers[0]?.callers };
  for (const name of REPORTS) all[name] = (await anybody.query(`select * from ${name} order by 1, 2, 3`)).rows;
  return all;
}

/** Every text in the database, wherever it may stand. */
async function everything(): Promise<string> {
  const tables = await anybody.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
  );
  const texts = [];
  for (const { name } of tables.rows) {
    const { rows } = await anybody.query(`select to_jsonb(t) as row from "${name}" t`);
    texts.push(...rows.map(({ row }) => `${name} ${JSON.stringify(row)}`));
  }
  return texts.join('\n');
}

describe('a number', () => {
  test('is found in places, queue_log and tunes, and nobody else is', async () => {
    const queue = await openQueue();
    const talked = await queue.talked('2000');
    await queue.gaveUp('2001');
    await likes('2000');
    await likes('2001');
    expect(await personalData.list({ kind: 'number', value: ' 2000 ' })).toEqual({
      places: [
        {
          entryId: talked.entryId,
          callId: talked.callId,
          queue: queue.queue,
          joinedAtMs: talked.joinedAtMs,
          number: '2000',
          name: 'Alice',
          customer: talked.customer,
          isOpen: false,
        },
      ],
      calls: [
        { uniqueId: talked.uniqueId, queue: queue.queue, enteredAtMs: talked.joinedAtMs, number: '2000', name: '' },
      ],
      tunes: [{ musicClass: 'default', track: 'harbour', chosenAtMs: START_MS }],
      recordings: [],
      isMore: false,
    });
  });

  test('is erased everywhere, reports add up as before, and distinct callers stay distinct', async () => {
    const queue = await openQueue();
    for (const number of ['2000', '2001', '2000', null]) await queue.talked(number);
    for (const number of ['2000', '2002']) await queue.gaveUp(number);
    await likes('2000');
    await anybody.query("update queue_log set data4 = 'Alice' where event = 'ENTERQUEUE' and data2 = '2000'");
    const before = await reports();
    expect(before).toMatchObject({ callers: 3, report_hour: [{ offered: '6', answered: '4', abandoned: '2' }] });
    expect(await personalData.erase({ kind: 'number', value: '2000' })).toEqual({
      places: 3,
      lines: 3,
      tunes: 1,
      recordings: 0,
      fileLines: 1,
      open: 0,
    });
    expect(await reports()).toEqual(before);
    const text = await everything();
    expect(text).not.toMatch(/"2000"/);
    expect(text).toMatch(/"2001"/);
    const { rows } = await anybody.query<{ token: string; calls: number }>(
      "select data2 as token, count(*)::int as calls from queue_log where data2 like 'erased-%' group by 1",
    );
    expect(rows).toEqual([{ token: expect.stringMatching(ERASED), calls: 3 }]);
    const places = await anybody.query(
      'select caller_number as number, caller_name as name, customer from queue_entry where caller_number like $1',
      ['erased-%'],
    );
    expect(places.rows).toEqual(Array(3).fill({ number: rows[0]?.token, name: null, customer: null }));
    expect(await personalData.list({ kind: 'number', value: '2000' })).toEqual({
      places: [],
      calls: [],
      tunes: [],
      recordings: [],
      isMore: false,
    });
  });

  test('erased twice is erased; what comes later is a trace anew, with a token of its own', async () => {
    const queue = await openQueue();
    await queue.gaveUp('2000');
    await personalData.erase({ kind: 'number', value: '2000' });
    expect(await personalData.erase({ kind: 'number', value: '2000' })).toEqual({
      places: 0,
      lines: 0,
      tunes: 0,
      recordings: 0,
      fileLines: 1,
      open: 0,
    });
    await queue.gaveUp('2000');
    expect(await personalData.erase({ kind: 'number', value: '2000' })).toMatchObject({ places: 1, lines: 1 });
    const { rows } = await anybody.query("select distinct data2 from queue_log where data2 like 'erased-%'");
    expect(rows).toHaveLength(2);
  });

  test('of a call that goes on is erased when the call is over, and the call is not disturbed', async () => {
    const queue = await openQueue();
    await queue.gaveUp('2000');
    const here = await queue.enter({ caller: { number: '2000', name: 'Alice' } });
    expect(await personalData.erase({ kind: 'number', value: '2000' })).toEqual({
      places: 1,
      lines: 1,
      tunes: 0,
      recordings: 0,
      fileLines: 1,
      open: 1,
    });
    const [place] = (await personalData.list({ kind: 'number', value: '2000' })).places;
    expect(place).toMatchObject({ entryId: here.entryId, number: '2000', isOpen: true });
    await personalData.eraseWanted();
    expect((await personalData.list({ kind: 'number', value: '2000' })).places).toHaveLength(1);
    await queue.store.leave({ entryId: here.entryId, outcome: 'ABANDON', atMs: START_MS + 60_000 });
    // A call that began after the erasure was asked for.
    nowMs = NOW_MS + 60_000;
    const later = await queue.enter({ caller: { number: '2000', name: null }, joinedAtMs: NOW_MS + 1000 });
    await personalData.eraseWanted();
    const left = await personalData.list({ kind: 'number', value: '2000' });
    expect(left.places.map(({ entryId }) => entryId)).toEqual([later.entryId]);
    expect(left.calls.map(({ uniqueId }) => uniqueId)).toEqual([later.uniqueId]);
    expect((await anybody.query('select from erasure')).rowCount).toBe(0);
    const tokens = await anybody.query("select distinct data2 from queue_log where data2 like 'erased-%'");
    expect(tokens.rowCount).toBe(1);
  });

  test('of many calls is erased in small statements', async () => {
    await anybody.query(
      `insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3)
        select now() - interval '1 year', 'call-' || i, 'support', 'NONE', 'ENTERQUEUE', '', '2000', '1' from generate_series(1, 1001) i`,
    );
    nowMs = Date.now();
    const listed = await personalData.list({ kind: 'number', value: '2000' });
    expect([listed.calls.length, listed.isMore]).toEqual([TRACES_LISTED_MAX, true]);
    expect(await personalData.erase({ kind: 'number', value: '2000' })).toMatchObject({ lines: 1001 });
  });

  test.each(['', '  ', 'anonymous', 'Restricted', '1'.repeat(41), 'a\0b'])('%j is refused', async (value) => {
    const refused = { code: 'REQUEST_INVALID' };
    await expect(personalData.list({ kind: 'number', value })).rejects.toMatchObject(refused);
    await expect(personalData.erase({ kind: 'number', value })).rejects.toMatchObject(refused);
  });

  test.each(["2000' or '1'='1", '%', '_000', '\\', '+49 (30) 12', '😀'])('%j is only itself', async (value) => {
    const queue = await openQueue();
    await queue.gaveUp('2000');
    await queue.gaveUp(value);
    expect(await personalData.erase({ kind: 'number', value })).toMatchObject({ places: 1, lines: 1 });
    expect((await personalData.list({ kind: 'number', value: '2000' })).places).toHaveLength(1);
  });
});

describe('what else there is of a call', () => {
  const recorded = (id: string, entered: { callId: string; entryId: string; uniqueId: string }, state = 'done') =>
    anybody.query(
      `insert into recording (recording_id, call_id, entry_id, unique_id, queue, extension, part, file, state, started_at, ended_at)
        values ($1, $2, $3, $4, 'support', '1000', 'together', $5, $6, to_timestamp($7::float8 / 1000), case when $6 = 'done' then now() end)`,
      [id, entered.callId, entered.entryId, entered.uniqueId, `2000/${id}.wav`, state, START_MS],
    );
  const wanted = async () => {
    const { rows } = await anybody.query<{ id: string }>(
      'select recording_id as id from recording where removal_wanted_at is not null order by 1',
    );
    return rows.map(({ id }) => id);
  };

  test('recordings are listed and are to be removed, also when the place has gone long ago', async () => {
    const queue = await openQueue();
    const [mine, old, other] = [await queue.talked('2000'), await queue.talked('2000'), await queue.talked('2001')];
    await recorded('mine', mine);
    await recorded('old', old);
    await recorded('other', other);
    await anybody.query('delete from queue_entry where entry_id = $1', [old.entryId]);
    const { recordings } = await personalData.list({ kind: 'number', value: '2000' });
    expect(recordings.map(({ file }) => file)).toEqual(['2000/mine.wav', '2000/old.wav']);
    expect(await personalData.erase({ kind: 'number', value: '2000' })).toMatchObject({ recordings: 2 });
    expect(await wanted()).toEqual(['mine', 'old']);
    const removals = new PostgresRecordingRemovals(database);
    expect((await removals.unwanted(10)).map(({ recordingId }) => recordingId)).toEqual(['mine', 'old']);
    await removals.removed(recordingId('mine'), NOW_MS);
    expect((await removals.unwanted(10)).map(({ recordingId }) => recordingId)).toEqual(['old']);
    const { rows } = await anybody.query(
      "select file, removed_at is not null as gone from recording where recording_id = 'mine'",
    );
    expect(rows).toEqual([{ file: 'removed', gone: true }]);
  });

  test("a customer's recordings go, and one that is still written waits for its end", async () => {
    const queue = await openQueue();
    const customer = { id: '7', name: 'Company 7', code: null, fields: {} };
    const [ended, open] = [await queue.talked('2000', { customer }), await queue.talked('2001', { customer })];
    await recorded('ended', ended);
    await recorded('open', open, 'recording');
    expect((await personalData.list({ kind: 'customer', value: '7' })).recordings).toHaveLength(2);
    expect(await personalData.erase({ kind: 'customer', value: '7' })).toMatchObject({ recordings: 2 });
    const removals = new PostgresRecordingRemovals(database);
    expect((await removals.unwanted(10)).map(({ recordingId }) => recordingId)).toEqual(['ended']);
  });

  test('the way through the menus loses the number, too', async () => {
    await anybody.query(
      `insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3)
        values (now() - interval '1 h', 'c', 'NONE', 'NONE', 'INFO', 'IVRSTART', '2000', '0000'),
          (now() - interval '1 h', 'c', 'NONE', 'NONE', 'INFO', 'IVRAPPEND', '2', 'main')`,
    );
    nowMs = Date.now();
    expect(await personalData.erase({ kind: 'number', value: '2000' })).toMatchObject({ lines: 1 });
    const { rows } = await anybody.query('select data2, data3 from queue_log order by id');
    expect(rows).toEqual([
      { data2: expect.stringMatching(ERASED), data3: '0000' },
      { data2: '2', data3: 'main' },
    ]);
  });

  test('copies of queue_log are told which calls are meant, and which go on', async () => {
    const queue = await openQueue();
    const over = await queue.gaveUp('2000');
    const open = await queue.enter({ caller: { number: '2000', name: null } });
    await personalData.erase({ kind: 'number', value: '2000' });
    expect(copies).toEqual([
      {
        number: '2000',
        uniqueIds: new Set([over.uniqueId]),
        openIds: new Set([open.uniqueId]),
        beforeMs: NOW_MS,
        key: expect.any(Uint8Array),
      },
    ]);
  });

  test('while writes of an absence of the database are on their way, nothing is erased by halves', async () => {
    pendingWrites = 3;
    await expect(personalData.erase({ kind: 'number', value: '2000' })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining('3 writes'),
    });
    pendingWrites = 0;
    expect((await anybody.query('select from erasure')).rowCount).toBe(0);
  });
});

describe('a customer', () => {
  test('is found and erased with all calls whose places are still there, from whatever number', async () => {
    const queue = await openQueue();
    const customer = { id: '7', name: 'Company 7', code: '7777', fields: { city: 'Riga' } };
    await queue.talked('2000', { customer });
    await queue.talked('2001', { customer });
    await queue.talked('2000');
    await likes('2000');
    const before = await reports();
    const listed = await personalData.list({ kind: 'customer', value: '7' });
    expect(listed.places.map(({ number }) => number)).toEqual(['2000', '2001']);
    expect(listed.calls.map(({ number }) => number)).toEqual(['2000', '2001']);
    expect(await personalData.erase({ kind: 'customer', value: '7' })).toEqual({
      places: 2,
      lines: 2,
      tunes: 0,
      recordings: 0,
      fileLines: 1,
      open: 0,
    });
    expect(await everything()).not.toMatch(/Company 7|7777|"2001"/);
    for (const name of REPORTS) expect((await reports())[name]).toEqual(before[name]);
    // The number is still known by the call that was not this customer's.
    expect(await personalData.list({ kind: 'number', value: '2000' })).toMatchObject({
      places: [{ customer: { id: '1' } }],
      calls: [{ number: '2000' }],
      tunes: [{ track: 'harbour' }],
    });
  });

  test('without an id is refused', async () => {
    await expect(personalData.erase({ kind: 'customer', value: ' ' })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });
});

test('What is a number and what is not, the database and the program see alike', async () => {
  const samples = ['2000', ' 2000 ', '', '   ', 'anonymous', 'NONE', 'Private', 'restricted', 'unavailable', 'unknown'];
  samples.push('withheld', 'anonymous coward', '+49 30 1234', 'erased');
  const { rows } = await anybody.query<{ is: boolean }>(
    'select is_personal_number(n) as is from unnest($1::text[]) n',
    [samples],
  );
  expect(rows.map((row) => row.is)).toEqual(samples.map((sample) => personNumber(sample) !== null));
});

test('Numbers are looked for by index, however long the log has become', async () => {
  await anybody.query(
    `insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3)
      select now() - i * interval '1 s', 'call-' || i, 'support', 'NONE', 'ENTERQUEUE', '', (i % 5000)::text, '1' from generate_series(1, 50000) i`,
  );
  await anybody.query('analyze queue_log');
  const planOf = async (condition: string) =>
    JSON.stringify(
      (await anybody.query(`explain select id from queue_log where is_caller_line(event, data1) and ${condition}`))
        .rows,
    );
  expect(await planOf("is_personal_number(data2) and btrim(data2) = '17'")).toContain('queue_log_caller');
  const old =
    "(is_personal_number(data2) or coalesce(data4, '') <> '') and time < now() at time zone 'UTC' - interval '13 h'";
  expect(await planOf(`${old} order by time limit 1000`)).toContain('queue_log_personal');
});
