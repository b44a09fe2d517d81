import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { Database } from '../../../db/database.ts';
import type { LeaseClocks } from '../../../db/lease.ts';
import { PostgresLeases } from '../../../db/leases.ts';
import { switchName } from '../../../src/core/ids.ts';
import { type Clock, monotonicClock, systemClock } from '../../../src/lib/clock.ts';
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

/** The clock of a process that stands still: no timer of it fires. */
class StandingClock implements Clock {
  nowMs = 0;
  now(): number {
    return this.nowMs;
  }
  after(): () => void {
    return () => undefined;
  }
}

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

/** A process that wants the lease: its clock stands still when it is frozen. */
async function take(clocks: LeaseClocks = { even: monotonicClock, wall: systemClock }): Promise<Process> {
  const losses: string[] = [];
  const leases = new PostgresLeases({ databaseUrl, leaseMs: LEASE_MS, clocks, log: silentLog() });
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
  test('is had at once when nobody has it, and with a higher epoch each time', async () => {
    const first = await take();
    expect(first.lease).toMatchObject({ switchName: 'main', epoch: 1 });
    expect(first.lease.confirm()).toBeUndefined();
    await first.lease.release();
    expect((await take()).lease.epoch).toBe(2);
  });

  test('passes on when it is given back', async () => {
    const first = await take();
    const second = take();
    await first.lease.release();
    expect((await second).lease.epoch).toBe(2);
    await expect(first.lease.confirm()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(first.losses).toEqual([]);
  });

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

  test('of a process that stands still is taken over, and that one does nothing more when it wakes', async () => {
    const clock = new StandingClock();
    const frozen = await take({ even: clock, wall: clock });
    const second = await take();
    expect(second.lease.epoch).toBe(2);
    clock.nowMs += LEASE_MS;
    await expect(frozen.lease.confirm()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(frozen.losses).toHaveLength(1);
    expect(second.losses).toEqual([]);
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
});
