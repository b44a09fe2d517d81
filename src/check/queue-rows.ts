import { Database } from '../../db/database.ts';
import { PostgresQueueRows } from '../../db/queue-rows.ts';
import type { CheckFinding } from '../cli/check-report.ts';
import { pathText } from '../config/findings.ts';
import type { LoadedConfig } from '../config/load.ts';
import { systemClock } from '../lib/clock.ts';
import { effectiveConfig, refusalText } from '../live-queues.ts';
import { silentLog } from '../log.ts';

/** What stands in the queues' rows and can't be used: the running application ignores it. */
export async function queueRowFindings(
  loaded: LoadedConfig,
  env: NodeJS.ProcessEnv,
  databaseUrl: string,
): Promise<readonly CheckFinding[]> {
  const { connectTimeoutMs, statementTimeoutMs } = loaded.config.database;
  const limits = { pool: 1, connectTimeoutMs, statementTimeoutMs, isReadOnly: true };
  const database = new Database({ databaseUrl, ...limits, clock: systemClock, log: silentLog() });
  try {
    const rows = await new PostgresQueueRows(database).read();
    const { refused } = effectiveConfig(loaded, rows, { env, lastUsed: new Map() });
    return refused.map((finding) => ({
      what: `The row of a queue has settings that are not used: ${refusalText(finding)}`,
      mend: `Correct it: queueapp unset ${finding.queue} ${pathText(finding.path) || '--all'}, or update the table queue`,
    }));
  } finally {
    await database.close();
  }
}
