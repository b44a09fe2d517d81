import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { Database } from './database.ts';
import { removeUnusedTracks } from './statements/caller-music.ts';
import { removeEnded } from './statements/queues.ts';

/** Ended entries stay so long for those who look, and for requests repeated after a lost reply. queue_log is kept for ever. */
export const KEEP_ENDED_MS = 24 * 3_600_000;
/** A caller's tune is forgotten when no call has begun with it for so long. */
export const KEEP_TUNES_MS = 365 * 24 * 3_600_000;
const EVERY_MS = 10 * 60_000;
/** Few enough that the statement stays far from its time limit. */
const BATCH = 1000;

/** Removes ended entries after a day and tunes after a year, every ten minutes, until the returned function is called. */
export function startRetention({
  database,
  clock,
  log,
}: {
  database: Database;
  clock: Clock;
  log: Logger;
}): () => void {
  let isStopped = false;
  let cancel: () => void = () => undefined;
  const sweep = async () => {
    try {
      while (!isStopped && (await removeBatch(database, clock.now())) === BATCH);
      while (!isStopped && (await removeTunes(database, clock.now())) === BATCH);
    } catch (error) {
      log.warn({ err: error }, 'Old entries are not removed now; the next try is in ten minutes');
    }
    plan();
  };
  const plan = () => {
    if (isStopped) return;
    cancel = clock.after(EVERY_MS, () => {
      sweep().catch((error: unknown) => log.error({ err: error }, 'The removal of old entries failed'));
    });
  };
  plan();
  return () => {
    isStopped = true;
    cancel();
  };
}

/** Removes at most one batch of what ended more than a day before `nowMs`; tells how many entries. */
export async function removeBatch(database: Database, nowMs: number): Promise<number> {
  const [row] = await database.run(removeEnded({ nowMs, keepMs: KEEP_ENDED_MS, limit: BATCH }));
  return row?.removed ?? 0;
}

/** Removes at most one batch of the tunes that nobody has used for a year before `nowMs`; tells how many. */
export async function removeTunes(database: Database, nowMs: number): Promise<number> {
  const [row] = await database.run(removeUnusedTracks({ nowMs, keepMs: KEEP_TUNES_MS, limit: BATCH }));
  return row?.removed ?? 0;
}
