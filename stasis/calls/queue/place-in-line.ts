import type { ChannelId } from '../../../src/core/ids.ts';
import { type Attempt, goesOn, isPassOver, ringTimeMs } from '../../../src/core/queue/ring-time.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import type { MissOutcome } from '../../../src/ports/queue-store.ts';
import type { CallRoom } from '../call-room.ts';
import { StandStill } from '../hold/stand-still.ts';
import { AskedContacts } from '../ringing/asked-contacts.ts';
import type { Offer } from './distributor.ts';
import type { Hopeful } from './empty-watch.ts';
import type { Place } from './queue-entrance.ts';

/** What ends a wait: a member is reserved for the caller, or a reason to leave. */
export type WaitEnd = Offer | 'max-wait' | 'nobody' | 'exit' | 'drained';

interface PlaceOptions {
  readonly channelId: ChannelId;
  readonly settings: QueueSettings;
  readonly place: Place;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
  /** Told the place in the line, from 1, soon after it has changed. */
  readonly moved: (position: number) => void;
}

/** A caller's place among those who wait. `next()` is asked again after each member who did not take the call. */
export class PlaceInLine {
  readonly #room: CallRoom;
  readonly #settings: QueueSettings;
  readonly #place: Place;
  readonly #signal: AbortSignal;
  /** Of the members who may be the next ones. */
  readonly contacts: AskedContacts;
  readonly #leaveLine: () => void;
  /** Whose hope is looked after: rules of penalties are those of the moment of entering. */
  readonly #hopeful: Omit<Hopeful, 'onEmpty'>;
  /** Who takes the next offer; `null` while nobody waits for one. */
  #wait: Deferred<WaitEnd> | null = null;
  /** Aborted when the caller wants to leave the queue: a ring for them ends, too. */
  readonly #exit = new AbortController();
  /** An offer made before `next()` was asked. */
  #early: Offer | null = null;
  #hasLeft = false;
  /** What rings belong to that have one ring time together; `null` between two attempts. */
  #attempt: Attempt | null = null;
  /** Attempts that are over. */
  #attempts = 0;
  /** A wait has ended without an offer: none is taken any more, though the way out of the line takes a few turns. */
  #isOver = false;

  constructor(room: CallRoom, { channelId, settings, place, signal, moved }: PlaceOptions) {
    this.#room = room;
    this.#settings = settings;
    this.#place = place;
    this.#signal = signal;
    this.contacts = new AskedContacts(room.pbx, channelId);
    const { penaltyRule, skillRule } = settings;
    this.#hopeful = { settings, penaltyRule, limits: place.limits, joinedAtMs: place.joinedAtMs };
    this.#leaveLine = room.distributor.join({
      ...{ ...place, penaltyRule, skillRule },
      queue: settings.name,
      proposed: (extensions) => this.contacts.ask(extensions),
      take: (offer) => this.#take(offer),
      moved,
    });
  }

  /** When the caller's longest wait is over, Unix milliseconds; Infinity without a limit. */
  get expiresAtMs(): number {
    const { maxWaitMs } = this.#settings;
    return maxWaitMs === 0 ? Number.POSITIVE_INFINITY : this.#place.joinedAtMs + maxWaitMs;
  }

  /** The caller has pressed a key that leads out of the queue. */
  exit(): void {
    this.#exit.abort();
  }

  get exiting(): AbortSignal {
    return this.#exit.signal;
  }

  /** Waits for the next offer or a reason to leave; rejects with the HangupError or StandStill. */
  async next(): Promise<WaitEnd> {
    this.#signal.throwIfAborted();
    const { clock, emptyWatch, queues, stopping } = this.#room;
    const draining = this.#room.draining.signal;
    if (stopping.aborted) throw new StandStill();
    const early = this.#early;
    this.#early = null;
    if (early !== null) return early;
    const remainingMs = this.expiresAtMs - clock.now();
    const isTimeOver = remainingMs <= 0 || this.#isPassOver();
    this.#isOver = draining.aborted || this.exiting.aborted || this.#isNobodyThere() || isTimeOver;
    if (this.exiting.aborted) return 'exit';
    if (draining.aborted) return 'drained';
    if (this.#isOver) return isTimeOver ? 'max-wait' : 'nobody';
    const wait = deferred<WaitEnd>();
    this.#wait = wait;
    const end = (action: () => void) => () => {
      if (this.#wait !== wait) return;
      this.#isOver = true;
      action();
    };
    const onHangup = end(() => wait.reject(this.#signal.reason));
    const onStopping = end(() => wait.reject(new StandStill()));
    const onMaxWait = end(() => wait.resolve('max-wait'));
    let cancel = this.#atExpiry(onMaxWait);
    const onExit = end(() => wait.resolve('exit'));
    const onDrained = end(() => wait.resolve('drained'));
    const onNobody = end(() => wait.resolve('nobody'));
    const unlisten = emptyWatch.watch({ ...this.#hopeful, onEmpty: onNobody });
    const unheed = queues.onChange(() => {
      cancel();
      cancel = this.#atExpiry(onMaxWait);
    });
    this.#signal.addEventListener('abort', onHangup, { once: true });
    stopping.addEventListener('abort', onStopping, { once: true });
    this.exiting.addEventListener('abort', onExit, { once: true });
    draining.addEventListener('abort', onDrained, { once: true });
    try {
      return await wait.promise;
    } finally {
      if (this.#wait === wait) this.#wait = null;
      cancel();
      unlisten();
      unheed();
      this.#signal.removeEventListener('abort', onHangup);
      stopping.removeEventListener('abort', onStopping);
      this.exiting.removeEventListener('abort', onExit);
      draining.removeEventListener('abort', onDrained);
    }
  }

  /** How long a phone rings that begins now. */
  ringTimeMs(): number {
    const nowMs = this.#room.clock.now();
    this.#attempt ??= { startedAtMs: nowMs };
    return ringTimeMs(this.#settings, { attempt: this.#attempt, expiresAtMs: this.expiresAtMs, nowMs });
  }

  /** A member did not take the call: the next one has what is left of the ring time, or all of it. */
  missed(outcome: MissOutcome): void {
    const miss = { outcome, atMs: this.#room.clock.now() };
    if (this.#attempt === null || goesOn(this.#settings, this.#attempt, miss)) return;
    this.#attempt = null;
    this.#attempts++;
  }

  /** Idempotent; an offer that comes later is refused. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#leaveLine();
  }

  #take(offer: Offer): boolean {
    if (this.#hasLeft || this.#isOver || this.#signal.aborted || this.#room.stopping.aborted) return false;
    const wait = this.#wait;
    if (wait === null) this.#early = offer;
    else {
      // Whatever ends the wait from here on comes too late: the offer is the caller's.
      this.#wait = null;
      wait.resolve(offer);
    }
    return true;
  }

  /** Calls back when the longest wait is over; the returned function cancels it. */
  #atExpiry(callback: () => void): () => void {
    const remainingMs = this.expiresAtMs - this.#room.clock.now();
    return Number.isFinite(remainingMs) ? this.#room.clock.after(remainingMs, callback) : () => undefined;
  }

  /** The caller stays for one pass only, and it is over. */
  #isPassOver(): boolean {
    const { onePass, name } = this.#settings;
    const members = this.#room.board.extensionsOf(name).length;
    return onePass && isPassOver(this.#settings, { attempts: this.#attempts, members });
  }

  #isNobodyThere(): boolean {
    return this.#room.emptyWatch.isEmptyFor(this.#hopeful);
  }
}
