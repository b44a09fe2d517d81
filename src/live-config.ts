import { needsRestart, type SettingChange, settingChanges } from './config/changes.ts';
import type { Config } from './config/config.ts';
import { configInvalid, type Finding, findingLine, pathText } from './config/findings.ts';
import type { LoadedConfig } from './config/load.ts';
import type { QueueName } from './core/ids.ts';
import { AppError, isAppError } from './errors.ts';
import type {
  ChangedSetting,
  ConfigurationFace,
  QueueSettingsView,
  ReloadReport,
  SettingsRequest,
} from './http/application-face.ts';
import type { Clock } from './lib/clock.ts';
import { effectiveConfig, refusalText } from './live-queues.ts';
import type { Logger } from './log.ts';
import type { QueueRow, QueueRows, StoredSettings } from './ports/queue-rows.ts';
import type { QueueStore } from './ports/queue-store.ts';
import { mergedSettings, withoutSetting } from './stored-settings.ts';

export interface LiveConfigDeps {
  readonly loaded: LoadedConfig;
  /**
   * Reads the file anew and checks it.
   * @throws AppError CONFIG_INVALID
   */
  load(): LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly rows: QueueRows;
  readonly store: Pick<QueueStore, 'defineQueues' | 'record' | 'subscribe'>;
  /** Makes it count, from the next decision on. */
  apply(config: Config, loaded: LoadedConfig): Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tries to write settings that somebody else changes at the same time. */
const WRITE_TRIES = 5;

/**
 * The configuration as it is now: the file, read again when asked, and the queues' rows in the database, read again when anybody
 * changes them. What is wrong is refused with its reasons, and what counted before goes on counting.
 */
export class LiveConfig implements ConfigurationFace {
  readonly #deps: LiveConfigDeps;
  #loaded: LoadedConfig;
  #rows: readonly QueueRow[] = [];
  #used: ReadonlyMap<string, StoredSettings> = new Map();
  #config: Config;
  #refused: readonly string[] = [];
  /** One thing after another; never rejects. */
  #working: Promise<unknown> = Promise.resolve();
  #isReadingPlanned = false;
  #unsubscribe: () => void = () => undefined;

  constructor(deps: LiveConfigDeps) {
    this.#deps = deps;
    this.#loaded = deps.loaded;
    this.#config = deps.loaded.config;
  }

  /** What counts now. */
  get config(): Config {
    return this.#config;
  }

  /** Takes up what the database says of queues, and from then on every change of it. */
  async start(): Promise<void> {
    this.#unsubscribe = this.#deps.store.subscribe(({ type }) => {
      if (type === 'queue' || type === 'all') this.#readRowsSoon();
    });
    await this.#inTurn(() => this.#takeUpRows());
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#working;
  }

  /** What is wrong is refused as a whole. */
  reload(): Promise<ReloadReport> {
    return this.#inTurn(async () => {
      const loaded = this.#load();
      const changes = settingChanges(this.#loaded.written, loaded.written);
      this.#loaded = loaded;
      await this.#takeUpRows();
      const { store, clock, log } = this.#deps;
      await store.record({ event: 'CONFIGRELOAD', atMs: clock.now() }).catch((error: unknown) => {
        log.warn({ err: error }, 'The line CONFIGRELOAD could not be written');
      });
      const report = {
        changes: changes.map(changedSetting),
        waiting: changes.filter(needsRestart).map(changedSetting),
        warnings: loaded.warnings.map(findingLine),
        refused: this.#refused,
      };
      log.info({ changes: names(report.changes), waitForRestart: names(report.waiting) }, 'Configuration read again');
      for (const warning of report.warnings) log.warn({ warning }, 'Odd configuration');
      return report;
    });
  }

  queueSettings(queue: QueueName): QueueSettingsView {
    if (!this.#config.queues.some(({ name }) => name === queue)) throw unknownQueue(queue);
    return this.#view(queue, this.#rows.find(({ name }) => name === queue)?.settings ?? {});
  }

  changeQueueSettings(request: SettingsRequest): Promise<QueueSettingsView> {
    return this.#inTurn(async () => {
      const { rows: port } = this.#deps;
      const { queue } = request;
      for (let tries = 0; tries < WRITE_TRIES; tries++) {
        const rows = await port.read();
        const row = rows.find(({ name }) => name === queue);
        const isQueue = row !== undefined && (row.isMadeBySql || Object.hasOwn(this.#loaded.written.queues, queue));
        if (!isQueue && !request.create) throw unknownQueue(queue);
        const before = isQueue ? row.settings : null;
        const after = changedSettings(before ?? {}, request);
        this.#refuseWrong(rows, { queue, after });
        if ((await port.write({ queue, before, after })) === 'changed-meanwhile') continue;
        await this.#takeUpRows();
        return this.#view(queue, after);
      }
      throw new AppError('DATABASE_UNAVAILABLE', `The settings of ${queue} are changed by others again and again`);
    });
  }

  #load(): LoadedConfig {
    try {
      return this.#deps.load();
    } catch (error) {
      if (!isAppError(error, 'CONFIG_INVALID')) throw error;
      const findings = (error.details['findings'] ?? []) as readonly Finding[];
      this.#deps.log.error(
        { findings: findings.map(findingLine) },
        'The file is wrong and was refused: the old configuration goes on',
      );
      throw error;
    }
  }

  #view(queue: QueueName, settings: StoredSettings): QueueSettingsView {
    return { queue, settings, isOfFile: Object.hasOwn(this.#loaded.written.queues, queue) };
  }

  /** Reads the rows and makes file and rows count together. Without the database the rows stay as they were. */
  async #takeUpRows(): Promise<void> {
    const { rows, log } = this.#deps;
    try {
      this.#rows = await rows.read();
    } catch (error) {
      if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
      log.warn({ err: error }, "The queues' rows can't be read now: what they said before counts");
    }
    const { config, refused, used } = this.#effective(this.#rows);
    this.#used = used;
    this.#config = config;
    this.#tellRefused(refused.map(refusalText));
    await this.#define(config);
    await this.#deps.apply(config, this.#loaded);
  }

  /** Before anybody may enter them, queues need their rows. */
  async #define(config: Config): Promise<void> {
    const { rows, store, log } = this.#deps;
    const isOfFile = ({ name }: { name: string }) => Object.hasOwn(this.#loaded.written.queues, name);
    const definitions = config.queues.map(({ name, title, serviceLevelMs }) => ({ name, title, serviceLevelMs }));
    try {
      await store.defineQueues(definitions.filter(isOfFile));
      await rows.noteServiceLevels(definitions.filter((queue) => !isOfFile(queue)));
    } catch (error) {
      if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
      log.warn({ err: error }, 'New queues have no row yet: that is done when the database is back');
    }
  }

  #effective(rows: readonly QueueRow[]) {
    return effectiveConfig(this.#loaded, rows, { env: this.#deps.env, lastUsed: this.#used });
  }

  #refuseWrong(
    rows: readonly QueueRow[],
    { queue, after }: { readonly queue: QueueName; readonly after: StoredSettings },
  ): void {
    const others = rows.filter(({ name }) => name !== queue);
    const title = rows.find(({ name }) => name === queue)?.title ?? queue;
    const { refused } = this.#effective([...others, { name: queue, title, settings: after, isMadeBySql: true }]);
    const findings = refused.filter((finding) => finding.queue === queue);
    if (findings.length === 0) return;
    throw configInvalid(
      findings.map(({ path, reason }) => ({
        file: 'queue.settings',
        line: null,
        column: null,
        path: ['queues', queue, ...path],
        reason,
      })),
    );
  }

  /** Once for each: the rows are read again whenever anything changes. */
  #tellRefused(refused: readonly string[]): void {
    for (const reason of refused) {
      if (!this.#refused.includes(reason)) {
        this.#deps.log.error({ reason }, "Settings in a queue's row are wrong: it keeps the ones that it had");
      }
    }
    this.#refused = refused;
  }

  /** Many changes in a row lead to one reading after the one that is under way. */
  #readRowsSoon(): void {
    if (this.#isReadingPlanned) return;
    this.#isReadingPlanned = true;
    this.#inTurn(() => {
      this.#isReadingPlanned = false;
      return this.#takeUpRows();
    }).catch((error: unknown) => this.#deps.log.error({ err: error }, 'A change of queues could not be taken up'));
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => undefined);
    return done;
  }
}

function changedSettings(before: StoredSettings, { set, unset, unsetAll }: SettingsRequest): StoredSettings {
  const kept = unset.reduce<StoredSettings>(withoutSetting, unsetAll ? {} : before);
  return mergedSettings(kept, set);
}

function changedSetting({ path, change }: SettingChange): ChangedSetting {
  return { setting: pathText(path), change };
}

const names = (changes: readonly ChangedSetting[]) => changes.map(({ setting }) => setting);

const unknownQueue = (queue: QueueName) =>
  new AppError('QUEUE_UNKNOWN', `There is no queue ${queue}`, { details: { queue } });
