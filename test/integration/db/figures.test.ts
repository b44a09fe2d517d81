import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import type { OpenDatabase } from '../../../db/open.ts';
import { attemptId, callId, channelId, type ExtensionNumber, entryId, queueName } from '../../../src/core/ids.ts';
import type { Extension } from '../../../src/core/people.ts';
import type { QueueStore } from '../../../src/ports/queue-store.ts';
import { openTestDatabase } from '../../support/database.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { PLAIN_ENTRANCE, plainEntry } from '../../support/store-requests.ts';

const START_MS = Date.UTC(2026, 10, 20, 12, 0, 0);
const CALLERS = 4;
const CALLS = 200;
/** A change in so many takes all of them into the queues' rows (0021-figures-apart.sql). */
const FOLDED_AFTER = 64;
const queue = queueName('support');

describe('Figures that are kept apart from the queue’s row', () => {
  let postgres: TestPostgres;
  let database: OpenDatabase;
  let anybody: Client;
  let store: QueueStore;
  let extensions: readonly Extension[];
  let serial = 0;

  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  afterAll(() => postgres.close(), 180_000);

  beforeEach(async () => {
    const databaseUrl = await postgres.createDatabase('migrated');
    anybody = await postgres.client(databaseUrl);
    await anybody.query('insert into extension (number) select (1000 + i)::text from generate_series(1, $1) i', [
      CALLERS,
    ]);
    database = await openTestDatabase(databaseUrl);
    store = database.queueStore;
    await store.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 10_000 }]);
    extensions = await store.extensions();
    for (const extension of extensions) await store.login({ queue, extension, uniqueId: 'CLI', atMs: START_MS });
  });
  afterEach(() => database.close());

  async function enter(): Promise<ReturnType<typeof entryId>> {
    const id = `entry-${++serial}`;
    const ids = { entryId: entryId(id), callId: callId(id), channelId: channelId(id), uniqueId: `1.${serial}` };
    const nobody = { caller: { number: null, name: null }, customer: null, priority: 0 };
    await store.enter(plainEntry({ ...ids, ...nobody, queue, joinedAtMs: START_MS }), PLAIN_ENTRANCE);
    return entryId(id);
  }

  async function reserve(entry: ReturnType<typeof entryId>, extension: ExtensionNumber): Promise<void> {
    const offers = [{ attemptId: attemptId(`attempt-${entry}`), extension }];
    const request = { entryId: entry, queue, offers, isExclusive: true, isRemembered: true, atMs: START_MS };
    expect(await store.reserve(request)).toHaveLength(1);
  }

  async function talk(entry: ReturnType<typeof entryId>, { waitMs = 2_000, talkMs = 3_000 } = {}): Promise<void> {
    const attempt = attemptId(`attempt-${entry}`);
    const member = { memberChannelId: channelId('member'), memberUniqueId: '2.1', ringMs: 5 };
    const atMs = START_MS + waitMs;
    expect(await store.connect({ attemptId: attempt, ...member, atMs })).toBe('done');
    expect(await store.complete({ attemptId: attempt, endedBy: 'caller', atMs: atMs + talkMs })).toBe('done');
  }

  const figures = async () => (await store.figures()).find((each) => each.queue === queue);
  const rest = async () => Number((await anybody.query('select count(*) as n from queue_delta')).rows[0].n);

  test('nobody waits for who has the queue’s row: ring, answer, end and leave go on', async () => {
    const [first, second] = [await enter(), await enter()];
    await anybody.query('begin');
    await anybody.query("select from queue where name = 'support' for update");
    // Each of these would fail after the statement's time limit.
    await reserve(first, extensions[0]?.number as ExtensionNumber);
    await talk(first);
    expect(await store.leave({ entryId: second, outcome: 'ABANDON', atMs: START_MS + 1_000 })).toBe('done');
    await anybody.query('rollback');
    const counted = {
      completed: 1,
      completedInLevel: 1,
      abandoned: 1,
      abandonedInLevel: 1,
      holdMs: 2_000,
      talkMs: 3_000,
    };
    expect(await figures()).toMatchObject(counted);
  });

  test('many at once are all counted, and few changes are ever left beside the rows', async () => {
    await Promise.all(
      extensions.map(async ({ number }) => {
        for (let call = 0; call < CALLS / CALLERS; call++) {
          const entry = await enter();
          await reserve(entry, number);
          await talk(entry);
        }
      }),
    );
    const counted = { completed: CALLS, completedInLevel: CALLS, abandoned: 0, holdMs: 2_000, talkMs: 3_000 };
    expect(await figures()).toMatchObject(counted);
    // A fold leaves a queue that is locked in that moment for the next one.
    expect(await rest()).toBeLessThan(4 * FOLDED_AFTER);
    const [row] = (await anybody.query("select completed::int from queue where name = 'support'")).rows;
    expect(row.completed).toBeGreaterThan(CALLS - 4 * FOLDED_AFTER);
  });

  test('the averages are those of the changes in their order, folded or not', async () => {
    let average: number | null = null;
    for (let call = 0; call < FOLDED_AFTER; call++) {
      const waitMs = 1_000 * (1 + (call % 7));
      const entry = await enter();
      await reserve(entry, extensions[0]?.number as ExtensionNumber);
      await talk(entry, { waitMs });
      average = average === null ? waitMs : (3 * average + waitMs) / 4;
      expect((await figures())?.holdMs).toBeCloseTo(average, 6);
    }
    expect(await rest()).toBeLessThan(3 * FOLDED_AFTER);
  });

  test('a reset forgets what is beside the row, too, but not who was rung last', async () => {
    const entry = await enter();
    await reserve(entry, extensions[1]?.number as ExtensionNumber);
    await talk(entry);
    await store.resetFigures({ queue, atMs: START_MS + 60_000 });
    expect(await figures()).toMatchObject({ completed: 0, completedInLevel: 0, holdMs: null, talkMs: null });
    expect(await rest()).toBe(0);
    expect(await store.queueMemories()).toEqual([{ queue, lastRung: extensions[1]?.number }]);
  });

  test('a queue takes them along to its new name', async () => {
    const entry = await enter();
    await reserve(entry, extensions[2]?.number as ExtensionNumber);
    await talk(entry);
    await anybody.query("update queue set name = 'sales' where name = 'support'");
    const memory = { queue: 'sales', lastRung: extensions[2]?.number };
    expect(await store.queueMemories()).toEqual([memory]);
    expect((await store.figures())[0]).toMatchObject({ queue: 'sales', completed: 1, talkMs: 3_000 });
  });
});
