/** Whose traces: a caller's, by the number as the line sends it, or those of a customer's calls. */
export type PersonalSubject =
  | { readonly kind: 'number'; readonly value: string }
  | { readonly kind: 'customer'; readonly value: string };

/** What calls have left of people: it can be listed and erased. Times are Unix milliseconds. */
export interface PersonalData {
  /**
   * @throws AppError REQUEST_INVALID when the number is none by which a caller can be told from others
   * @throws AppError DATABASE_UNAVAILABLE
   */
  list(subject: PersonalSubject): Promise<PersonalTraces>;
  /**
   * Erases what there is of ended calls; of calls that go on, as soon as they are over. Rows stay, so that reports go on
   * adding up. Repeating it is harmless.
   * @throws AppError as {@link list}
   */
  erase(subject: PersonalSubject): Promise<ErasureReport>;
}

/** What was found; each list has at most {@link TRACES_LISTED_MAX} items. */
export interface PersonalTraces {
  readonly places: readonly PlaceTrace[];
  readonly calls: readonly LoggedCallTrace[];
  readonly tunes: readonly TuneTrace[];
  readonly recordings: readonly RecordingTrace[];
  /** There is more than the lists hold. */
  readonly isMore: boolean;
}

/** A place in a queue, in table queue_entry. */
export interface PlaceTrace {
  readonly entryId: string;
  readonly callId: string;
  readonly queue: string;
  readonly joinedAtMs: number;
  readonly number: string | null;
  readonly name: string | null;
  readonly customer: PersonalCustomer | null;
  /** The call goes on. */
  readonly isOpen: boolean;
}

export interface PersonalCustomer {
  readonly id: string;
  readonly name: string;
  readonly code: string | null;
  readonly fields: Readonly<Record<string, string>>;
}

/** A call that queue_log tells of with the caller's number or name. */
export interface LoggedCallTrace {
  /** The column callid. */
  readonly uniqueId: string;
  readonly queue: string;
  readonly enteredAtMs: number;
  readonly number: string;
  /** Empty when queue_log has none. */
  readonly name: string;
}

/** A tune that the caller chose, in table caller_music. */
export interface TuneTrace {
  readonly musicClass: string;
  readonly track: string;
  readonly chosenAtMs: number;
}

/** A recording of a conversation, in table recording, whose file is there. */
export interface RecordingTrace {
  readonly callId: string;
  readonly queue: string;
  /** Path below Asterisk's folder of recordings. */
  readonly file: string;
  readonly startedAtMs: number;
}

/** How much was erased. */
export interface ErasureReport {
  readonly places: number;
  readonly lines: number;
  readonly tunes: number;
  /** Recordings whose files go now, or when Asterisk can be reached. */
  readonly recordings: number;
  /** Lines of the file of queue_log. */
  readonly fileLines: number;
  /** Places of calls that go on: they are erased when they are over. */
  readonly open: number;
}
