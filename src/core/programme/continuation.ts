/**
 * What of a caller's programme outlives the process that plays it: with it another process goes on, at the music that would be heard by then, and says
 * nothing again. Times in milliseconds, counted from the moment it is of: it is kept as JSON and read by other versions.
 */
export interface ProgrammeMemory {
  /** The file that is heard; `null`: the stream, or nothing. */
  readonly tune: string | null;
  /** How far in it. */
  readonly tuneMs: number;
  /** The caller has chosen a file by key, and does not go back to the stream by itself. */
  readonly isChosen: boolean;
  /** `folder/name` of the advice whose saying has begun. */
  readonly advice: readonly string[];
  /** Until the next one. */
  readonly adviceInMs: number;
  /** Periodic announcements that have been said, and the time until the next one; `null`: there is none. */
  readonly periodic: number;
  readonly periodicInMs: number | null;
  /** The place in line that was told last, and how long ago. */
  readonly told: { readonly place: number; readonly agoMs: number } | null;
}

/** Of somebody who has heard nothing. */
export const NO_MEMORY: ProgrammeMemory = {
  tune: null,
  tuneMs: 0,
  isChosen: false,
  advice: [],
  adviceInMs: 0,
  periodic: 0,
  periodicInMs: null,
  told: null,
};

/** A memory, and how much later it is taken up. */
export interface Continuation {
  readonly memory: ProgrammeMemory;
  readonly awayMs: number;
}
