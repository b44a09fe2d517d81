import { randomBytes } from 'node:crypto';
import type { KeepSettings } from '../src/config/config.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { Database } from './database.ts';
import type { PostgresPersonalData } from './personal-data.ts';
import * as statements from './statements/retention.ts';

const EVERY_MS = 10 * 60_000;
/** Few enough that the statement stays far from its time limit. */
const BATCH = 1000;
const KEY_BYTES = 32;

export interface RetentionDeps {
  readonly database: Database;
  readonly personalData: PostgresPersonalData;
  /** How long what is kept; asked anew each time. */
  keep(): KeepSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Removes what is older than it is to be kept, and finishes erasures that waited for the end of a call: every ten minutes, in
 * statements of a thousand rows that wait for no lock, until the returned function is called.
 */
export function startRetention({ database, personalData, keep, clock, log }: RetentionDeps): () => void {
  const stop = new AbortController();
  let cancel: () => void = () => undefined;
  // Tokens of numbers that become too old: the same for the same number as long as this process lives.
  const key = randomBytes(KEY_BYTES);
  const sweep = async () => {
    try {
      await personalData.eraseWanted();
      await removeOld(database, { keep: keep(), nowMs: clock.now(), key, signal: stop.signal });
    } catch (error) {
      log.warn({ err: error }, 'What is old is not removed now; the next try is in ten minutes');
    }
    plan();
  };
  const plan = () => {
    if (stop.signal.aborted) return;
    cancel = clock.after(EVERY_MS, () => {
      sweep().catch((error: unknown) => log.error({ err: error }, 'The removal of what is old failed'));
    });
  };
  plan();
  return () => {
    stop.abort();
    cancel();
  };
}

interface OldRequest {
  readonly keep: KeepSettings;
  readonly nowMs: number;
  /** What makes the tokens that stand in the place of numbers. */
  readonly key: Uint8Array;
  readonly signal?: AbortSignal;
}

/** Removes everything that is too old at that moment; tells how many rows each kind of removal has changed. */
export async function removeOld(database: Database, request: OldRequest): Promise<Readonly<Record<string, number>>> {
  const sums: Record<string, number> = {};
  for (const removal of removals(request)) {
    for (let count = BATCH; count === BATCH && !request.signal?.aborted; ) {
      const [row] = await database.run(removal);
      count = row?.removed ?? 0;
      sums[removal.name] = (sums[removal.name] ?? 0) + count;
    }
  }
  return sums;
}

/** What is kept for ever is not looked at. */
function removals({ keep, nowMs, key }: OldRequest): statements.Removal[] {
  const old = (keepMs: number | null, statement: (than: statements.OlderThan) => statements.Removal) =>
    keepMs === null ? [] : [statement({ beforeMs: nowMs - keepMs, limit: BATCH })];
  return [
    old(keep.entriesMs, statements.removeEnded),
    old(keep.attemptsMs, statements.removeAttempts),
    old(keep.customersMs, statements.forgetCustomers),
    old(keep.numbersMs, (than) => statements.forgetNumbers({ ...than, key })),
    old(keep.numbersMs, (than) => statements.forgetLoggedNumbers({ ...than, key })),
    old(keep.queueLogMs, statements.removeLines),
    old(keep.callerMusicMs, statements.removeUnusedTracks),
    old(keep.recordingsMs, statements.removeRecordings),
  ].flat();
}
