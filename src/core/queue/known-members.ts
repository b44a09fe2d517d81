import type { ExtensionNumber } from '../ids.ts';
import { OrderedSet } from './ordered-set.ts';
import { byService, type Place } from './places.ts';

/** Callers whose customer is known to a member: who knows whom, and who waits for that member alone. */
export class KnownMembers {
  readonly #knownTo = new Map<ExtensionNumber, Set<Place>>();
  readonly #exclusive = new Map<ExtensionNumber, OrderedSet<Place>>();

  /** The caller waits. */
  add(place: Place): void {
    const { knownExtension } = place.entry;
    if (knownExtension === null) return;
    const known = this.#knownTo.get(knownExtension) ?? new Set();
    this.#knownTo.set(knownExtension, known.add(place));
  }

  delete(place: Place): void {
    const { knownExtension } = place.entry;
    if (knownExtension === null) return;
    const known = this.#knownTo.get(knownExtension);
    known?.delete(place);
    if (known?.size === 0) this.#knownTo.delete(knownExtension);
  }

  /** Those who wait and are known to the member. */
  of(number: ExtensionNumber): Iterable<Place> {
    return this.#knownTo.get(number) ?? [];
  }

  /** Those who wait and are known to anybody. */
  *all(): Generator<Place> {
    for (const known of this.#knownTo.values()) yield* known;
  }

  /** The line of those who may have this member only; dropped by {@link dropEmpty}. */
  exclusiveLine(number: ExtensionNumber): OrderedSet<Place> {
    const line = this.#exclusive.get(number) ?? new OrderedSet(byService);
    this.#exclusive.set(number, line);
    return line;
  }

  dropEmpty(number: ExtensionNumber): void {
    if (this.#exclusive.get(number)?.size === 0) this.#exclusive.delete(number);
  }

  exclusiveLines(): Iterable<readonly [ExtensionNumber, OrderedSet<Place>]> {
    return this.#exclusive;
  }
}
