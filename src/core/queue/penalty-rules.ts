/** A caller's penalty limits: which members may be rung. `null`: no such limit (QUEUE_MIN_PENALTY and so on). */
export interface PenaltyLimits {
  readonly min: number | null;
  readonly max: number | null;
  /** Members of a lower penalty count as this one. */
  readonly raise: number | null;
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
