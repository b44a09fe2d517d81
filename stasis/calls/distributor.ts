import { randomUUID } from 'node:crypto';
import { type AttemptId, attemptId, type EntryId, type ExtensionNumber, type QueueName } from '../../src/core/ids.ts';
import type { Extension } from '../../src/core/people.ts';
import type { WaitingEntry } from '../../src/core/queue/line.ts';
import { inOrder } from '../../src/core/queue/line.ts';
import { match, type Proposal, type QueueView } from '../../src/core/queue/match.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import { isAppError } from '../../src/errors.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/log.ts';
import type { QueueStore } from '../../src/ports/queue-store.ts';
import type { MemberBoard } from './member-board.ts';

/** A member reserved for a caller: the database has made it true. */
export interface Ring {
  readonly attemptId: AttemptId;
  readonly extension: Extension;
}

/** Whoever is to be rung for a caller now: one, or several at once (ringall). */
export interface Offer {
  readonly rings: readonly Ring[];
}

/** A caller in the line, as the queue stage holds it. */
export interface LineEntry extends Omit<WaitingEntry, 'missed'> {
  readonly queue: QueueName;
  /** Takes the offer; `false` when the caller has gone meanwhile. */
  readonly take: (offer: Offer) => boolean;
  /** Told the place in the line, from 1, soon after it has changed. */
  readonly moved?: (position: number) => void;
}

export interface DistributorDeps {
  readonly store: QueueStore;
  readonly board: MemberBoard;
  readonly queues: ReadonlyMap<QueueName, QueueSettings>;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Waiting extends LineEntry {
  readonly missed: Map<ExtensionNumber, number>;
  state: 'waiting' | 'reserving' | 'taken';
  /** The place that was told last. */
  position: number | null;
}

/** Before the database is asked again after a failure. */
const RETRY_MS = 500;
/** Places are told so long after a change: a line that moves fast is worth one look, not one for each step. */
const PLACES_DELAY_MS = 250;

/**
 * Matches callers and members. Looking and proposing is one synchronous step; the reservation is the database's single
 * statement, whose answer comes back here. It runs whenever something changed, never by polling.
 */
export class Distributor {
  readonly #deps: DistributorDeps;
  readonly #line = new Map<EntryId, Waiting>();
  #isOpen = false;
  #isScheduled = false;
  #cancelTimer: () => void = () => undefined;
  #cancelPlaces: (() => void) | null = null;

  constructor(deps: DistributorDeps) {
    this.#deps = deps;
  }

  /** Matching begins: members, places and channels are known. */
  open(): void {
    this.#isOpen = true;
    this.changed();
  }

  /** No new match; what rings goes on. */
  close(): void {
    this.#isOpen = false;
    this.#cancelTimer();
  }

  /** Takes a caller into the line; returns the way out of it. */
  join(entry: LineEntry): () => void {
    this.#line.set(entry.entryId, { ...entry, missed: new Map(), state: 'waiting', position: null });
    this.changed();
    this.#tellPlacesSoon();
    return () => {
      if (!this.#line.delete(entry.entryId)) return;
      this.changed();
      this.#tellPlacesSoon();
    };
  }

  /** The member did not take the call, and is free again. */
  missed(entryId: EntryId, ring: Ring, atMs: number): void {
    this.#line.get(entryId)?.missed.set(ring.extension.number, atMs);
    this.free(ring);
  }

  /** Nobody took the offer: the caller keeps the place and waits for the next one. */
  waitsAgain(entryId: EntryId): void {
    const entry = this.#line.get(entryId);
    if (entry !== undefined) entry.state = 'waiting';
    this.changed();
  }

  /** The member holds this call no longer. Idempotent. */
  free(ring: Ring): void {
    this.#deps.board.free(ring.extension.number, ring.attemptId);
    this.changed();
  }

  /** Place in the line of those who still wait or ring, from 1; `null` when not in it. */
  position(entryId: EntryId): number | null {
    const queue = this.#line.get(entryId)?.queue;
    if (queue === undefined) return null;
    const index = this.#inOrder(queue).findIndex((each) => each.entryId === entryId);
    return index < 0 ? null : index + 1;
  }

  /** Callers in the line of a queue, in order. */
  waitingIn(queue: QueueName): readonly WaitingEntry[] {
    return this.#inOrder(queue);
  }

  /** Something that may allow a match happened. Several changes in one turn lead to one look. */
  changed(): void {
    if (this.#isScheduled || !this.#isOpen) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#look();
    });
  }

  #inOrder(queue: QueueName): Waiting[] {
    return inOrder([...this.#line.values()].filter((each) => each.queue === queue));
  }

  #tellPlacesSoon(): void {
    if (this.#line.size === 0) {
      this.#cancelPlaces?.();
      this.#cancelPlaces = null;
    } else {
      this.#cancelPlaces ??= this.#deps.clock.after(PLACES_DELAY_MS, () => this.#tellPlaces());
    }
  }

  #tellPlaces(): void {
    this.#cancelPlaces = null;
    for (const queue of this.#deps.queues.keys()) {
      for (const [index, entry] of this.#inOrder(queue).entries()) {
        if (entry.position === index + 1) continue;
        entry.position = index + 1;
        entry.moved?.(entry.position);
      }
    }
  }

  #look(): void {
    if (!this.#isOpen) return;
    const { clock } = this.#deps;
    const nowMs = clock.now();
    const { proposals, lookAgainAtMs } = match(this.#views(), nowMs);
    this.#cancelTimer();
    if (lookAgainAtMs !== null) this.#lookLater(lookAgainAtMs - nowMs);
    for (const proposal of proposals) this.#reserve(proposal);
  }

  #lookLater(delayMs: number): void {
    this.#cancelTimer();
    if (!this.#isOpen) return;
    this.#cancelTimer = this.#deps.clock.after(delayMs, () => this.changed());
  }

  #views(): QueueView[] {
    const { board, queues } = this.#deps;
    const waiting = [...this.#line.values()].filter((entry) => entry.state === 'waiting');
    return [...queues.values()]
      .map((settings) => ({ settings, waiting: waiting.filter((entry) => entry.queue === settings.name) }))
      .filter((view) => view.waiting.length > 0)
      .map((view) => ({ ...view, members: board.membersOf(view.settings.name) }));
  }

  #reserve({ queue, entryId, extension: number }: Proposal): void {
    const { board, log } = this.#deps;
    const entry = this.#line.get(entryId);
    const extension = board.extensionsOf(queue).find((each) => each.number === number);
    if (entry === undefined || extension === undefined) return;
    const ring: Ring = { attemptId: attemptId(randomUUID()), extension };
    entry.state = 'reserving';
    board.hold(number, ring.attemptId);
    this.#askStore(entry, [ring]).catch((error: unknown) => {
      log.error({ err: error, entryId, extension: number }, 'A reservation failed');
      this.#giveBack(entry, [ring]);
    });
  }

  async #askStore(entry: Waiting, rings: readonly Ring[]): Promise<void> {
    const { store, clock, log } = this.#deps;
    const { entryId, queue } = entry;
    const offers = rings.map(({ attemptId: id, extension }) => ({ attemptId: id, extension: extension.number }));
    const request = { entryId, queue, offers, isExclusive: true, isRemembered: true, atMs: clock.now() };
    try {
      const answer = await store.reserve(request);
      const reserved = rings.filter((ring) => answer.includes(ring.attemptId));
      if (reserved.length === 0) {
        log.debug({ entryId, offers, answer }, 'The database refused the reservation');
        return this.#giveBack(entry, rings);
      }
      for (const ring of rings) if (!reserved.includes(ring)) this.free(ring);
      await this.#offer(entry, { rings: reserved });
    } catch (error) {
      if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
      await this.#undo(rings);
      this.#giveBack(entry, rings);
    }
  }

  async #offer(entry: Waiting, offer: Offer): Promise<void> {
    entry.state = 'taken';
    if (entry.take(offer)) return;
    await this.#undo(offer.rings);
    for (const ring of offer.rings) this.free(ring);
  }

  /** The reservations are made, or may have been though the reply was lost: without this all of them would be taken for ever. */
  async #undo(rings: readonly Ring[]): Promise<void> {
    const { store, clock, log } = this.#deps;
    for (const { attemptId } of rings) {
      try {
        await store.miss({ attemptId, outcome: 'cancelled', ringMs: 0, atMs: clock.now() });
      } catch (error) {
        log.warn({ err: error, attemptId }, 'A reservation could not be taken back');
      }
    }
  }

  /** Nothing was reserved: all are free again, and the next look waits a little, lest the same proposal spins. */
  #giveBack(entry: Waiting, rings: readonly Ring[]): void {
    entry.state = 'waiting';
    for (const { extension, attemptId } of rings) this.#deps.board.free(extension.number, attemptId);
    this.#lookLater(RETRY_MS);
  }
}
