import type { Ramp } from './fades.ts';
import type { LiveSound } from './sound.ts';
import type { Clip } from './timeline.ts';
import type { Timing } from './timing.ts';

/** A listener begins so long behind the newest sample: what is sent ahead of the ear is rendered at once when a line is laid. */
const LAG_MS = 1600;
/** Less than this before the end of what was decoded: the stream has stopped, or the network is too slow for it. */
const LOW_MS = 200;
/** What the ring runs out with, within samples that are there. */
const DRY_FADE_MS = 20;
/** How often a class with a stream is looked at. */
export const LIVE_LOOK_MS = 100;
/** After the stream failed its listeners have files for at least so long, so that a bad stream does not keep cross-fading. */
export const FILES_AT_LEAST_MS = 5000;

const samples = (ms: number, { rate }: Timing): number => (ms * rate) / 1000;

/** A stream that failed, and how far it had been decoded then. */
export interface FailedStream {
  readonly live: LiveSound;
  readonly decodedTo: number;
}

/** Whether the stream can be listened to from now on: after a failure only with what has come since. */
export function canStart(live: LiveSound | null, failed: FailedStream | null, timing: Timing): live is LiveSound {
  if (live?.isPlaying !== true) return false;
  const heard = failed?.live === live ? failed.decodedTo : 0;
  return live.writtenTo - heard >= samples(LAG_MS, timing);
}

/** The stream's sample to begin with at a programme sample that is `delay` after now. */
export function liveOffset(live: LiveSound, timing: Timing, delay: number): number {
  return Math.max(0, live.writtenTo - samples(LAG_MS, timing) + delay);
}

/**
 * Whether a clip of the stream can go on: decoded sound lies ahead of it, and the ring has not been written over it. Half the ring counts as gone,
 * because the decoder writes ahead of what it counts.
 */
export function isHealthy(clip: Clip, live: LiveSound, at: number, timing: Timing): boolean {
  if (!live.isPlaying || clip.dry?.fade) return false;
  const ahead = live.writtenTo - (clip.offset + at - clip.start);
  return ahead >= samples(LOW_MS, timing) && ahead <= live.samples.length / 2;
}

/**
 * Before samples up to `to` are rendered: a clip whose stream has not been decoded that far ends, softly, with what there is. What has been rendered
 * stays as it was, because the ring's end is looked for one fade ahead.
 */
export function endWhereDry(clip: Clip, to: number, rate: number): void {
  if (clip.sound.kind !== 'live' || clip.dry === null || clip.dry.fade !== null || clip.start >= to) return;
  const length = (DRY_FADE_MS * rate) / 1000;
  const decodedTo = clip.start + clip.sound.writtenTo - clip.offset;
  if (decodedTo >= to + length) return;
  const fade: Ramp = { from: decodedTo - length, length, start: 1, end: 0 };
  clip.dry.fade = fade;
}
