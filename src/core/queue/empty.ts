/** Conditions of app_queue's `joinempty` and `leavewhenempty`; a queue is empty when each of its members meets one of those listed. */
export const EMPTY_CONDITIONS = [
  'paused',
  'penalty',
  'inuse',
  'ringing',
  'unavailable',
  'invalid',
  'unknown',
  'wrapup',
] as const;
export type EmptyCondition = (typeof EMPTY_CONDITIONS)[number];
