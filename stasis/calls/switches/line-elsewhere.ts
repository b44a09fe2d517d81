import type { EntryId, ExtensionNumber, SwitchName } from '../../../src/core/ids.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type {
  QueueStore,
  ReservedRing,
  StoreChange,
  StoredAttempt,
  StoredEntry,
} from '../../../src/ports/queue-store.ts';
import type { MemberBoard } from '../members/member-board.ts';
import type { Distributor } from '../queue/distributor.ts';
import type { LiveQueues } from '../queue/queue-registry.ts';

export interface LineElsewhereDeps {
  readonly store: Pick<QueueStore, 'openEntries' | 'entries'>;
  /** This process's own. */
  readonly switchName: SwitchName;
  readonly board: MemberBoard;
  readonly distributor: Distributor;
  readonly queues: LiveQueues;
  /** Whether callers of another switch have their turn there. */
  readonly isServing: (name: SwitchName) => boolean;
  /** A member has been changed by the end of a conversation; settles when that has been read, or could not be. */
  readonly membersChanged: (extension: ExtensionNumber) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Before entries are read again that could not be. */
const RETRY_MS = 1_000;
/** A reservation that was told with all that counts is read so much later, with what else has changed until then. */
const READ_LATER_MS = 250;

/** Members who are held for an entry although that has not been read yet. */
type Early = Map<EntryId, readonly ReservedRing[]>;

/**
 * The part of all lines that other processes serve: read whole once, then each entry when it is told to have changed. Their callers stand in
 * the line, and their members are held, as if it had been done here.
 */
export class LineElsewhere {
  readonly #deps: LineElsewhereDeps;
  readonly #entries = new Map<EntryId, StoredEntry>();
  /** Who did not take the call of whom, as far as it was seen. */
  readonly #missed = new Map<EntryId, Map<ExtensionNumber, number>>();
  #changed = new Set<EntryId>();
  #early: Early = new Map();
  #cancelLater: (() => void) | null = null;
  #isAllChanged = false;
  #reading: Promise<void> | null = null;
  #cancelRetry: (() => void) | null = null;
  #isClosed = false;

  constructor(deps: LineElsewhereDeps) {
    this.#deps = deps;
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#cancelLater?.();
  }

  /** Open entries of all other switches. */
  entries(): readonly StoredEntry[] {
    return [...this.#entries.values()];
  }

  /** Reads everything. Settles when what was told until now has been read, or can't be read now. */
  readAll(): Promise<void> {
    this.#isAllChanged = true;
    return this.#read();
  }

  /** Reads these entries anew. As `readAll`. */
  read(entryIds: readonly EntryId[]): Promise<void> {
    for (const entryId of entryIds) this.#changed.add(entryId);
    return this.#read();
  }

  heard(change: StoreChange): void {
    if (change.type === 'all') this.readAll().catch((error: unknown) => this.#failed(error));
    else if (change.type !== 'entry') return;
    else if (change.rings !== undefined) this.#reserved(change.entryId, change.rings);
    else this.read([change.entryId]).catch((error: unknown) => this.#failed(error));
  }

  #reserved(entryId: EntryId, rings: readonly ReservedRing[]): void {
    const { board, distributor, clock } = this.#deps;
    for (const { extension, attemptId } of rings) board.hold(extension, attemptId);
    distributor.ringsElsewhere(entryId);
    this.#early.set(entryId, [...(this.#early.get(entryId) ?? []), ...rings]);
    this.#changed.add(entryId);
    this.#cancelLater ??= clock.after(READ_LATER_MS, () => {
      this.#cancelLater = null;
      this.#read().catch((error: unknown) => this.#failed(error));
    });
  }

  /** A switch has come to life, died or begun to drain: its callers have their turn now, or none. */
  placeAll(): void {
    for (const entry of this.#entries.values()) this.#place(entry);
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readOnce();
    return this.#reading;
  }

  async #readOnce(): Promise<void> {
    // What is told in one turn is read at once.
    await Promise.resolve();
    await this.#readUntilLevel();
    this.#reading = null;
    // Told in the turn between the last look and this one.
    if (this.#hasToRead()) await this.#read();
  }

  #hasToRead(): boolean {
    return !this.#isClosed && this.#cancelRetry === null && (this.#isAllChanged || this.#changed.size > 0);
  }

  async #readUntilLevel(): Promise<void> {
    while (this.#hasToRead()) {
      const isAll = this.#isAllChanged;
      const changed = this.#changed;
      // What is told from here on need not be in the answer.
      const early = this.#early;
      this.#changed = new Set();
      this.#early = new Map();
      this.#isAllChanged = false;
      try {
        if (isAll) this.#takeAll(changed, await this.#deps.store.openEntries());
        else this.#take(changed, await this.#deps.store.entries([...changed]));
        this.#freeUnlessRead(early);
      } catch (error) {
        for (const entryId of changed) this.#changed.add(entryId);
        for (const [entryId, rings] of early) this.#early.set(entryId, [...rings, ...(this.#early.get(entryId) ?? [])]);
        this.#isAllChanged ||= isAll;
        this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    const { clock, log } = this.#deps;
    // That the database is away is told where it is noticed.
    if (isAppError(error)) log.debug({ err: error }, 'Callers of other switches could not be read');
    else log.error({ err: error }, 'Callers of other switches could not be taken in');
    this.#cancelRetry ??= clock.after(RETRY_MS, () => {
      this.#cancelRetry = null;
      this.#read().catch((again: unknown) => this.#failed(again));
    });
  }

  #takeAll(changed: ReadonlySet<EntryId>, open: readonly StoredEntry[]): void {
    this.#take(new Set([...changed, ...this.#entries.keys(), ...open.map(({ entryId }) => entryId)]), open);
  }

  /** Rings that were told of and are over already hold nobody. */
  #freeUnlessRead(early: Early): void {
    const { board, distributor } = this.#deps;
    for (const [entryId, rings] of early) {
      const attempts = this.#entries.get(entryId)?.attempts ?? [];
      const over = rings.filter(({ attemptId }) => !attempts.some((each) => each.attemptId === attemptId));
      for (const { extension, attemptId } of over) board.free(extension, attemptId);
      if (over.length > 0) distributor.changed();
    }
  }

  /** Of these entries the ones that are open. */
  #take(asked: ReadonlySet<EntryId>, open: readonly StoredEntry[]): void {
    const now = new Map(
      open.filter((entry) => entry.switchName !== this.#deps.switchName).map((entry) => [entry.entryId, entry]),
    );
    const ended: StoredAttempt[] = [];
    for (const entryId of asked) ended.push(...this.#change(entryId, now.get(entryId)));
    if (ended.length > 0) this.#freeWhenRead(ended);
  }

  /** Answers the attempts whose members are not free before their last call is known. */
  #change(entryId: EntryId, now: StoredEntry | undefined): readonly StoredAttempt[] {
    const { board, distributor, clock } = this.#deps;
    const before = this.#entries.get(entryId);
    const attempts = now?.attempts ?? [];
    const isNew = (attempt: StoredAttempt) => !before?.attempts.some((each) => each.attemptId === attempt.attemptId);
    for (const attempt of attempts.filter(isNew)) {
      board.hold(attempt.extension, attempt.attemptId);
      distributor.rungElsewhere(attempt.queue, attempt.extension);
    }
    const over = (before?.attempts ?? []).filter(
      (each) => !attempts.some(({ attemptId }) => attemptId === each.attemptId),
    );
    if (now === undefined) {
      this.#entries.delete(entryId);
      this.#missed.delete(entryId);
      distributor.leaveElsewhere(entryId);
    } else {
      const missed = this.#missed.get(entryId) ?? new Map();
      if (now.state !== 'talking') for (const { extension } of over) missed.set(extension, clock.now());
      this.#missed.set(entryId, missed);
      this.#entries.set(entryId, now);
      this.#place(now);
    }
    // Of one that has vanished the answer may have been missed.
    const [talked, rang] = before?.state === 'talking' || now === undefined ? [over, []] : [[], over];
    for (const { extension, attemptId } of rang) board.free(extension, attemptId);
    if (rang.length > 0) distributor.changed();
    return talked;
  }

  #place(entry: StoredEntry): void {
    const { distributor, queues, isServing } = this.#deps;
    const settings = queues.get(entry.queue);
    const stands = entry.state !== 'talking' && isServing(entry.switchName);
    if (!stands || settings === undefined) {
      distributor.leaveElsewhere(entry.entryId);
      return;
    }
    const { penaltyRule, skillRule } = settings;
    const missed = this.#missed.get(entry.entryId) ?? new Map();
    distributor.placeElsewhere(entry.queue, { ...entry, penaltyRule, skillRule, missed }, entry.state === 'waiting');
  }

  /** Otherwise they would be offered calls in their wrap-up. */
  #freeWhenRead(ended: readonly StoredAttempt[]): void {
    const { board, distributor, membersChanged, log } = this.#deps;
    const free = () => {
      for (const { extension, attemptId } of ended) board.free(extension, attemptId);
      distributor.changed();
    };
    Promise.all(ended.map(({ extension }) => membersChanged(extension))).then(free, (error: unknown) => {
      log.error({ err: error }, 'Members could not be read after calls elsewhere');
      free();
    });
  }
}
