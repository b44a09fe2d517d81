/** From here on the stream is loud, or is not; a position in samples at BASE_RATE. */
export interface LoudnessChange {
  readonly at: number;
  readonly isLoud: boolean;
}

/** −60 dBFS root mean square, squared. */
const LOUD_POWER = 10 ** -6;
/** One judgement each 200 ms at 8 kHz. */
const BLOCK = 1600;

/** Watches samples at BASE_RATE for silence, block by block. */
export class LoudnessMeter {
  #power = 0;
  #count = 0;
  /** `null` before the first block, which is told in any case. */
  #isLoud: boolean | null = null;

  /** The changes within these samples, the first of which stands at `from`. */
  measure(samples: Float32Array, from: number): LoudnessChange[] {
    const changes: LoudnessChange[] = [];
    for (const [index, sample] of samples.entries()) {
      this.#power += sample * sample;
      this.#count += 1;
      if (this.#count < BLOCK) continue;
      const isLoud = this.#power / BLOCK >= LOUD_POWER;
      if (isLoud !== this.#isLoud) changes.push({ at: from + index + 1 - BLOCK, isLoud });
      this.#isLoud = isLoud;
      this.#power = 0;
      this.#count = 0;
    }
    return changes;
  }
}

/** Changes that wait to be heard: a full ring of blocks that are loud by turns has fewer. */
const CHANGES_MAX = 200;

/** Whether what is released is silence: the meter is seconds ahead of it. */
export class SilenceWatch {
  readonly #silenceSamples: number;
  readonly #ahead: LoudnessChange[] = [];
  #current: LoudnessChange = { at: 0, isLoud: true };

  /** `silenceSamples`: less than this is a pause, not silence. */
  constructor(silenceSamples: number) {
    this.#silenceSamples = silenceSamples;
  }

  add(changes: readonly LoudnessChange[]): void {
    this.#ahead.push(...changes);
    if (this.#ahead.length > CHANGES_MAX) this.#ahead.splice(0, this.#ahead.length - CHANGES_MAX);
  }

  isSilent(released: number): boolean {
    while (this.#ahead[0] !== undefined && this.#ahead[0].at <= released)
      this.#current = this.#ahead.shift() as LoudnessChange;
    return !this.#current.isLoud && released - this.#current.at >= this.#silenceSamples;
  }
}
