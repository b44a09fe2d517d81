/**
 * Numbers that come out the same everywhere: the standard lets sine, exponential and power differ in the last bit between
 * versions of Node, and the music must be the same to the last bit. Single precision swallows that difference; what follows
 * is addition and multiplication, which IEEE 754 fixes.
 */

// As constants of the module: in jest's sandboxes a look-up of `Math` takes a hundred times as long as the floor itself.
const { floor, imul } = Math;

const TABLE_SIZE = 8192;
const sines = Float32Array.from({ length: TABLE_SIZE + 1 }, (_, i) => Math.sin((2 * Math.PI * i) / TABLE_SIZE));

/** Sine of a phase in turns (1 is a whole circle, any value). */
export function sine(turns: number): number {
  const place = (turns - floor(turns)) * TABLE_SIZE;
  const index = floor(place);
  const low = sines[index] ?? 0;
  return low + ((sines[index + 1] ?? 0) - low) * (place - index);
}

/** Frequency in Hz of a MIDI note, 69 is 440; halves between notes too. */
export function frequencyOf(note: number): number {
  return Math.fround(440 * 2 ** ((note - 69) / 12));
}

/** Factor for each step of a decay that falls by 60 dB in so many steps. */
export function decayPerStep(steps: number): number {
  return Math.fround(0.001 ** (1 / Math.max(1, steps)));
}

/** Amplitude of decibels. */
export function amplitude(db: number): number {
  return Math.fround(10 ** (db / 20));
}

/** Decibels of an amplitude. */
export function decibels(value: number): number {
  return Math.fround(20 * Math.log10(Math.max(1e-9, value)));
}

/** Chance with a seed: the same row of numbers in [0, 1) every time (mulberry32). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
