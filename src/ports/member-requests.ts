import type { EntryId, QueueName } from '../core/ids.ts';
import type { Extension } from '../core/people.ts';

/** Who comes to which queue, or goes. `uniqueId` is the channel's, or `CLI`. */
export interface LoginRequest {
  readonly queue: QueueName;
  readonly extension: Extension;
  readonly uniqueId: string;
  /** @default 0 */
  readonly penalty?: number;
  /** The member begins paused, with this reason (an empty one too). `undefined`: not paused. */
  readonly pausedReason?: string | undefined;
  readonly atMs: number;
}

export interface PauseRequest {
  readonly extension: Extension;
  /** `null`: all queues of the member. */
  readonly queue: QueueName | null;
  readonly isPaused: boolean;
  /** Why, in the words of whoever asks; may be empty. */
  readonly reason: string;
  readonly atMs: number;
}

/** `already`: nothing had to be changed, and nothing was written. */
export type MemberChange = 'done' | 'already' | 'not-logged-in';

export interface PenaltyRequest {
  readonly extension: Extension;
  readonly queue: QueueName;
  readonly penalty: number;
  readonly atMs: number;
}

export interface RingInUseRequest {
  readonly extension: Extension;
  readonly queue: QueueName;
  /** `null`: as the queue says. */
  readonly ringInUse: boolean | null;
  /** What holds from now on, for the line in queue_log. */
  readonly inEffect: boolean;
  readonly atMs: number;
}

export interface EndWrapUpRequest {
  readonly extension: Extension;
  readonly atMs: number;
}

export interface PriorityRequest {
  readonly entryId: EntryId;
  readonly priority: number;
  /** Where the caller stands from now on (QueueChangePriorityCaller's Immediate); `null`: where they stand. */
  readonly placed: {
    readonly placedPriority: number;
    readonly placedAtMs: number;
    /** Behind all of that priority. */
    readonly isLast: boolean;
  } | null;
}

export interface WithdrawalRequest {
  readonly entryId: EntryId;
  /** Why, in the words of whoever asks; may be empty. */
  readonly info: string;
}

/** What decides the caller's place from now on. */
export interface Placing {
  readonly priority: number;
  readonly placedPriority: number;
  readonly placedAtMs: number;
}
