import type { Continuation } from './continuation.ts';
import { canStart, type FailedStream, FILES_AT_LEAST_MS, isHealthy, LIVE_LOOK_MS, liveOffset } from './live.ts';
import { firstOf, nextOf, type Order } from './order.ts';
import type { LiveSound, Music, Shelf, Sound } from './sound.ts';
import { addMusic, type Clip, fadeMusicOut, type Timeline } from './timeline.ts';
import type { Timing } from './timing.ts';

/*
 * The music of one caller: one tune after the other, or the class's stream.
 *
 *              ┌── end, key: cross-fade ──┐
 *              ▼                          │
 *  silent ──► file ───────────────────────┘        silent: nothing on the shelf; it is looked at every second
 *     │        ▲ │ the stream plays (again), and the caller has not chosen a file
 *     │  lost, │ ▼
 *     └─────► live                                 key: the first file; behind the last file comes the stream again
 */
export interface Bed {
  /** What plays or is coming; `null`: silent. */
  readonly tune: Music | null;
  /** Its first sample in the programme. */
  readonly startsAt: number;
  /** When the next tune is due: the old one begins to fade out. */
  readonly endsAt: number;
  /** When shelf and stream are looked at. */
  readonly lookAt: number;
  /** Not when the caller has chosen a file by key, in this call or in an earlier one. */
  readonly prefersLive: boolean;
  /** The stream has failed: files until then. */
  readonly filesUntil: number;
  readonly failed: FailedStream | null;
}

export interface BedScene {
  readonly shelf: Shelf;
  readonly timing: Timing;
  readonly order: Order;
}

/** A bed and the timeline on which it is laid out. */
export interface LaidBed {
  readonly bed: Bed;
  readonly timeline: Timeline;
}

const NEVER = Number.POSITIVE_INFINITY;
/** Clips that may sound or be remembered at a time: a key held with no pause between uses. */
const CLIPS_MAX = 16;

/** The programme begins: with the tune that is remembered, else the stream, else the first. */
export function startBed(scene: BedScene, timeline: Timeline, startTune: string | null): LaidBed {
  const { shelf, order, timing } = scene;
  const tunes = tunesOf(scene);
  const remembered = tunes.find(({ name }) => name === startTune);
  const live = shelf.live();
  const bed: Bed = {
    tune: null,
    startsAt: 0,
    endsAt: NEVER,
    lookAt: timing.emptyLook,
    prefersLive: remembered === undefined,
    filesUntil: 0,
    failed: null,
  };
  const first = remembered ?? (canStart(live, null, timing) ? live : firstOf(tunes, order));
  return crossFade(scene, { bed, timeline }, first ?? null, 0);
}

/**
 * The programme of a process that is gone goes on: with the file that would be heard by now, in the midst of it, as if it had played all the time. A
 * stream is heard where it is now; in the place of a file that has vanished comes the next one.
 */
export function continueBed(scene: BedScene, timeline: Timeline, { memory, awayMs }: Continuation): LaidBed {
  const { tune: name, isChosen } = memory;
  const laid = startBed(scene, timeline, isChosen ? name : null);
  const tunes = tunesOf(scene);
  if (name === null || laid.bed.tune?.kind === 'live' || tunes.length === 0) return laid;
  const { timing } = scene;
  const { sound, offset } = placeAfter(scene, tunes, {
    name,
    at: samples(memory.tuneMs, timing),
    away: samples(awayMs, timing),
  });
  const clip = fileClip(sound, { start: 0, fadeIn: timing.in, out: timing.out, offset });
  const endsAt = clip.fades.at(-1)?.from ?? NEVER;
  const bed = {
    ...laid.bed,
    tune: sound,
    startsAt: 0,
    endsAt,
    lookAt: nextLook(scene, sound, 0),
    prefersLive: !isChosen,
  };
  return { timeline: addMusic(timeline, clip), bed };
}

/** Where files that follow each other have got to, so much after a sample of one of them. */
function placeAfter(
  { timing, order }: BedScene,
  tunes: readonly Sound[],
  { name, at, away }: { readonly name: string; readonly at: number; readonly away: number },
): { readonly sound: Sound; readonly offset: number } {
  const first = firstOf(tunes, order) as Sound;
  const follower = (after: string) => nextOf(tunes, order, after) ?? first;
  /** What a file takes until the next one begins. */
  const stepOf = ({ samples: { length } }: Sound) =>
    Math.max(1, length - Math.min(timing.out, length >> 1) + timing.inDelay);
  const known = tunes.find((each) => each.name === name);
  const round = tunes.reduce((sum, each) => sum + stepOf(each), 0);
  let sound = known ?? follower(name);
  // Rounds through all files lead to where they began.
  let offset = known === undefined ? away % round : at + (away % round);
  for (let step = stepOf(sound); offset >= step - timing.inDelay; step = stepOf(sound)) {
    offset = Math.max(0, offset - step);
    sound = follower(sound.name);
  }
  return { sound, offset: Math.round(offset) };
}

export function bedDueAt({ endsAt, lookAt }: Bed): number {
  return Math.min(endsAt, lookAt);
}

/** What happens by itself at {@link bedDueAt}. */
export function bedDue(scene: BedScene, laid: LaidBed, at: number): LaidBed {
  const { bed } = laid;
  if (bed.tune?.kind === 'live') return liveDue(scene, laid, bed.tune, at);
  const live = scene.shelf.live();
  if (bed.prefersLive && at >= bed.filesUntil && canStart(live, bed.failed, scene.timing))
    return crossFade(scene, laid, live, at);
  if (bed.tune !== null && at < bed.endsAt) return { ...laid, bed: { ...bed, lookAt: nextLook(scene, bed.tune, at) } };
  const tunes = tunesOf(scene);
  const file = (bed.tune && nextOf(tunes, scene.order, bed.tune.name)) ?? firstOf(tunes, scene.order);
  return crossFade(scene, laid, file ?? (canStart(live, bed.failed, scene.timing) ? live : null), at);
}

/** The caller wants the next tune. `null`: there is nothing to go to. */
export function nextTune(scene: BedScene, laid: LaidBed, at: number): LaidBed | null {
  const { bed, timeline } = laid;
  // It has been chosen, and the caller has not heard it yet.
  if (bed.tune !== null && bed.startsAt > at) return laid;
  if (timeline.music.length >= CLIPS_MAX) return null;
  const tunes = tunesOf(scene);
  const live = scene.shelf.live();
  const following = bed.tune?.kind === 'file' ? nextOf(tunes, scene.order, bed.tune.name) : undefined;
  const isLiveNext = bed.tune?.kind === 'file' && following === undefined && canStart(live, bed.failed, scene.timing);
  const next = isLiveNext ? live : (following ?? firstOf(tunes, scene.order));
  if (next === undefined || next === null) return null;
  return crossFade(scene, { timeline, bed: { ...bed, prefersLive: next.kind === 'live' } }, next, at);
}

/** After a pause: a file goes on where it stopped; of a stream that was missed, the newest is heard. */
export function resumeBed(scene: BedScene, { bed, timeline }: LaidBed, from: number): LaidBed {
  if (bed.tune?.kind !== 'live') return { bed, timeline };
  const without = { ...timeline, music: timeline.music.filter(({ end }) => end <= from) };
  const live = scene.shelf.live();
  const next = canStart(live, bed.failed, scene.timing) ? live : firstOf(tunesOf(scene), scene.order);
  return crossFade(scene, { bed, timeline: without }, next ?? null, from);
}

function liveDue(scene: BedScene, { bed, timeline }: LaidBed, tune: LiveSound, at: number): LaidBed {
  const { shelf, timing, order } = scene;
  const clip = timeline.music.findLast(({ sound }) => sound === tune);
  if (clip !== undefined && shelf.live() === tune && (at < clip.start || isHealthy(clip, tune, at, timing))) {
    return { timeline, bed: { ...bed, lookAt: nextLook(scene, tune, at) } };
  }
  const failed = { live: tune, decodedTo: tune.writtenTo };
  const file = firstOf(tunesOf(scene), order);
  const filesUntil = file === undefined ? at : at + samples(FILES_AT_LEAST_MS, timing);
  return crossFade(scene, { timeline, bed: { ...bed, filesUntil, failed } }, file ?? null, at);
}

/** The old music goes, and the new one begins a little later; at once when there was none. */
function crossFade(scene: BedScene, { bed, timeline }: LaidBed, next: Music | null, at: number): LaidBed {
  const { timing } = scene;
  const heard = timeline.music.findLast(({ start, end }) => start < at && end > at);
  const without = fadeMusicOut(timeline, at, timing.out);
  if (next === null) {
    const silent = { ...bed, tune: null, startsAt: at, endsAt: NEVER, lookAt: nextLook(scene, null, at) };
    return { timeline: without, bed: silent };
  }
  // A tune too short for its whole fade goes faster, and the next one comes faster: else there would be a hole.
  const rest = heard === undefined ? timing.out : Math.min(timing.out, heard.end - at);
  const delay = heard === undefined ? 0 : Math.min(rest, Math.round((timing.inDelay * rest) / timing.out));
  const fadeIn = Math.max(timing.edge, Math.round((timing.in * rest) / timing.out));
  const clip =
    next.kind === 'file'
      ? fileClip(next, { start: at + delay, fadeIn, out: timing.out })
      : liveClip(next, { at, delay, timing });
  const lastFade = clip.fades.at(-1);
  const endsAt = next.kind === 'file' && lastFade !== undefined ? lastFade.from : NEVER;
  return {
    timeline: addMusic(without, clip),
    bed: { ...bed, tune: next, startsAt: clip.start, endsAt, lookAt: nextLook(scene, next, at) },
  };
}

interface WantedClip {
  readonly start: number;
  readonly fadeIn: number;
  readonly out: number;
  /** The sample of the file with which to begin. @default 0 */
  readonly offset?: number;
}

function fileClip(sound: Sound, want: WantedClip): Clip {
  const { start, offset = 0 } = want;
  const length = sound.samples.length - offset;
  const end = start + length;
  const fadeIn = Math.min(want.fadeIn, length >> 1);
  const out = Math.min(want.out, length >> 1);
  const fades = [
    { from: start, length: fadeIn, start: 0, end: 1 },
    { from: end - out, length: out, start: 1, end: 0 },
  ];
  return { sound, start, end, offset, gain: 1, fades, dry: null };
}

function liveClip(
  sound: LiveSound,
  want: { readonly at: number; readonly delay: number; readonly timing: Timing },
): Clip {
  const { at, delay, timing } = want;
  const start = at + delay;
  const fades = [{ from: start, length: timing.in, start: 0, end: 1 }];
  return { sound, start, end: NEVER, offset: liveOffset(sound, timing, delay), gain: 1, fades, dry: { fade: null } };
}

function tunesOf({ shelf, timing }: BedScene): readonly Sound[] {
  const tracks = shelf.tracks();
  const isShort = ({ samples }: Sound): boolean => samples.length < timing.tuneMin;
  return tracks.some(isShort) ? tracks.filter((track) => !isShort(track)) : tracks;
}

function nextLook({ shelf, timing }: BedScene, tune: Music | null, at: number): number {
  if (shelf.live() !== null) return at + samples(LIVE_LOOK_MS, timing);
  return tune === null ? at + timing.emptyLook : NEVER;
}

function samples(ms: number, { rate }: Timing): number {
  return (ms * rate) / 1000;
}
