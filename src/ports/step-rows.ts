/** A step of the IVR that stands in the database, with the names and values that the file would have. */
export type StoredStep = Readonly<Record<string, unknown>>;

/** Longest definition; the table's check is the same. */
export const STEP_BYTES_MAX = 20_000;

export interface StepRow {
  readonly name: string;
  readonly definition: StoredStep;
}

export interface StepChange {
  readonly name: string;
  /** `null`: there is no such row, and one is to be made. */
  readonly before: StoredStep | null;
  /** `null`: the row is to be removed. */
  readonly after: StoredStep | null;
}

/**
 * What the database says of the IVR's steps.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export interface StepRows {
  /** All rows, by name. */
  read(): Promise<readonly StepRow[]>;
  /** Unless somebody else has changed the row meanwhile. Other processes are told. */
  write(change: StepChange): Promise<'written' | 'changed-meanwhile'>;
}
