/** Chance that can be repeated: a whole number from 0 up to, not including, `below`. */
export type Chance = (below: number) => number;

/** Repeatable chance (mulberry32): a failure can be run again with its seed. */
export function chanceFrom(seed: number): Chance {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** The same in another order, each order as likely as any other (Fisher and Yates). */
export function shuffled<T>(all: readonly T[], chance: Chance): T[] {
  const order = [...all];
  for (let last = order.length - 1; last > 0; last--) {
    const other = chance(last + 1);
    [order[last], order[other]] = [order[other] as T, order[last] as T];
  }
  return order;
}

/** The seed that the environment names (SEED), else one of this moment; to be printed, so that a failure can be run again. */
export function seedOf(given: string | undefined = process.env['SEED']): number {
  if (given === undefined || given === '') return Date.now() % 1_000_000_000;
  if (!/^\d{1,9}$/.test(given)) throw new Error(`SEED is a whole number of at most nine digits, not ${given}`);
  return Number(given);
}
