import { BASE_RATE } from './rings.ts';

/** So much is decoded before the first of it is released: servers send pages of a second, and networks hiccup. */
export const CUSHION_MS = 2000;
const PER_MS = BASE_RATE / 1000;

/**
 * Releases what has been decoded at the pace of the clock, whatever the pace of the server: a burst at the beginning becomes a
 * cushion. When the cushion is used up, nothing is released until there is another one. Positions are samples at BASE_RATE.
 */
export class Pace {
  #isRunning = false;
  #anchor = 0;
  #anchorMs = 0;

  /** Whether sound is being released: `false` while a cushion is gathered. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** How far is released at an instant. */
  released(nowMs: number, decoded: number): number {
    if (!this.#isRunning) return this.#anchor;
    return Math.min(decoded, this.#anchor + Math.max(0, Math.floor((nowMs - this.#anchorMs) * PER_MS)));
  }

  /** Takes note of a cushion that is full or used up; to be called several times a second. */
  advance(nowMs: number, decoded: number): void {
    if (this.#isRunning && this.released(nowMs, decoded) < decoded) return;
    if (this.#isRunning) {
      this.#anchor = decoded;
      this.#isRunning = false;
    } else if (decoded - this.#anchor >= CUSHION_MS * PER_MS) {
      this.#anchorMs = nowMs;
      this.#isRunning = true;
    }
  }
}
