import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { Database } from '../../../db/database.ts';
import { PostgresQueueLog } from '../../../db/queue-log.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const ALL = { limit: 1000, take: 'first' } as const;

describe('queue_log as it is read', () => {
  let postgres: TestPostgres;
  let database: Database;
  let queueLog: PostgresQueueLog;
  let anybody: Client;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    const { databaseUrl } = postgres;
    const limits = { pool: 4, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
    database = new Database({ databaseUrl, ...limits, clock: systemClock, log: silentLog() });
    queueLog = new PostgresQueueLog(database, silentLog());
    anybody = await postgres.client();
  });
  afterAll(async () => {
    await database.close();
    await postgres.close();
  });
  beforeEach(() => anybody.query('delete from queue_log'));

  const write = (client: Client, callid: string) =>
    client.query("insert into queue_log (time, callid, event) values ('2026-11-20 12:00:00.5', $1, 'DID')", [callid]);
  const callids = async (cursor: Parameters<typeof queueLog.after>[0]) => {
    const batch = await queueLog.after(cursor, 100);
    return { cursor: batch.cursor, callids: batch.lines.map(({ callid }) => callid) };
  };
  /** So many lines at least: none is told while an older transaction of anybody's goes on, and be it the server's own look at its tables. */
  const read = async (from: Parameters<typeof queueLog.after>[0], count: number) => {
    const found = { cursor: from, callids: [] as string[] };
    await eventually(`${count} lines`, async () => {
      const { cursor, callids: more } = await callids(found.cursor);
      found.cursor = cursor;
      found.callids.push(...more);
      return found.callids.length >= count;
    });
    return found;
  };

  describe('to be followed', () => {
    test('has after its end what is written from then on, and no line twice', async () => {
      await write(anybody, 'before');
      const end = await queueLog.end();
      await write(anybody, 'first');
      await write(anybody, 'second');
      const two = await read(end, 2);
      expect(two.callids).toEqual(['first', 'second']);
      expect((await callids(two.cursor)).callids).toEqual([]);
      await write(anybody, 'third');
      expect((await read(two.cursor, 1)).callids).toEqual(['third']);
    });

    test('never passes over a line whose transaction ends after that of a later one', async () => {
      const slow = await postgres.client();
      const end = await queueLog.end();
      await slow.query('begin');
      await write(slow, 'slow');
      await write(anybody, 'quick');
      const early = await callids(end);
      expect(early.callids).toEqual([]);
      await slow.query('commit');
      expect((await read(early.cursor, 2)).callids).toEqual(['slow', 'quick']);
    });

    test('gives each line of many writers once, however their transactions overlap', async () => {
      const writers = await Promise.all(Array.from({ length: 6 }, () => postgres.client()));
      const seen: string[] = [];
      let cursor = await queueLog.end();
      let isWriting = true;
      const reading = (async () => {
        for (let isLast = false; !isLast; ) {
          isLast = !isWriting;
          const next = await callids(cursor);
          seen.push(...next.callids);
          cursor = next.cursor;
        }
      })();
      await Promise.all(
        writers.map(async (client, writer) => {
          for (let index = 0; index < 30; index++) {
            await client.query('begin');
            await write(client, `${writer}-${index}`);
            if (index % 7 === 3) await client.query('select pg_sleep(0.005)');
            await client.query(index % 5 === 4 ? 'rollback' : 'commit');
          }
        }),
      );
      isWriting = false;
      await reading;
      const kept = await anybody.query<{ callid: string }>('select callid from queue_log');
      seen.push(...(await read(cursor, kept.rows.length - seen.length)).callids);
      expect(seen).toHaveLength(6 * 24);
      expect(seen.sort()).toEqual(kept.rows.map(({ callid }) => callid).sort());
    });

    test('goes on where it was after a restore from a dump, where transactions are counted anew', async () => {
      await write(anybody, 'read there');
      await write(anybody, 'not read there');
      await anybody.query("update queue_log set transaction_id = '900000000000'");
      const [first] = await queueLog.find(ALL);
      const adopted = await queueLog.adopt({ transaction: '900000000000', lineId: first?.lineId ?? '' });
      await write(anybody, 'new');
      const found = await read(adopted, 2);
      expect(found.callids).toEqual(['not read there', 'new']);
      expect((await callids(found.cursor)).callids).toEqual([]);
    });

    test('keeps a cursor of this server as it is', async () => {
      await write(anybody, 'one');
      const { cursor } = await callids({ transaction: '0', lineId: '0' });
      expect(await queueLog.adopt(cursor)).toEqual(cursor);
    });
  });

  describe('by filters', () => {
    const lines = [
      ['12:00:00', '1.1', 'support', 'NONE', 'ENTERQUEUE'],
      ['12:00:05', '1.1', 'support', 'Ann', 'CONNECT'],
      ['12:01:00', '1.1', 'support', 'Ann', 'COMPLETECALLER'],
      ['12:02:00', '1.2', 'sales', 'PJSIP/1000', 'RINGNOANSWER'],
      ['12:03:00', '1.2', 'sales', 'NONE', 'ABANDON'],
    ];
    beforeEach(async () => {
      await anybody.query('delete from extension');
      await anybody.query("insert into extension (number, name) values ('1000', 'Ann')");
      for (const [time, ...columns] of lines) {
        await anybody.query(
          "insert into queue_log (time, callid, queuename, agent, event, data1) values ($1, $2, $3, $4, $5, 'x')",
          [`2026-11-20 ${time}`, ...columns],
        );
      }
    });
    const found = async (filter: Partial<Parameters<typeof queueLog.find>[0]>) =>
      (await queueLog.find({ ...ALL, ...filter })).map(({ event }) => event);
    const at = (time: string) => Date.parse(`2026-11-20T${time}Z`);

    test.each([
      ['all', {}, ['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER', 'RINGNOANSWER', 'ABANDON']],
      ['a queue', { queue: 'sales' }, ['RINGNOANSWER', 'ABANDON']],
      ['an event', { event: 'CONNECT' }, ['CONNECT']],
      ['a call', { call: '1.2' }, ['RINGNOANSWER', 'ABANDON']],
      ['a member by name', { member: 'Ann' }, ['CONNECT', 'COMPLETECALLER', 'RINGNOANSWER']],
      ['a member by number', { member: '1000' }, ['CONNECT', 'COMPLETECALLER', 'RINGNOANSWER']],
      ['nobody', { member: "x' or 1=1 --" }, []],
      ['a time', { sinceMs: at('12:00:05'), untilMs: at('12:02:00') }, ['CONNECT', 'COMPLETECALLER']],
      ['the last two', { limit: 2, take: 'last' }, ['RINGNOANSWER', 'ABANDON']],
      ['the first two', { limit: 2 }, ['ENTERQUEUE', 'CONNECT']],
      ['two at once', { queue: 'support', member: 'Ann', event: 'CONNECT' }, ['CONNECT']],
    ] as const)('%s', async (_what, filter, events) => {
      expect(await found(filter)).toEqual(events);
    });

    test('a call by its id in the application’s log', async () => {
      await anybody.query("insert into queue (name, title) values ('support', 'Support')");
      await anybody.query(
        `insert into queue_entry (entry_id, call_id, queue, channel_id, unique_id, joined_at, original_position, state)
          values ('e', 'our-call', 'support', 'c', '1.1', now(), 1, 'waiting')`,
      );
      expect(await found({ call: 'our-call' })).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    });

    test('lines after one that is known, whole', async () => {
      const [, second] = await queueLog.find(ALL);
      const [third] = await queueLog.find({ ...ALL, afterLineId: second?.lineId ?? '' });
      expect(third).toEqual({
        lineId: expect.stringMatching(/^\d+$/),
        atMs: at('12:01:00'),
        callid: '1.1',
        queuename: 'support',
        agent: 'Ann',
        event: 'COMPLETECALLER',
        data: ['x', '', '', '', ''],
      });
    });
  });
});
