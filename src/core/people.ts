import type { ExtensionNumber, QueueName } from './ids.ts';
import type { Skills } from './queue/skills.ts';

/** Who is on the caller's channel. Both fields come from outside and are not trusted; `null` when withheld. */
export interface Caller {
  readonly number: string | null;
  readonly name: string | null;
}

/** Who the lookup says is calling. `fields` holds whatever other columns the lookup returned, as text. */
export interface Customer {
  readonly id: string;
  readonly name: string;
  /** What the caller typed; `null` when the dialplan named the customer. */
  readonly code: string | null;
  readonly fields: Readonly<Record<string, string>>;
}

/** A telephone that may belong to queues: how it is rung and who sits there. */
export interface Extension {
  readonly number: ExtensionNumber;
  /** What is rung, as Asterisk writes it: `PJSIP/1000`. */
  readonly interface: string;
  /** The member's name as queue_log has it (app_queue `membername`); `null`: the interface stands there. */
  readonly name: string | null;
  /** The device whose state counts instead of the interface's (app_queue `state_interface`), `hint:EXTEN@CONTEXT` too; `null`: the interface. */
  readonly stateInterface: string | null;
  /** Bare JID of the person, or `null` when they have no XMPP account. */
  readonly jid: string | null;
  /** Further bare JIDs that may subscribe to this extension's node. */
  readonly subscribers: readonly string[];
  readonly skills: Skills;
}

/** An extension's membership of one queue while it is logged in. */
export interface Membership {
  readonly queue: QueueName;
  readonly extension: Extension;
  /** app_queue's penalty: lower is asked first. */
  readonly penalty: number;
  /** Order of configuration, the second tie-break after the time of waiting. */
  readonly position: number;
  readonly loggedInAtMs: number;
  readonly isPaused: boolean;
  /** Why, in the words of whoever paused; `null` when no reason was given or the member isn't paused. */
  readonly pausedReason: string | null;
  /** Since when; `null` when not paused. */
  readonly pausedAtMs: number | null;
  /** The member's own, instead of the queue's; `null`: the queue's. */
  readonly ringInUse: boolean | null;
  readonly wrapUpMs: number | null;
  /** Put aside for not having answered (`notpresent-penalty`), Unix milliseconds; `null` when not. */
  readonly asideUntilMs: number | null;
  /** Answered calls of this queue since the login. */
  readonly calls: number;
  /** When the last answered call of this queue ended; `null` when never. */
  readonly lastCallAtMs: number | null;
  /** When the last answered queue call of this extension ended (any queue), Unix milliseconds; `null` when never. */
  readonly lastHangupAtMs: number | null;
  /** The queue of that call: its wrap-up time holds. */
  readonly lastQueue: QueueName | null;
  /** When the member ended the wrap-up early; counts while it is later than `lastHangupAtMs`. */
  readonly wrapUpEndedAtMs: number | null;
}
