import { Database } from '../../db/database.ts';
import { PostgresQueueRows } from '../../db/queue-rows.ts';
import { PostgresStepRows } from '../../db/step-rows.ts';
import type { CheckFinding } from '../cli/check-report.ts';
import type { Config } from '../config/config.ts';
import { pathText } from '../config/findings.ts';
import type { LoadedConfig, RowFinding } from '../config/load.ts';
import { type DatabaseRows, effectiveConfig, rowText } from '../effective-config.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../log.ts';

export interface CheckedRows {
  /** File and rows together. */
  readonly config: Config;
  /** Which rows were read, in words, and what is odd in them. */
  readonly notes: readonly string[];
  /** What stands in the rows of queues and steps and can't be used. */
  readonly findings: readonly CheckFinding[];
}

/** What the database says of queues and steps beside the file, as the running application would take it. */
export async function checkRows(
  loaded: LoadedConfig,
  env: NodeJS.ProcessEnv,
  databaseUrl: string,
): Promise<CheckedRows> {
  const { connectTimeoutMs, statementTimeoutMs } = loaded.config.database;
  const limits = { pool: 1, connectTimeoutMs, statementTimeoutMs, isReadOnly: true };
  const database = new Database({ databaseUrl, ...limits, clock: systemClock, log: silentLog() });
  try {
    const queues = await new PostgresQueueRows(database).read();
    const rows = { queues, steps: await new PostgresStepRows(database).read() };
    const last = { config: loaded.config, used: { queues: new Map(), steps: new Map() } };
    const { config, refused, odd } = effectiveConfig(loaded, rows, { env, last });
    const notes = [...notesOf(rows, loaded), ...odd.map((each) => `! ${rowText(each)}`)];
    return { config, notes, findings: refused.map(findingOf) };
  } finally {
    await database.close();
  }
}

function findingOf(finding: RowFinding): CheckFinding {
  const { table, name, path } = finding;
  if (table === 'ivr_step') {
    const mend = `Correct it: queueapp set-step ${name} or unset-step ${name} --all, or update the table ivr_step`;
    return { what: `The row of a step is not used: ${rowText(finding)}`, mend };
  }
  return {
    what: `The row of a queue has settings that are not used: ${rowText(finding)}`,
    mend: `Correct it: queueapp unset ${name} ${pathText(path) || '--all'}, or update the table queue`,
  };
}

/** Names in one line. */
const NAMES_SHOWN_MAX = 20;

function notesOf({ queues, steps }: DatabaseRows, { written }: LoadedConfig): string[] {
  const set = queues.filter(({ name, settings, isMadeBySql }) => {
    const isQueue = isMadeBySql || Object.hasOwn(written.queues, name);
    return isQueue && (isMadeBySql || Object.keys(settings).length > 0);
  });
  const ofQueues = set.map(({ name, isMadeBySql }) => (isMadeBySql ? `${name} (made by its row)` : name));
  const ofSteps = steps.map(({ name }) =>
    Object.hasOwn(written.ivr.steps, name) ? `${name} (in place of the file's)` : name,
  );
  return [...listed('queue', ofQueues), ...listed('ivr_step', ofSteps)];
}

function listed(table: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  const more = names.length - NAMES_SHOWN_MAX;
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ');
  return [`rows of ${table} that count: ${shown}${more > 0 ? ` and ${more} more` : ''}`];
}
