/** Of the pump, milliseconds. */
const BEAT_MS = 20;

/**
 * A timer beside the pump's, in the same process: what it suffers, the pump suffers. So a test can tell the lateness of a busy machine from
 * that of the pump.
 */
export class OwnBeat {
  readonly #wokenAtMs: number[] = [performance.now()];
  #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = this.#next(BEAT_MS);
  }

  /** Ends it, and answers the longest time for which this process did not get to its timers, and what all of them together have lost. */
  end(): { longestMs: number; missedMs: number } {
    clearTimeout(this.#timer);
    this.#wokenAtMs.push(performance.now());
    const passed = this.#wokenAtMs.map((atMs, index) => atMs - (this.#wokenAtMs[index - 1] ?? atMs));
    return {
      longestMs: Math.max(...passed),
      missedMs: passed.reduce((sum, ms) => sum + Math.max(0, ms - BEAT_MS), 0),
    };
  }

  #next(afterMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#wokenAtMs.push(performance.now());
      this.#timer = this.#next(BEAT_MS);
    }, afterMs);
  }
}
