import type { ExtensionNumber, QueueName } from './ids.ts';

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
  /** Bare JID of the person, or `null` when they have no XMPP account. */
  readonly jid: string | null;
  /** Further bare JIDs that may subscribe to this extension's node. */
  readonly subscribers: readonly string[];
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
  /** When the last answered queue call of this extension ended (any queue), Unix milliseconds; `null` when never. */
  readonly lastHangupAtMs: number | null;
}
