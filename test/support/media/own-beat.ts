/** Of the pump, milliseconds. */
const BEAT_MS = 20;
/** More than a timer that is a little late. */
const STANDSTILL_MS = 60;

/**
 * A timer beside the pump's, in the same process: what it suffers, the pump suffers. So a test can tell the lateness of a busy machine from
 * that of the pump.
 */
export class OwnBeat {
  readonly #beatMs: number;
  readonly #wokenAtMs: number[] = [performance.now()];
  #timer: NodeJS.Timeout;

  constructor(beatMs = BEAT_MS) {
    this.#beatMs = beatMs;
    this.#timer = this.#next(beatMs);
  }

  /**
   * Ends it, and answers the longest time for which this process did not get to its timers, what all of them together have lost, and how much of
   * that it stood still.
   */
  end(): { longestMs: number; missedMs: number; stoodStillMs: number } {
    clearTimeout(this.#timer);
    this.#wokenAtMs.push(performance.now());
    const passed = this.#pauses().map(({ ms }) => ms);
    return {
      longestMs: Math.max(...passed),
      missedMs: passed.reduce((sum, ms) => sum + Math.max(0, ms - this.#beatMs), 0),
      stoodStillMs: passed.reduce((sum, ms) => sum + (ms > STANDSTILL_MS ? ms - this.#beatMs : 0), 0),
    };
  }

  /** How late this process was at worst between two moments of the wall clock. */
  latestMs(fromMs: number, toMs: number): number {
    const between = this.#pauses().filter(({ endMs, ms }) => endMs >= fromMs && endMs - ms <= toMs);
    return Math.max(0, ...between.map(({ ms }) => ms - this.#beatMs));
  }

  #pauses(): { endMs: number; ms: number }[] {
    return this.#wokenAtMs.map((atMs, index) => ({
      endMs: performance.timeOrigin + atMs,
      ms: atMs - (this.#wokenAtMs[index - 1] ?? atMs),
    }));
  }

  #next(afterMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#wokenAtMs.push(performance.now());
      this.#timer = this.#next(this.#beatMs);
    }, afterMs).unref();
  }
}
