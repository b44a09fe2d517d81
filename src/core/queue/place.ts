import type { WaitingEntry } from './line.ts';

/** What decides where a caller stands. */
export type Standpoint = Pick<WaitingEntry, 'priority' | 'placedPriority' | 'placedAtMs'>;

/**
 * A change of priority while waiting (PR3). As in app_queue the number alone changes and the place stays, unless the change
 * counts at once: then the caller stands behind all who have that priority.
 */
export function withPriority(
  before: Standpoint,
  {
    priority,
    isImmediate,
    nowMs,
  }: { readonly priority: number; readonly isImmediate: boolean; readonly nowMs: number },
): Standpoint {
  if (!isImmediate) return { ...before, priority };
  return { priority, placedPriority: priority, placedAtMs: nowMs };
}
