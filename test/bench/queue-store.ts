// Cost of the database room per call: processor time of this process and round trips, at a steady rate of calls, each
// enter, reserve, connect, complete. `npx tsx test/bench/queue-store.ts [CALLS-PER-SECOND] [SECONDS]`
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../db/open.ts';
import { attemptId, callId, channelId, type ExtensionNumber, entryId, queueName } from '../../src/core/ids.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/log.ts';
import type { QueueStore } from '../../src/ports/queue-store.ts';
import { KEEP_ALL } from '../support/database.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { PLAIN_ENTRANCE, plainEntry, reserveOne } from '../support/store-requests.ts';

const MEMBERS = 100;
const STEPS = ['enter', 'reserve', 'connect', 'complete'] as const;
type Step = (typeof STEPS)[number];

const rate = Number(process.argv[2] ?? 60);
const seconds = Number(process.argv[3] ?? 20);
const queue = queueName('support');
const times: Record<Step, number[]> = { enter: [], reserve: [], connect: [], complete: [] };

const postgres = await startTestPostgres();
const folder = await mkdtemp(join(tmpdir(), 'queueapp-bench-'));
const anybody = await postgres.client();
// Tests switch synchronous_commit off; here every commit is on disk before it is answered, as in production.
await anybody.query('insert into extension (number) select (1000 + i)::text from generate_series(1, $1) i', [MEMBERS]);
await anybody.query('alter role queueapp reset synchronous_commit');
const database = await openDatabase({
  databaseUrl: postgres.databaseUrl,
  settings: { pool: 10, connectTimeoutMs: 2000, statementTimeoutMs: 2000 },
  lookups: {},
  lookupHeaders: {},
  accounts: {},
  accountHeaders: {},
  keep: () => KEEP_ALL,
  outboxFile: join(folder, 'outbox.jsonl'),
  clock: systemClock,
  log: silentLog(),
});
const store = database.queueStore;
await store.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 0 }]);
const members = await store.extensions();
for (const extension of members) await store.login({ queue, extension, uniqueId: 'CLI', atMs: systemClock.now() });

// Long enough that the compiler has done its work.
await run(150, 8);
for (const step of STEPS) times[step].length = 0;
const before = process.cpuUsage();
const startMs = performance.now();
const calls = await run(rate, seconds);
const spent = process.cpuUsage(before);
const tookMs = performance.now() - startMs;
const cpuMs = (spent.user + spent.system) / 1000;
const idleMs = await idleCost(tookMs);
process.stdout.write(
  `${calls} calls in ${(tookMs / 1000).toFixed(1)} s: Node ${(cpuMs / calls).toFixed(3)} ms of processor per call, ` +
    `${((cpuMs - idleMs) / calls).toFixed(3)} without what the process costs idle ` +
    `(user ${(spent.user / 1000 / calls).toFixed(3)}, system ${(spent.system / 1000 / calls).toFixed(3)})\n`,
);
for (const step of STEPS) {
  const sorted = times[step].sort((a, b) => a - b);
  const at = (share: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(2);
  process.stdout.write(`${step.padEnd(9)} p50 ${at(0.5)} ms  p99 ${at(0.99)} ms  max ${at(1)} ms\n`);
}
await database.close();
await anybody.query('alter role queueapp set synchronous_commit = off');
await postgres.close();
await rm(folder, { recursive: true });

async function run(callsPerSecond: number, forSeconds: number): Promise<number> {
  const count = callsPerSecond * forSeconds;
  const free: ExtensionNumber[] = members.map(({ number }) => number);
  const running: Promise<void>[] = [];
  const begunMs = performance.now();
  for (let serial = 0; serial < count; serial++) {
    const waitMs = begunMs + (serial * 1000) / callsPerSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const member = free.shift();
    if (member === undefined) throw new Error('No member is free: the store is slower than the rate');
    running.push(call(store, `${callsPerSecond}-${forSeconds}-${serial}`, member).then(() => void free.push(member)));
  }
  await Promise.all(running);
  return count;
}

async function call(target: QueueStore, id: string, extension: ExtensionNumber): Promise<void> {
  const attempt = attemptId(`attempt-${id}`);
  const ids = { entryId: entryId(`entry-${id}`), callId: callId(`call-${id}`), channelId: channelId(`channel-${id}`) };
  const customer = { id: '1', name: 'Company 1', code: '1111', fields: { city: 'Riga', since: '2020' } };
  const caller = { number: '2000', name: 'Alice' };
  const now = () => systemClock.now();
  const rest = { uniqueId: `1.${id}`, caller, customer, priority: 0, joinedAtMs: now() };
  await timed('enter', () => target.enter(plainEntry({ ...ids, queue, ...rest }), PLAIN_ENTRANCE));
  await timed('reserve', () =>
    reserveOne(target, { attemptId: attempt, entryId: ids.entryId, queue, extension, atMs: now() }),
  );
  const member = { memberChannelId: channelId(`member-${id}`), memberUniqueId: '2.1', ringMs: 5 };
  await timed('connect', () => target.connect({ attemptId: attempt, ...member, atMs: now() }));
  await timed('complete', () => target.complete({ attemptId: attempt, endedBy: 'caller', atMs: now() }));
}

async function timed(step: Step, work: () => Promise<unknown>): Promise<void> {
  const startMs = performance.now();
  await work();
  times[step].push(performance.now() - startMs);
}

/** What the process costs over that time with nothing but the timers of the rate. */
async function idleCost(overMs: number): Promise<number> {
  const from = process.cpuUsage();
  const begunMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const spentIdle = process.cpuUsage(from);
  return ((spentIdle.user + spentIdle.system) / 1000) * (overMs / (performance.now() - begunMs));
}
