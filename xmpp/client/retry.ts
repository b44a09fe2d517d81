import { type BackoffOptions, backoffMs } from '../../src/lib/backoff.ts';
import { type FailureKind, isRefusal } from './failure.ts';

/** Server away: soon at first, then twice as long each time. */
const AWAY: BackoffOptions = { firstMs: 500, maxMs: 30_000 };
/** Wrong password, certificate or domain: a person must act, and servers lock accounts out that knock too often. */
const REFUSED: BackoffOptions = { firstMs: 60_000, maxMs: 300_000 };
/** Another process uses the same account and resource: two that both came back at once would throw each other out for ever. */
export const CONFLICT_WAIT_MS = 60_000;
/** A session must have lasted so long for the next failure to count as the first again. */
export const STEADY_MS = 10_000;

/** The wait before attempt number `attempt` (from 0) after a failure of that kind. */
export function retryDelayMs(kind: FailureKind, attempt: number, random: () => number): number {
  if (kind === 'conflict') return CONFLICT_WAIT_MS + random() * CONFLICT_WAIT_MS;
  return backoffMs(attempt, isRefusal(kind) ? REFUSED : AWAY, random);
}
