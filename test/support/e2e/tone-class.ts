import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { frequencyHz, rmsDbfs, toneShare } from '../audio/levels.ts';
import { type Pcm, slice, writeWav } from '../audio/pcm.ts';

/** Tones of a class of test music, by the name of their track; far enough apart to be told from each other after G.711. */
export const TONES = { 'a-low': 400, 'b-middle': 700, 'c-high': 1100 } as const;
export type ToneTrack = keyof typeof TONES;

/** Writes a folder of tones as music, 16 kHz, −20 dBFS. */
export function writeToneClass(folder: string, seconds = 60): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, hz] of Object.entries(TONES)) writeWav(join(folder, `${name}.wav`), tone(hz, seconds));
}

/** A steady tone. */
export function tone(hz: number, seconds: number, { sampleRate = 16_000, level = 0.141 } = {}): Pcm {
  const samples = new Float32Array(seconds * sampleRate);
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] = level * Math.sin((2 * Math.PI * hz * index) / sampleRate);
  }
  return { sampleRate, samples };
}

/** Which track is heard in a stretch of a recording; `null`: none, or several. */
export function trackHeard(pcm: Pcm, fromMs: number, toMs: number): ToneTrack | null {
  const part = slice(pcm, fromMs, toMs);
  if (rmsDbfs(part) < -45) return null;
  const [found] = Object.entries(TONES).filter(([, hz]) => toneShare(part, [hz]) > 0.8);
  return found === undefined ? null : (found[0] as ToneTrack);
}

/** A tone that rises: its frequency tells the place in it. Beats G.711's noise easily, and 20 ms are 1 Hz. */
export const SWEEP = { fromHz: 500, hzPerSecond: 50, seconds: 50 } as const;

/** The rising tone, 8 kHz, −20 dBFS. */
export function sweep(): Pcm {
  const sampleRate = 8_000;
  const samples = Float32Array.from({ length: SWEEP.seconds * sampleRate }, (_, index) => {
    const at = index / sampleRate;
    return 0.141 * Math.sin(2 * Math.PI * (SWEEP.fromHz + (SWEEP.hzPerSecond * at) / 2) * at);
  });
  return { sampleRate, samples };
}

/** Which place of the rising tone is heard in the middle of a stretch, milliseconds from its beginning. */
export function sweepPlaceMs(pcm: Pcm, fromMs: number, toMs: number): number {
  return ((frequencyHz(slice(pcm, fromMs, toMs)) - SWEEP.fromHz) / SWEEP.hzPerSecond) * 1_000;
}
