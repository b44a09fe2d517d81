import type { StepChange, StepRow, StepRows } from '../src/ports/step-rows.ts';
import type { ChangeListener } from './change-listener.ts';
import type { Database } from './database.ts';
import { deleteStep, insertStep, selectSteps, updateStep } from './statements/steps.ts';

/** Most steps that are read, by name: all of them are checked whenever one changes, which takes a tenth of a second then. */
export const STEPS_MAX = 1_000;

/** The table `ivr_step`. */
export class PostgresStepRows implements StepRows {
  readonly #database: Database;
  readonly #changes: ChangeListener | null;

  /** Without a listener nobody is told of what is written. */
  constructor(database: Database, changes: ChangeListener | null = null) {
    this.#database = database;
    this.#changes = changes;
  }

  read(): Promise<readonly StepRow[]> {
    return this.#database.run(selectSteps(STEPS_MAX));
  }

  async write(change: StepChange): Promise<'written' | 'changed-meanwhile'> {
    const statement = statementOf(change);
    if (statement === null) return 'written';
    const rows = await this.#database.run(statement);
    if (rows.length === 0) return 'changed-meanwhile';
    this.#changes?.announce({ type: 'step', name: change.name });
    return 'written';
  }
}

function statementOf({ name, before, after }: StepChange) {
  if (before === null) return after === null ? null : insertStep({ name, after });
  return after === null ? deleteStep({ name, before }) : updateStep({ name, before, after });
}
