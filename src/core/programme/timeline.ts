import { gainAt, type Ramp } from './fades.ts';
import type { Music, Sound } from './sound.ts';

/*
 * What a caller hears, by samples of the programme: pieces of sound, and the level of the music below what is said.
 *
 *   music   ▂▅▇▇▇▇▇▇▇▇▇▇▇▇▆▄▂▁                  clips; two of them during a cross-fade
 *                          ▂▅▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇
 *   level   ▔▔▔▔╲▁▁▁▁▁▁▁▁╱▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔▔    ramps, each from the gain at which it found the music
 *   voice        ▇▇ ▇▇▇▇                          clips, one after the other
 *
 * A timeline is a value: an edit makes a new one and leaves what was before `at` as it is. So all gains are continuous, whatever overlaps,
 * and an older timeline can be taken again when a key arrives for a moment that was rendered already.
 */
export interface Timeline {
  readonly music: readonly Clip[];
  readonly voice: readonly Clip[];
  /** Sorted; the last one that has begun counts. Before the first: 1. */
  readonly level: readonly Ramp[];
}

/** A stretch of a sound. Its gain is `gain` times all of its fades. */
export interface Clip {
  readonly sound: Music;
  /** Programme samples. */
  readonly start: number;
  readonly end: number;
  /** The sample of the sound that is heard at `start`. */
  readonly offset: number;
  readonly gain: number;
  readonly fades: readonly Ramp[];
  /** Of a live stream: where its ring ran dry, once it has (live.ts); shared by all versions of the clip. */
  readonly dry: { fade: Ramp | null } | null;
}

export const EMPTY_TIMELINE: Timeline = { music: [], voice: [], level: [] };

export function levelAt({ level }: Timeline, at: number): number {
  const ramp = level.findLast(({ from }) => from <= at);
  return ramp === undefined ? 1 : gainAt(ramp, at);
}

/** The gain of a clip by itself, without the level. */
export function clipGainAt({ gain, fades, dry }: Clip, at: number): number {
  const faded = fades.reduce((product, fade) => product * gainAt(fade, at), gain);
  return dry?.fade ? faded * gainAt(dry.fade, at) : faded;
}

export function addMusic(timeline: Timeline, clip: Clip): Timeline {
  return { ...timeline, music: [...timeline.music, clip] };
}

/** All music goes within `length`; what has not begun does not begin. */
export function fadeMusicOut(timeline: Timeline, at: number, length: number): Timeline {
  return { ...timeline, music: faded(timeline.music, at, length) };
}

/** The music goes to a level, from wherever it is. */
export function moveLevel(
  timeline: Timeline,
  at: number,
  to: { readonly gain: number; readonly length: number },
): Timeline {
  const ramp: Ramp = { from: at, length: to.length, start: levelAt(timeline, at), end: to.gain };
  return { ...timeline, level: [...timeline.level.filter(({ from }) => from <= at), ramp] };
}

/** The programme begins anew at `at`, after silence: the music comes in from nothing. */
export function enter(timeline: Timeline, at: number, length: number): Timeline {
  const before = timeline.level.filter(({ from }) => from < at);
  return { ...timeline, level: [...before, { from: at, length, start: 0, end: 1 }] };
}

/** Says sounds one after the other, each with soft edges. Their end is `at` plus their lengths. */
export function addVoice(
  timeline: Timeline,
  at: number,
  { sounds, gain, edge }: { readonly sounds: readonly Sound[]; readonly gain: number; readonly edge: number },
): Timeline {
  const clips: Clip[] = [];
  let start = at;
  for (const sound of sounds) {
    const { length } = sound.samples;
    const end = start + length;
    const soft = Math.max(1, Math.min(edge, length >> 1));
    const fades = [
      { from: start, length: soft, start: 0, end: 1 },
      { from: end - soft, length: soft, start: 1, end: 0 },
    ];
    if (length > 0) clips.push({ sound, start, end, offset: 0, gain, fades, dry: null });
    start = end;
  }
  return { ...timeline, voice: [...timeline.voice, ...clips] };
}

/** What is being said stops within `length`. */
export function cutVoice(timeline: Timeline, at: number, length: number): Timeline {
  return { ...timeline, voice: faded(timeline.voice, at, length) };
}

/** Forgets what was over before a sample. */
export function prune(timeline: Timeline, before: number): Timeline {
  const { music, voice, level } = timeline;
  const lastOver = level.findLastIndex(({ from }) => from <= before);
  if (lastOver <= 0 && music.every(({ end }) => end > before) && voice.every(({ end }) => end > before))
    return timeline;
  return {
    music: music.filter(({ end }) => end > before),
    voice: voice.filter(({ end }) => end > before),
    level: level.slice(Math.max(0, lastOver)),
  };
}

// A clip that ends within the length anyway has its own fade there: every clip is made with one.
function faded(clips: readonly Clip[], at: number, length: number): readonly Clip[] {
  return clips
    .filter(({ start }) => start < at)
    .map((clip) => {
      if (clip.end <= at + length) return clip;
      return { ...clip, end: at + length, fades: [...clip.fades, { from: at, length, start: 1, end: 0 }] };
    });
}
