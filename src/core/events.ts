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

/** Where an attended transfer led: another bridge, an application, or the bridges of two channels joined. */
export type TransferTarget =
  | { readonly type: 'BRIDGE'; readonly bridgeId: string }
  | { readonly type: 'APP'; readonly application: string }
  | { readonly type: 'LINK'; readonly channelNames: readonly [string, string] };

/** What a line of QueueMetrics' INFO is about. */
export type InfoTopic = 'IVRSTART' | 'IVR' | 'IVRAPPEND' | 'IVRGOAL';

/** Of a member and no call. */
interface MemberLine {
  /** The member's name; the interface when no name is known. */
  readonly member: string;
  readonly atMs: number;
}

/** Reason of an automatic pause, app_queue's word. */
export const AUTO_PAUSE = 'Auto-Pause';

/** What is told of a pause; an empty text when no reason was given. */
interface Pause extends MemberLine {
  readonly reason: string;
}

interface Membership extends Line {
  readonly interface: string;
  readonly uniqueId: string;
  /** Only with log-member-name-as-agent: what the line says instead of the interface. */
  readonly name?: string;
}

/**
 * What happens to calls and members, in queue_log's vocabulary (queue-semantics c2). As peers write them: FULL, JOINEMPTY, WRAPUPSTART
 * and WRAPUPEND (Wazo), CALLERONHOLD, CALLEROFFHOLD and INFO (QueueMetrics), DID (FreePBX).
 */
export type CallEvent =
  | (CallLine & {
      readonly event: 'ENTERQUEUE';
      readonly callerNumber: string | null;
      /** Only with log-caller-id-name. */
      readonly callerName?: string | null;
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
  | (Completion & { readonly event: 'BLINDTRANSFER'; readonly extension: string; readonly context: string })
  | (Completion & { readonly event: 'ATTENDEDTRANSFER'; readonly target: TransferTarget })
  | (MemberCallLine & { readonly event: 'AGENTDUMP' })
  | (MemberCallLine & { readonly event: 'CALLERONHOLD' })
  | (MemberCallLine & { readonly event: 'CALLEROFFHOLD' })
  | (MemberCallLine & { readonly event: 'WRAPUPSTART'; readonly wrapUpMs: number })
  | (Line & MemberLine & { readonly event: 'WRAPUPEND' })
  | (CallLine & { readonly event: 'FULL' })
  | (CallLine & { readonly event: 'JOINEMPTY' })
  | (Omit<CallLine, 'queue'> & { readonly event: 'DID'; readonly dialled: string })
  | (Omit<CallLine, 'queue'> & {
      readonly event: 'INFO';
      readonly topic: InfoTopic;
      readonly details: readonly string[];
    })
  | (Membership & { readonly event: 'ADDMEMBER'; readonly isPaused?: boolean })
  | (Membership & { readonly event: 'REMOVEMEMBER' })
  | (Line & Pause & { readonly event: 'PAUSE' })
  | (Line & Pause & { readonly event: 'UNPAUSE' })
  | (Pause & { readonly event: 'PAUSEALL' })
  | (Pause & { readonly event: 'UNPAUSEALL' })
  | (Line & { readonly event: 'PENALTY'; readonly interface: string; readonly penalty: number })
  | (Line & { readonly event: 'RINGINUSE'; readonly interface: string; readonly ringInUse: boolean })
  | { readonly event: 'QUEUESTART'; readonly atMs: number }
  | { readonly event: 'CONFIGRELOAD'; readonly atMs: number };

export type CallEventName = CallEvent['event'];
