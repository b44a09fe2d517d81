import { FRAME_MS } from './settings.ts';

/** How fast the beat may move when an observation comes late: Asterisk's answer was under way, or the two clocks drift apart. */
const LATE_SHARE = 0.05;

/**
 * Which frame Asterisk is at. It takes one frame from its queue at each beat of a timer that never stops (timerfd), so the beat stays while
 * the count may fall behind: after a beat that Asterisk slept through, or one at which the queue was empty. Frames are counted from
 * the line's beginning; all times are the clock's milliseconds.
 */
export class FrameClock {
  /** At this beat frame `#frame` is taken. */
  #beatMs: number;
  #frame = 0;
  /** Until Asterisk has told of a beat, where it lies is a guess. */
  #isGuess = true;

  constructor(nowMs: number) {
    this.#beatMs = nowMs + FRAME_MS / 2;
  }

  /** How many frames have been taken by then, when all of them had been there. */
  takenBy(nowMs: number): number {
    return this.#frame + Math.floor((nowMs - this.#beatMs) / FRAME_MS) + 1;
  }

  /** Since the last beat, from 0 to 20. */
  sinceBeatMs(nowMs: number): number {
    const since = (nowMs - this.#beatMs) % FRAME_MS;
    return since < 0 ? since + FRAME_MS : since;
  }

  /** The queue is empty; a frame that is sent now will be taken at the next beat. */
  startAt(frame: number, nowMs: number): void {
    this.#beatMs = nowMs + FRAME_MS - this.sinceBeatMs(nowMs);
    this.#frame = frame;
  }

  /** Asterisk said that it took this frame just now: the beat, as well as the count. */
  observeBeat(frame: number, nowMs: number): void {
    const lateMs = nowMs - (this.#beatMs + (frame - this.#frame) * FRAME_MS);
    const beats = Math.round(lateMs / FRAME_MS);
    const offMs = lateMs - beats * FRAME_MS;
    // News travels, so the earliest is the truest.
    this.#beatMs += beats * FRAME_MS + (this.#isGuess || offMs < 0 ? offMs : offMs * LATE_SHARE);
    this.#isGuess = false;
  }

  /** Asterisk said how many it has taken by now. Near a beat it may be one more or less, which then is no news. */
  observeTaken(taken: number, nowMs: number, graceMs: number): void {
    const wrong = taken - this.takenBy(nowMs);
    if (wrong === 0) return;
    const since = this.sinceBeatMs(nowMs);
    if (wrong === -1 && since < graceMs) return;
    if (wrong === 1 && since > FRAME_MS - graceMs) return;
    this.#frame += wrong;
  }

  /** So many more frames were taken than was thought. */
  slip(frames: number): void {
    this.#frame += frames;
  }

  /** The clock was set, by this much. */
  shift(byMs: number): void {
    this.#beatMs += byMs;
    this.#isGuess = true;
  }
}
