import type { WrittenChord } from './notation.ts';

/** Notes of a chord, low to high, as they are played. */
export type Voicing = readonly number[];

/** Where the hand lies: the middle of the chord and the lowest note it may have. */
export interface Hand {
  readonly centre: number;
  readonly lowest: number;
}

/**
 * Leads the voices: of all close and open positions of each chord the one that moves least from the one before is taken,
 * with a pull to the middle of the hand, so that the row does not climb away.
 */
export function leadVoices(row: readonly WrittenChord[], hand: Hand): Voicing[] {
  const led: Voicing[] = [];
  for (const { tones } of row) {
    const before = led.at(-1);
    let best: Voicing = [];
    let least = Number.POSITIVE_INFINITY;
    for (const candidate of positions(tones, hand)) {
      const cost = movement(before, candidate) + Math.abs(mean(candidate) - hand.centre) * 0.8;
      if (cost < least) [best, least] = [candidate, cost];
    }
    led.push(best);
  }
  return led;
}

/** The note of a pitch class that lies nearest to `near`. */
export function nearest(pitchClass: number, near: number): number {
  const above = near + ((((pitchClass - near) % 12) + 12) % 12);
  return above - near <= 6 ? above : above - 12;
}

function positions(tones: readonly number[], { centre, lowest }: Hand): Voicing[] {
  const found: Voicing[] = [];
  for (let start = lowest; start <= centre; start += 1) {
    if (!tones.includes(start % 12)) continue;
    const close = tones.map((tone) => start + ((((tone - start) % 12) + 12) % 12)).sort((a, b) => a - b);
    found.push(close);
    // Open: the second voice from the top an octave lower ("drop 2").
    const dropped = close.map((note, index) => (index === close.length - 2 ? note - 12 : note)).sort((a, b) => a - b);
    if ((dropped[0] ?? 0) >= lowest) found.push(dropped);
  }
  return found;
}

function movement(before: Voicing | undefined, after: Voicing): number {
  if (before === undefined) return 0;
  return after.reduce((sum, note, index) => {
    const from = before[Math.min(index, before.length - 1)] ?? note;
    return sum + Math.abs(note - from);
  }, 0);
}

function mean(notes: Voicing): number {
  return notes.reduce((sum, note) => sum + note, 0) / notes.length;
}
