import { mkdir } from 'node:fs/promises';
import { migrate } from '../db/migrate.ts';
import type { OpenDatabase } from '../db/open.ts';
import type { Config, Secrets } from './config/config.ts';
import { isAppError } from './errors.ts';
import { type Clock, delay, systemClock } from './lib/clock.ts';
import type { ReleaserStack } from './lib/releasers.ts';
import type { Logger } from './log.ts';

export interface BuildOptions {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly log: Logger;
}

/** A start that hangs on the database longer than this says so. */
const WAITING_TOLD_MS = 5_000;
/** Before a database is asked again that has not answered in time. */
const ASK_AGAIN_MS = 1_000;
const WAITING = 'The start waits for the database, which has not answered in time';

/** DATABASE_URL, or the application's own server in its data folder; brought up to this program's schema. */
export async function prepareDatabase(
  { config, secrets, log }: BuildOptions,
  releasers: ReleaserStack,
): Promise<string> {
  const dataDir = config.database.dataFolder;
  let { databaseUrl } = secrets;
  if (databaseUrl === null) {
    const { startEmbeddedPostgres } = await import('../db/embedded.ts');
    const embedded = await startEmbeddedPostgres({ dataDir, log });
    releasers.add('embedded database', () => embedded.stop());
    databaseUrl = embedded.databaseUrl;
  }
  await bringUpToDate({ databaseUrl, log });
  await mkdir(dataDir, { recursive: true });
  return databaseUrl;
}

/** The tables are those of this program afterwards. @throws AppError DATABASE_UNAVAILABLE, DATABASE_SCHEMA */
export async function bringUpToDate(database: { readonly databaseUrl: string; readonly log: Logger }): Promise<void> {
  const told = systemClock.after(WAITING_TOLD_MS, () => database.log.warn(WAITING));
  try {
    await migrate(database);
  } finally {
    told();
  }
}

/**
 * Waits until a statement is answered within the limits that statements have: nothing begins on a database that is slower than these, and a process that
 * ended because of it would be started again and again.
 */
export async function untilDatabaseAnswers(
  database: Pick<OpenDatabase, 'ping'>,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    try {
      return await database.ping();
    } catch (error) {
      if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
      if (tries === 1) log.warn({ reason: error.message }, WAITING);
    }
    await delay(clock, ASK_AGAIN_MS, signal);
  }
}
