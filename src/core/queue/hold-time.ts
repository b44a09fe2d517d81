import { type SpokenTime, spokenTime } from '../speech/spoken-time.ts';

/** Steps to which the seconds of an estimate are rounded down; 0: whole minutes alone are told. */
export const ROUND_SECONDS = [0, 5, 10, 15, 20, 30] as const;
export type RoundSeconds = (typeof ROUND_SECONDS)[number];

/** Half a minute: what is cut to whole minutes is rounded to the nearest one by it. */
const ROUNDING_MS = 30_000;

/** The average with one more sample (app_queue's): the first one is the average, from then on three parts old and one part new. */
export function nextAverage(averageMs: number | null, sampleMs: number): number {
  return averageMs === null ? sampleMs : (3 * averageMs + sampleMs) / 4;
}

/** What is known of a caller's wait. */
export interface Wait {
  /** How long answered callers of the queue waited on average; `null`: nobody has been answered yet. */
  readonly averageMs: number | null;
  readonly waitedMs: number;
}

/**
 * How long a caller is likely to wait still, as app_queue tells it: what is left of the average, to the nearest minute. Where it
 * takes the absolute value, so that who has waited longer than the average hears a growing time, nothing is left here. `null`:
 * there is nothing to tell.
 */
export function estimatedWait({ averageMs, waitedMs }: Wait, roundSeconds: RoundSeconds): SpokenTime | null {
  if (averageMs === null) return null;
  const { minutes, seconds } = spokenTime(averageMs + ROUNDING_MS - waitedMs);
  const told = { minutes, seconds: roundSeconds === 0 ? 0 : seconds - (seconds % roundSeconds) };
  return told.minutes === 0 && told.seconds === 0 ? null : told;
}
