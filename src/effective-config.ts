import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config/config.ts';
import { pathText } from './config/findings.ts';
import { type LoadedConfig, type RowFinding, type RowTable, withRows } from './config/load.ts';
import { referencesOf } from './core/ivr/validate.ts';
import type { QueueRow } from './ports/queue-rows.ts';
import type { StepRow } from './ports/step-rows.ts';
import { mergedSettings } from './stored-settings.ts';

export interface DatabaseRows {
  readonly queues: readonly QueueRow[];
  readonly steps: readonly StepRow[];
}

type Stored = Readonly<Record<string, unknown>>;

/** What of the rows is in use, by name. */
export interface UsedRows {
  readonly queues: ReadonlyMap<string, Stored>;
  readonly steps: ReadonlyMap<string, Stored>;
}

/** The configuration with the queues and steps of file and database. */
export interface EffectiveConfig {
  readonly config: Config;
  /** What stands in the database and can't be used: what was in use from there before stays, or the file's alone counts. */
  readonly refused: readonly RowFinding[];
  /** What can be used and is hardly meant, and is not so in the file alone. */
  readonly odd: readonly RowFinding[];
  readonly used: UsedRows;
}

export interface EffectiveOptions {
  readonly env: NodeJS.ProcessEnv;
  /** What counted until now. */
  readonly last: Pick<EffectiveConfig, 'config' | 'used'>;
}

/** Each time rows that can't be used are left out, others may lead to them; after so many times no step of the database is used. */
const ROUNDS_MAX = 10;

/**
 * Puts together what the file says of queues and menus and what the database does: settings of a queue's row go before the file's,
 * a row that was made by SQL is a queue of its own, and the row of a step stands for the file's step of that name. All are checked
 * together by the file's own rules, so that nothing can be said in the database that the file couldn't say.
 */
export function effectiveConfig(loaded: LoadedConfig, rows: DatabaseRows, options: EffectiveOptions): EffectiveConfig {
  const candidates = candidatesOf(rows, loaded, options.last);
  for (let round = 1; ; round++) {
    const { config, findings, odd } = withRows(loaded, merged(loaded, rows, candidates), options.env);
    const byRow = groupedByRow(findings);
    const wrong = candidates.filter((candidate) => candidate.used !== null && byRow.has(keyOf(candidate)));
    if (wrong.length === 0) {
      const unowned = findings.filter((finding) => !candidates.some((each) => keyOf(each) === keyOf(finding)));
      return { config, refused: [...candidates.flatMap(refusedOf), ...unowned], odd, used: usedOf(candidates) };
    }
    for (const candidate of wrong) candidate.found ??= byRow.get(keyOf(candidate)) ?? [];
    if (round === ROUNDS_MAX) for (const step of candidates) step.giveUp();
    keepWhatIsLedTo(candidates, wrong, options.last.config);
    for (const candidate of wrong) candidate.tries.shift();
  }
}

/** `queues.support.ring-timeout: expected a duration such as 15s, got "fast"`. */
export function rowText({ table, name, path, reason }: RowFinding): string {
  return `${pathText([...(table === 'queue' ? ['queues'] : ['ivr', 'steps']), name, ...path])}: ${reason}`;
}

/** A row, or one that was in use and is gone. */
class Candidate {
  readonly table: RowTable;
  readonly name: string;
  /** What stands there; `null`: the row is gone. */
  readonly stands: Stored | null;
  /** What is tried in this order until something can be used; `null`, or nothing more: as if there were no row. */
  tries: (Stored | null)[];
  /** What was wrong with what stands there. */
  found: readonly RowFinding[] | null = null;

  constructor(table: RowTable, name: string, stands: Stored | null, tries: (Stored | null)[]) {
    this.table = table;
    this.name = name;
    this.stands = stands;
    this.tries = tries;
  }

  get used(): Stored | null {
    return this.tries[0] ?? null;
  }

  giveUp(): void {
    if (this.table !== 'ivr_step' || this.tries.length === 0) return;
    const reason = 'too many rows lead to ones that are not right: none of ivr_step is used';
    this.found ??= [{ table: this.table, name: this.name, path: [], reason }];
    this.tries = [];
  }
}

const keyOf = ({ table, name }: Pick<RowFinding, 'table' | 'name'>) => `${table} ${name}`;

function groupedByRow(findings: readonly RowFinding[]): ReadonlyMap<string, readonly RowFinding[]> {
  const groups = new Map<string, RowFinding[]>();
  for (const finding of findings) {
    const group = groups.get(keyOf(finding));
    if (group === undefined) groups.set(keyOf(finding), [finding]);
    else group.push(finding);
  }
  return groups;
}

function candidatesOf({ queues, steps }: DatabaseRows, { written }: LoadedConfig, { used }: EffectiveOptions['last']) {
  const known = queues.filter(({ name, isMadeBySql }) => isMadeBySql || Object.hasOwn(written.queues, name));
  const names = new Set(steps.map(({ name }) => name));
  const gone = [...used.steps].filter(([name]) => !names.has(name) && !Object.hasOwn(written.ivr.steps, name));
  return [
    ...known.map(
      ({ name, settings }) => new Candidate('queue', name, settings, [settings, used.queues.get(name) ?? {}, {}]),
    ),
    ...steps.map(({ name, definition }) => {
      const before = used.steps.get(name);
      return new Candidate('ivr_step', name, definition, before === undefined ? [definition] : [definition, before]);
    }),
    ...gone.map(([name, before]) => new Candidate('ivr_step', name, null, [null, before])),
  ];
}

/** A step whose row was removed stays as long as a row leads to it that was right with it: a menu would be lost by what it leads to. */
function keepWhatIsLedTo(candidates: readonly Candidate[], wrong: readonly Candidate[], before: Config): void {
  const gone = candidates.filter(({ stands, tries }) => stands === null && tries[0] === null);
  for (const step of gone) {
    const leading = wrong.find((row) => leadsTo(row, step.name, before));
    if (leading === undefined) continue;
    const reason = `the row is gone, but ${leading.table} ${leading.name} leads to the step: it stays until nothing does`;
    step.found = [{ table: step.table, name: step.name, path: [], reason }];
    step.tries.shift();
    // What was wrong with it was this alone, or it will be found again.
    leading.found = null;
    leading.tries.unshift(leading.used);
  }
}

function leadsTo({ table, name }: Candidate, step: string, { ivr, queues }: Config): boolean {
  if (table === 'queue') return Object.values(queues.find((each) => each.name === name)?.exitKeys ?? {}).includes(step);
  const own = Object.hasOwn(ivr.steps, name) ? ivr.steps[name] : undefined;
  return own !== undefined && referencesOf(own).some(({ target }) => target === step);
}

/** Two steps may be wrong only together: of these, the one that was in use before still is what stands there. */
function refusedOf({ found, stands, used }: Candidate): readonly RowFinding[] {
  return found === null || isDeepStrictEqual(stands, used) ? [] : found;
}

function usedOf(candidates: readonly Candidate[]): UsedRows {
  const of = (wanted: RowTable) =>
    new Map(candidates.flatMap(({ table, name, used }) => (table === wanted && used !== null ? [[name, used]] : [])));
  return { queues: of('queue'), steps: of('ivr_step') };
}

function merged({ written }: LoadedConfig, rows: DatabaseRows, candidates: readonly Candidate[]) {
  const titles = new Map<string, string>(rows.queues.map(({ name, title }) => [name, title]));
  const ofFile = written.queues;
  // Not by assignment: somebody's row may have the name __proto__.
  const queues = new Map(Object.entries(ofFile));
  const steps = new Map(Object.entries(written.ivr.steps));
  for (const { table, name, used } of candidates) {
    if (used === null) continue;
    if (table === 'ivr_step') steps.set(name, used);
    else queues.set(name, mergedSettings(queues.get(name) ?? { title: titles.get(name) }, used));
  }
  return { queues: Object.fromEntries(queues), steps: Object.fromEntries(steps) };
}
