import type { Dialog } from './dialogs.ts';

/** A row of queue_entry; times in milliseconds of the wall clock. */
export interface EntryRow {
  readonly entryId: string;
  readonly callerNumber: string;
  readonly uniqueId: string;
  readonly priority: number;
  readonly joinedAtMs: number;
  /** What decides the order among equal priorities: who enters at the same moment is placed by the database. */
  readonly placedAtMs: number;
  readonly endedAtMs: number | null;
  readonly state: string;
  readonly outcome: string | null;
}

/** A row of ring_attempt. */
export interface AttemptRow {
  readonly attemptId: string;
  readonly entryId: string;
  readonly extension: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
  readonly state: string;
}

/** A row of queue_log about a call, in the order of its time and then of writing. */
export interface LogRow {
  readonly event: string;
  readonly callid: string;
}

/** What the application says of a member (`GET /api/v1/members`). */
export interface MemberRow {
  readonly extension: string;
  readonly isLoggedIn: boolean;
  /** A call holds the member, or is offered to them. */
  readonly isHeld: boolean;
}

/** Everything that can be seen from outside when all calls are over and nobody calls any more. */
export interface Observation {
  /** Calls as the callers saw them, and as the phones did. */
  readonly callers: readonly Dialog[];
  readonly phones: readonly Dialog[];
  readonly entries: readonly EntryRow[];
  readonly attempts: readonly AttemptRow[];
  readonly log: readonly LogRow[];
  readonly members: readonly MemberRow[];
  /** Names of the channels, and ids of the bridges, that Asterisk still has. */
  readonly channels: readonly string[];
  readonly bridges: readonly string[];
  /** Names of Asterisk's global variables in which ends of channels are still written down. */
  readonly notes: readonly string[];
  /** Numbers of callers who wait as long as it takes: if they hang up, they have waited in vain. */
  readonly isPatient: (caller: string) => boolean;
  /** A queue whose strategy is ringall rings several members for one call. @default false */
  readonly isRingAll?: boolean;
  /** A queue with ring-in-use rings members who talk. @default false */
  readonly isRingInUse?: boolean;
}

/** What must be true, whatever was killed. */
export const INVARIANTS = {
  'caller-lost': 'no caller is lost who did not hang up',
  'member-stuck': 'no member is held by a call that is over',
  'two-members': 'no call is offered to two members',
  'two-calls': 'no member has two calls',
  'closed-once': 'every ENTERQUEUE is ended by exactly one closing event',
  'right-event': 'the closing event is the one that happened',
  orphan: 'no channel, no bridge and no note is left',
  'dialog-open': 'every SIP dialog is ended',
  'place-kept': 'nobody loses their place, and nobody is overtaken',
} as const;
export type Invariant = keyof typeof INVARIANTS;

/** A fault: which invariant does not hold, and what shows it. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
}

/** For messages: the time of day, UTC, as the application's log has it. */
export function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}
