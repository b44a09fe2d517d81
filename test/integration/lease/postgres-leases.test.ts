import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { Database } from '../../../db/database.ts';
import { PostgresLeases } from '../../../db/leases.ts';
import { switchName } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { Lease } from '../../../src/ports/lease.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const main = switchName('main');
const LEASE_MS = 1200;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.close(), 60_000);

interface Process {
  readonly lease: Lease;
  readonly losses: string[];
}

const held: Lease[] = [];
let stopping: AbortController;
let databaseUrl: string;
let anybody: Client;
beforeEach(async () => {
  stopping = new AbortController();
  databaseUrl = await postgres.createDatabase('migrated');
  anybody = await postgres.client(databaseUrl);
});
afterEach(async () => {
  stopping.abort();
  for (const lease of held.splice(0)) await lease.release();
  await anybody.end();
});

/** A process that wants the lease. */
async function take(): Promise<Process> {
  const losses: string[] = [];
  const leases = new PostgresLeases({ databaseUrl, leaseMs: LEASE_MS, log: silentLog() });
  const { signal } = stopping;
  const lease = await leases.take([main], { signal, onLost: (reason) => losses.push(reason) });
  held.push(lease);
  return { lease, losses };
}

/** The holder's session, as the row names it. */
async function session(): Promise<number> {
  return (await anybody.query('select backend_pid as pid from switch_lease')).rows[0].pid;
}

describe('The lease of a switch', () => {
  test('stays where it is while its holder lives, also when its session is ended', async () => {
    const first = await take();
    const second = take();
    for (let round = 0; round < 5; round++) {
      const before = await session();
      await anybody.query('select pg_terminate_backend($1)', [before]);
      await eventually('the holder is back', async () => (await session()) !== before);
    }
    expect(first.losses).toEqual([]);
    expect(first.lease.confirm()).toBeUndefined();
    await first.lease.release();
    expect((await second).lease.epoch).toBe(2);
  });

  test('is what an entry is written under: an older epoch is refused', async () => {
    const { lease } = await take();
    const told: string[] = [];
    const database = new Database({
      ...{ databaseUrl, pool: 1, connectTimeoutMs: 1000, statementTimeoutMs: 1000 },
      sessionSettings: { 'queueapp.switch': 'main', 'queueapp.epoch': String(lease.epoch) },
      onLeaseLost: (reason) => told.push(reason),
      clock: systemClock,
      log: silentLog(),
    });
    const touch = { name: 'touch', text: "update queue_entry set state = 'waiting' where false", values: [] };
    await database.run(touch);
    await lease.release();
    await take();
    await expect(database.run(touch)).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(told).toHaveLength(1);
    await database.close();
  });

  test('is taken over only when a statement of the old holder is through', async () => {
    const { lease } = await take();
    const statement = await postgres.client(databaseUrl);
    await statement.query(`set queueapp.switch = 'main'; set queueapp.epoch = '${lease.epoch}'`);
    await statement.query('begin');
    await statement.query("update queue_entry set state = 'waiting' where false");
    // As of a process that has stood still for so long.
    const taking = postgres.client(databaseUrl).then(async (other) => {
      await other.query(`update switch_lease set epoch = epoch + 1 where epoch = ${lease.epoch}`);
      return 'taken';
    });
    await eventually('the takeover waits', async () => {
      const waiting = await anybody.query(
        "select from pg_stat_activity where wait_event_type = 'Lock' and query like '%epoch + 1%'",
      );
      return waiting.rowCount === 1;
    });
    // Heartbeats do not wait for it, and it does not wait for them.
    const beat = async () => Number((await anybody.query('select beat from switch_lease')).rows[0].beat);
    expect(await beat()).toBeGreaterThan(0);
    await statement.query('commit');
    expect(await taking).toBe('taken');
    await expect(statement.query("update queue_entry set state = 'waiting' where false")).rejects.toMatchObject({
      code: 'QA001',
    });
  });

  test('is no concern of sessions that name no epoch', async () => {
    await take();
    await expect(anybody.query("update queue_entry set state = 'waiting' where false")).resolves.toMatchObject({
      rowCount: 0,
    });
  });

  test('does not move when PostgreSQL is restarted, although a standby is there', async () => {
    const first = await take();
    const second = take();
    second.catch(() => undefined);
    await eventually('the standby looks', async () => {
      const found = await anybody.query(
        "select from pg_stat_activity where application_name = 'queueapp standby main'",
      );
      return found.rowCount === 1;
    });
    const before = await session();
    await postgres.stop();
    await postgres.start();
    anybody = await postgres.client(databaseUrl);
    await eventually('the holder is back', async () => (await session()) !== before);
    await eventually('a lease time has passed', async () => {
      const [row] = (await anybody.query('select beat, epoch from switch_lease')).rows;
      return Number(row.beat) > 12 && Number(row.epoch) === first.lease.epoch;
    });
    expect(first.losses).toEqual([]);
    await first.lease.release();
    expect((await second).lease.epoch).toBe(first.lease.epoch + 1);
  });
});
