import type { LiveSound } from '../../../src/core/programme/sound.ts';

/** The share of a tone in the newest second that a stream has released, and the level of that second in dBFS root mean square. */
export function toneIn(sound: LiveSound, hz: number): { share: number; dbfs: number } {
  const { cos, sin, PI } = Math;
  const rate = sound.samples.length / 30;
  const end = sound.writtenTo;
  const samples = Array.from(
    { length: rate },
    (_, i) => (sound.samples[(end - rate + i) % sound.samples.length] as number) / 32_768,
  );
  let real = 0;
  let imaginary = 0;
  let power = 0;
  for (let i = 0; i < rate; i += 1) {
    const value = samples[i] as number;
    real += value * cos((2 * PI * hz * i) / rate);
    imaginary += value * sin((2 * PI * hz * i) / rate);
    power += value * value;
  }
  const tone = (2 * (real ** 2 + imaginary ** 2)) / rate;
  return { share: power === 0 ? 0 : tone / power, dbfs: 10 * Math.log10(power / rate + 1e-12) };
}
