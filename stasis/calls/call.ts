import type { CallId, ChannelId, EntryId, ExtensionNumber, QueueName } from '../../src/core/ids.ts';
import type { Caller, Customer } from '../../src/core/people.ts';
import type { Logger } from '../../src/log.ts';
import type { HangupCause } from '../../src/ports/pbx.ts';

/** Where a call stands, for those who look at it. */
export interface CallPhase {
  readonly name: 'ivr' | 'waiting' | 'ringing' | 'talking' | 'leaving';
  readonly queue: QueueName | null;
  readonly entryId: EntryId | null;
  /** The members that are rung, or the one that is talked to. */
  readonly extensions: readonly ExtensionNumber[];
  readonly sinceMs: number;
}

/** One caller's visit: the channel and everything known of the person on it. Stages hand it on; each ends when `signal` aborts. */
export interface Call {
  readonly callId: CallId;
  readonly channelId: ChannelId;
  /** Asterisk's uniqueid, queue_log's callid. */
  readonly uniqueId: string;
  readonly caller: Caller;
  /** What prompts are spoken in; the IVR may change it. */
  language: string;
  /** Set by a lookup or by the dialplan. */
  customer: Customer | null;
  /** Whether the channel has been answered by us or the dialplan. */
  isAnswered: boolean;
  /** Whether Asterisk keeps when and why the channel ends. */
  isEndNoted: boolean;
  /** Told by the stage that has the call. */
  phase: CallPhase;
  /** Tells what is heard on hold, in words for people; `null` outside of queues. */
  hears: (() => string | null) | null;
  /** Takes the caller out of the queue, back to the dialplan, with words for it; `null` outside of queues. Too late in a conversation. */
  withdraw: ((info: string) => void) | null;
  /** Aborted with a HangupError once the channel is gone or has left the application. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** The channel is known to be gone though no event told; aborts `signal`. */
  end(cause: HangupCause): void;
  /** Hears the caller's digits (`0-9*#A-D`) until the returned function is called. Digits nobody hears are lost. */
  onDigit(listener: (digit: string) => void): () => void;
}
