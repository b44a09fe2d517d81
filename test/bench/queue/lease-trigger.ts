import type { OpenDatabase } from '../../../db/open.ts';
import {
  attemptId,
  callId,
  channelId,
  type ExtensionNumber,
  entryId,
  queueName,
  switchName,
} from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import type { QueueStore } from '../../../src/ports/queue-store.ts';
import { openTestDatabase } from '../../support/database.ts';
import { startTestPostgres } from '../../support/postgres.ts';
import { PLAIN_ENTRANCE, plainEntry, reserveOne } from '../../support/store-requests.ts';
import { median, type Report, rounded } from '../report.ts';
import type { QueueBenchOptions } from './options.ts';

const CALLS = 400;
const ROUNDS = 9;
/** The first ones are slower until plans are cached and the compiler has done its work. */
const WARM_UP = 2;
const AT_ONCE = [1, 10] as const;
const STATEMENTS_OF_A_CALL = 4;
const queue = queueName('support');

/**
 * What it costs that every change of a place asks whether this process still holds the lease (0022-switch-lease.sql): the same calls (enter, reserve,
 * connect, complete) with the trigger and without it, in turns on one server. Commits do not wait for the disk, so that nothing hides the trigger.
 */
export async function benchLeaseTrigger(
  report: Report,
  { say, onScene }: Pick<QueueBenchOptions, 'say' | 'onScene'>,
): Promise<void> {
  const postgres = await startTestPostgres();
  const opened: Awaited<ReturnType<typeof openTestDatabase>>[] = [];
  const tearDown = async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
    await postgres.close();
  };
  onScene({ tearDown });
  const anybody = await postgres.client();
  await anybody.query("insert into switch_lease (switch, epoch, holder) values ('main', 1, 'the bench')");
  await anybody.query('insert into extension (number) select (1000 + i)::text from generate_series(1, 10) i');
  const settings = { pool: Math.max(...AT_ONCE), connectTimeoutMs: 5_000, statementTimeoutMs: 5_000 };
  const lease = { switchName: switchName('main'), epoch: 1, refused: (reason: string) => say(`✗ ${reason}`) };
  const database = await openTestDatabase(postgres.databaseUrl, { settings, lease });
  opened.push(database);
  const members = await prepare(database);
  const turn = async (isChecked: boolean, atOnce: number) => {
    await anybody.query(`alter table queue_entry ${isChecked ? 'enable' : 'disable'} trigger check_switch_lease`);
    const startMs = performance.now();
    await calls(database.queueStore, members.slice(0, atOnce));
    return ((performance.now() - startMs) * 1_000) / (CALLS * STATEMENTS_OF_A_CALL);
  };
  const rows = [];
  for (const atOnce of AT_ONCE) {
    say(`· ${ROUNDS} rounds of ${CALLS} calls, ${atOnce} at once, with the trigger and without it`);
    const times: Record<'with' | 'without', number[]> = { with: [], without: [] };
    for (let round = 0; round < WARM_UP + ROUNDS; round++) {
      // Who is first takes turns, too.
      for (const isChecked of round % 2 === 0 ? [true, false] : [false, true])
        times[isChecked ? 'with' : 'without'].push(await turn(isChecked, atOnce));
    }
    const checked = median(times.with.slice(WARM_UP));
    const plain = median(times.without.slice(WARM_UP));
    report.figure(`queue.lease.with.${atOnce}`, checked, 'µs');
    report.figure(`queue.lease.without.${atOnce}`, plain, 'µs');
    rows.push([
      `${atOnce} at once`,
      rounded(checked),
      rounded(plain),
      rounded(checked - plain),
      rounded(checked / plain),
    ]);
  }
  report.table(
    "Time of one of a call's four statements, µs, with the lease's trigger on queue_entry and without it",
    ['sessions', 'with', 'without', 'difference', 'with : without'],
    rows,
  );
  report.say();
  await tearDown();
}

async function prepare({ queueStore: store }: OpenDatabase): Promise<ExtensionNumber[]> {
  await store.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 0 }]);
  const members = await store.extensions();
  for (const extension of members) await store.login({ queue, extension, uniqueId: 'CLI', atMs: systemClock.now() });
  return members.map(({ number }) => number);
}

let serial = 0;

/** As many calls in all, by each of these members one after the other. */
async function calls(store: QueueStore, members: readonly ExtensionNumber[]): Promise<void> {
  await Promise.all(
    members.map(async (extension) => {
      for (let count = 0; count < CALLS / members.length; count++) await call(store, extension, String(serial++));
    }),
  );
}

async function call(store: QueueStore, extension: ExtensionNumber, id: string): Promise<void> {
  const ids = { entryId: entryId(`entry-${id}`), callId: callId(`call-${id}`), channelId: channelId(`channel-${id}`) };
  const attempt = attemptId(`attempt-${id}`);
  const atMs = systemClock.now();
  const caller = { number: '2000', name: 'Alice' };
  const rest = { uniqueId: `1.${id}`, caller, customer: null, priority: 0, joinedAtMs: atMs };
  await store.enter(plainEntry({ ...ids, queue, ...rest }), PLAIN_ENTRANCE);
  const answer = await reserveOne(store, { attemptId: attempt, entryId: ids.entryId, queue, extension, atMs });
  if (answer !== 'reserved') throw new Error(`${extension} could not be reserved: ${answer}`);
  const member = { memberChannelId: channelId(`member-${id}`), memberUniqueId: '2.1', ringMs: 5 };
  await store.connect({ attemptId: attempt, ...member, atMs });
  await store.complete({ attemptId: attempt, endedBy: 'caller', atMs });
}
