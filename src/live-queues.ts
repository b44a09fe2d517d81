import type { Config } from './config/config.ts';
import { pathText } from './config/findings.ts';
import { type LoadedConfig, type QueueFinding, type WrittenQueues, withQueues } from './config/load.ts';
import type { QueueRow, StoredSettings } from './ports/queue-rows.ts';
import { mergedSettings } from './stored-settings.ts';

/** The configuration with the queues of file and database. */
export interface EffectiveConfig {
  readonly config: Config;
  /** What stands in the database and can't be used; the queue keeps the settings that it had from there, or has the file's alone. */
  readonly refused: readonly QueueFinding[];
  /** Settings of the database that are in use. */
  readonly used: ReadonlyMap<string, StoredSettings>;
}

/**
 * Puts together what the file says of queues and what the database does: settings of a row go before the file's, and a row that
 * was made by SQL is a queue of its own. Both are checked together by the file's own rules, so that nothing can be said in the
 * database that the file couldn't say.
 */
export function effectiveConfig(
  loaded: LoadedConfig,
  rows: readonly QueueRow[],
  options: { readonly env: NodeJS.ProcessEnv; readonly lastUsed: ReadonlyMap<string, StoredSettings> },
): EffectiveConfig {
  const ofFile = loaded.written.queues;
  const known = rows.filter(({ name, isMadeBySql }) => isMadeBySql || Object.hasOwn(ofFile, name));
  // What is tried for each row until something can be used: what stands there, what was in use before, nothing of it.
  const tries = new Map<string, StoredSettings[]>(
    known.map(({ name, settings }) => [name, [settings, options.lastUsed.get(name) ?? {}, {}]]),
  );
  let refused: readonly QueueFinding[] | null = null;
  for (;;) {
    const used = new Map(
      [...tries].flatMap(([name, [first]]) => (first === undefined ? [] : [[name, first] as const])),
    );
    const { config, findings } = withQueues(loaded, merged(ofFile, known, used), options.env);
    refused ??= findings;
    const wrong = new Set(findings.map(({ queue }) => queue).filter((queue) => used.has(queue)));
    if (wrong.size === 0) return { config, refused, used };
    for (const name of wrong) tries.get(name)?.shift();
  }
}

/** `queues.support.ring-timeout: expected a duration such as 15s, got "fast"`. */
export const refusalText = ({ queue, path, reason }: QueueFinding) =>
  `${pathText(['queues', queue, ...path])}: ${reason}`;

function merged(
  ofFile: WrittenQueues,
  rows: readonly QueueRow[],
  used: ReadonlyMap<string, StoredSettings>,
): WrittenQueues {
  const queues: Record<string, Readonly<Record<string, unknown>>> = { ...ofFile };
  for (const { name, title } of rows) {
    const settings = used.get(name);
    if (settings !== undefined) queues[name] = mergedSettings(ofFile[name] ?? { title }, settings);
  }
  return queues;
}
