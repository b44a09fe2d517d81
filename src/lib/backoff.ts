/** Limits of a retry that waits longer each time. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The wait before retry number `attempt` (from 0): doubling up to the maximum, with up to half of it left to chance so that many clients spread. */
export function backoffMs(attempt: number, { firstMs, maxMs }: BackoffOptions, random: () => number): number {
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30));
  return full / 2 + (random() * full) / 2;
}
