import { type DeviceState, isRingable } from '../device-state.ts';
import type { Membership } from '../people.ts';
import type { QueueSettings } from './settings.ts';

/** A logged-in member with what is known of the phone now. */
export interface Member extends Membership {
  readonly deviceState: DeviceState;
  /** Whether a live ring attempt or conversation holds the extension (in any queue). */
  readonly isReserved: boolean;
}

/** Why a member isn't rung now; `untilMs` when time alone ends it. */
export type Availability =
  | { readonly type: 'available' }
  | { readonly type: 'paused' }
  | { readonly type: 'reserved' }
  | { readonly type: 'device'; readonly state: DeviceState }
  | { readonly type: 'wrap-up'; readonly untilMs: number };

/** Derives a member's availability; nothing of it is stored, so nothing falls out of step (architecture.md). */
export function availability(member: Member, settings: QueueSettings, nowMs: number): Availability {
  if (member.isPaused) return { type: 'paused' };
  if (member.isReserved) return { type: 'reserved' };
  if (!isRingable(member.deviceState)) return { type: 'device', state: member.deviceState };
  const wrapUpEndsMs = member.lastHangupAtMs === null ? 0 : member.lastHangupAtMs + settings.wrapUpMs;
  if (wrapUpEndsMs > nowMs) return { type: 'wrap-up', untilMs: wrapUpEndsMs };
  return { type: 'available' };
}
