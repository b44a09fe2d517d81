/** Whole prompts, and beginnings of sentences, that a queue says besides the grammar's. */
export const ANNOUNCER_PROMPTS = {
  /** The periodic announcement where the queue names none. */
  stayOnLine: 'queueapp/stay_on_line',
  holdTime: 'queueapp/hold_time',
  thanks: 'queueapp/thanks',
  callerWaited: 'queueapp/caller_waited',
} as const;
