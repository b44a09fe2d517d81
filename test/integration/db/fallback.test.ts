import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { Database } from '../../../db/database.ts';
import { PostgresQueueLog } from '../../../db/queue-log.ts';
import { tellCallsPast } from '../../../src/calls-past.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLog, silentLog } from '../../../src/log.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

describe('What Asterisk reads and writes while no application is connected', () => {
  let postgres: TestPostgres;
  let owner: Client;
  let asterisk: Client;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    owner = await postgres.client();
    // The role and the grants that install/asterisk/res_pgsql.conf asks for. Roles outlive the test's database.
    await owner.query('drop role if exists asterisk');
    await owner.query("create role asterisk login password 'secret'");
    await owner.query('grant select on app_queue, app_queue_member to asterisk');
    await owner.query('grant insert on app_queue_log to asterisk');
    const url = new URL(postgres.databaseUrl);
    url.username = 'asterisk';
    url.password = 'secret';
    asterisk = await postgres.client(url.href);
    await owner.query("insert into queue (name, title) values ('support', 'Support'), ('sales', 'Sales')");
    await owner.query("insert into extension (number, name) values ('1000', 'Ann'), ('2000', null)");
    await owner.query("insert into extension (number, interface) values ('3000', 'SIP/desk')");
    await owner.query("update extension set state_interface = 'Custom:door' where number = '2000'");
  });
  afterAll(async () => {
    await owner.query('drop owned by asterisk');
    await owner.query('drop role asterisk');
    await postgres.close();
  });
  beforeEach(async () => {
    await owner.query('delete from queue_member');
    await owner.query('delete from queue_log');
  });

  const members = async (queue: string) => {
    // As app_queue asks.
    const text = `select interface, membername, state_interface, penalty, paused, reason_paused, wrapuptime, ringinuse
      from app_queue_member where interface like '%' and queue_name = $1 order by interface`;
    return (await asterisk.query(text, [queue])).rows;
  };
  const write = (columns: Record<string, string>) => {
    const names = Object.keys(columns);
    return asterisk.query(
      `insert into app_queue_log (${names.join(', ')}) values (${names.map((_, index) => `$${index + 1}`).join(', ')})`,
      Object.values(columns),
    );
  };
  const line = { time: '2026-11-29 12:00:00.5', callid: 'pbx-1.5', queuename: 'support', agent: 'NONE' };
  const log = async () =>
    (await owner.query('select callid, event, data1, data2, data3, data4, data5 from queue_log order by id')).rows.map(
      (row) => Object.values(row).join('|'),
    );

  test('members are those who are logged in, in the columns of app_queue', async () => {
    await owner.query("insert into queue_member (queue, extension, penalty) values ('support', '1000', 3)");
    await owner.query(
      "insert into queue_member (queue, extension, paused, paused_reason) values ('support', '2000', true, 'lunch')",
    );
    await owner.query(
      `insert into queue_member (queue, extension, wrap_up_ms, ring_in_use, aside_until)
        values ('support', '3000', 2500, true, now() + interval '1 minute')`,
    );
    const usual = { penalty: 0, paused: 0, reason_paused: '', wrapuptime: null, ringinuse: null };
    expect(await members('support')).toEqual([
      {
        ...usual,
        interface: 'Local/1000@queueapp-member/n',
        membername: 'Ann',
        state_interface: 'PJSIP/1000',
        penalty: 3,
      },
      {
        ...usual,
        interface: 'Local/2000@queueapp-member/n',
        membername: 'PJSIP/2000',
        state_interface: 'Custom:door',
        paused: 1,
        reason_paused: 'lunch',
      },
      {
        ...usual,
        interface: 'SIP/desk',
        membername: 'SIP/desk',
        state_interface: 'SIP/desk',
        paused: 1,
        wrapuptime: 3,
        ringinuse: 1,
      },
    ]);
    expect(await members('sales')).toEqual([]);
  });

  test('each membership has an id of its own, short enough for app_queue', async () => {
    const long = 'q'.repeat(128);
    await owner.query("insert into queue (name, title) values ($1, 'Long')", [long]);
    for (const queue of ['support', 'sales', long]) {
      await owner.query("insert into queue_member (queue, extension) values ($1, '1000'), ($1, '2000')", [queue]);
    }
    const ids = (await asterisk.query<{ uniqueid: string }>('select uniqueid from app_queue_member')).rows.map(
      ({ uniqueid }) => uniqueid,
    );
    expect(new Set(ids).size).toBe(6);
    expect(Math.max(...ids.map((id) => id.length))).toBeLessThan(80);
  });

  test('lines of calls go on into queue_log, whichever way Asterisk writes them', async () => {
    await write({ ...line, event: 'ENTERQUEUE', data1: '', data2: '2001', data3: '1' });
    await write({ ...line, event: 'CONNECT', data: '4|pbx-1.7|3' });
    await write({ ...line, event: 'COMPLETECALLER', data: '4|10|1|a|b|c' });
    expect(await log()).toEqual([
      'pbx-1.5|ENTERQUEUE||2001|1||',
      'pbx-1.5|CONNECT|4|pbx-1.7|3||',
      'pbx-1.5|COMPLETECALLER|4|10|1|a|b|c',
    ]);
    const { rows } = await owner.query('select outcome, wait_seconds, talk_seconds from report_call');
    expect(rows).toEqual([{ outcome: 'answered', wait_seconds: 4, talk_seconds: 10 }]);
  });

  test.each([
    ['members that app_queue reads', { callid: 'REALTIME', event: 'ADDMEMBER' }],
    ['the start of app_queue', { callid: 'NONE', queuename: 'NONE', event: 'QUEUESTART' }],
    ['a queue that is not ours', { queuename: 'other', event: 'ENTERQUEUE' }],
  ])('nothing of %s', async (_, columns) => {
    await write({ ...line, ...columns });
    expect(await log()).toEqual([]);
  });

  test('the role can neither read nor change anything else', async () => {
    for (const text of [
      'select from customer',
      'select from queue_log',
      'select from app_queue_log',
      "insert into queue_log (event) values ('CONNECT')",
      'delete from queue_member',
    ]) {
      await expect(asterisk.query(text)).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('the next process tells how many calls went past since the last start, and does so once', async () => {
    const database = new Database({
      databaseUrl: postgres.databaseUrl,
      ...{ pool: 1, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000, clock: systemClock, log: silentLog() },
    });
    const queueLog = new PostgresQueueLog(database, silentLog());
    const told = async () => {
      const lines: string[] = [];
      const pipe = new Writable({
        write(chunk, _encoding, done) {
          lines.push(String(chunk));
          done();
        },
      });
      const said = createLog({ level: 'info', personalData: false }, pipe);
      await tellCallsPast({ queueLog, log: said });
      return lines
        .map((text) => JSON.parse(text))
        .map(({ queue, calls, from, until }) => ({ queue, calls, from, until }));
    };
    const start = () =>
      owner.query(
        "insert into queue_log (time, callid, queuename, event) values (now(), 'NONE', 'NONE', 'QUEUESTART')",
      );
    expect(await told()).toEqual([]);
    await write({ ...line, event: 'FALLBACK', data1: 'pbx' });
    await start();
    expect(await told()).toEqual([]);
    await write({ ...line, event: 'FALLBACK', data1: 'pbx' });
    await write({ ...line, event: 'FALLBACK', data1: 'pbx', time: '2026-11-29 12:05:00' });
    await write({ ...line, event: 'FALLBACK', data1: 'pbx', queuename: 'sales' });
    const first = '2026-11-29T12:00:00.500Z';
    expect(await told()).toEqual([
      { queue: 'support', calls: 2, from: first, until: '2026-11-29T12:05:00.000Z' },
      { queue: 'sales', calls: 1, from: first, until: first },
    ]);
    const { rows } = await owner.query(
      'select queue, count(*)::int as calls from report_fallback_call group by 1 order by 1',
    );
    expect(rows).toEqual([
      { queue: 'sales', calls: 1 },
      { queue: 'support', calls: 3 },
    ]);
    await database.close();
  });
});
