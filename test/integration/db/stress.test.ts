import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { attemptId, callId, channelId, entryId, extensionNumber, queueName } from '../../../src/core/ids.ts';
import type { QueueStore } from '../../../src/ports/queue-store.ts';
import { openTestDatabase } from '../../support/database.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { type OneRing, PLAIN_ENTRANCE, plainEntry, reserveOne } from '../../support/store-requests.ts';

const PROCESSES = 3;
const WORKERS = 6;
const ROUNDS = 300;
const ENTRIES = 12;
const MEMBERS = 8;
const START_MS = Date.UTC(2026, 10, 20, 12, 0, 0);
const queue = queueName('support');

/** Repeatable chance (mulberry32): a failure can be run again with its seed. */
function chanceFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Workers that reserve at random, and what they believe: never two of them may hold one member or one entry. */
class Chaos {
  readonly violations: string[] = [];
  readonly counts = { reserved: 0, 'entry-taken': 0, 'member-taken': 0, talked: 0, left: 0 };
  // Taken on the word "reserved", given back before the store is told.
  readonly #held = new Set<string>();
  readonly #slots: string[] = [];
  #serial = 0;

  async enter(store: QueueStore, slot: number): Promise<void> {
    const id = `entry-${++this.#serial}`;
    this.#slots[slot] = id;
    const call = { callId: callId(id), channelId: channelId(id), uniqueId: `1.${this.#serial}` };
    const joinedAtMs = START_MS + this.#serial;
    const rest = { caller: { number: null, name: null }, customer: null, joinedAtMs };
    const entry = plainEntry({ entryId: entryId(id), queue, ...call, ...rest, priority: this.#serial % 3 });
    await store.enter(entry, PLAIN_ENTRANCE);
  }

  async work(store: QueueStore, chance: (below: number) => number, name: string): Promise<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const slot = chance(ENTRIES);
      const request: OneRing = {
        attemptId: attemptId(`attempt-${name}-${round}`),
        entryId: entryId(this.#slots[slot] ?? ''),
        queue,
        extension: extensionNumber(String(1001 + chance(MEMBERS))),
        atMs: START_MS + 100_000 + round,
      };
      const answer = await reserveOne(store, request);
      this.counts[answer]++;
      if (answer === 'reserved') await this.#use(store, request, { slot, next: chance(4) });
    }
  }

  async #use(store: QueueStore, request: OneRing, { slot, next }: { slot: number; next: number }): Promise<void> {
    for (const held of [request.extension, request.entryId]) {
      this.#check(!this.#held.has(held), `${held} was given twice`);
      this.#held.add(held);
    }
    if (next === 0) this.#check((await reserveOne(store, request)) === 'reserved', 'A repeated request was refused');
    for (const held of [request.extension, request.entryId]) this.#held.delete(held);
    if (next === 2) await this.#leave(store, request);
    else if (next === 3) await this.#talk(store, request);
    else await store.miss({ ...request, outcome: 'busy', ringMs: 10 });
    if (next >= 2) await this.enter(store, slot);
  }

  async #leave(store: QueueStore, { entryId, atMs }: OneRing): Promise<void> {
    this.counts.left++;
    this.#check((await store.leave({ entryId, outcome: 'ABANDON', atMs })) === 'done', `${entryId} could not leave`);
  }

  async #talk(store: QueueStore, { attemptId, atMs }: OneRing): Promise<void> {
    this.counts.talked++;
    const member = { memberChannelId: channelId(attemptId), memberUniqueId: '2.1' };
    const talk = await store.connect({ attemptId, ...member, ringMs: 10, atMs });
    const end = await store.complete({ attemptId, endedBy: 'caller', atMs: atMs + 10 });
    this.#check(talk === 'done' && end === 'done', `${attemptId} was ${talk}, ${end}`);
  }

  #check(isRight: boolean, violation: string): void {
    if (!isRight) this.violations.push(violation);
  }
}

describe('Reservations by several processes at once', () => {
  let postgres: TestPostgres;
  let anybody: Client;
  let processes: Awaited<ReturnType<typeof openTestDatabase>>[];
  beforeAll(async () => {
    postgres = await startTestPostgres();
    anybody = await postgres.client();
    await anybody.query('insert into extension (number) select (1000 + i)::text from generate_series(1, $1) i', [
      MEMBERS,
    ]);
    const settings = { pool: WORKERS, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
    processes = await Promise.all(
      Array.from({ length: PROCESSES }, () => openTestDatabase(postgres.databaseUrl, { settings })),
    );
  });
  afterAll(async () => {
    await Promise.all(processes.map((each) => each.close()));
    await postgres.close();
  });

  test('never give a call to two members or a member two calls', async () => {
    const seed = 20_261_121;
    const first = processes[0]?.queueStore as QueueStore;
    await first.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 0 }]);
    for (const extension of await first.extensions()) {
      await first.login({ queue, extension, uniqueId: 'CLI', atMs: START_MS });
    }
    const chaos = new Chaos();
    await Promise.all(Array.from({ length: ENTRIES }, (_, slot) => chaos.enter(first, slot)));
    await Promise.all(
      processes.flatMap(({ queueStore }, index) =>
        Array.from({ length: WORKERS }, (_, number) =>
          chaos.work(queueStore, chanceFrom(seed + index * 100 + number), `${index}-${number}`),
        ),
      ),
    );

    const { counts, violations } = chaos;
    expect(violations).toEqual([]);
    expect(counts.reserved + counts['entry-taken'] + counts['member-taken']).toBe(PROCESSES * WORKERS * ROUNDS);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(50);
    // Nothing is left half done: who waits has no attempt, and nobody is held by an entry that ended.
    expect(await first.openAttempts()).toEqual([]);
    expect((await first.openEntries()).map(({ state }) => state)).toEqual(
      Array.from({ length: ENTRIES }, () => 'waiting'),
    );
    const logged = await anybody.query<{ event: string; lines: number }>(
      "select event, count(*)::int as lines from queue_log where event in ('CONNECT', 'COMPLETECALLER', 'ABANDON') group by event",
    );
    const lines = Object.fromEntries(logged.rows.map(({ event, lines }) => [event, lines]));
    expect(lines).toEqual({ CONNECT: counts.talked, COMPLETECALLER: counts.talked, ABANDON: counts.left });
  }, 120_000);
});
