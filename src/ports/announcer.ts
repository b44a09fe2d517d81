import type { AttemptId, CallId, ExtensionNumber, QueueName } from '../core/ids.ts';
import type { Caller, Customer, Extension } from '../core/people.ts';
import type { MissConsequence } from '../core/queue/misses.ts';

/** A call in a queue as members and CRM software see it. */
export interface AnnouncedCall {
  readonly callId: CallId;
  readonly queue: QueueName;
  /** As people read it, for example `Support`. */
  readonly queueTitle: string;
  readonly caller: Caller;
  readonly customer: Customer | null;
  readonly enteredAtMs: number;
}

/** One offer of one call to one extension: an item of the node `extension<NUMBER>`. */
export interface AnnouncedAttempt {
  readonly call: AnnouncedCall;
  readonly attemptId: AttemptId;
  readonly extension: ExtensionNumber;
  readonly changedAtMs: number;
}

/** A member who gets no more calls for having missed one. */
export interface PutAside {
  readonly queue: QueueName;
  /** As people read it. */
  readonly queueTitle: string;
  readonly how: MissConsequence;
  readonly atMs: number;
}

/** How a publication went: acknowledged by the server, or given up (away, refused, or no answer in time). */
export type PublishOutcome = 'acknowledged' | 'timeout' | 'away' | 'refused';

/**
 * Tells members and CRM software about calls, over XMPP. Nothing here rejects or blocks a call: XMPP away means that
 * announcements which would come too late are dropped and nodes are brought level at reconnect.
 */
export interface Announcer {
  /** Creates the extension's node with whitelist access (XEP-0060 8.1); also called for every logged-in extension at start. */
  memberLoggedIn(extension: Extension): Promise<void>;
  /** Deletes the node once the extension is in no queue. */
  memberLoggedOut(extension: Extension): Promise<void>;
  /** A chat message to each of `members` (those logged in to the queue). */
  callEntered(call: AnnouncedCall, position: number, members: readonly Extension[]): void;
  /** A chat message to the chosen member that this call is theirs. */
  memberChosen(call: AnnouncedCall, member: Extension): void;
  /** A chat message to the chosen member that the call has gone on to others. */
  memberMissed(call: AnnouncedCall, member: Extension): void;
  /** A chat message to the member that no calls will come, until when, and what brings them back. */
  memberPutAside(aside: PutAside, member: Extension): void;
  /** A chat message that the caller gave up, to the members who were told of the call. */
  callerGaveUp(call: AnnouncedCall, waitMs: number, members: readonly Extension[]): void;
  /** Publishes state ringing; settles at the server's acknowledgement or after `limitMs`, whichever is first. */
  publishRinging(attempt: AnnouncedAttempt, limitMs: number): Promise<PublishOutcome>;
  publishConnected(attempt: AnnouncedAttempt): void;
  /** Publishes a last item with state ended and retracts it. Also used when the call moves on to the next member. */
  publishEnded(attempt: AnnouncedAttempt): void;
  /** Brings all nodes level with what is true now: those of logged-in extensions exist, all others of ours do not, no stale item stays. */
  reconcile(loggedIn: readonly Extension[], attempts: readonly AnnouncedAttempt[]): Promise<void>;
  isConnected(): boolean;
}
