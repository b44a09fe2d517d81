/** Whose lines lose number and name. */
export interface LogErasure {
  /** The number, wherever it stands; `null`: only lines of those calls. */
  readonly number: string | null;
  /** Calls (queue_log's callid) whose lines are meant whatever number they have. */
  readonly uniqueIds: ReadonlySet<string>;
  /** Calls that go on, whose lines stay. */
  readonly openIds: ReadonlySet<string>;
  /** Lines that are newer stay. */
  readonly beforeMs: number;
  readonly key: Uint8Array;
}

/** Copies of queue_log outside of the database. */
export interface LogCopies {
  /** Tells how many lines were changed. */
  erase(erasure: LogErasure): Promise<number>;
}
