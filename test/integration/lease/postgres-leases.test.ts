import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client } from 'pg';
import { Database } from '../../../db/database.ts';
import { PostgresLeases } from '../../../db/leases.ts';
import { switchName } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { Lease } from '../../../src/ports/lease.ts';
import { eventually } from '../../support/eventually.ts';
import { HalfOpenProxy } from '../../support/half-open-proxy.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { YesterdaysDump } from '../../support/yesterdays-dump.ts';

jest.setTimeout(120_000);

const main = switchName('main');
const LEASE_MS = 1200;
const SHIPPED_LEASE_MS = 3000;
/** A third of it is more than the machine stands still. */
const SLOW_LEASE_MS = 6000;
/** Where nobody is to lose it: between two looks of a standby is then the second in which PostgreSQL may give the holder a new session. */
const LONG_LEASE_MS = 12_000;

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.close(), 180_000);

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
async function take(address = databaseUrl, leaseMs = LEASE_MS): Promise<Process> {
  const losses: string[] = [];
  const leases = new PostgresLeases({ databaseUrl: address, leaseMs, log: silentLog() });
  const { signal } = stopping;
  const lease = await leases.take([main], { signal, onLost: (reason) => losses.push(reason) });
  held.push(lease);
  return { lease, losses };
}

/** The holder's session, as the row names it. */
async function session(): Promise<number> {
  return (await anybody.query('select backend_pid as pid from switch_lease')).rows[0].pid;
}

async function untilStandbyLooks(): Promise<void> {
  const standbys = "select from pg_stat_activity where application_name = 'queueapp standby main'";
  await eventually('the standby looks', async () => (await anybody.query(standbys)).rowCount === 1);
}

describe('The lease of a switch', () => {
  test('stays where it is while its holder lives, also when its session is ended', async () => {
    const first = await take(databaseUrl, LONG_LEASE_MS);
    const second = take(databaseUrl, LONG_LEASE_MS);
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
      ...{ databaseUrl, pool: 1, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 },
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
    const first = await take(databaseUrl, SHIPPED_LEASE_MS);
    const second = take(databaseUrl, SHIPPED_LEASE_MS);
    second.catch(() => undefined);
    await untilStandbyLooks();
    const before = await session();
    await postgres.stop();
    await postgres.start();
    anybody = await postgres.client(databaseUrl);
    await eventually('the holder is back', async () => (await session()) !== before);
    await eventually(
      'a lease time has passed',
      async () => {
        const [row] = (await anybody.query('select beat, epoch from switch_lease')).rows;
        return Number(row.beat) > 12 && Number(row.epoch) === first.lease.epoch;
      },
      60_000,
    );
    expect(first.losses).toEqual([]);
    await first.lease.release();
    expect((await second).lease.epoch).toBe(first.lease.epoch + 1);
  });

  test('stays where it is while every answer of the database takes more than two thirds of the lease time', async () => {
    const { hostname: host, port } = new URL(databaseUrl);
    const proxy = await HalfOpenProxy.start({ host, port: Number(port) });
    const slowly = new URL(databaseUrl);
    slowly.port = String(proxy.port);
    try {
      // What is left of the lease time is what this process, in which all of it happens, may stand still.
      const first = await take(slowly.href, SLOW_LEASE_MS);
      const second = take(slowly.href, SLOW_LEASE_MS);
      second.catch(() => undefined);
      await untilStandbyLooks();
      const before = await session();
      const beats = async () => Number((await anybody.query('select beat from switch_lease')).rows[0].beat);
      proxy.delayAnswers(SLOW_LEASE_MS * 0.7);
      first.lease.alsoAsk(async () => 'ours');
      const fromBeat = await beats();
      await eventually('several lease times have passed', async () => (await beats()) >= fromBeat + 4, 60_000);
      // What takes the application's name at the switch is not held up for ever, and the rest goes on by the word of the switch.
      await first.lease.confirmByDatabase(stopping.signal);
      await first.lease.confirm();
      expect([await session(), first.losses]).toEqual([before, []]);
      proxy.delayAnswers(0);
      await first.lease.release();
      expect((await second).lease.epoch).toBe(2);
    } finally {
      await proxy.close();
    }
  });
});

describe('A database that is set back, as by a restored dump,', () => {
  /** What a dump of a moment before would bring. */
  const setBack = (text: string) => anybody.query(`update switch_lease set ${text}`);
  const SET_BACK = { code: 'LEASE_LOST' };
  const isTold = async ({ losses }: Process, reason: RegExp) =>
    await eventually('the holder is told', () => losses.length === 1 && reason.test(losses[0] ?? ''));

  test('ends the lease: an epoch of an earlier holder', async () => {
    const first = await take();
    await first.lease.release();
    const second = await take();
    await setBack("epoch = 1, beat = 1, holder = 'an earlier one'");
    await isTold(second, /^the database was set back: from epoch 2 and beat \d+ to 1 and none$/);
    await expect(second.lease.confirm()).rejects.toMatchObject(SET_BACK);
  });

  test('ends the lease: its own epoch of some time ago', async () => {
    const first = await take();
    await eventually('it has given signs of life', async () => {
      const [row] = (await anybody.query('select beat from switch_lease')).rows;
      return Number(row.beat) >= 4;
    });
    await setBack('beat = 1');
    await isTold(first, /^the database was set back/);
  });

  test('does not make two holders, when the lease is taken as often again as before', async () => {
    const first = await take();
    await first.lease.release();
    const second = await take();
    expect(second.lease.epoch).toBe(2);
    // Another has taken it since, in an epoch of the same number, and has given more signs of life.
    await setBack("beat = beat + 1000, taken_at = taken_at - interval '1 day', holder = 'another'");
    await isTold(second, /^another process has taken it over$/);
    await expect(second.lease.confirm()).rejects.toMatchObject(SET_BACK);
  });

  test('leaves the standby or nobody, when it is restored while both look', async () => {
    const first = await take(databaseUrl, SHIPPED_LEASE_MS);
    const second = take(databaseUrl, SHIPPED_LEASE_MS);
    second.catch(() => undefined);
    await untilStandbyLooks();
    const adminUrl = new URL(databaseUrl);
    adminUrl.pathname = '/queueapp';
    const dump = await YesterdaysDump.take(adminUrl.href, databaseUrl);
    anybody = await postgres.client(databaseUrl);
    const beats = async () => Number((await anybody.query('select beat from switch_lease')).rows[0].beat);
    const keptBeats = await beats();
    await eventually('the holder is back', async () => (await beats()) > keptBeats + 2);
    await dump.drop();
    expect(first.losses).toEqual([]);
    await dump.restore();
    await isTold(first, /^the database was set back/);
    anybody = await postgres.client(databaseUrl);
    const { lease } = await second;
    expect(lease.epoch).toBe(2);
    await expect(first.lease.confirm()).rejects.toMatchObject(SET_BACK);
    await lease.confirm();
  });

  test('of a time when nobody held the lease, leaves it to nobody before the holder of today must have found out', async () => {
    const adminUrl = new URL(databaseUrl);
    adminUrl.pathname = '/queueapp';
    const dump = await YesterdaysDump.take(adminUrl.href, databaseUrl);
    const first = await take();
    const second = take();
    second.catch(() => undefined);
    anybody = await postgres.client(databaseUrl);
    await untilStandbyLooks();
    const restoringAtMs = performance.now();
    await dump.restore();
    const { lease } = await second;
    expect(performance.now() - restoringAtMs).toBeGreaterThanOrEqual(LEASE_MS);
    await isTold(first, /^the database was set back/);
    await lease.confirm();
    anybody = await postgres.client(databaseUrl);
  });

  test('is no loss while it is being restored: no lease is there, and the holder goes on by the word of the switch', async () => {
    const first = await take();
    let asked = 0;
    first.lease.alsoAsk(async () => {
      asked++;
      return 'ours';
    });
    const [row] = (await anybody.query('delete from switch_lease returning *')).rows;
    await eventually('the switch is asked again and again', async () => {
      await first.lease.confirm();
      return asked >= 3;
    });
    expect(first.losses).toEqual([]);
    const columns = Object.keys(row);
    await anybody.query(
      `insert into switch_lease (${columns}) values (${columns.map((_, index) => `$${index + 1}`)})`,
      Object.values(row),
    );
  });
});
