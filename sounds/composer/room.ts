import { SAMPLE_RATE } from './instruments.ts';
import { decayPerStep } from './numbers.ts';

/** Lines of the room in samples: prime to each other, 28 to 74 ms, so that no echo falls on another. */
const LINES = [449, 557, 661, 773, 887, 977, 1093, 1187] as const;

/**
 * A small hall: eight delay lines feed each other through a Householder matrix (a feedback delay network after Jot), each
 * with a low-pass that makes high tones die sooner, as walls do. Answers with the hall alone, as long as the input.
 */
export function hall(input: Float32Array, { decaySeconds = 1.6, damping = 0.35 } = {}): Float32Array {
  const lines = LINES.map((length) => ({
    samples: new Float64Array(length),
    loss: decayPerStep((decaySeconds * SAMPLE_RATE) / length),
    place: 0,
    dark: 0,
  }));
  const out = new Float32Array(input.length);
  for (let i = 0; i < input.length; i += 1) {
    let sum = 0;
    for (const line of lines) {
      const heard = line.samples[line.place] ?? 0;
      line.dark += (heard - line.dark) * (1 - damping);
      sum += line.dark;
    }
    out[i] = sum * 0.35;
    const shared = (sum * 2) / lines.length;
    for (const line of lines) {
      line.samples[line.place] = (input[i] ?? 0) + (line.dark - shared) * line.loss;
      line.place = line.place + 1 === line.samples.length ? 0 : line.place + 1;
    }
  }
  return out;
}
