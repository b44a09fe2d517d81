import type { CallId, ChannelId } from '../../src/core/ids.ts';
import type { Caller, Customer } from '../../src/core/people.ts';
import type { Logger } from '../../src/log.ts';
import type { ChannelSnapshot, HangupCause, PbxEvent } from '../../src/ports/pbx.ts';
import type { Call, CallPhase } from './call.ts';
import type { EventRouter } from './event-router.ts';
import { HangupError } from './hangup-error.ts';

export interface LiveCallOptions {
  readonly callId: CallId;
  readonly channel: ChannelSnapshot;
  /** Arguments of `Stasis()` with which it came. */
  readonly args: readonly string[];
  readonly router: EventRouter;
  readonly log: Logger;
  readonly language: string;
  readonly startedAtMs: number;
}

/** A caller's channel while it is with us: turns its events into digits and the abort of everything that serves it. */
export class LiveCall implements Call {
  readonly callId: CallId;
  readonly channelId: ChannelId;
  readonly channelName: string;
  readonly uniqueId: string;
  readonly args: readonly string[];
  caller: Caller;
  /** The extension of the dialplan by which the call came in. */
  readonly dialled: string;
  readonly log: Logger;
  readonly startedAtMs: number;
  language: string;
  customer: Customer | null = null;
  isAnswered: boolean;
  isEndNoted = false;
  phase: CallPhase;
  hears: Call['hears'] = null;
  withdraw: Call['withdraw'] = null;
  readonly #hangup = new AbortController();
  readonly #digitListeners = new Set<(digit: string) => void>();
  readonly #unlisten: () => void;
  #isOurs = true;
  /** What the hang-up's request said, which comes before stasis-end; that has no cause of its own. */
  #cause: HangupCause = { code: 0, text: 'left the application' };

  constructor({ callId, channel, args, router, log, language, startedAtMs }: LiveCallOptions) {
    this.callId = callId;
    this.channelId = channel.channelId;
    this.channelName = channel.name;
    this.uniqueId = channel.channelId;
    this.args = args;
    this.caller = channel.caller;
    this.dialled = channel.dialplan.extension;
    this.log = log;
    this.startedAtMs = startedAtMs;
    this.phase = { name: 'ivr', queue: null, entryId: null, extensions: [], sinceMs: startedAtMs };
    this.language = channel.language === '' ? language : channel.language;
    this.isAnswered = channel.state === 'Up';
    this.#unlisten = router.onChannel(channel.channelId, (event) => this.#onEvent(event));
  }

  get signal(): AbortSignal {
    return this.#hangup.signal;
  }

  onDigit(listener: (digit: string) => void): () => void {
    this.#digitListeners.add(listener);
    return () => this.#digitListeners.delete(listener);
  }

  /** We send the channel away ourselves: its leaving is no hang-up. */
  letGo(): void {
    this.#isOurs = false;
  }

  /** Its stay is over, though its session may still be writing that down: if the channel comes again, that is a new call. */
  get hasLeft(): boolean {
    return !this.#isOurs || this.signal.aborted;
  }

  /** The process stops and the call stays in Asterisk as it is. */
  standStill(): void {
    this.#isOurs = false;
    this.log.info('Left standing for the next process');
  }

  /** The channel is known to be gone though no event told. */
  end(cause: { readonly code: number; readonly text: string }): void {
    if (this.#isOurs && !this.signal.aborted) this.#hangup.abort(new HangupError(cause));
  }

  release(): void {
    this.#unlisten();
    this.#digitListeners.clear();
  }

  #onEvent(event: PbxEvent): void {
    if (event.type === 'dtmf') for (const listener of [...this.#digitListeners]) listener(event.digit);
    else if (event.type === 'hangup-request') this.#cause = event.cause;
    else if (event.type === 'channel-destroyed') this.end(event.cause);
    else if (event.type === 'stasis-end') this.end(this.#cause);
  }
}
