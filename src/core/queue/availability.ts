import type { DeviceState } from '../device-state.ts';
import { isRingable } from '../device-state.ts';
import type { Membership } from '../people.ts';
import type { QueueSettings } from './settings.ts';

/** What of a queue's settings decides whether its members are rung. */
export type AvailabilitySettings = Pick<QueueSettings, 'ringInUse' | 'wrapUpMs'>;

/** A logged-in member with what is known of the phone now. */
export interface Member extends Membership {
  readonly deviceState: DeviceState;
  /** Ring attempts and conversations that hold the extension now, of any queue. */
  readonly offers: number;
  /** Wrap-up of the queue that gave the last call, as configured now; `null`: that of this queue holds. */
  readonly lastQueueWrapUpMs: number | null;
}

/** Why a member isn't rung now; `untilMs` when time alone ends it. */
export type Availability =
  | { readonly type: 'available' }
  | { readonly type: 'paused' }
  | { readonly type: 'aside'; readonly untilMs: number }
  | { readonly type: 'reserved' }
  | { readonly type: 'device'; readonly state: DeviceState }
  | { readonly type: 'wrap-up'; readonly untilMs: number };

/** Offers that one member may have at the same time where `ringInUse` lets them come; no phone shows more calls than that. */
export const OFFERS_MAX = 10;

/** What only a queue with `ringInUse` rings. A phone that isn't there or isn't known to Asterisk is rung by nobody. */
const IN_USE: readonly DeviceState[] = ['INUSE', 'BUSY', 'RINGING', 'RINGINUSE', 'ONHOLD'];

/** Derives a member's availability; nothing of it is stored, so nothing falls out of step (architecture.md). */
export function availability(member: Member, settings: AvailabilitySettings, nowMs: number): Availability {
  if (member.isPaused) return { type: 'paused' };
  const { asideUntilMs, deviceState } = member;
  if (asideUntilMs !== null && asideUntilMs > nowMs) return { type: 'aside', untilMs: asideUntilMs };
  const ringsInUse = member.ringInUse ?? settings.ringInUse;
  if (member.offers >= (ringsInUse ? OFFERS_MAX : 1)) return { type: 'reserved' };
  if (!isRingable(deviceState) && !(ringsInUse && IN_USE.includes(deviceState)))
    return { type: 'device', state: deviceState };
  const untilMs = wrapUpEndsMs(member, settings);
  return untilMs > nowMs ? { type: 'wrap-up', untilMs } : { type: 'available' };
}

/** When the member's wrap-up is over, Unix milliseconds; 0 without one (W1, W2, and ended early: difference 11). */
export function wrapUpEndsMs(member: Member, settings: Pick<QueueSettings, 'wrapUpMs'>): number {
  const { lastHangupAtMs, wrapUpEndedAtMs } = member;
  if (lastHangupAtMs === null) return 0;
  if (wrapUpEndedAtMs !== null && wrapUpEndedAtMs > lastHangupAtMs) return 0;
  // 0 of a member's own is app_queue's word for "as the queue".
  const wrapUpMs = member.wrapUpMs || (member.lastQueueWrapUpMs ?? settings.wrapUpMs);
  return lastHangupAtMs + wrapUpMs;
}
