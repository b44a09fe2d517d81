import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PostgresCallerMusic } from '../../../db/caller-music.ts';
import { Database } from '../../../db/database.ts';
import { removeOld } from '../../../db/retention.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLog, silentLog } from '../../../src/log.ts';
import { KEEP_ALL } from '../../support/database.ts';
import { HalfOpenProxy } from '../../support/half-open-proxy.ts';
import { inTime } from '../../support/in-time.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const AT_MS = Date.UTC(2026, 10, 21, 12);
const DAY_MS = 24 * 3_600_000;
const NOBODY = 'postgres://queueapp:x@127.0.0.1:1/queueapp';
const alice = { number: '2000', musicClass: 'default' };

let postgres: TestPostgres;
let anybody: Awaited<ReturnType<TestPostgres['client']>>;
let music: PostgresCallerMusic;
let lines: { level: string; msg: string; lost: number }[];

interface Opening {
  readonly databaseUrl?: string;
  readonly now?: () => number;
  readonly answerLimitMs?: number;
}

/** The adapter with a log that the test reads. Its limit is far away: what a busy machine takes for an answer is not what is tested. */
function open({ now = () => systemClock.now(), ...over }: Opening = {}): PostgresCallerMusic {
  const { databaseUrl = postgres.databaseUrl, answerLimitMs = 20_000 } = over;
  lines = [];
  const stream = new PassThrough().on('data', (line) => lines.push(JSON.parse(String(line))));
  const log = createLog({ level: 'warn', personalData: false }, stream);
  return new PostgresCallerMusic({ databaseUrl, answerLimitMs, clock: { ...systemClock, now }, log });
}

const choose = (number: number) =>
  music.remember({ ...alice, number: String(number), track: `${number}.wav`, atMs: AT_MS });

beforeAll(async () => {
  postgres = await startTestPostgres();
  anybody = await postgres.client();
});
beforeEach(async () => {
  await anybody.query('delete from caller_music');
});
afterAll(() => postgres.close());

test('400 callers who choose in the same second are all remembered, over one connection', async () => {
  music = open();
  await Promise.all(Array.from({ length: 400 }, (_, number) => choose(number)));
  const { rows } = await anybody.query(
    "select count(*)::int as count from caller_music where track = number || '.wav'",
  );
  expect(rows).toEqual([{ count: 400 }]);
  expect(lines).toEqual([]);
  await music.close();
});

test('with no database a choice is lost and told once, then once a minute with the number of the lost', async () => {
  let nowMs = AT_MS;
  music = open({ databaseUrl: NOBODY, now: () => nowMs });
  await Promise.all(Array.from({ length: 50 }, (_, number) => choose(number)));
  expect(lines).toMatchObject([{ level: 'warn', lost: 1 }]);
  nowMs += 61_000;
  await choose(50);
  expect(lines).toMatchObject([{ lost: 1 }, { lost: 50 }]);
  await expect(music.recall(alice)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  await music.close();
});

test('the number of a caller stands in no line of the log', async () => {
  music = open({ databaseUrl: NOBODY });
  await music.remember({ ...alice, number: '37120001234', track: 'a.wav', atMs: AT_MS });
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).not.toContain('37120001234');
  await music.close();
});

test('a database that falls silent keeps nobody waiting longer than the limit', async () => {
  const { hostname, port } = new URL(postgres.databaseUrl);
  const proxy = await HalfOpenProxy.start({ host: hostname, port: Number(port) });
  const url = new URL(postgres.databaseUrl);
  url.port = String(proxy.port);
  music = open({ databaseUrl: url.href, answerLimitMs: 10_000 });
  await choose(2000);
  expect(await music.recall(alice)).toBe('2000.wav');
  proxy.fallSilent();
  await inTime(10_400, expect(music.recall(alice)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' }));
  await choose(2001);
  proxy.recover();
  expect(await music.recall(alice)).toBe('2000.wav');
  expect(lines).toMatchObject([{ lost: 1 }]);
  await music.close();
  await proxy.close();
});

test('a locked row does not keep the caller waiting longer than half a second either', async () => {
  music = open({ now: () => AT_MS + 2 * DAY_MS });
  await choose(2000);
  const { databaseUrl } = postgres;
  const hasty = new PostgresCallerMusic({ databaseUrl, clock: systemClock, log: silentLog() });
  await anybody.query('begin');
  await anybody.query('lock table caller_music in access exclusive mode');
  await inTime(900, expect(hasty.recall(alice)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' }));
  await anybody.query('rollback');
  await hasty.close();
  expect(await music.recall(alice)).toBe('2000.wav');
  await music.close();
});

test('a choice goes a year after the last call that began with it', async () => {
  const limits = { pool: 1, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
  const database = new Database({ databaseUrl: postgres.databaseUrl, ...limits, clock: systemClock, log: silentLog() });
  let nowMs = AT_MS;
  music = open({ now: () => nowMs });
  await choose(1000);
  await choose(2000);
  nowMs = AT_MS + 100 * DAY_MS;
  expect(await music.recall(alice)).toBe('2000.wav');
  const keep = { ...KEEP_ALL, callerMusicMs: 365 * DAY_MS };
  const removed = (atMs: number) => removeOld(database, { keep, nowMs: atMs, key: new Uint8Array(32) });
  expect(await removed(AT_MS + 365 * DAY_MS)).toEqual({ 'remove-unused-tracks': 0 });
  expect(await removed(AT_MS + 365 * DAY_MS + 1)).toEqual({ 'remove-unused-tracks': 1 });
  expect(await music.recall(alice)).toBe('2000.wav');
  expect(await music.recall({ ...alice, number: '1000' })).toBeNull();
  expect(await removed(nowMs + 365 * DAY_MS + 1)).toEqual({ 'remove-unused-tracks': 1 });
  await Promise.all([music.close(), database.close()]);
});

test('the table refuses what is too long, whoever writes it', async () => {
  const insert = 'insert into caller_music values ($1, $2, $3, now(), now())';
  for (const values of [
    ['1'.repeat(41), 'default', 'a.wav'],
    ['', 'default', 'a.wav'],
    ['1', 'x'.repeat(81), 'a.wav'],
    ['1', 'default', 'x'.repeat(256)],
  ]) {
    await expect(anybody.query(insert, values)).rejects.toMatchObject({ code: '23514' });
  }
});
