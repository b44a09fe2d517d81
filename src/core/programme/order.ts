import type { Sound } from './sound.ts';

/** Names in the alphabet's order, or in an order of a caller's own; a name added later has its place in it, too. */
export type Order = 'alphabetical' | { readonly seed: number };

/** The first of the sounds; `undefined` when there is none. */
export function firstOf(sounds: readonly Sound[], order: Order): Sound | undefined {
  return sounds.reduce<Sound | undefined>(
    (first, sound) => (first === undefined || compare(order, sound.name, first.name) < 0 ? sound : first),
    undefined,
  );
}

/** The one that follows a name, which may have vanished; `undefined` behind the last one. */
export function nextOf(sounds: readonly Sound[], order: Order, name: string): Sound | undefined {
  return firstOf(
    sounds.filter((sound) => compare(order, sound.name, name) > 0),
    order,
  );
}

function compare(order: Order, a: string, b: string): number {
  if (order !== 'alphabetical') {
    const difference = shuffled(order.seed, a) - shuffled(order.seed, b);
    if (difference !== 0) return difference;
  }
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * A place for a name, 0 to 2³²−1, that another seed changes: FNV-1a, mixed once more so that names that differ in one letter lie apart
 * (the finalizer of MurmurHash3). Chance with a memory would not do: a decision that is taken back must come out the same again.
 */
export function shuffled(seed: number, name: string): number {
  let hash = (2_166_136_261 ^ seed) >>> 0;
  for (let index = 0; index < name.length; index += 1) hash = Math.imul(hash ^ name.charCodeAt(index), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** A call's own chance, from 0 to below 1: the same in every process. */
export function chanceOf(id: string): number {
  return shuffled(0, id) / 0x1_0000_0000;
}
