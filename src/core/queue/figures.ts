/** What is counted of a queue. */
export interface Counters {
  readonly completed: number;
  readonly abandoned: number;
  readonly completedInLevel: number;
  readonly abandonedInLevel: number;
}

/** Share of the conversations that were answered within the service level, in percent (app_queue's SL); `null` before the first. */
export function inLevelPercent({ completed, completedInLevel }: Counters): number | null {
  return percent(completedInLevel, completed);
}

/** Of all callers who were answered or left, the share for whom that was within the service level (app_queue's SL2). */
export function inLevelOfAllPercent({
  completed,
  abandoned,
  completedInLevel,
  abandonedInLevel,
}: Counters): number | null {
  return percent(completedInLevel + abandonedInLevel, completed + abandoned);
}

/** To one decimal, as `queue show` has it. */
function percent(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((1000 * part) / whole) / 10;
}
