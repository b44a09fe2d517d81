import type { QueueSettings } from './settings.ts';

/** Longest ring of a queue that sets no limit: phones and providers give up long before. */
export const RING_MS_MAX = 600_000;
/** An attempt with less time left is over: no phone rings so short (app_queue's 500 ms). */
const ATTEMPT_REST_MS = 500;

/** Members who refuse at once are parts of one attempt, which has one ring time (S3). */
export interface Attempt {
  readonly startedAtMs: number;
}

type RingSettings = Pick<QueueSettings, 'ringTimeoutMs' | 'timeoutPriority' | 'timeoutRestart' | 'strategy'>;

/** How long a phone rings: what is left of the attempt, and (T1, not T2) no longer than the caller may wait. */
export function ringTimeMs(
  { ringTimeoutMs, timeoutPriority }: RingSettings,
  { attempt, expiresAtMs, nowMs }: { readonly attempt: Attempt; readonly expiresAtMs: number; readonly nowMs: number },
): number {
  const wantedMs = ringTimeoutMs === 0 ? RING_MS_MAX : ringTimeoutMs - (nowMs - attempt.startedAtMs);
  const ringMs = timeoutPriority === 'conf' ? wantedMs : Math.min(wantedMs, expiresAtMs - nowMs);
  return Math.max(1, ringMs);
}

/** Whether the attempt goes on with the next member: this one refused at once, and time is left. Otherwise it is over. */
export function goesOn(
  { ringTimeoutMs, timeoutRestart, strategy }: RingSettings,
  attempt: Attempt,
  miss: { readonly outcome: string; readonly atMs: number },
): boolean {
  const hasRefused = ['busy', 'rejected', 'unreachable'].includes(miss.outcome);
  const restarts = timeoutRestart && strategy !== 'ringall';
  if (!hasRefused || restarts || ringTimeoutMs === 0) return false;
  return ringTimeoutMs - (miss.atMs - attempt.startedAtMs) > ATTEMPT_REST_MS;
}

/** Strategies that go round: one pass of theirs is an attempt for each member. */
const ROUNDS = ['rrmemory', 'rrordered', 'linear'];

/** Whether a caller who stays for one pass only (Queue()'s option `n`) leaves now (T5). */
export function isPassOver(
  { strategy }: Pick<QueueSettings, 'strategy'>,
  { attempts, members }: { readonly attempts: number; readonly members: number },
): boolean {
  return attempts >= (ROUNDS.includes(strategy) ? Math.max(1, members) : 1);
}
