import { wholeNumber } from './channel-variables.ts';

/** A caller's penalty limits: which members may be rung. `null`: no such limit (QUEUE_MIN_PENALTY and so on). */
export interface PenaltyLimits {
  readonly min: number | null;
  readonly max: number | null;
  /** Members of a lower penalty count as this one. */
  readonly raise: number | null;
  /** Members below `min` are not raised: they stay left out (`r4`). @default false */
  readonly raiseKeepsMin?: boolean;
}

export const UNLIMITED: PenaltyLimits = { min: null, max: null, raise: null };

/** A new limit, or a difference to the one before. */
export type PenaltyChange = { readonly type: 'set' | 'add'; readonly value: number };

/** One row of a rule (queuerules.conf's `penaltychange`). */
export interface PenaltyRuleRow {
  readonly afterMs: number;
  readonly max: PenaltyChange | null;
  readonly min: PenaltyChange | null;
  readonly raise: PenaltyChange | null;
}

/** How limits change with waiting, in the order of time. A caller keeps the rule of the moment of entering. */
export type PenaltyRule = readonly PenaltyRuleRow[];

/** Greatest penalty that is kept (app_queue has 32-bit numbers that overflow above 2,147); of a caller's limits what is greater counts as this. */
export const PENALTY_MAX = 1_000_000_000;

/** Limits at some moment, and how much waiting changes them next; `null`: none. */
export interface PenaltyLimitsNow {
  readonly limits: PenaltyLimits;
  readonly nextAfterMs: number | null;
}

/**
 * The limits of a caller who has waited so long. A rule changes only a limit that the caller came with (P3); limits are
 * never below 0, and neither the lowest penalty nor the raised one is above the highest.
 */
export function limitsAt(atEntry: PenaltyLimits, rule: PenaltyRule, waitedMs: number): PenaltyLimitsNow {
  let limits = consistent(atEntry);
  let nextAfterMs: number | null = null;
  for (const row of rule) {
    if (row.afterMs > waitedMs) {
      nextAfterMs = row.afterMs;
      break;
    }
    limits = consistent({
      ...limits,
      min: changed(limits.min, row.min),
      max: changed(limits.max, row.max),
      raise: changed(limits.raise, row.raise),
    });
  }
  return { limits, nextAfterMs };
}

function changed(limit: number | null, change: PenaltyChange | null): number | null {
  if (limit === null || change === null) return limit;
  const value = change.type === 'set' ? change.value : limit + change.value;
  return Math.min(PENALTY_MAX, Math.max(0, value));
}

function consistent(limits: PenaltyLimits): PenaltyLimits {
  const { min, max, raise } = limits;
  const atMost = (limit: number | null) => (limit === null || max === null ? limit : Math.min(limit, max));
  return { ...limits, min: atMost(min), raise: atMost(raise) };
}

/** As which penalty a member counts for a caller; `null`: the member isn't rung for this caller (P1, P2). */
export function penaltyFor(penalty: number, { min, max, raise, raiseKeepsMin }: PenaltyLimits): number | null {
  if (raiseKeepsMin === true && min !== null && penalty < min) return null;
  const counted = raise === null ? penalty : Math.max(penalty, raise);
  if ((min !== null && counted < min) || (max !== null && counted > max)) return null;
  return counted;
}

/** What the dialplan says: QUEUE_MIN_PENALTY, QUEUE_MAX_PENALTY and QUEUE_RAISE_PENALTY. */
export interface WrittenLimits {
  readonly min?: string | undefined;
  readonly max?: string | undefined;
  /** `4`, or `r4`: members below the lowest penalty stay left out. */
  readonly raise?: string | undefined;
}

/** Reads them. Negative ones count as 0, what is too great as the greatest, and what is no whole number ("high") as not set. */
export function readPenaltyLimits({ min, max, raise = '' }: WrittenLimits): PenaltyLimits {
  const [, keepsMin = '', least] = /^\s*(r?)(.*)$/is.exec(raise) ?? [];
  const limits = { min: readPenalty(min), max: readPenalty(max), raise: readPenalty(least) };
  return keepsMin !== '' && limits.raise !== null ? { ...limits, raiseKeepsMin: true } : limits;
}

function readPenalty(text: string | undefined): number | null {
  const number = wholeNumber(text);
  return number === null ? null : Math.min(PENALTY_MAX, Math.max(0, number));
}
