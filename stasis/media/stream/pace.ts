import { BASE_RATE } from './rings.ts';

/** So much is decoded before the first of it is released: servers send pages of a second, and networks hiccup. */
export const CUSHION_MS = 2000;
/** Twice as much each time it runs dry soon after: a stream that is too slow shall not come and go every few seconds. */
export const CUSHION_MS_MAX = 8000;
/** A stream that has run for so long without running dry needs no more than at first. */
const STEADY_MS = 120_000;
const PER_MS = BASE_RATE / 1000;

/**
 * Releases what has been decoded at the pace of the clock, whatever the pace of the server: a burst at the beginning becomes a
 * cushion. When the cushion is used up, nothing is released until there is another one. Positions are samples at BASE_RATE.
 */
export class Pace {
  #isRunning = false;
  #cushionMs = CUSHION_MS;
  #startedMs = 0;
  #anchor = 0;
  #anchorMs = 0;
  #latestMs = 0;

  /** Whether sound is being released: `false` while a cushion is gathered. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** How far is released at an instant. */
  released(nowMs: number, decoded: number): number {
    if (!this.#isRunning) return this.#anchor;
    // A clock that was set back stands still here, until the next call of advance takes note.
    const elapsedMs = Math.max(nowMs, this.#latestMs) - this.#anchorMs;
    return Math.min(decoded, this.#anchor + Math.floor(elapsedMs * PER_MS));
  }

  /** Takes note of a cushion that is full or used up, and of a clock that was set back; to be called several times a second. */
  advance(nowMs: number, decoded: number): void {
    if (this.#isRunning && nowMs < this.#latestMs) {
      this.#anchor = this.released(nowMs, decoded);
      this.#anchorMs = nowMs;
      this.#startedMs = nowMs;
    }
    this.#latestMs = nowMs;
    if (this.#isRunning && this.released(nowMs, decoded) >= decoded) this.#runDry(nowMs, decoded);
    else if (!this.#isRunning && decoded - this.#anchor >= this.#cushionMs * PER_MS) {
      this.#anchorMs = nowMs;
      this.#startedMs = nowMs;
      this.#isRunning = true;
    }
  }

  #runDry(nowMs: number, decoded: number): void {
    this.#cushionMs = nowMs - this.#startedMs >= STEADY_MS ? CUSHION_MS : Math.min(CUSHION_MS_MAX, this.#cushionMs * 2);
    this.#anchor = decoded;
    this.#isRunning = false;
  }
}
