/** Of the pump, milliseconds. */
const BEAT_MS = 20;
/** More than a timer that is a little late. */
const STANDSTILL_MS = 60;

/** From one turn of a timer to the next, in milliseconds; when it ended by the wall clock. */
interface Pause {
  readonly endMs: number;
  readonly ms: number;
}

/** What a timer of so many milliseconds has lost within a span: the part of each pause that was no beat. A pause of up to two beats is a timer that was late. */
export function lostMs(
  pauses: readonly Pause[],
  beatMs: number,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): number {
  return pauses
    .filter(({ ms }) => ms > 2 * beatMs)
    .map(({ endMs, ms }) => Math.min(endMs, toMs) - Math.max(endMs - ms + beatMs, fromMs))
    .reduce((sum, ms) => sum + Math.max(0, ms), 0);
}

/**
 * A timer beside the pump's, in the same process: what it suffers, the pump suffers. So a test can tell the lateness of a busy machine from
 * that of the pump.
 */
export class OwnBeat {
  readonly #beatMs: number;
  readonly #wokenAtMs: number[] = [performance.now()];
  #timer: NodeJS.Timeout;
  #isEnded = false;

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
    this.#isEnded = true;
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

  /** The time between two moments of the wall clock, less what this process has lost in it: when the machine stands still, nobody's time passes. */
  ownMs(fromMs: number, toMs: number): number {
    // The pause that goes on counts, too: who is asked right after a stand-still may be asked before the timer has its turn.
    const pauses = this.#pauses(this.#isEnded ? [] : [performance.now()]);
    return toMs - fromMs - lostMs(pauses, this.#beatMs, { fromMs, toMs });
  }

  #pauses(further: readonly number[] = []): Pause[] {
    const wokenAtMs = [...this.#wokenAtMs, ...further];
    return wokenAtMs.map((atMs, index) => ({
      endMs: performance.timeOrigin + atMs,
      ms: atMs - (wokenAtMs[index - 1] ?? atMs),
    }));
  }

  #next(afterMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#wokenAtMs.push(performance.now());
      this.#timer = this.#next(this.#beatMs);
    }, afterMs).unref();
  }
}
