import { needsRestart, type SettingChange, settingChanges } from './config/changes.ts';
import type { Config } from './config/config.ts';
import { configInvalid, type Finding, findingLine, pathText } from './config/findings.ts';
import type { LoadedConfig, RowFinding } from './config/load.ts';
import type { QueueName } from './core/ids.ts';
import { type DatabaseRows, type EffectiveConfig, effectiveConfig, rowText } from './effective-config.ts';
import { AppError, isAppError } from './errors.ts';
import type {
  ChangedSetting,
  ConfigurationFace,
  QueueSettingsView,
  ReloadReport,
  SettingsRequest,
  StepRequest,
  StepView,
} from './http/application-face.ts';
import type { Clock } from './lib/clock.ts';
import type { Logger } from './log.ts';
import type { QueueRows } from './ports/queue-rows.ts';
import type { QueueStore } from './ports/queue-store.ts';
import { STEP_BYTES_MAX, type StepRows, type StoredStep } from './ports/step-rows.ts';
import { QueueDefinitions } from './queue-definitions.ts';
import { ODD, tellRows } from './row-news.ts';
import { changedQueue, changedSettings, changedStep } from './stored-settings.ts';

export interface LiveConfigDeps {
  readonly loaded: LoadedConfig;
  /**
   * Reads the file anew and checks it.
   * @throws AppError CONFIG_INVALID
   */
  load(): LoadedConfig;
  readonly env: NodeJS.ProcessEnv;
  readonly rows: QueueRows;
  readonly steps: StepRows;
  readonly store: Pick<QueueStore, 'defineQueues' | 'record' | 'subscribe'>;
  /** Makes it count, from the next decision on. */
  apply(config: Config, loaded: LoadedConfig): Promise<void>;
  /** Told when somebody has asked for the file to be read again, and it was right. */
  reloaded(): void;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Tries to write settings that somebody else changes at the same time. */
const WRITE_TRIES = 5;

/** What changes of others make the rows be read again. */
const OF_ROWS: ReadonlySet<string> = new Set(['queue', 'step', 'all']);

/**
 * The configuration as it is now: the file, read again when asked, and the rows of queues and steps in the database, read again when
 * anybody changes them. What is wrong is refused with its reasons, and what counted before goes on counting.
 */
export class LiveConfig implements ConfigurationFace {
  readonly #deps: LiveConfigDeps;
  #loaded: LoadedConfig;
  #rows: DatabaseRows = { queues: [], steps: [] };
  #now: EffectiveConfig;
  readonly #definitions: QueueDefinitions;
  /** One thing after another; never rejects. */
  #working: Promise<unknown> = Promise.resolve();
  #isReadingPlanned = false;
  #unsubscribe: () => void = () => undefined;

  constructor(deps: LiveConfigDeps) {
    this.#deps = deps;
    this.#loaded = deps.loaded;
    this.#definitions = new QueueDefinitions(deps);
    this.#now = { config: deps.loaded.config, refused: [], odd: [], used: { queues: new Map(), steps: new Map() } };
  }

  /** What counts now. */
  get config(): Config {
    return this.#now.config;
  }

  get refused(): readonly RowFinding[] {
    return this.#now.refused;
  }

  /** Takes up what the database says of queues and steps, and from then on every change of it. */
  async start(): Promise<void> {
    this.#unsubscribe = this.#deps.store.subscribe(({ type }) => {
      if (OF_ROWS.has(type)) this.#readRowsSoon();
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
      this.#deps.reloaded();
      const { store, clock, log } = this.#deps;
      await store.record({ event: 'CONFIGRELOAD', atMs: clock.now() }).catch((error: unknown) => {
        log.warn({ err: error }, 'The line CONFIGRELOAD could not be written');
      });
      const report = {
        changes: changes.map(changedSetting),
        waiting: changes.filter(needsRestart).map(changedSetting),
        warnings: [...loaded.warnings.map(findingLine), ...this.#now.odd.map(rowText)],
        refused: this.refused.map(rowText),
      };
      log.info({ changes: names(report.changes), waitForRestart: names(report.waiting) }, 'Configuration read again');
      for (const warning of loaded.warnings) log.warn({ warning: findingLine(warning) }, ODD);
      return report;
    });
  }

  queueSettings(queue: QueueName): QueueSettingsView {
    if (!this.config.queues.some(({ name }) => name === queue)) throw unknownQueue(queue);
    return this.#queueView(queue, this.#rows.queues.find(({ name }) => name === queue)?.settings ?? {});
  }

  changeQueueSettings(request: SettingsRequest): Promise<QueueSettingsView> {
    const { queue } = request;
    return this.#insist(`The settings of ${queue}`, async (rows) => {
      const row = rows.queues.find(({ name }) => name === queue);
      const isQueue = row !== undefined && (row.isMadeBySql || this.#isOfFile(queue));
      if (!isQueue && !request.create) throw unknownQueue(queue);
      const before = isQueue ? row.settings : null;
      const after = changedSettings(before ?? {}, request);
      this.#refuseWrong({ table: 'queue', name: queue }, rows, { queues: changedQueue(rows.queues, queue, after) });
      if ((await this.#deps.rows.write({ queue, before, after })) === 'changed-meanwhile') return null;
      return () => this.#queueView(queue, after);
    });
  }

  step(name: string): StepView {
    return this.#stepView(name, this.#rows.steps.find((row) => row.name === name)?.definition ?? null);
  }

  changeStep(request: StepRequest): Promise<StepView> {
    const { step: name } = request;
    return this.#insist(`The step ${name}`, async (rows) => {
      const before = rows.steps.find((row) => row.name === name)?.definition ?? null;
      const known = before ?? this.#fileStep(name);
      if (known === null && !request.create) throw unknownStep(name);
      const isRemoved = request.unsetAll && Object.keys(request.set).length === 0;
      const after = isRemoved ? null : changedSettings(known ?? {}, request);
      if (after !== null) refuseLarge(name, after);
      this.#refuseWrong({ table: 'ivr_step', name }, rows, { steps: changedStep(rows.steps, name, after) });
      if ((await this.#deps.steps.write({ name, before, after })) === 'changed-meanwhile') return null;
      const definition = after ?? this.#fileStep(name) ?? known;
      return () => ({ ...this.#stepView(name, definition), isInDatabase: after !== null });
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

  #queueView(queue: QueueName, settings: QueueSettingsView['settings']): QueueSettingsView {
    return { queue, settings, isOfFile: this.#isOfFile(queue) };
  }

  #stepView(step: string, stored: StepView['definition'] | null): StepView {
    const ofFile = this.#fileStep(step);
    const definition = stored ?? ofFile;
    if (definition === null) throw unknownStep(step);
    return { step, isOfFile: ofFile !== null, isInDatabase: stored !== null, definition };
  }

  #isOfFile(queue: QueueName): boolean {
    return Object.hasOwn(this.#loaded.written.queues, queue);
  }

  #fileStep(name: string): StepView['definition'] | null {
    const { steps } = this.#loaded.written.ivr;
    return Object.hasOwn(steps, name) ? (steps[name] ?? null) : null;
  }

  async #read(): Promise<DatabaseRows> {
    const [queues, steps] = await Promise.all([this.#deps.rows.read(), this.#deps.steps.read()]);
    return { queues, steps };
  }

  /** Reads, changes and writes, again when somebody else has written meanwhile (`null`). */
  #insist<View>(what: string, change: (rows: DatabaseRows) => Promise<(() => View) | null>): Promise<View> {
    return this.#inTurn(async () => {
      for (let tries = 0; tries < WRITE_TRIES; tries++) {
        const view = await change(await this.#read());
        if (view === null) continue;
        await this.#takeUpRows();
        return view();
      }
      throw new AppError('DATABASE_UNAVAILABLE', `${what} is changed by others again and again`);
    });
  }

  /** Reads the rows and makes file and rows count together. Without the database the rows stay as they were. */
  async #takeUpRows(): Promise<void> {
    const { log } = this.#deps;
    try {
      this.#rows = await this.#read();
    } catch (error) {
      if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
      log.warn({ err: error }, "The rows of queues and steps can't be read now: what they said before counts");
    }
    const before = this.#now;
    this.#now = this.#effective(this.#rows);
    tellRows(log, before, this.#now);
    await this.#definitions.write(this.config, { isOfFile: (queue) => this.#isOfFile(queue), rows: this.#rows.queues });
    await this.#deps.apply(this.config, this.#loaded);
  }

  #effective(rows: DatabaseRows): EffectiveConfig {
    return effectiveConfig(this.#loaded, rows, { env: this.#deps.env, last: this.#now });
  }

  /** The change is tried together with all other rows: what it makes wrong in them is refused, too. */
  #refuseWrong(row: Pick<RowFinding, 'table' | 'name'>, before: DatabaseRows, changed: Partial<DatabaseRows>): void {
    const isOfRow = ({ table, name }: RowFinding) => table === row.table && name === row.name;
    const known = new Set(this.#effective(before).refused.map(placeText));
    const now = this.#effective({ ...before, ...changed }).refused;
    const findings = now.filter((finding) => isOfRow(finding) || !known.has(placeText(finding)));
    if (findings.length === 0) return;
    throw configInvalid(findings.map(findingOfRow));
  }

  /** Many changes in a row lead to one reading after the one that is under way. */
  #readRowsSoon(): void {
    if (this.#isReadingPlanned) return;
    this.#isReadingPlanned = true;
    this.#inTurn(() => {
      this.#isReadingPlanned = false;
      return this.#takeUpRows();
    }).catch((error: unknown) =>
      this.#deps.log.error({ err: error }, 'A change of queues or steps could not be taken up'),
    );
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#working.then(work);
    this.#working = done.catch(() => undefined);
    return done;
  }
}

/** The same fault may be told in other words when other names are there. */
const placeText = ({ table, name, path }: RowFinding) => pathText([table, name, ...path]);

function findingOfRow({ table, name, path, reason }: RowFinding): Finding {
  const [file, group] = table === 'queue' ? ['queue.settings', ['queues']] : ['ivr_step.definition', ['ivr', 'steps']];
  return { file, line: null, column: null, path: [...group, name, ...path], reason };
}

function changedSetting({ path, change }: SettingChange): ChangedSetting {
  return { setting: pathText(path), change };
}

/** Before the database does, whose text has a space behind each comma and colon, and so has no more bytes than this. */
function refuseLarge(name: string, definition: StoredStep): void {
  if (Buffer.byteLength(JSON.stringify(definition, null, 1)) <= STEP_BYTES_MAX) return;
  const reason = `is larger than ${STEP_BYTES_MAX} bytes`;
  throw configInvalid([findingOfRow({ table: 'ivr_step', name, path: [], reason })]);
}

const names = (changes: readonly ChangedSetting[]) => changes.map(({ setting }) => setting);

const unknownQueue = (queue: QueueName) =>
  new AppError('QUEUE_UNKNOWN', `There is no queue ${queue}`, { details: { queue } });

const unknownStep = (step: string) => new AppError('STEP_UNKNOWN', `There is no step ${step}`, { details: { step } });
