/*
 * Every fade is a quarter of a sine, quick at first and gentle at its end: from gain a to gain b over a length, a + (b − a) · sin(π/2 · x) at the
 * part x of it. A fall from 1 to 0 is 3 dB down after 0.19 of its length and 20 dB after 0.71; a rise has its −3 dB at the half.
 */
const STEPS = 16_384;
const SINE = Float32Array.from({ length: STEPS + 1 }, (_, step) => Math.sin((Math.PI / 2) * (step / STEPS)));

/** A gain that goes from `start` to `end` during the samples `[from, from + length)`; it is `start` before and `end` after. */
export interface Ramp {
  readonly from: number;
  /** At least 1. */
  readonly length: number;
  readonly start: number;
  readonly end: number;
}

/** The gain at a sample. A function of the sample alone, so that it does not matter in which blocks sound is rendered. */
export function gainAt(ramp: Ramp, at: number): number {
  const since = at - ramp.from;
  if (since <= 0) return ramp.start;
  if (since >= ramp.length) return ramp.end;
  return ramp.start + (ramp.end - ramp.start) * (SINE[(since * (STEPS / ramp.length) + 0.5) | 0] as number);
}

/** Whether the gain moves at a sample. */
export function isMoving(ramp: Ramp, at: number): boolean {
  return at >= ramp.from && at < ramp.from + ramp.length;
}

/**
 * Writes the gains of `count` samples from `at` on, all of them within the ramp, or multiplies those that are there by them; the same values as
 * {@link gainAt}. Allocates nothing.
 */
export function fillGains(ramp: Ramp, at: number, gains: Float64Array, count: number, isFirst: boolean): void {
  const { start, length } = ramp;
  const height = ramp.end - start;
  const stepsPerSample = STEPS / length;
  const since = at - ramp.from;
  for (let index = 0; index < count; index += 1) {
    const gain = start + height * (SINE[((since + index) * stepsPerSample + 0.5) | 0] as number);
    gains[index] = isFirst ? gain : (gains[index] as number) * gain;
  }
}
