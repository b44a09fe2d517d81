import type { CallId, QueueName } from './ids.ts';

/** Common to every line of queue_log. `uniqueId` is what readers know as callid. */
interface Line {
  readonly queue: QueueName;
  readonly atMs: number;
}

interface CallLine extends Line {
  readonly callId: CallId;
  /** Asterisk's uniqueid of the caller's channel. */
  readonly uniqueId: string;
}

interface Leaving extends CallLine {
  readonly position: number;
  readonly originalPosition: number;
  readonly waitMs: number;
}

interface MemberCallLine extends CallLine {
  /** The member's name; the interface when no name is known. */
  readonly member: string;
}

interface Completion extends MemberCallLine {
  readonly holdMs: number;
  readonly talkMs: number;
  readonly originalPosition: number;
}

/** What happens to calls and members, in queue_log's vocabulary (queue-semantics c2; FULL and JOINEMPTY as Wazo writes them). */
export type CallEvent =
  | (CallLine & {
      readonly event: 'ENTERQUEUE';
      readonly callerNumber: string | null;
      readonly position: number;
    })
  | (Leaving & { readonly event: 'ABANDON'; readonly member?: string })
  | (Leaving & { readonly event: 'EXITWITHTIMEOUT' })
  | (Leaving & { readonly event: 'EXITEMPTY' })
  | (Leaving & { readonly event: 'EXITWITHKEY'; readonly key: string })
  | (Leaving & { readonly event: 'WITHDRAW'; readonly info: string })
  | (MemberCallLine & { readonly event: 'RINGNOANSWER'; readonly ringMs: number })
  | (MemberCallLine & { readonly event: 'RINGCANCELED'; readonly ringMs: number })
  | (MemberCallLine & {
      readonly event: 'CONNECT';
      readonly holdMs: number;
      readonly memberUniqueId: string;
      readonly ringMs: number;
    })
  | (Completion & { readonly event: 'COMPLETEAGENT' })
  | (Completion & { readonly event: 'COMPLETECALLER' })
  | (CallLine & { readonly event: 'FULL' })
  | (CallLine & { readonly event: 'JOINEMPTY' })
  | (Line & { readonly event: 'ADDMEMBER'; readonly interface: string; readonly uniqueId: string })
  | (Line & { readonly event: 'REMOVEMEMBER'; readonly interface: string; readonly uniqueId: string })
  | { readonly event: 'QUEUESTART'; readonly atMs: number };

export type CallEventName = CallEvent['event'];
