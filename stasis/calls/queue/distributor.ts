import { randomUUID } from 'node:crypto';
import {
  type AttemptId,
  attemptId,
  type EntryId,
  type ExtensionNumber,
  type QueueName,
} from '../../../src/core/ids.ts';
import type { Extension } from '../../../src/core/people.ts';
import type { WaitingEntry } from '../../../src/core/queue/line.ts';
import { Matchmaker, type Proposal } from '../../../src/core/queue/matchmaker.ts';
import type { Strategy } from '../../../src/core/queue/strategy.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type { Placing } from '../../../src/ports/member-requests.ts';
import type { QueueMemory, QueueStore } from '../../../src/ports/queue-store.ts';
import type { MemberBoard } from '../members/member-board.ts';
import type { LiveQueues } from './queue-registry.ts';

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
  /** Told whose phones are likely to be rung, while the database is asked: what that needs may be prepared. */
  readonly proposed?: (extensions: readonly Extension[]) => void;
  /** Takes the offer; `false` when the caller has gone meanwhile. */
  readonly take: (offer: Offer) => boolean;
  /** Told the place in the line, from 1, soon after it has changed. */
  readonly moved?: (position: number) => void;
}

export interface DistributorDeps {
  readonly store: QueueStore;
  readonly board: MemberBoard;
  readonly queues: LiveQueues;
  readonly strategyOf: (name: string) => Strategy;
  /** Whose caller goes first between queues (app_queue `force_longest_waiting_caller`). */
  readonly longestWaiting: () => 'prio' | 'yes';
  readonly random: () => number;
  readonly clock: Clock;
  readonly log: Logger;
}

function hasSamePlace(a: WaitingEntry, b: WaitingEntry): boolean {
  return a.priority === b.priority && a.placedPriority === b.placedPriority && a.placedAtMs === b.placedAtMs;
}

/** What is kept of a caller beside the place in the line. */
interface Waiting extends LineEntry {
  readonly missed: Map<ExtensionNumber, number>;
  /** Members in a row whom the database did not let this caller have. */
  refusals: number;
}

/** Before the database is asked again after a failure. */
const RETRY_MS = 500;
/** So many members who are not to be had, as the database says, are followed by the next one at once; then the caller waits as after a failure. */
const REFUSALS_MAX = 5;
/**
 * Matches of one look: each begins a reservation, a third of a millisecond of work. The next look comes as soon as whatever else has happened
 * meanwhile has had its turn: a thousand callers who meet a thousand members at once hold up nobody's events and sound.
 */
const PROPOSALS_PER_LOOK_MAX = 16;
/** Places are told so long after a change: a line that moves fast is worth one look, not one for each step. */
const PLACES_DELAY_MS = 250;
/** Strategies whose last member the queue remembers. */
const REMEMBERED = ['rrmemory', 'rrordered'];

/**
 * Matches callers and members. Looking and proposing is one synchronous step; the reservation is the database's single
 * statement, whose answer comes back here. It runs whenever something changed, never by polling.
 */
export class Distributor {
  readonly #deps: DistributorDeps;
  readonly #matchmaker: Matchmaker;
  readonly #line = new Map<EntryId, Waiting>();
  #isOpen = false;
  /** The process is to end: no new match, however level it is with Asterisk. */
  #isResting = false;
  #isScheduled = false;
  /** The last look has found as many as it may: the next turn has another one, whatever changes until then. */
  #goesOn = false;
  /** When the planned look is due; Infinity: none is planned. */
  #lookAtMs = Number.POSITIVE_INFINITY;
  #cancelTimer: () => void = () => undefined;
  #cancelPlaces: (() => void) | null = null;

  constructor(deps: DistributorDeps) {
    this.#deps = deps;
    const { strategyOf, random, longestWaiting, queues, board } = deps;
    this.#matchmaker = new Matchmaker({ strategyOf, random, longestWaiting });
    const matchmaker = this.#matchmaker;
    board.watch({
      changed: (member) => matchmaker.setMember(member),
      gone: (queue, number) => matchmaker.removeMember(queue, number),
    });
    queues.onChange(() => this.#takeSettings());
    this.#takeSettings();
  }

  /** Matching begins: members, places and channels are known. */
  open(): void {
    this.#isOpen = true;
    this.changed();
  }

  /** No new match; what rings goes on. */
  close(): void {
    this.#isOpen = false;
    this.#planNothing();
  }

  /** While the process is drained no new match is made. */
  rest(isResting: boolean): void {
    this.#isResting = isResting;
    this.changed();
  }

  /** Takes a caller into the line; returns the way out of it. */
  join(entry: LineEntry): () => void {
    const waiting: Waiting = { ...entry, missed: new Map(), refusals: 0 };
    this.#line.set(entry.entryId, waiting);
    this.#matchmaker.join(entry.queue, waiting);
    this.#tellPlacesSoon();
    this.changed();
    return () => {
      if (!this.#line.delete(entry.entryId)) return;
      this.#matchmaker.leave(entry.entryId);
      this.#tellPlacesSoon();
      this.changed();
    };
  }

  /** The member did not take the call, and is free again. */
  missed(entryId: EntryId, ring: Ring, atMs: number): void {
    const missed = this.#line.get(entryId)?.missed;
    // The latest stands last.
    missed?.delete(ring.extension.number);
    missed?.set(ring.extension.number, atMs);
    this.free(ring);
  }

  /** Nobody took the offer: the caller keeps the place and waits for the next one. */
  waitsAgain(entryId: EntryId): void {
    this.#matchmaker.waitAgain(entryId);
    this.changed();
  }

  /** The member holds this call no longer. Idempotent. */
  free(ring: Ring): void {
    this.#deps.board.free(ring.extension.number, ring.attemptId);
    this.changed();
  }

  /** A caller of this process stands elsewhere in the line now; `false`: is not in it. */
  moveTo(entryId: EntryId, placing: Placing): boolean {
    const before = this.#matchmaker.entry(entryId);
    if (before === undefined) return false;
    this.#matchmaker.replace({ ...before, ...placing });
    this.#tellPlacesSoon();
    this.changed();
    return true;
  }

  /** A caller whom another process serves has this place, and waits or is rung for. */
  placeElsewhere(queue: QueueName, entry: WaitingEntry, isWaiting: boolean): void {
    const matchmaker = this.#matchmaker;
    const before = matchmaker.entry(entry.entryId);
    if (before === undefined) matchmaker.join(queue, { ...entry, isElsewhere: true }, isWaiting);
    else if (!hasSamePlace(before, entry)) matchmaker.replace({ ...entry, isElsewhere: true });
    if (before !== undefined && isWaiting) matchmaker.waitAgain(entry.entryId);
    if (!isWaiting) matchmaker.isRungFor(entry.entryId);
    this.#tellPlacesSoon();
    this.changed();
  }

  /** Somebody is rung for that caller now. */
  ringsElsewhere(entryId: EntryId): void {
    if (!this.#line.has(entryId)) this.#matchmaker.isRungFor(entryId);
  }

  /** That caller does not wait there any more. */
  leaveElsewhere(entryId: EntryId): void {
    if (this.#line.has(entryId) || !this.#matchmaker.leave(entryId)) return;
    this.#tellPlacesSoon();
    this.changed();
  }

  /** Another process has rung the member: round robin goes on from there. */
  rungElsewhere(queue: QueueName, number: ExtensionNumber): void {
    this.#matchmaker.noteRung(queue, number);
  }

  /** Whether the caller waits in the line of this process. */
  isHere(entryId: EntryId): boolean {
    return this.#line.has(entryId);
  }

  /** Place in the line of those who still wait or ring, from 1; `null` when not in it. */
  position(entryId: EntryId): number | null {
    return this.#matchmaker.position(entryId);
  }

  /** Callers in the line of a queue, in order. */
  waitingIn(queue: QueueName): readonly WaitingEntry[] {
    return [...this.#matchmaker.line(queue)];
  }

  /** Where round robin stood before a restart. */
  remember(memories: readonly QueueMemory[]): void {
    for (const { queue, lastRung } of memories) if (lastRung !== null) this.#matchmaker.setLastRung(queue, lastRung);
  }

  /** Something that may allow a match happened. Several changes in one turn lead to one look. */
  changed(): void {
    if (this.#isScheduled || this.#goesOn || !this.#isOpen) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#look();
    });
  }

  /** A change of settings counts at the next decision. */
  #takeSettings(): void {
    const { queues, board } = this.#deps;
    for (const settings of queues.values()) this.#matchmaker.setQueue(settings);
    board.refresh();
    this.changed();
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
    for (const { entryId, position } of this.#matchmaker.takeMoves()) this.#line.get(entryId)?.moved?.(position);
  }

  #look(): void {
    if (!this.#isOpen || this.#isResting) return;
    const nowMs = this.#deps.clock.now();
    this.#planNothing();
    const { proposals, lookAgainAtMs } = this.#matchmaker.look(nowMs, { proposalsMax: PROPOSALS_PER_LOOK_MAX });
    if (lookAgainAtMs !== null) this.#lookLater(lookAgainAtMs - nowMs);
    this.#goesOn = lookAgainAtMs === nowMs;
    for (const proposal of proposals) this.#reserve(proposal);
  }

  /** A look that is planned for an earlier time stays. */
  #lookLater(delayMs: number): void {
    const { clock } = this.#deps;
    const atMs = clock.now() + delayMs;
    if (!this.#isOpen || this.#lookAtMs <= atMs) return;
    this.#planNothing();
    this.#lookAtMs = atMs;
    this.#cancelTimer = clock.after(delayMs, () => {
      this.#planNothing();
      this.changed();
    });
  }

  #planNothing(): void {
    this.#cancelTimer();
    this.#lookAtMs = Number.POSITIVE_INFINITY;
    this.#goesOn = false;
  }

  #reserve({ queue, entryId, extensions }: Proposal): void {
    const { board, log } = this.#deps;
    const entry = this.#line.get(entryId);
    if (entry === undefined) return;
    const rings: Ring[] = extensions.flatMap((number) => {
      const extension = board.extensionOf(queue, number);
      return extension === undefined ? [] : [{ attemptId: attemptId(randomUUID()), extension }];
    });
    const isExclusive = !this.#mayAllRingInUse({ queue, extensions });
    for (const ring of rings) board.hold(ring.extension.number, ring.attemptId);
    entry.proposed?.(rings.map(({ extension }) => extension));
    this.#askStore(entry, { rings, isExclusive }).catch((error: unknown) => {
      log.error({ err: error, entryId, extensions }, 'A reservation failed');
      this.#giveBack(entry, rings);
    });
  }

  /** Only when the queue, or the member, says so may a member have two calls. */
  #mayAllRingInUse({ queue, extensions }: Pick<Proposal, 'queue' | 'extensions'>): boolean {
    return extensions.every((number) => this.#matchmaker.ringsInUse(queue, number));
  }

  async #askStore(entry: Waiting, { rings, isExclusive }: Offer & { readonly isExclusive: boolean }): Promise<void> {
    const { store, clock, log, queues } = this.#deps;
    const { entryId, queue } = entry;
    const offers = rings.map(({ attemptId: id, extension }) => ({ attemptId: id, extension: extension.number }));
    const isRemembered = REMEMBERED.includes(queues.get(queue)?.strategy ?? '');
    try {
      const answer = await store.reserve({ entryId, queue, offers, isExclusive, isRemembered, atMs: clock.now() });
      const reserved = rings.filter((ring) => answer.includes(ring.attemptId));
      if (reserved.length === 0) {
        log.debug({ entryId, offers, answer }, 'The database refused the reservation');
        return answer === 'entry-taken' ? this.#giveBack(entry, rings) : this.#askOthers(entry, rings);
      }
      for (const ring of rings) if (!reserved.includes(ring)) this.free(ring);
      await this.#offer(entry, { rings: reserved });
    } catch (error) {
      if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
      // Where the database was not asked nothing can be reserved; each try's undoing would wait to be written, for as long as it is away.
      if (error.details['isAsked'] !== false) await this.#undo(rings);
      this.#giveBack(entry, rings);
    }
  }

  async #offer(entry: Waiting, offer: Offer): Promise<void> {
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

  /**
   * The database knows better: another process has just had these members, and that has not been heard here yet. Until it will have been, they are
   * left alone, and whoever is next has the caller at once.
   */
  #askOthers(entry: Waiting, rings: readonly Ring[]): void {
    entry.refusals++;
    if (entry.refusals >= REFUSALS_MAX) {
      entry.refusals = 0;
      this.#giveBack(entry, rings);
      return;
    }
    this.#deps.clock.after(RETRY_MS, () => {
      for (const ring of rings) this.free(ring);
    });
    this.waitsAgain(entry.entryId);
  }

  /** Nothing was reserved: all are free again, and the next look waits a little, lest the same proposal spins. */
  #giveBack({ entryId }: Waiting, rings: readonly Ring[]): void {
    this.#matchmaker.waitAgain(entryId);
    for (const { extension, attemptId } of rings) this.#deps.board.free(extension.number, attemptId);
    this.#lookLater(RETRY_MS);
  }
}
