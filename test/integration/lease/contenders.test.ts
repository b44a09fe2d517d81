import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client } from 'pg';
import { eventually } from '../../support/eventually.ts';
import { type Contender, Contenders } from '../../support/lease/contenders.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

jest.setTimeout(400_000);

/** The shipped one: what is asked of its holder holds while the machine does not stand still for so long. */
const LEASE_MS = 3000;
const ROUNDS = 10;
const HOUR_S = 3600;

let postgres: TestPostgres;
let contenders: Contenders;
let anybody: Client;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
beforeEach(async () => {
  const databaseUrl = await postgres.createDatabase('migrated');
  anybody = await postgres.client(databaseUrl);
  contenders = new Contenders(databaseUrl, LEASE_MS);
});
afterEach(() => contenders.close());
afterAll(() => postgres?.close(), 180_000);

/** The same numbers for the same seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Who holds it, and in which epoch: what they have written of that may not have been read yet. */
async function holding(): Promise<{ readonly pid: number; readonly epoch: number }> {
  const found = await anybody.query<{ holder: string | null; epoch: string }>('select holder, epoch from switch_lease');
  return { pid: Number(found.rows[0]?.holder?.split(' ').at(-1)), epoch: Number(found.rows[0]?.epoch) };
}

/** What can happen to the holder; answers whether the lease passes on by it. */
const FATES = {
  killed: async (holder: Contender) => {
    holder.signal('SIGKILL');
    expect(await holder.ended()).toBe('SIGKILL');
  },
  stopped: async (holder: Contender) => {
    holder.signal('SIGTERM');
    expect(await holder.ended()).toBe(0);
  },
  frozen: async (holder: Contender, epoch: number) => {
    holder.signal('SIGSTOP');
    await contenders.untilLaterThan(epoch);
    holder.signal('SIGCONT');
    expect(await holder.ended()).toBe(75);
  },
} as const;

describe('Four processes and one lease', () => {
  test('there is one holder at each moment, whatever becomes of it', async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    process.stdout.write(`Contenders: seed ${seed}\n`);
    const random = chance(seed);
    const here = new Map<number, Contender>();
    const join = async () => {
      const contender = await contenders.start();
      here.set(contender.pid, contender);
    };
    await Promise.all([join(), join(), join(), join()]);
    for (let round = 0; round < ROUNDS; round++) {
      const { holder, epoch } = await eventually('one of them holds the lease', async () => {
        const { pid, epoch } = await holding();
        const holder = here.get(pid);
        return holder && { holder, epoch };
      });
      const names = Object.keys(FATES) as (keyof typeof FATES)[];
      await FATES[names[Math.floor(random() * names.length)] ?? 'killed'](holder, epoch);
      here.delete(holder.pid);
      await contenders.untilLaterThan(epoch);
      await join();
    }
    expect(contenders.lateActs()).toEqual([]);
    expect(contenders.acts.length).toBeGreaterThan(ROUNDS);
  });
});

describe('A clock that is set back an hour', () => {
  const folder = mkdtempSync(join(tmpdir(), 'queueapp-clock-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('changes nothing, neither for the holder nor for the standby', async () => {
    const offset = join(folder, 'offset');
    writeFileSync(offset, '+0');
    const fake = {
      LD_PRELOAD: fakeTime(),
      FAKETIME_TIMESTAMP_FILE: offset,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    const holder = await contenders.start(fake);
    const standby = await contenders.start(fake);
    const first = await contenders.untilLaterThan(0);
    writeFileSync(offset, `-${HOUR_S}`);
    // The clock was really set back, and the same process acts for more than a lease time by it.
    const back = await eventually('the holder acts an hour ago', () =>
      contenders.acts.find(({ wallMs }) => wallMs < first.wallMs - 1000 * (HOUR_S - 60)),
    );
    await eventually('it goes on', () =>
      contenders.acts.some(
        ({ wallMs, atNs }) => wallMs < first.wallMs && atNs - back.atNs > 2_000_000n * BigInt(LEASE_MS),
      ),
    );
    expect(new Set(contenders.acts.map(({ pid }) => pid))).toEqual(new Set([holder.pid]));
    holder.signal('SIGKILL');
    const next = await contenders.untilLaterThan(back.epoch);
    expect(next.pid).toBe(standby.pid);
    expect(contenders.lateActs()).toEqual([]);
  });
});

/** The library of Debian's package libfaketime. */
function fakeTime(): string {
  const found = readdirSync('/usr/lib')
    .map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`)
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error('libfaketime is not installed: install/packages.sh test');
  return found;
}
