import { fillGains, gainAt, isMoving, type Ramp } from './fades.ts';
import { G711_ENCODING } from './g711.ts';
import { endWhereDry } from './live.ts';
import { WIRE, type WireFormat } from './sound.ts';
import type { Clip, Timeline } from './timeline.ts';

/** Samples mixed at one go. */
const CHUNK = 512;
// Scratch memory: written before it is read within one piece, so that nothing passes from one programme to another.
const sums = new Float64Array(CHUNK);
const gains = new Float64Array(CHUNK);
/** Over before the first sample: it never moves. */
const FULL_LEVEL: Ramp = { from: -1, length: 1, start: 1, end: 1 };

/**
 * Writes the samples `[from, from + length)` of a timeline. The stretch is divided where a clip or a fade begins or ends; in each piece the same clips
 * sound throughout. A single clip that is not changed is copied from its bytes in the wire's format; everything else is mixed. Allocates nothing.
 */
export function renderTimeline(
  timeline: Timeline,
  format: WireFormat,
  from: number,
  length: number,
  out: Uint8Array,
  offset: number,
): void {
  const { bytesPerSample, rate } = WIRE[format];
  const to = from + length;
  for (const clip of timeline.music) endWhereDry(clip, to, rate);
  let at = from;
  while (at < to) {
    const end = Math.min(to, nextTurn(timeline, at));
    const place = offset + (at - from) * bytesPerSample;
    const single = singleClip(timeline, at);
    if (single !== null && isPlain(single, timeline, at)) {
      copyWire(single, at, end, bytesPerSample, out, place);
      at = end;
    } else {
      const count = Math.min(CHUNK, end - at);
      mix(timeline, at, count);
      writeSums(format, count, out, place);
      at += count;
    }
  }
}

/** The first sample after `at` at which other clips sound, a fade begins or ends, or a stream's ring begins anew. */
function nextTurn({ music, voice, level }: Timeline, at: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const clip of music) next = Math.min(next, clipTurn(clip, at));
  for (const clip of voice) next = Math.min(next, clipTurn(clip, at));
  for (const ramp of level) next = Math.min(next, rampTurn(ramp, at));
  return next;
}

function clipTurn(clip: Clip, at: number): number {
  if (clip.start > at) return clip.start;
  if (clip.end <= at) return Number.POSITIVE_INFINITY;
  let next = clip.end;
  for (const fade of clip.fades) next = Math.min(next, rampTurn(fade, at));
  if (clip.dry?.fade) next = Math.min(next, rampTurn(clip.dry.fade, at));
  if (clip.sound.kind === 'live') next = Math.min(next, at + clip.sound.samples.length - sourceIndex(clip, at));
  return next;
}

function rampTurn({ from, length }: Ramp, at: number): number {
  if (from > at) return from;
  return from + length > at ? from + length : Number.POSITIVE_INFINITY;
}

function isSounding({ start, end }: Clip, at: number): boolean {
  return start <= at && at < end;
}

/** The one clip that sounds; `null` when there are none or several. */
function singleClip({ music, voice }: Timeline, at: number): Clip | null {
  let single: Clip | null = null;
  for (const clip of voice) {
    if (!isSounding(clip, at)) continue;
    if (single !== null) return null;
    single = clip;
  }
  for (const clip of music) {
    if (!isSounding(clip, at)) continue;
    if (single !== null) return null;
    single = clip;
  }
  return single;
}

/** Whether a clip is heard as it was recorded. */
function isPlain(clip: Clip, { level, voice }: Timeline, at: number): boolean {
  if (clip.gain !== 1) return false;
  for (const fade of clip.fades) if (isMoving(fade, at) || gainAt(fade, at) !== 1) return false;
  if (clip.dry?.fade && at >= clip.dry.fade.from) return false;
  if (voice.includes(clip)) return true;
  const ramp = rampAt(level, at);
  return !isMoving(ramp, at) && gainAt(ramp, at) === 1;
}

function copyWire(clip: Clip, at: number, end: number, bytesPerSample: number, out: Uint8Array, offset: number): void {
  const { wire } = clip.sound;
  const from = sourceIndex(clip, at) * bytesPerSample;
  const count = (end - at) * bytesPerSample;
  // A loop, because `set` and `copy` make a view for each block; eight bytes at a turn halve its time.
  let index = 0;
  for (; index + 8 <= count; index += 8) {
    const source = from + index;
    const place = offset + index;
    out[place] = wire[source] as number;
    out[place + 1] = wire[source + 1] as number;
    out[place + 2] = wire[source + 2] as number;
    out[place + 3] = wire[source + 3] as number;
    out[place + 4] = wire[source + 4] as number;
    out[place + 5] = wire[source + 5] as number;
    out[place + 6] = wire[source + 6] as number;
    out[place + 7] = wire[source + 7] as number;
  }
  for (; index < count; index += 1) out[offset + index] = wire[from + index] as number;
}

function mix({ music, voice, level }: Timeline, at: number, count: number): void {
  sums.fill(0, 0, count);
  const ramp = rampAt(level, at);
  for (const clip of music) if (isSounding(clip, at)) addClip(clip, ramp, at, count);
  for (const clip of voice) if (isSounding(clip, at)) addClip(clip, FULL_LEVEL, at, count);
}

/** Adds a clip under its fades; those that do not move in this piece are one factor. */
function addClip(clip: Clip, level: Ramp, at: number, count: number): void {
  let steady = clip.gain;
  let isFirst = true;
  if (isMoving(level, at)) {
    fillGains(level, at, gains, count, true);
    isFirst = false;
  } else steady *= gainAt(level, at);
  for (const fade of clip.fades) {
    if (isMoving(fade, at)) {
      fillGains(fade, at, gains, count, isFirst);
      isFirst = false;
    } else steady *= gainAt(fade, at);
  }
  const dry = clip.dry?.fade;
  if (dry) {
    if (isMoving(dry, at)) {
      fillGains(dry, at, gains, count, isFirst);
      isFirst = false;
    } else steady *= gainAt(dry, at);
  }
  if (steady === 0) return;
  const from = sourceIndex(clip, at);
  if (isFirst) addSteady(clip.sound.samples, from, count, steady);
  else addMoving(clip.sound.samples, from, count, steady);
}

function addSteady(samples: Int16Array, from: number, count: number, gain: number): void {
  for (let index = 0; index < count; index += 1) {
    sums[index] = (sums[index] as number) + (samples[from + index] as number) * gain;
  }
}

function addMoving(samples: Int16Array, from: number, count: number, gain: number): void {
  for (let index = 0; index < count; index += 1) {
    sums[index] = (sums[index] as number) + (samples[from + index] as number) * gain * (gains[index] as number);
  }
}

/** Rounds, and cuts what is louder than the format can be. */
function writeSums(format: WireFormat, count: number, out: Uint8Array, offset: number): void {
  if (format === 'ulaw' || format === 'alaw') {
    const table = G711_ENCODING[format];
    for (let index = 0; index < count; index += 1)
      out[offset + index] = table[toSample(sums[index] as number) & 0xffff] as number;
    return;
  }
  for (let index = 0; index < count; index += 1) {
    const sample = toSample(sums[index] as number);
    out[offset + 2 * index] = sample & 0xff;
    out[offset + 2 * index + 1] = (sample >> 8) & 0xff;
  }
}

function toSample(sum: number): number {
  if (sum >= 32_767) return 32_767;
  if (sum <= -32_768) return -32_768;
  // Rounded by cutting a positive number.
  return ((sum + 32_768.5) | 0) - 32_768;
}

function rampAt(level: readonly Ramp[], at: number): Ramp {
  for (let index = level.length - 1; index >= 0; index -= 1) {
    const ramp = level[index] as Ramp;
    if (ramp.from <= at) return ramp;
  }
  return FULL_LEVEL;
}

function sourceIndex({ sound, offset, start }: Clip, at: number): number {
  const index = offset + (at - start);
  return sound.kind === 'live' ? index % sound.samples.length : index;
}
