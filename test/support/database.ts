import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenDatabase, type OpenDatabaseOptions, openDatabase } from '../../db/open.ts';
import type { KeepSettings } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/log.ts';

/** For ever, all of it. */
export const KEEP_ALL: KeepSettings = {
  entriesMs: null,
  attemptsMs: null,
  customersMs: null,
  numbersMs: null,
  queueLogMs: null,
  callerMusicMs: null,
  recordingsMs: null,
};

/**
 * The database room with an outbox of its own; `close` removes that, too. Its limits are far away: a busy machine is no database that is not
 * there. Tests of the limits bring their own.
 */
export async function openTestDatabase(
  databaseUrl: string,
  over: Partial<OpenDatabaseOptions> = {},
): Promise<OpenDatabase & { readonly folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'queueapp-outbox-'));
  const opened = await openDatabase({
    databaseUrl,
    settings: { pool: 5, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 },
    lookups: {},
    lookupHeaders: {},
    accounts: {},
    accountHeaders: {},
    keep: () => KEEP_ALL,
    outboxFile: join(folder, 'outbox.jsonl'),
    clock: systemClock,
    log: silentLog(),
    ...over,
  });
  return {
    ...opened,
    folder,
    async close() {
      await opened.close();
      await rm(folder, { recursive: true });
    },
  };
}
