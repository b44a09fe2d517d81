import type { Member } from '../core/queue/availability.ts';
import type { Choice } from '../core/queue/strategy.ts';

/** A member as a user's module sees it. Times are Unix milliseconds. */
export interface MemberView {
  readonly extension: string;
  readonly interface: string;
  readonly name: string | null;
  /** As it counts for this caller. */
  readonly penalty: number;
  readonly position: number;
  readonly skills: Readonly<Record<string, number>>;
  readonly loggedInAt: number;
  /** When the last queue call ended; `null`: never had one. */
  readonly lastCallEndedAt: number | null;
  /** Answered calls of this queue since the login. */
  readonly calls: number;
  /** Calls that ring or talk now; more than 0 with ring-in-use only. */
  readonly callsNow: number;
  /** When this very call was missed last; `null`: it was not. */
  readonly missedAt: number | null;
}

/** The caller as a user's module sees it. */
export interface CallerView {
  readonly priority: number;
  readonly joinedAt: number;
  readonly now: number;
  /** What the call itself asks for (QUEUE_SKILLS). */
  readonly needs: Readonly<Record<string, number>>;
}

/** What a user's module exports by default: `order` puts members in order, best first, by their extensions or interfaces. */
export interface UserStrategy {
  order(members: readonly MemberView[], caller: CallerView): unknown;
}

/** Plain data that can't be changed: nothing of the application can be reached through it. */
export function memberView(member: Member, penalty: number, missedAt: number | undefined): MemberView {
  const { extension, position, loggedInAtMs, lastHangupAtMs, calls, offers } = member;
  return Object.freeze({
    extension: String(extension.number),
    interface: extension.interface,
    name: extension.name,
    penalty,
    position,
    skills: Object.freeze({ ...extension.skills }),
    loggedInAt: loggedInAtMs,
    lastCallEndedAt: lastHangupAtMs,
    calls,
    callsNow: offers,
    missedAt: missedAt ?? null,
  });
}

export function callerView({ caller, nowMs }: Pick<Choice, 'caller' | 'nowMs'>): CallerView {
  const { priority, joinedAtMs, needs } = caller;
  return Object.freeze({ priority, joinedAt: joinedAtMs, now: nowMs, needs: Object.freeze({ ...needs }) });
}
