import type { Clock } from '../../src/lib/clock.ts';

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until it is advanced: time in scenario tests passes only when a test says so. */
export class FakeClock implements Clock {
  #nowMs: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  constructor(startMs = Date.UTC(2026, 10, 20, 12, 0, 0)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Timers that still wait: zero when nothing is left behind. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets everything that can go on without time passing go on. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** Passes time: runs the timers that fall due in their order, each followed by everything that it sets going. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#nowMs + byMs;
    await this.settle();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#timers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.callback();
      await this.settle();
    }
    this.#nowMs = untilMs;
  }

  /** Passes time in steps until the condition holds; fails with the description after `limitMs` of the clock's time. */
  async advanceUntil(condition: () => boolean, description: string, { limitMs = 120_000, stepMs = 50 } = {}) {
    await this.settle();
    const untilMs = this.#nowMs + limitMs;
    while (!condition()) {
      if (this.#nowMs >= untilMs) throw new Error(`Waited ${limitMs} ms of the fake clock in vain for: ${description}`);
      await this.advance(stepMs);
    }
  }

  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue;
      if (!first || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order)) {
        first = timer;
      }
    }
    return first;
  }
}
