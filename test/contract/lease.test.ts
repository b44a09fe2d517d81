import { afterAll, beforeAll } from '@jest/globals';
import { PostgresLeases } from '../../db/leases.ts';
import { type Clock, monotonicClock, systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/log.ts';
import { MemoryLeaseTable } from '../support/fakes/memory-leases.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { leaseSuite } from './lease.suite.ts';

// Longer than a machine stands still: holders and those who wait are one process here.
const LEASE_MS = 5_000;

leaseSuite('memory', async () => {
  const table = new MemoryLeaseTable();
  return {
    process: () => table.process(),
    async standsStill(lease, whileItDoes) {
      table.passOver(lease);
      await whileItDoes();
    },
    close: async () => undefined,
  };
});

/** The clock of one process, which stands still with it. */
class ProcessClock implements Clock {
  #stillSinceMs: number | null = null;
  readonly #late = new Set<() => void>();

  now(): number {
    return this.#stillSinceMs ?? monotonicClock.now();
  }

  after(delayMs: number, callback: () => void): () => void {
    return monotonicClock.after(delayMs, () => {
      if (this.#stillSinceMs === null) callback();
      else this.#late.add(callback);
    });
  }

  stop(): void {
    this.#stillSinceMs = monotonicClock.now();
  }

  /** Timers that were due meanwhile come now, as a process's do. */
  go(): void {
    this.#stillSinceMs = null;
    for (const callback of this.#late) callback();
    this.#late.clear();
  }
}

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.close(), 60_000);

leaseSuite('PostgreSQL', async () => {
  const databaseUrl = await postgres.createDatabase('migrated');
  const clocks: ProcessClock[] = [];
  return {
    process() {
      const even = new ProcessClock();
      clocks.push(even);
      return new PostgresLeases({
        databaseUrl,
        leaseMs: LEASE_MS,
        clocks: { even, wall: systemClock },
        log: silentLog(),
      });
    },
    async standsStill(_lease, whileItDoes) {
      const [first] = clocks;
      first?.stop();
      await whileItDoes();
      first?.go();
    },
    close: async () => undefined,
  };
});
