import { LEG_ARGUMENT } from '../../../src/core/entry-point.ts';
import { type AttemptId, type ChannelId, channelId } from '../../../src/core/ids.ts';
import type { Caller } from '../../../src/core/people.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import type { HangupCause, Pbx, PbxEvent } from '../../../src/ports/pbx.ts';
import type { MissOutcome } from '../../../src/ports/queue-store.ts';
import type { Call } from '../call.ts';
import type { EventRouter } from '../event-router.ts';

/** What a ring attempt needs of the world. */
export interface RingDeps {
  readonly pbx: Pbx;
  readonly router: EventRouter;
  readonly clock: Clock;
}

export interface RingRequest {
  readonly attemptId: AttemptId;
  readonly interface: string;
  /** The addresses of its phones, when they have been asked for already. @default asked for now */
  readonly contacts?: Promise<readonly string[]> | undefined;
  /** Dialled instead when the interface has no phone here: the phone is at another switch. @default none */
  readonly otherEndpoints?: readonly string[];
  readonly callerId: Caller;
  readonly ringTimeoutMs: number;
  /** The phone isn't rung before this settles (the item is published, or its time is up). Must not reject. */
  readonly beforeRing: Promise<unknown>;
  /** The switch keeps the ends of its legs: the attempt is in the database, from where who takes over knows them. @default false */
  readonly isInDatabase?: boolean;
  /** Aborted when the caller leaves the line though the channel stays: the ring ends as `caller-gone`. */
  readonly exiting?: AbortSignal;
  /** Aborted when another member has answered: the ring ends as `elsewhere`, and the phones show no missed call. */
  readonly elsewhere?: AbortSignal;
}

export type RingOutcome =
  | { readonly type: 'answered'; readonly channelId: ChannelId; readonly ringMs: number }
  | { readonly type: 'missed'; readonly outcome: MissOutcome; readonly ringMs: number }
  | { readonly type: 'elsewhere' };

/** Asterisk ends an unanswered leg itself at the dial's time-out, in whole seconds; if that event is lost, this much later we do. */
const LOST_EVENT_GRACE_MS = 2_000;
/** Contacts rung of one extension; further ones are left out. */
const LEGS_MAX = 10;
/** Q.850 26: the other phones of the extension show no missed call. */
export const CAUSE_ANSWERED_ELSEWHERE = 26;
const CAUSE_NORMAL_CLEARING = 16;

/** The channels that an attempt may have made. */
export function legIds(attemptId: AttemptId): readonly ChannelId[] {
  return Array.from({ length: LEGS_MAX }, (_, index) => legId(attemptId, index));
}

const legId = (attemptId: AttemptId, index: number) => channelId(`${attemptId}-${String(index).padStart(2, '0')}`);

/**
 * Rings all phones of one extension for one caller, and takes the first that answers. Legs are made with create + dial, so
 * that an answer survives our absence. Never rejects for a phone's sake; a caller who hangs up ends it as `caller-gone`.
 */
export async function ringAttempt(deps: RingDeps, call: Call, request: RingRequest): Promise<RingOutcome> {
  const attempt = new RingAttempt(deps, call, request);
  try {
    return await attempt.run();
  } finally {
    attempt.release();
  }
}

interface Leg {
  readonly channelId: ChannelId;
  readonly endpoint: string;
  isOver: boolean;
  /** What the hang-up request said, which comes before the end. */
  requested: HangupCause | null;
}

class RingAttempt {
  readonly #deps: RingDeps;
  readonly #call: Call;
  readonly #request: RingRequest;
  readonly #end: Deferred<RingOutcome> = deferred();
  readonly #undo: (() => void)[] = [];
  #legs: Leg[] = [];
  #startedAtMs: number;
  #winner: Leg | null = null;
  #outcome: MissOutcome | 'elsewhere' | null = null;

  constructor(deps: RingDeps, call: Call, request: RingRequest) {
    this.#deps = deps;
    this.#call = call;
    this.#request = request;
    this.#startedAtMs = deps.clock.now();
  }

  async run(): Promise<RingOutcome> {
    const onHangup = () => this.#miss('caller-gone');
    const ends = [this.#call.signal, this.#request.exiting].filter((signal) => signal !== undefined);
    if (ends.some((signal) => signal.aborted)) return { type: 'missed', outcome: 'caller-gone', ringMs: 0 };
    for (const signal of ends) {
      signal.addEventListener('abort', onHangup, { once: true });
      this.#undo.push(() => signal.removeEventListener('abort', onHangup));
    }
    const onElsewhere = () => this.#endElsewhere();
    this.#request.elsewhere?.addEventListener('abort', onElsewhere, { once: true });
    this.#undo.push(() => this.#request.elsewhere?.removeEventListener('abort', onElsewhere));
    this.#ring().catch((error: unknown) => {
      this.#call.log.warn({ err: error, attemptId: this.#request.attemptId }, 'The member could not be rung');
      this.#miss('unreachable');
    });
    return await this.#end.promise;
  }

  /** Detaches everything; hangs up every leg but the one that answered. */
  release(): void {
    for (const undo of this.#undo) undo();
    this.#hangUpLosers();
  }

  async #ring(): Promise<void> {
    const { pbx, clock } = this.#deps;
    const { ringTimeoutMs, otherEndpoints = [] } = this.#request;
    const contacts = await (this.#request.contacts ?? pbx.contacts(this.#request.interface, this.#call.channelId));
    if (this.#isOver()) return;
    const endpoints = contacts.length > 0 ? contacts : otherEndpoints;
    this.#legs = endpoints.slice(0, LEGS_MAX).map((endpoint, index) => ({
      channelId: legId(this.#request.attemptId, index),
      endpoint,
      isOver: false,
      requested: null,
    }));
    for (const leg of this.#legs) {
      this.#undo.push(this.#deps.router.onChannel(leg.channelId, (event) => this.#onLegEvent(leg, event)));
    }
    await Promise.all([this.#request.beforeRing, ...this.#legs.map((leg) => this.#create(leg))]);
    // The attempt ended while its legs were being made: release() may have run before they existed.
    if (this.#isOver()) return this.#hangUpLosers();
    this.#startedAtMs = clock.now();
    this.#undo.push(clock.after(ringTimeoutMs + LOST_EVENT_GRACE_MS, () => this.#miss('no-answer')));
    await Promise.all(this.#legs.filter((leg) => !leg.isOver).map((leg) => this.#dial(leg)));
    this.#missWhenAllAreOver('unreachable');
  }

  async #create(leg: Leg): Promise<void> {
    const request = {
      channelId: leg.channelId,
      endpoint: leg.endpoint,
      appArgs: [LEG_ARGUMENT, this.#request.attemptId],
      originator: this.#call.channelId,
      callerId: this.#request.callerId,
      isEndNoted: this.#request.isInDatabase === true,
    };
    await this.#orGiveUp(leg, async () => (await this.#deps.pbx.createChannel(request)) === 'done');
  }

  async #dial(leg: Leg): Promise<void> {
    const { ringTimeoutMs: timeoutMs } = this.#request;
    await this.#orGiveUp(leg, async () => (await this.#deps.pbx.dial(leg.channelId, { timeoutMs })) === 'done');
  }

  /** A leg that fails must not take the other phones of the extension with it; it may be there all the same, so it is hung up. */
  async #orGiveUp(leg: Leg, isDone: () => Promise<boolean>): Promise<void> {
    try {
      if (!(await isDone())) leg.isOver = true;
    } catch (error) {
      this.#call.log.warn({ err: error, channelId: leg.channelId }, 'A phone could not be rung');
      if (leg === this.#winner) return;
      leg.isOver = true;
      this.#hangUp(leg, CAUSE_NORMAL_CLEARING);
    }
  }

  #onLegEvent(leg: Leg, event: PbxEvent): void {
    if (event.type === 'channel-state' && event.state === 'Up') this.#answer(leg);
    if (event.type === 'dial' && event.status === 'ANSWER') this.#answer(leg);
    if (event.type === 'hangup-request') leg.requested = event.cause;
    if (event.type === 'channel-destroyed') {
      leg.isOver = true;
      this.#missWhenAllAreOver(missByCause(endCause(leg.requested, event.cause)));
    }
  }

  #answer(leg: Leg): void {
    if (this.#isOver()) return;
    this.#winner = leg;
    this.#end.resolve({ type: 'answered', channelId: leg.channelId, ringMs: this.#ringMs() });
  }

  #missWhenAllAreOver(outcome: MissOutcome): void {
    if (this.#legs.every((leg) => leg.isOver)) this.#miss(outcome);
  }

  #miss(outcome: MissOutcome): void {
    if (this.#isOver()) return;
    this.#outcome = outcome;
    this.#end.resolve({ type: 'missed', outcome, ringMs: this.#ringMs() });
  }

  #endElsewhere(): void {
    if (this.#isOver()) return;
    this.#outcome = 'elsewhere';
    this.#end.resolve({ type: 'elsewhere' });
  }

  #isOver(): boolean {
    return this.#winner !== null || this.#outcome !== null;
  }

  #ringMs(): number {
    return Math.max(0, this.#deps.clock.now() - this.#startedAtMs);
  }

  #hangUpLosers(): void {
    const isAnswered = this.#winner !== null || this.#outcome === 'elsewhere';
    const cause = isAnswered ? CAUSE_ANSWERED_ELSEWHERE : CAUSE_NORMAL_CLEARING;
    for (const leg of this.#legs) if (leg !== this.#winner && !leg.isOver) this.#hangUp(leg, cause);
  }

  #hangUp(leg: Leg, cause: number): void {
    this.#deps.pbx.hangup(leg.channelId, cause).catch((error: unknown) => {
      this.#call.log.warn({ err: error, channelId: leg.channelId }, 'A leg could not be hung up');
    });
  }
}

/**
 * Asterisk 16.28 sometimes tells that the phone is busy or has rejected the call with the request only, and "normal clearing" at the end. Of other
 * requests it gives no cause but a flag of its own.
 */
function endCause(requested: HangupCause | null, end: HangupCause): HangupCause {
  const isRefusal = requested?.code === 17 || requested?.code === 21;
  return isRefusal && end.code === 16 ? requested : end;
}

/** Why a leg ended unanswered, by Q.850 cause as Asterisk gives it (stasis/ari/README.md has the table). */
function missByCause({ code }: HangupCause): MissOutcome {
  switch (code) {
    case 17:
      return 'busy';
    case 21:
      return 'rejected';
    case 0:
    case 16:
    case 18:
    case 19:
      return 'no-answer';
    default:
      return 'unreachable';
  }
}
