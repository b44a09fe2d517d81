import type { EntryId } from '../../../src/core/ids.ts';
import { isAppError } from '../../../src/errors.ts';
import type { StoredEntry } from '../../../src/ports/queue-store.ts';
import type { Call } from '../call.ts';
import type { CallRoom } from '../call-room.ts';

/** What is needed of the calls of this process. */
interface CallList {
  list(): readonly Call[];
}

/**
 * Callers of this process as others want them: another process, or anybody with SQL, has written into their rows where they stand, or
 * that they are to leave the queue.
 */
export class SteeredCallers {
  readonly #room: CallRoom;
  readonly #calls: CallList;

  constructor(room: CallRoom, calls: CallList) {
    this.#room = room;
    this.#calls = calls;
  }

  /** Somebody else has changed the row. */
  takeUp(entryId: EntryId): void {
    this.#read([entryId]);
  }

  /** Changes may not have been heard of. */
  takeUpAll(): void {
    this.#read(this.#calls.list().flatMap(({ phase: { entryId } }) => (entryId === null ? [] : [entryId])));
  }

  #read(entryIds: readonly EntryId[]): void {
    const { distributor, log } = this.#room;
    const here = entryIds.filter((entryId) => distributor.isHere(entryId));
    if (here.length === 0) return;
    this.#steerAll(here).catch((error: unknown) => {
      // When the database is back everything is read.
      if (isAppError(error)) log.debug({ err: error }, 'What somebody else changed can not be read now');
      else log.error({ err: error }, 'What somebody else changed could not be taken up');
    });
  }

  async #steerAll(entryIds: readonly EntryId[]): Promise<void> {
    const { store } = this.#room;
    const open = await store.entries(entryIds);
    for (const entry of open) this.#steer(entry);
    const missing = entryIds.filter((entryId) => open.every((entry) => entry.entryId !== entryId));
    if (missing.length === 0) return;
    // Closed while Asterisk was out of our reach: no member can be had for it any more. Whom the database does not know at all, because a
    // dump is being restored, goes on waiting: the holder of the lease finds out, and the next process begins the call anew.
    for (const entryId of await store.closedAmong(missing)) this.#withdraw(entryId, 'closed by another process');
  }

  #steer({ entryId, withdrawalWanted, ...entry }: StoredEntry): void {
    const { distributor } = this.#room;
    // Gone from the line while it was read.
    if (!distributor.isHere(entryId)) return;
    if (withdrawalWanted !== null) {
      this.#withdraw(entryId, withdrawalWanted);
      return;
    }
    const { priority, placedPriority, placedAtMs } = entry;
    distributor.moveTo(entryId, { priority, placedPriority, placedAtMs });
  }

  #withdraw(entryId: EntryId, reason: string): void {
    if (!this.#room.distributor.isHere(entryId)) return;
    const call = this.#calls.list().find(({ phase }) => phase.entryId === entryId);
    call?.withdraw?.(reason);
  }
}
