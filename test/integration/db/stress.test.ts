import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { chanceFrom, seedOf } from '../../support/chance.ts';
import { openTestDatabase } from '../../support/database.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { Chaos, ENTRIES, HeldThings, prepareChaos, type Referee } from '../../support/reservations/chaos.ts';

const POOLS = 3;
const WORKERS = 6;
/** `npm run soak -- reservations` makes a million, from four processes. */
const RESERVATIONS = 20_000;

describe('Reservations over several pools of connections at once', () => {
  let postgres: TestPostgres;
  let anybody: Client;
  let pools: Awaited<ReturnType<typeof openTestDatabase>>[];
  beforeAll(async () => {
    postgres = await startTestPostgres();
    anybody = await postgres.client();
    const settings = { pool: WORKERS, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
    pools = await Promise.all(
      Array.from({ length: POOLS }, () => openTestDatabase(postgres.databaseUrl, { settings })),
    );
  });
  afterAll(async () => {
    await Promise.all(pools.map((each) => each.close()));
    await postgres.close();
  });

  test('never give a call to two members or a member two calls', async () => {
    const seed = seedOf();
    const [first] = pools;
    if (first === undefined) throw new Error('There is no pool');
    await prepareChaos(first.queueStore, (text, values) => anybody.query(text, values));
    const held = new HeldThings();
    const all: Chaos[] = [];
    const referee: Referee = {
      take: (what) => held.take(what),
      give: (what) => held.give(what),
      moved: (slot, entry) => {
        for (const { slots } of all) slots[slot] = entry;
      },
    };
    for (const [index, { queueStore }] of pools.entries()) all.push(new Chaos(queueStore, referee, String(index)));
    await Promise.all(Array.from({ length: ENTRIES }, (_, slot) => all[0]?.enter(slot)));
    const each = Math.ceil(RESERVATIONS / (POOLS * WORKERS));
    await Promise.all(
      all.flatMap((chaos, index) =>
        Array.from({ length: WORKERS }, (_, worker) =>
          chaos.work(each, chanceFrom(seed + index * 100 + worker), worker),
        ),
      ),
    );

    expect({ seed, violations: all.flatMap(({ violations }) => violations) }).toEqual({ seed, violations: [] });
    const sum = (key: keyof Chaos['counts']) => all.reduce((total, { counts }) => total + counts[key], 0);
    expect(sum('reserved') + sum('entry-taken') + sum('member-taken')).toBe(POOLS * WORKERS * each);
    for (const key of ['reserved', 'entry-taken', 'member-taken', 'talked', 'left'] as const)
      expect(sum(key)).toBeGreaterThan(50);
    // Nothing is left half done: who waits has no attempt, and nobody is held by an entry that ended.
    expect(await first.queueStore.openAttempts()).toEqual([]);
    expect((await first.queueStore.openEntries()).map(({ state }) => state)).toEqual(
      Array.from({ length: ENTRIES }, () => 'waiting'),
    );
    const logged = await anybody.query<{ event: string; lines: number }>(
      "select event, count(*)::int as lines from queue_log where event in ('CONNECT', 'COMPLETECALLER', 'ABANDON') group by event",
    );
    const lines = Object.fromEntries(logged.rows.map(({ event, lines }) => [event, lines]));
    expect(lines).toEqual({ CONNECT: sum('talked'), COMPLETECALLER: sum('talked'), ABANDON: sum('left') });
  }, 480_000);
});
