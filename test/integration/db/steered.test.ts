import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { callId, channelId, type EntryId, entryId, queueName } from '../../../src/core/ids.ts';
import type { NewEntry, QueueStore, StoreChange, StoredEntry } from '../../../src/ports/queue-store.ts';
import { openTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const support = queueName('support');
const weighed = queueName('weighed');
const NOW_MS = Date.now();

let postgres: TestPostgres;
let anybody: Awaited<ReturnType<TestPostgres['client']>>;
/** Two processes on one database. */
let processes: Awaited<ReturnType<typeof openTestDatabase>>[];
let heard: StoreChange[][];

beforeAll(async () => {
  postgres = await startTestPostgres();
  anybody = await postgres.client();
});
afterAll(() => postgres.close());

beforeEach(async () => {
  await anybody.query('truncate queue, queue_member, queue_entry, queue_entry_heard, ring_attempt, queue_log');
  processes = [await openTestDatabase(postgres.databaseUrl), await openTestDatabase(postgres.databaseUrl)];
  heard = processes.map(({ queueStore }) => {
    const changes: StoreChange[] = [];
    queueStore.subscribe((change) => changes.push(change));
    return changes;
  });
  await eventually('both to listen', () => heard.every((changes) => changes.length > 0));
  await storeOf(0).defineQueues([
    { name: support, title: 'Support', serviceLevelMs: 0 },
    { name: weighed, title: 'Weighed', serviceLevelMs: 0, ageWeightMs: 30_000 },
  ]);
  await untilHeard(1, (change) => change.type === 'queue' && change.queue === weighed);
});
afterEach(() => Promise.all(processes.map((each) => each.close())));

function storeOf(process: number): QueueStore {
  const found = processes[process];
  if (found === undefined) throw new Error('There are two processes');
  return found.queueStore;
}

async function enters(process: number, name: string, over: Partial<NewEntry> = {}): Promise<EntryId> {
  const entry: NewEntry = {
    ...{ entryId: entryId(name), callId: callId(name), queue: support, channelId: channelId(name), uniqueId: name },
    ...{ caller: { number: name, name: null }, customer: null, priority: 0, placedPriority: 0 },
    ...{ placedAtMs: NOW_MS, joinedAtMs: NOW_MS, limits: { min: null, max: null, raise: null }, needs: {} },
    knownExtension: null,
    ...over,
  };
  const options = { maxLength: 0, resumeSinceMs: null, isLast: over.queue !== weighed, wantedPosition: null };
  await storeOf(process).enter(entry, { ...options, isKnownByLastCall: false, loggedName: null });
  await untilHeard(1 - process, ({ type }) => type === 'entry');
  return entry.entryId;
}

/** Waits until the process has been told of such a change; from then on only what comes later counts. */
async function untilHeard(process: number, isMeant: (change: StoreChange) => boolean): Promise<void> {
  await eventually(`process ${process} to hear`, () => heard[process]?.some(isMeant) ?? false);
  for (const changes of heard) changes.length = 0;
}

/** Each process's line, read when it has heard of a change of the entry. */
async function lines(of: EntryId, queue = support): Promise<StoredEntry[][]> {
  const isHeard = (change: StoreChange) => change.type === 'entry' && change.entryId === of;
  await eventually('the change to be heard', () => heard.every((changes) => changes.some(isHeard)));
  for (const changes of heard) changes.length = 0;
  return await Promise.all(
    [0, 1].map(async (each) => (await storeOf(each).openEntries()).filter((entry) => entry.queue === queue)),
  );
}

const names = (line: readonly StoredEntry[]) => line.map((entry) => entry.entryId);

describe('a priority by SQL', () => {
  test('the caller stands before everybody of lower priority and behind those of the same, for each process', async () => {
    const [a, b, c] = [await enters(0, 'a'), await enters(1, 'b'), await enters(0, 'c')];
    await anybody.query("update queue_entry set priority = 5 where entry_id = 'c'");
    const [first, second] = await lines(c);
    expect(names(first ?? [])).toEqual([c, a, b]);
    expect(second).toEqual(first);
    expect(first?.[0]).toMatchObject({ priority: 5, placedPriority: 5 });
    await anybody.query("update queue_entry set priority = 5 where entry_id = 'b'");
    for (const line of await lines(b)) expect(names(line)).toEqual([c, b, a]);
    // Of several in one statement each stands behind the one before.
    await anybody.query("update queue_entry set priority = -1 where entry_id in ('b', 'c')");
    for (const line of await lines(c)) {
      expect(names(line)[0]).toBe(a);
      expect(names(line).slice(1).sort()).toEqual([b, c]);
    }
  });

  test('with an age weight the caller stands where that priority would have stood from the beginning', async () => {
    const old = await enters(0, 'old', { queue: weighed, joinedAtMs: NOW_MS - 50_000, placedAtMs: NOW_MS - 50_000 });
    const young = await enters(1, 'young', { queue: weighed });
    await anybody.query("update queue_entry set priority = 1 where entry_id = 'young'");
    for (const line of await lines(young, weighed)) expect(names(line)).toEqual([old, young]);
    await anybody.query("update queue_entry set priority = 2 where entry_id = 'young'");
    for (const line of await lines(young, weighed)) {
      expect(names(line)).toEqual([young, old]);
      expect(line[0]).toMatchObject({ placedPriority: 0, placedAtMs: NOW_MS - 60_000 });
    }
  });

  test('a place that the statement names itself is that place; who does not wait is not placed', async () => {
    const [a, b] = [await enters(0, 'a'), await enters(1, 'b')];
    await anybody.query(
      "update queue_entry set priority = 5, placed_at = placed_at - interval '1 hour' where entry_id = 'b'",
    );
    for (const line of await lines(b)) {
      expect(names(line)).toEqual([b, a]);
      expect(line[0]).toMatchObject({ priority: 5, placedPriority: 0 });
    }
    await storeOf(0).leave({ entryId: a, outcome: 'ABANDON', atMs: NOW_MS });
    await anybody.query("update queue_entry set priority = 7 where entry_id = 'a'");
    const { rows } = await anybody.query("select placed_priority from queue_entry where entry_id = 'a'");
    expect(rows).toEqual([{ placed_priority: 0 }]);
  });

  test('a process that changes the number alone leaves the place, as app_queue does (PR3)', async () => {
    const [a, b] = [await enters(0, 'a'), await enters(1, 'b')];
    await storeOf(0).changePriority({ entryId: b, priority: 5, placed: null });
    await eventually('the other to hear', () => heard[1]?.length === 1);
    expect(names(await storeOf(1).openEntries())).toEqual([a, b]);
  });
});

test('a withdrawal that one process or SQL wants is told to the other processes', async () => {
  const [a, b] = [await enters(0, 'a'), await enters(0, 'b')];
  expect(await storeOf(1).wantWithdrawal({ entryId: a, info: 'back office' })).toBe('done');
  const entryChange = (id: EntryId) => ({ type: 'entry', queue: support, entryId: id });
  await eventually('the holder to hear', () => heard[0]?.length === 1);
  expect(heard[0]).toEqual([entryChange(a)]);
  await anybody.query("update queue_entry set withdrawal_wanted = 'by SQL' where entry_id = 'b'");
  await eventually('SQL to be heard', () => heard[0]?.length === 2);
  expect(heard[0]?.[1]).toEqual(entryChange(b));
  expect((await storeOf(0).openEntries()).map((each) => each.withdrawalWanted)).toEqual(['back office', 'by SQL']);
});
