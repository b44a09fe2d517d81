import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { Database } from '../../../db/database.ts';
import { PostgresReports } from '../../../db/reports.ts';
import { shippedPath } from '../../../src/config/shipped.ts';
import {
  RECORDING_FORMATS,
  type RecordingFormat,
  recordingBytes,
  recordingFile,
} from '../../../src/core/queue/recording.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { REPORTS, type ReportName, type ReportRequest } from '../../../src/ports/reports.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const FROM_MS = Date.UTC(2024, 10, 20);
const DAY = { fromMs: FROM_MS, toMs: FROM_MS + 86_400_000, queue: null, timeZone: 'UTC', limit: 1000 };

/** One day of a queue with a service level of 20 s: time, callid, agent, event, columns. What it adds up to was counted by hand. */
const LINES = `
09:00:00 MANAGER PJSIP/1000 ADDMEMBER
09:00:00 MANAGER PJSIP/2000 ADDMEMBER PAUSED
09:30:00 NONE PJSIP/2000 UNPAUSE
10:00:00 c1 NONE ENTERQUEUE ,5550101,1
10:00:05 c1 PJSIP/2000 RINGNOANSWER 5000
10:00:12 c1 Ann CONNECT 12,m1,7
10:01:12 c1 Ann COMPLETECALLER 12,60,1
10:01:12 c1 Ann WRAPUPSTART 15
10:01:20 NONE Ann WRAPUPEND
10:10:00 c2 NONE ENTERQUEUE ,5550102,1
10:10:30 c2 NONE ABANDON 1,1,30
10:20:00 c3 NONE ENTERQUEUE ,5550103,2
10:20:25 c3 PJSIP/1000 CONNECT 25,m2,5
10:22:25 c3 PJSIP/1000 BLINDTRANSFER 2000,phones,25,120,2
11:00:00 c4 NONE ENTERQUEUE ,5550104,1
11:00:15 c4 NONE EXITWITHKEY 0,1,1,15
11:05:00 c4 NONE ENTERQUEUE ,5550104,1
11:05:03 c4 Ann CONNECT 3,m3,2
11:05:33 c4 Ann COMPLETEAGENT 3,30,1
11:30:00 c5 NONE ENTERQUEUE ,,1
11:35:00 c5 NONE EXITWITHTIMEOUT 1,1,300
11:40:00 c7 NONE FULL
11:41:00 c8 NONE JOINEMPTY
12:00:00 c9 NONE ENTERQUEUE ,5550109,1
12:00:10 c9 Ann CONNECT 10,m4,6
12:01:40 c9 Ann ATTENDEDTRANSFER LINK,PJSIP/a,PJSIP/b,10,90|1
12:01:40 c9 Ann WRAPUPSTART 15
12:30:00 NONE Ann PAUSE lunch
13:00:00 NONE Ann UNPAUSE
14:00:00 NONE Ann PAUSE coffee
14:10:00 NONE Ann PAUSE training
14:30:00 MANAGER PJSIP/1000 REMOVEMEMBER
23:30:00 c6 NONE ENTERQUEUE ,5550106,1`;

const TOTALS = {
  offered: 8,
  answered: 4,
  abandoned: 1,
  timeout: 1,
  empty: 0,
  withdrawn: 0,
  key: 1,
  open: 1,
  'answered %': 57.1,
  'wait average': 12.5,
  'wait longest': 300,
  'talk average': 75,
  'in level %': 75,
  'in level of all %': 50,
};

describe('reports', () => {
  let postgres: TestPostgres;
  let database: Database;
  let anybody: Client;
  let reports: PostgresReports;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    anybody = await postgres.client();
    const limits = { pool: 2, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000, isReadOnly: true };
    database = new Database({ databaseUrl: postgres.databaseUrl, ...limits, clock: systemClock, log: silentLog() });
    reports = new PostgresReports(database);
    await anybody.query("insert into queue (name, title, service_level_ms) values ('support', 'Support', 20000)");
    await anybody.query("insert into extension (number, name) values ('1000', 'Ann'), ('2000', null)");
    for (const line of LINES.trim().split('\n')) {
      const [time, callid, agent, event, columns = ''] = line.split(' ');
      await write(`2024-11-20 ${time}`, 'support', [callid, agent, event], columns.split(','));
    }
    const way = [
      ['IVR', 'main'],
      ['IVRAPPEND', '1', 'main'],
      ['IVRAPPEND', '1', 'main'],
      ['IVRGOAL', 'support'],
    ];
    for (const columns of way) await write('2024-11-20 10:00:00', 'NONE', ['c1', 'NONE', 'INFO'], columns);
    // Others write, too, and not what anybody expects.
    await write('2024-11-20 10:30:00', 'other', ['d1', 'NONE', 'ENTERQUEUE'], ['', '', 'first']);
    await write('2024-11-20 10:30:09', 'other', ['d1', 'PJSIP/9', 'CONNECT'], ['soon', '99999999999', '-1']);
    await write('2024-11-21 00:00:00', 'support', ['e1', 'NONE', 'ENTERQUEUE'], ['', '1', '1']);
    await anybody.query("insert into queue_log (time, event) values ('2024-11-20 10:30:00', 'ENTERQUEUE')");
  });
  afterAll(async () => {
    await database.close();
    await postgres.close();
  });

  async function write(
    time: string,
    queue: string,
    names: readonly (string | undefined)[],
    columns: readonly string[],
  ) {
    const data = Array.from({ length: 5 }, (_, index) => columns[index] ?? '');
    await anybody.query(
      'insert into queue_log (time, queuename, callid, agent, event, data1, data2, data3, data4, data5) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)',
      [time, queue, ...names, ...data],
    );
  }
  /** A report's rows with their headings. */
  async function rows(report: ReportName, over: Partial<ReportRequest> = {}) {
    const { columns, rows } = await reports.report({ ...DAY, queue: 'support', ...over, report });
    return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
  }

  test('queues: all calls of the day, each once, the entered twice as two', async () => {
    expect(await rows('queues')).toEqual([{ queue: 'support', ...TOTALS, refused: 2 }]);
    expect((await rows('queues', { queue: null })).map(({ queue, offered }) => [queue, offered])).toContainEqual([
      'other',
      1,
    ]);
  });

  test('hours, days and weekdays are those of the time zone', async () => {
    const hours = async (timeZone: string) =>
      (await rows('hours', { timeZone })).map(({ hour, offered, answered }) => [hour, offered, answered]);
    expect(await hours('UTC')).toEqual([
      ['2024-11-20 10:00', 3, 2],
      ['2024-11-20 11:00', 3, 1],
      ['2024-11-20 12:00', 1, 1],
      ['2024-11-20 23:00', 1, 0],
    ]);
    expect(await hours('Asia/Kolkata')).toEqual([
      ['2024-11-20 15:00', 3, 2],
      ['2024-11-20 16:00', 2, 1],
      ['2024-11-20 17:00', 2, 1],
      ['2024-11-21 05:00', 1, 0],
    ]);
    expect((await rows('days', { timeZone: 'Asia/Kolkata' })).map(({ day, offered }) => [day, offered])).toEqual([
      ['2024-11-20', 7],
      ['2024-11-21', 1],
    ]);
    expect(await rows('weekdays')).toEqual([{ weekday: '3 Wed', queue: 'support', ...TOTALS }]);
    expect((await rows('hours-of-day')).map(({ hour, offered }) => [hour, offered])).toEqual([
      ['10:00', 3],
      ['11:00', 3],
      ['12:00', 1],
      ['23:00', 1],
    ]);
  });

  test('members: whether lines have the name or the interface', async () => {
    expect(await rows('members')).toEqual([
      {
        member: 'Ann',
        queue: 'support',
        answered: 4,
        missed: 0,
        'talk seconds': 300,
        'talk average': 75,
        'ring average': 5,
        transferred: 2,
        'logged in seconds': 19_800,
        'paused seconds': 3_600,
      },
      {
        member: 'PJSIP/2000',
        queue: 'support',
        answered: 0,
        missed: 1,
        'talk seconds': 0,
        'talk average': null,
        'ring average': null,
        transferred: 0,
        'logged in seconds': 54_000,
        'paused seconds': 1_800,
      },
    ]);
  });

  test('members: sessions and pauses count as far as they lie in the time', async () => {
    const over = { fromMs: FROM_MS + 12.75 * 3_600_000, toMs: FROM_MS + 14 * 3_600_000 };
    expect(await rows('members', over)).toMatchObject([
      { member: 'Ann', answered: 0, 'logged in seconds': 4_500, 'paused seconds': 900 },
      { member: 'PJSIP/2000', 'logged in seconds': 4_500, 'paused seconds': 0 },
    ]);
  });

  test('answered: each call with its times and where it went', async () => {
    const found = await rows('answered');
    expect(
      found.map(({ call, wait, ring, talk, ...row }) => [
        call,
        row['member'],
        wait,
        ring,
        talk,
        row['ended by'],
        row['transferred to'],
      ]),
    ).toEqual([
      ['c1', 'Ann', 12, 7, 60, 'caller', null],
      ['c3', 'Ann', 25, 5, 120, 'transfer', '2000'],
      ['c4', 'Ann', 3, 2, 30, 'member', null],
      ['c9', 'Ann', 10, 6, 90, 'transfer', 'PJSIP/a'],
    ]);
    expect(found[0]).toMatchObject({ entered: '2024-11-20 10:00:00', caller: '5550101', position: 1 });
  });

  test('unanswered: each call with why and how long', async () => {
    const found = await rows('unanswered');
    expect(found.map(({ call, outcome, wait, key }) => [call, outcome, wait, key])).toEqual([
      ['c2', 'abandoned', 30, null],
      ['c4', 'key', 15, '0'],
      ['c5', 'timeout', 300, null],
    ]);
    expect((await rows('refused')).map(({ call, reason }) => [call, reason])).toEqual([
      ['c7', 'full'],
      ['c8', 'nobody there'],
    ]);
  });

  test('levels, waits, positions and ends', async () => {
    expect((await rows('levels')).map(({ within, answered, ...row }) => [within, answered, row['%']])).toEqual([
      [10, 2, 50],
      [20, 3, 75],
      [30, 4, 100],
      [60, 4, 100],
      [90, 4, 100],
      [120, 4, 100],
    ]);
    expect((await rows('waits')).map(({ from, answered, left }) => [from, answered, left])).toEqual([
      [0, 1, 0],
      [10, 2, 1],
      [20, 1, 0],
      [30, 0, 1],
      [300, 0, 1],
    ]);
    expect(await rows('positions')).toEqual([
      { queue: 'support', position: 1, offered: 7, answered: 3, 'wait average': 61.7 },
      { queue: 'support', position: 2, offered: 1, answered: 1, 'wait average': 25 },
    ]);
    expect((await rows('ends')).map((row) => [row['ended by'], row['calls'], row['talk average']])).toEqual([
      ['caller', 1, 60],
      ['member', 1, 30],
      ['transfer', 2, 105],
    ]);
  });

  test('sessions, pauses, wrap-ups and menus', async () => {
    expect(
      (await rows('sessions')).map((row) => [row['member'], row['logged in'], row['logged out'], row['seconds']]),
    ).toEqual([
      ['Ann', '2024-11-20 09:00:00', '2024-11-20 14:30:00', 19_800],
      ['PJSIP/2000', '2024-11-20 09:00:00', null, expect.any(Number)],
    ]);
    expect((await rows('pauses')).map(({ member, reason, seconds }) => [member, reason, seconds])).toEqual([
      ['PJSIP/2000', null, 1_800],
      ['Ann', 'lunch', 1_800],
      ['Ann', 'coffee', 600],
      ['Ann', 'training', 1_200],
    ]);
    expect(await rows('wrap-ups')).toEqual([{ member: 'Ann', queue: 'support', calls: 2, seconds: 23, average: 11.5 }]);
    expect(await rows('menus')).toEqual([
      { step: '', key: '', goal: 'support', times: 1 },
      { step: 'main', key: '', goal: '', times: 1 },
      { step: 'main', key: '1', goal: '', times: 2 },
    ]);
  });

  test('recordings: length and size of each format as the code counts them, nothing of what was removed', async () => {
    const begin = Date.UTC(2024, 10, 20, 10);
    const insert = (
      id: string,
      format: RecordingFormat,
      { ms, ...over }: { ms: number; [column: string]: unknown },
    ) => {
      const file = recordingFile(`support/${id}`, format);
      const row = { state: 'done', error: null, removed_at: null, file, ...over };
      return anybody.query(
        `insert into recording (recording_id, call_id, entry_id, unique_id, queue, extension, part, file, state, started_at, ended_at, error, removed_at)
          values ($1, 'c', 'e', '1.1', 'support', '1000', 'together', $2, $3, to_timestamp($4 / 1000.0), to_timestamp($5 / 1000.0), $6, $7)`,
        [id, row.file, row.state, begin, begin + ms, row.error, row.removed_at],
      );
    };
    for (const format of RECORDING_FORMATS) await insert(format, format, { ms: 65_400 });
    await insert('refused', 'wav', { ms: 0, state: 'failed', error: 'no folder' });
    await insert('removed', 'wav', { ms: 60_000, file: 'removed', removed_at: '2024-11-21' });
    const { rows: files } = await anybody.query(
      `select recording_id as id, member, seconds, bytes::float8 as bytes from report_recording order by recording_id`,
    );
    const sizes = new Map(files.map(({ id, bytes }) => [id, bytes]));
    for (const format of RECORDING_FORMATS)
      expect(sizes.get(format)).toBe(recordingBytes(recordingFile('a', format), 65_400));
    expect([sizes.get('wav'), sizes.get('refused'), sizes.get('removed')]).toEqual([1_046_400, 0, 0]);
    expect(files.find(({ id }) => id === 'removed')).toMatchObject({ member: 'Ann', seconds: 60 });
    expect(await rows('recordings')).toEqual([
      { day: '2024-11-20', queue: 'support', files: 6, seconds: 320, MB: 3.4, failed: 1, removed: 1 },
    ]);
    await anybody.query('delete from recording');
  });

  test.each(Object.keys(REPORTS) as ReportName[])(
    '%s of a time without calls is empty, and has its headings',
    async (report) => {
      const found = await reports.report({ ...DAY, report, fromMs: 0, toMs: 1 });
      expect(found).toEqual({ columns: expect.any(Array), rows: [], isCut: false });
      expect(found.columns.length).toBeGreaterThan(2);
    },
  );

  test('what is too long is cut, and says so', async () => {
    const found = await reports.report({ ...DAY, queue: 'support', report: 'answered', limit: 2 });
    expect([found.rows.length, found.isCut]).toEqual([2, true]);
  });

  test('stay right when numbers are erased', async () => {
    await anybody.query('begin');
    const before = await rows('queues');
    await anybody.query(
      "update queue_log set data2 = 'erased-0123456789abcdef' where event = 'ENTERQUEUE' and data2 <> ''",
    );
    await anybody.query('commit');
    expect(await rows('queues')).toEqual(before);
    await anybody.query("update queue_log set data2 = null where event = 'ENTERQUEUE'");
    expect(await rows('queues')).toEqual(before);
    expect((await rows('answered'))[0]).toMatchObject({ caller: null, talk: 60 });
  });

  test('the views of docs/reports.md add up to the same', async () => {
    await anybody.query("set time zone 'UTC'");
    const day = "entered_at >= '2024-11-20' and entered_at < '2024-11-21'";
    const hours =
      await anybody.query(`select sum(offered)::int as offered, sum(answered)::int as answered, sum(by_key)::int as key,
      sum(answered_in_level)::int as level from report_hour where queue = 'support' and hour < '2024-11-21'`);
    expect(hours.rows).toEqual([{ offered: 8, answered: 4, key: 1, level: 3 }]);
    const calls = await anybody.query(
      `select count(*)::int as calls from report_call where queue = 'support' and ${day}`,
    );
    expect(calls.rows).toEqual([{ calls: 8 }]);
    const member = await anybody.query(
      "select answered::int, talk_seconds::int from report_member_day where member = 'Ann'",
    );
    expect(member.rows).toEqual([{ answered: 4, talk_seconds: 300 }]);
    const waits = await anybody.query("select sum(calls)::int as calls from report_wait where queue = 'support'");
    expect(waits.rows).toEqual([{ calls: 7 }]);
    const places = await anybody.query(
      "select sum(offered)::int as offered from report_position where queue = 'support'",
    );
    expect(places.rows).toEqual([{ offered: 9 }]);
  });

  test('the examples of docs/reports.md can be run', async () => {
    const [, sql = ''] = /```sql\n(.*?)```/s.exec(readFileSync(shippedPath('docs/reports.md'), 'utf8')) ?? [];
    expect(sql.match(/from report_/g)).toHaveLength(4);
    await anybody.query(sql);
  });

  test('find a day among 200,000 calls quickly, by index', async () => {
    await anybody.query(`insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3, data4, data5)
      select timestamp '2020-01-01' + i * interval '5 minutes' + e.after * interval '1 second', 'x' || i, 'support', e.agent, e.event, e.d1, '', e.d3, '', ''
        from generate_series(1, 200000) i, (values (0, 'NONE', 'ENTERQUEUE', '', '1'), (9, 'Ann', 'CONNECT', '9', '4'),
          (60, 'Ann', 'COMPLETEAGENT', '9', '1')) as e(after, agent, event, d1, d3)`);
    await anybody.query('analyze queue_log');
    const plan = await anybody.query(
      "explain select count(*) from report_call where entered_at >= '2021-01-01' and entered_at < '2021-01-02'",
    );
    const text = JSON.stringify(plan.rows);
    expect(text).toContain('queue_log_entered');
    expect(text).toContain('queue_log_callid');
    expect(text).not.toContain('Seq Scan on queue_log');
    const over = { fromMs: Date.UTC(2021, 0, 1), toMs: Date.UTC(2021, 0, 2) };
    expect(await rows('queues', over)).toMatchObject([{ offered: 288, answered: 288 }]);
  }, 240_000);
});
