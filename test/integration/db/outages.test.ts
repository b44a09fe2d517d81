import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { attemptId, callId, channelId, entryId, queueName } from '../../../src/core/ids.ts';
import type { QueueStore, StoreChange } from '../../../src/ports/queue-store.ts';
import { openTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { HalfOpenProxy } from '../../support/half-open-proxy.ts';
import { inTime } from '../../support/in-time.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { logOf } from '../../support/queue-log.ts';
import { extension as extensionRow } from '../../support/queue-people.ts';
import { numberedEntry, PLAIN_ENTRANCE, reserveOne } from '../../support/store-requests.ts';
import { YesterdaysDump } from '../../support/yesterdays-dump.ts';

const START_MS = Date.UTC(2026, 10, 20, 12, 0, 0);
const queue = queueName('support');
const extension = extensionRow('1000');
/** Where nobody listens it is known at once. */
const SOON_MS = 2_000;
/** Of one statement, where it is waited for: five connections are made anew in less, whatever the machine does. */
const LIMIT_MS = 10_000;
/** From a statement that gets no answer to its refusal (db/database.ts). */
const SILENCE_MS = LIMIT_MS + 500;

let postgres: TestPostgres;
let database: Awaited<ReturnType<typeof openTestDatabase>>;
let heard: StoreChange[];

async function open(databaseUrl = postgres.databaseUrl, over: Parameters<typeof openTestDatabase>[1] = {}) {
  const opened = await openTestDatabase(databaseUrl, over);
  opened.queueStore.subscribe((change) => heard.push(change));
  return opened;
}

beforeEach(async () => {
  heard = [];
  postgres = await startTestPostgres();
  const anybody = await postgres.client();
  await anybody.query("insert into extension (number) values ('1000')");
  database = await open();
  await database.queueStore.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 0 }]);
  await database.queueStore.login({ queue, extension, uniqueId: 'CLI', atMs: START_MS });
});

afterEach(async () => {
  await database.close();
  await postgres.close();
});

const enter = (store: QueueStore, serial: number) =>
  store.enter(numberedEntry(serial, { queue, joinedAtMs: START_MS }), PLAIN_ENTRANCE);
const reserve = (store: QueueStore, serial: number) =>
  reserveOne(store, {
    attemptId: attemptId(`attempt-${serial}`),
    entryId: entryId(`entry-${serial}`),
    queue,
    extension: extension.number,
    atMs: START_MS + 1000,
  });
const connect = (store: QueueStore, serial: number) =>
  store.connect({
    attemptId: attemptId(`attempt-${serial}`),
    memberChannelId: channelId('member'),
    memberUniqueId: '2.1',
    ringMs: 2000,
    atMs: START_MS + 3000,
  });
const complete = (store: QueueStore, serial: number) =>
  store.complete({ attemptId: attemptId(`attempt-${serial}`), endedBy: 'caller', atMs: START_MS + 63_000 });
const full = (serial: number) =>
  ({
    event: 'FULL',
    queue,
    callId: callId(`call-${serial}`),
    uniqueId: `9.${serial}`,
    atMs: START_MS + serial,
  }) as const;

const eventsInLog = async () => (await logOf(await postgres.client(), queue)).map(({ event }) => event);
const UNAVAILABLE = { code: 'DATABASE_UNAVAILABLE' };

describe('PostgreSQL restarts', () => {
  test('what waits for an answer is told soon, and afterwards everything works again by itself', async () => {
    const store = database.queueStore;
    await enter(store, 1);
    await postgres.stop();
    await inTime(SOON_MS, expect(enter(store, 2)).rejects.toMatchObject(UNAVAILABLE));
    await inTime(SOON_MS, expect(store.memberships()).rejects.toMatchObject(UNAVAILABLE));
    await postgres.start();
    expect(await enter(store, 2)).toMatchObject({ position: 2 });
    await eventually('everything may have changed', () => heard.some(({ type }) => type === 'all'));
    expect(await store.openEntries()).toHaveLength(2);
  });

  test('a call that ends meanwhile gets its lines and its last hang-up later', async () => {
    const store = database.queueStore;
    await enter(store, 1);
    await reserve(store, 1);
    await postgres.stop();
    expect(await connect(store, 1)).toBe('done');
    expect(await complete(store, 1)).toBe('done');
    await store.record(full(7));
    expect(database.pendingWrites()).toBe(3);
    await expect(reserve(store, 1)).rejects.toMatchObject(UNAVAILABLE);
    heard.length = 0;
    await postgres.start();
    await eventually('everything is written', () => database.pendingWrites() === 0);
    await eventually('listeners hear that they may look again', () => heard.some(({ type }) => type === 'all'));
    expect(await eventsInLog()).toEqual(['ADDMEMBER', 'ENTERQUEUE', 'CONNECT', 'COMPLETECALLER', 'FULL']);
    const [membership] = await store.memberships();
    expect(membership?.lastHangupAtMs).toBe(START_MS + 63_000);
    expect(await store.openEntries()).toEqual([]);
  });

  test('every connection of the pool was cut: the first calls after that succeed', async () => {
    const store = database.queueStore;
    await Promise.all(Array.from({ length: 5 }, () => store.memberships()));
    await postgres.stop();
    await postgres.start();
    const answers = await Promise.all(Array.from({ length: 5 }, () => store.memberships()));
    expect(answers.map((each) => each.length)).toEqual([1, 1, 1, 1, 1]);
  });
});

describe('A connection that is half open', () => {
  test('is noticed within the statement limit and half a second, on all connections at once', async () => {
    const { hostname, port } = new URL(postgres.databaseUrl);
    const proxy = await HalfOpenProxy.start({ host: hostname, port: Number(port) });
    const url = new URL(postgres.databaseUrl);
    url.port = String(proxy.port);
    const settings = { pool: 5, connectTimeoutMs: 20_000, statementTimeoutMs: LIMIT_MS };
    const throughProxy = await open(url.href, { settings });
    const store = throughProxy.queueStore;
    await Promise.all(Array.from({ length: 5 }, () => store.memberships()));
    proxy.fallSilent();
    await inTime(SILENCE_MS + 500, expect(store.memberships()).rejects.toMatchObject(UNAVAILABLE));
    proxy.recover();
    // None of them finds out for itself that its connection is dead.
    const answers = await inTime(SILENCE_MS, Promise.all(Array.from({ length: 5 }, () => store.memberships())));
    expect(answers.map((each) => each.length)).toEqual([1, 1, 1, 1, 1]);
    await throughProxy.close();
    await proxy.close();
  });
});

describe('A dump is restored', () => {
  test('what happens while the tables are not there waits, and is written into what was restored', async () => {
    const store = database.queueStore;
    await enter(store, 1);
    await reserve(store, 1);
    const adminUrl = new URL(postgres.databaseUrl);
    adminUrl.pathname = '/queueapp';
    const dump = await YesterdaysDump.take(adminUrl.href, postgres.databaseUrl);
    await enter(store, 2);
    await dump.drop();
    expect(await connect(store, 1)).toBe('done');
    expect(database.outage().isAway).toBe(true);
    const message = expect.stringContaining('lacks what the application has made there');
    await expect(enter(store, 3)).rejects.toMatchObject({ ...UNAVAILABLE, message });
    await expect(store.memberships()).rejects.toMatchObject(UNAVAILABLE);
    expect(await complete(store, 1)).toBe('done');
    await dump.restore();
    await eventually('everything is written', () => database.pendingWrites() === 0);
    expect(await eventsInLog()).toEqual(['ADDMEMBER', 'ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    // The place that the dump does not know of is free again.
    expect(await enter(store, 3)).toMatchObject({ position: 1 });
    await eventually('the database is told to be there', () => !database.outage().isAway);
  });
});

describe('The outbox', () => {
  const away = 'postgres://queueapp:x@127.0.0.1:1/nowhere';

  test('keeps what waits over a crash, a torn line apart, and writes it at the next start', async () => {
    const first = await open(away);
    for (const serial of [1, 2, 3]) await first.queueStore.record(full(serial));
    const file = join(first.folder, 'outbox.jsonl');
    const kept = await readFile(file, 'utf8');
    expect(kept.split('\n')).toHaveLength(4);
    await first.close();
    // The next process finds the file as a crash in the middle of a fourth line leaves it.
    const left = join(database.folder, 'left.jsonl');
    await writeFile(left, `${kept}{"method":"record","requ`);
    const second = await open(postgres.databaseUrl, { outboxFile: left });
    await eventually('everything is written', () => second.pendingWrites() === 0);
    await second.queueStore.record(full(4));
    const lines = await logOf(await postgres.client(), queue);
    expect(lines.map(({ callid }) => callid)).toEqual(['CLI', '9.1', '9.2', '9.3', '9.4']);
    await expect(readFile(left)).rejects.toMatchObject({ code: 'ENOENT' });
    await second.close();
  });
});
