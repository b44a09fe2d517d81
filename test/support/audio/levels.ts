import { durationMs, type Pcm, slice } from './pcm.ts';

/** A stretch of time in a recording, in milliseconds from its beginning. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The two frequencies of Asterisk's `congestion` in indications.conf, by country zone. */
export const CONGESTION_HZ = { us: [480, 620], de: [425], uk: [400], ru: [425] } as const;

/** Root mean square in dB below full scale; −Infinity for digital silence. */
export function rmsDbfs({ samples }: Pcm): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return samples.length === 0 ? Number.NEGATIVE_INFINITY : 10 * Math.log10(sum / samples.length);
}

/** The loudest sample in dB below full scale. */
export function peakDbfs({ samples }: Pcm): number {
  let peak = 0;
  for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  return 20 * Math.log10(peak);
}

/** Lists the stretches of at least `minimumMs` in which every 20 ms are quieter than `thresholdDbfs`. */
export function silences(
  pcm: Pcm,
  { thresholdDbfs = -50, minimumMs = 200 }: { thresholdDbfs?: number; minimumMs?: number } = {},
): Span[] {
  return spansWhere(pcm, { windowMs: 20, minimumMs, holds: (window) => rmsDbfs(window) < thresholdDbfs });
}

/** The share of a sound's power that lies at the frequencies (Goertzel), 0 to 1; a pure tone has about 1. */
export function toneShare({ samples, sampleRate }: Pcm, frequencies: readonly number[]): number {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  if (power === 0) return 0;
  let tones = 0;
  for (const frequency of frequencies) tones += goertzelPower(samples, frequency / sampleRate);
  // A sine of amplitude A over n samples has the power n·A²/2 and |X|² = (n·A/2)².
  return Math.min(1, (2 * tones) / (samples.length * power));
}

/** Level of one frequency in a sound, dBFS as {@link rmsDbfs}. */
export function toneDbfs(pcm: Pcm, hz: number): number {
  return rmsDbfs(pcm) + 10 * Math.log10(toneShare(pcm, [hz]));
}

/** Frequency of a sound that is one tone, by its zero crossings; of a sweep the one in the middle. */
export function frequencyHz({ samples, sampleRate }: Pcm): number {
  const crossings: number[] = [];
  for (let index = 1; index < samples.length; index += 1) {
    const [before, after] = [samples[index - 1] ?? 0, samples[index] ?? 0];
    if (before < 0 && after >= 0) crossings.push(index - after / (after - before));
  }
  return ((crossings.length - 1) * sampleRate) / ((crossings.at(-1) ?? 0) - (crossings[0] ?? 0));
}

/**
 * Lists the stretches in which nearly all power lies at the frequencies: 100 ms windows of at least −45 dBFS.
 * Cadenced tones (congestion is on for 250 ms and off for 250 ms) give one span for every burst.
 */
export function toneSpans(pcm: Pcm, frequencies: readonly number[], { share = 0.8 }: { share?: number } = {}): Span[] {
  return spansWhere(pcm, {
    windowMs: 100,
    minimumMs: 100,
    holds: (window) => rmsDbfs(window) > -45 && toneShare(window, frequencies) >= share,
  });
}

function goertzelPower(samples: Float32Array, cyclesPerSample: number): number {
  const coefficient = 2 * Math.cos(2 * Math.PI * cyclesPerSample);
  let [last, beforeLast] = [0, 0];
  for (const sample of samples) [last, beforeLast] = [sample + coefficient * last - beforeLast, last];
  return last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
}

// Windows advance by half their length, so that a burst is not missed between two of them.
function spansWhere(
  pcm: Pcm,
  { windowMs, minimumMs, holds }: { windowMs: number; minimumMs: number; holds: (window: Pcm) => boolean },
): Span[] {
  const spans: Span[] = [];
  let open: { fromMs: number; toMs: number } | undefined;
  for (let fromMs = 0; fromMs + windowMs <= durationMs(pcm); fromMs += windowMs / 2) {
    if (!holds(slice(pcm, fromMs, fromMs + windowMs))) {
      open = undefined;
    } else if (open) {
      open.toMs = fromMs + windowMs;
    } else {
      open = { fromMs, toMs: fromMs + windowMs };
      spans.push(open);
    }
  }
  return spans.filter((span) => span.toMs - span.fromMs >= minimumMs);
}
