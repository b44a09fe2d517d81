import type { EntryId, ExtensionNumber } from '../ids.ts';
import type { Demand } from './demands.ts';
import { compareEntries, type WaitingEntry } from './line.ts';
import { type Compare, OrderedSet } from './ordered-set.ts';

/** A caller's place in the line, whether waiting or being rung for. */
export interface Place {
  readonly entry: WaitingEntry;
  isWaiting: boolean;
  /** What the caller asks for now; `null` while not waiting. */
  demand: Demand<Place> | null;
  /** The one member who may be rung while the customer's own member is waited for. */
  exclusiveTo: ExtensionNumber | null;
  /** The position that was told last. */
  told: number | null;
}

/** Who has come to which position. */
export interface Move {
  readonly entryId: EntryId;
  readonly position: number;
}

/** Order of service. */
export const byService: Compare<Place> = (a, b) => compareEntries(a.entry, b.entry);

/** The line of one queue: everybody who waits or is being rung for, in order of service. */
export class Places {
  readonly #byEntry = new Map<EntryId, Place>();
  readonly #inOrder = new OrderedSet<Place>(byService);
  /** So many at the front are where they were when positions were told. */
  #settled = 0;

  [Symbol.iterator](): Generator<Place> {
    return this.#inOrder.from();
  }

  get(entryId: EntryId): Place | undefined {
    return this.#byEntry.get(entryId);
  }

  add(entry: WaitingEntry, told: number | null = null): Place {
    const place: Place = { entry, told, isWaiting: true, demand: null, exclusiveTo: null };
    this.#byEntry.set(entry.entryId, place);
    this.#inOrder.add(place);
    this.#settled = Math.min(this.#settled, this.#inOrder.indexOf(place));
    return place;
  }

  delete(place: Place): void {
    this.#settled = Math.min(this.#settled, this.#inOrder.indexOf(place));
    this.#inOrder.delete(place);
    this.#byEntry.delete(place.entry.entryId);
  }

  /** From 1; `null` when not in the line. */
  position(entryId: EntryId): number | null {
    const place = this.#byEntry.get(entryId);
    return place === undefined ? null : this.#inOrder.indexOf(place) + 1;
  }

  /** Callers whose position differs from the one told last; it counts as told then. Nobody before the first change is looked at. */
  takeMoves(): Move[] {
    const moves: Move[] = [];
    let position = this.#settled;
    for (const place of this.#inOrder.from(position)) {
      position++;
      if (place.told === position) continue;
      place.told = position;
      moves.push({ entryId: place.entry.entryId, position });
    }
    this.#settled = position;
    return moves;
  }
}
