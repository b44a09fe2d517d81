import { Fft } from './fft.ts';
import type { Pcm } from './pcm.ts';

// ANSI S3.5-1997, table 3: third-octave centre frequencies of the telephone band, and how much each adds to understanding.
const BANDS: readonly (readonly [centreHz: number, importance: number])[] = [
  [160, 0.0083],
  [200, 0.0095],
  [250, 0.015],
  [315, 0.0289],
  [400, 0.044],
  [500, 0.0578],
  [630, 0.0653],
  [800, 0.0711],
  [1000, 0.0818],
  [1250, 0.0844],
  [1600, 0.0882],
  [2000, 0.0898],
  [2500, 0.0868],
  [3150, 0.0844],
];
const SIZE = 1024;

/**
 * Speech intelligibility index (ANSI S3.5, without masking) of speech at 8 kHz in pink noise whose level lies `noiseDb` below
 * the speech's: 0 is nothing, above 0.75 is good. It counts how far each band of the speech stands out of the noise.
 */
export function intelligibility(speech: Pcm, noiseDb = 15): number {
  if (speech.sampleRate !== 8000) throw new Error('The index is made for 8 kHz');
  const spoken = bandPowers(speech);
  const total = spoken.reduce((sum, power) => sum + power, 0);
  // Pink noise has the same power in every third octave.
  const noise = (total * 10 ** (-noiseDb / 10)) / BANDS.length;
  let [index, weights] = [0, 0];
  for (const [band, [, importance]] of BANDS.entries()) {
    const aboveDb = 10 * Math.log10((spoken[band] ?? 0) / noise);
    index += importance * Math.max(0, Math.min(1, (aboveDb + 15) / 30));
    weights += importance;
  }
  return index / weights;
}

function bandPowers({ samples, sampleRate }: Pcm): number[] {
  const fft = new Fft(SIZE);
  const powers = BANDS.map(() => 0);
  for (let start = 0; start + SIZE <= samples.length; start += SIZE / 2) {
    const re = Float64Array.from(
      samples.subarray(start, start + SIZE),
      (sample, k) => sample * (0.5 - 0.5 * Math.cos((2 * Math.PI * k) / SIZE)),
    );
    const im = new Float64Array(SIZE);
    fft.forward(re, im);
    for (const [band, [centreHz]] of BANDS.entries()) {
      const bin = (hz: number): number => Math.ceil((hz * SIZE) / sampleRate);
      for (let k = bin(centreHz / 2 ** (1 / 6)); k < bin(centreHz * 2 ** (1 / 6)); k += 1) {
        powers[band] = (powers[band] ?? 0) + (re[k] ?? 0) ** 2 + (im[k] ?? 0) ** 2;
      }
    }
  }
  return powers;
}
