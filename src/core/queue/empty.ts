import { type Member, wrapUpEndsMs } from './availability.ts';
import { type PenaltyLimits, penaltyFor } from './penalty-rules.ts';
import type { EmptyCondition, QueueSettings } from './settings.ts';

/** For whom and when it is asked whether a queue is empty. */
export interface EmptyQuestion {
  readonly settings: QueueSettings;
  /** Of the caller who enters or waits. */
  readonly limits: PenaltyLimits;
  readonly nowMs: number;
}

/**
 * Whether nobody can be expected to answer (J1): each member meets one of the conditions. Nobody logged in is as empty as can
 * be, and without any condition no queue is ever empty (J2).
 */
export function isEmpty(
  members: Iterable<Member>,
  conditions: readonly EmptyCondition[],
  { settings, limits, nowMs }: EmptyQuestion,
): boolean {
  if (conditions.length === 0) return false;
  const all = [...members];
  const doPenaltiesCount = all.length > settings.penaltyMembersLimit;
  return all.every((member) => {
    const isOutside = doPenaltiesCount && penaltyFor(member.penalty, limits) === null;
    return conditions.some((condition) => {
      if (condition === 'penalty') return isOutside;
      if (condition === 'paused') return member.isPaused;
      if (condition === 'wrapup') return wrapUpEndsMs(member, settings) > nowMs;
      // Who was put aside for not answering isn't there for so long (difference 10).
      if (condition === 'unavailable' && (member.asideUntilMs ?? 0) > nowMs) return true;
      return member.deviceState === DEVICE_STATE_OF[condition];
    });
  });
}

/** Exactly these: `inuse` does not mean a phone that is BUSY, RINGINUSE or ONHOLD (J4). */
const DEVICE_STATE_OF = {
  inuse: 'INUSE',
  ringing: 'RINGING',
  unavailable: 'UNAVAILABLE',
  invalid: 'INVALID',
  unknown: 'UNKNOWN',
} as const;
