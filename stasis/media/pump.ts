import type { Clock } from '../../src/lib/clock.ts';
import { FRAME_MS } from './settings.ts';

/** Who is served by the pump. */
export interface Pumped {
  /** Sends what is due. Never throws. */
  serve(nowMs: number): void;
  /** The clock has been set: all times that were read from it have moved by this much. */
  clockWasSet(byMs: number): void;
}

/** Each is served once in so many beats, 400 ms: a write costs more than all else about a block. */
const BUCKETS = 20;
/** Beats that are caught up with after a late wake-up; each caller has been served once by then. */
const LATE_BEATS_MAX = 20;

/**
 * One timer for all callers: they lie in twenty buckets, and each beat of 20 ms serves one. It stands still while there is nobody.
 * After a late wake-up every bucket that is due is served once: nobody gets more than their lead. Callers who can be sent nothing ahead
 * are served at each beat, before the others.
 */
export class Pump {
  readonly #clock: Clock;
  readonly #buckets: readonly Set<Pumped>[] = Array.from({ length: BUCKETS }, () => new Set<Pumped>());
  readonly #eachBeat = new Set<Pumped>();
  #next = 0;
  #dueMs = 0;
  #lastMs = 0;
  #cancel: (() => void) | null = null;
  readonly #beat = () => this.#wakeUp();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#buckets.reduce((sum, bucket) => sum + bucket.size, this.#eachBeat.size);
  }

  /** From now on it is served; for the first time by whoever adds it. */
  add(pumped: Pumped, when: 'in-turn' | 'each-beat' = 'in-turn'): void {
    let emptiest = this.#buckets[0];
    for (const bucket of this.#buckets) if (emptiest === undefined || bucket.size < emptiest.size) emptiest = bucket;
    if (when === 'each-beat') this.#eachBeat.add(pumped);
    else emptiest?.add(pumped);
    if (this.#cancel !== null) return;
    this.#lastMs = this.#clock.now();
    this.#dueMs = this.#lastMs + FRAME_MS;
    this.#schedule(this.#lastMs);
  }

  remove(pumped: Pumped): void {
    if (!this.#eachBeat.delete(pumped)) for (const bucket of this.#buckets) if (bucket.delete(pumped)) break;
    if (this.size === 0) this.close();
  }

  /** Stands still; `add` starts it again. */
  close(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #schedule(nowMs: number): void {
    this.#cancel = this.#clock.after(Math.max(0, this.#dueMs - nowMs), this.#beat);
  }

  #wakeUp(): void {
    const nowMs = this.#clock.now();
    this.#noticeSetClock(nowMs);
    if (this.#dueMs <= nowMs) for (const pumped of this.#eachBeat) pumped.serve(nowMs);
    for (let beats = 0; beats < LATE_BEATS_MAX && this.#dueMs <= nowMs; beats++) {
      const bucket = this.#buckets[this.#next];
      this.#next = (this.#next + 1) % BUCKETS;
      this.#dueMs += FRAME_MS;
      if (bucket !== undefined) for (const pumped of bucket) pumped.serve(nowMs);
    }
    if (this.#dueMs <= nowMs) this.#dueMs = nowMs + FRAME_MS;
    if (this.size > 0) this.#schedule(nowMs);
  }

  /** The clock is the wall's: set back, everybody would wait for it. (Set forward, it looks like a process that was stopped.) */
  #noticeSetClock(nowMs: number): void {
    const backMs = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (backMs >= 0) return;
    this.#dueMs = nowMs;
    for (const bucket of [this.#eachBeat, ...this.#buckets])
      for (const pumped of bucket) pumped.clockWasSet(backMs - FRAME_MS);
  }
}
