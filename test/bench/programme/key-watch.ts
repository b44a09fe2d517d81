import { fromMulaw } from '../../support/audio/pcm.ts';
import type { CapturedPacket } from './rtp-capture.ts';

/** The tunes, Hz: whole cycles in 10 ms, so that one does not leak into another's measurement; none is another's harmonic. */
export const TONES = [500, 700, 1100, 1300] as const;

/** From the first packet that says that the key was let go. */
export interface KeyTimes {
  /** Until the old tune is 3 dB below its level. */
  readonly oldDownMs: number;
  /** Until the new one is as loud as music is under speech: 20 dB below its level. */
  readonly newAudibleMs: number;
}

const TELEPHONE_EVENT = 96;
const RATE = 8000;
/** Samples that are measured together: 10 ms. */
const WINDOW = 80;
const WINDOW_MS = 10;
const DOWN = 10 ** (-3 / 20);
const AUDIBLE = 0.1;
/** The level before a key, and that of the new tune when it has come. */
const LEVEL_OVER_MS = 200;
const SETTLED_AFTER_MS = 3_000;
/** A tune that is there is louder than this (of full scale); the others' leakage and quantisation are not. */
const THERE = 0.05;

/** What one caller heard, by windows: when each ends at the earliest in the caller's ear, and how loud each tone is in it. */
interface Ear {
  readonly endsMs: number[];
  readonly levels: number[];
  /** Timestamps of the events that have ended, and when. */
  readonly keys: Map<number, number>;
}

/** Finds keys and tunes in captured RTP. */
export class KeyWatch {
  readonly #ears: ReadonlyMap<number, Ear>;

  constructor(ports: readonly number[]) {
    this.#ears = new Map(ports.map((port) => [port, { endsMs: [], levels: [], keys: new Map() }]));
  }

  readonly take = (packet: CapturedPacket): void => {
    const { atMs, payloadType, payload, timestamp } = packet;
    if (payloadType === TELEPHONE_EVENT) {
      const isEnd = ((payload[1] ?? 0) & 0x80) !== 0;
      const keys = this.#ears.get(packet.fromPort)?.keys;
      // The end is sent three times.
      if (isEnd && keys !== undefined && !keys.has(timestamp)) keys.set(timestamp, atMs);
      return;
    }
    const ear = this.#ears.get(packet.toPort);
    if (ear === undefined || payloadType !== 0) return;
    for (let at = 0; at + WINDOW <= payload.length; at += WINDOW) {
      // A phone without any buffer plays the packet from its arrival on.
      ear.endsMs.push(atMs + (at / WINDOW + 1) * WINDOW_MS);
      for (const hz of TONES) ear.levels.push(amplitude(payload, at, hz));
    }
  };

  /** Of every key that led to another tune; a key that did not has no entry. */
  times(): KeyTimes[] {
    return [...this.#ears.values()].flatMap((ear) =>
      [...ear.keys.values()].flatMap((atMs) => timesOf(ear, atMs) ?? []),
    );
  }
}

function timesOf(ear: Ear, keyMs: number): KeyTimes | null {
  const before = loudest(ear, keyMs - LEVEL_OVER_MS, keyMs);
  const after = loudest(ear, keyMs + SETTLED_AFTER_MS, keyMs + SETTLED_AFTER_MS + LEVEL_OVER_MS);
  if (before === null || after === null || before.tone === after.tone) return null;
  const oldDownMs = firstAfter(ear, keyMs, ({ at }) => (at[before.tone] ?? 0) <= before.level * DOWN);
  const newAudibleMs = firstAfter(ear, keyMs, ({ at }) => (at[after.tone] ?? 0) >= after.level * AUDIBLE);
  if (oldDownMs === null || newAudibleMs === null) return null;
  return { oldDownMs: oldDownMs - keyMs, newAudibleMs: newAudibleMs - keyMs };
}

/** The tone that is loudest on the average of a time; `null` when none is there. */
function loudest(ear: Ear, fromMs: number, toMs: number): { readonly tone: number; readonly level: number } | null {
  const sums = TONES.map(() => 0);
  let windows = 0;
  for (let index = indexAt(ear, fromMs); index < ear.endsMs.length && (ear.endsMs[index] ?? 0) <= toMs; index += 1) {
    windows += 1;
    for (const tone of TONES.keys()) sums[tone] = (sums[tone] ?? 0) + (ear.levels[index * TONES.length + tone] ?? 0);
  }
  const level = Math.max(...sums) / windows;
  return windows > 0 && level > THERE ? { tone: sums.indexOf(Math.max(...sums)), level } : null;
}

function firstAfter(
  ear: Ear,
  fromMs: number,
  holds: (window: { readonly at: readonly number[] }) => boolean,
): number | null {
  for (let index = indexAt(ear, fromMs); index < ear.endsMs.length; index += 1) {
    const at = ear.levels.slice(index * TONES.length, (index + 1) * TONES.length);
    if (holds({ at })) return ear.endsMs[index] ?? null;
  }
  return null;
}

/** The first window that ends after a moment. */
function indexAt({ endsMs }: Ear, atMs: number): number {
  let [low, high] = [0, endsMs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((endsMs[middle] ?? 0) > atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

const SAMPLES = Float64Array.from({ length: 256 }, (_, byte) => fromMulaw(byte));

/** The amplitude of a tone in a window (Goertzel), 1 is full scale. */
function amplitude(payload: Buffer, from: number, hz: number): number {
  const coefficient = 2 * Math.cos((2 * Math.PI * hz) / RATE);
  let [last, beforeLast] = [0, 0];
  for (let at = from; at < from + WINDOW; at += 1) {
    const now = (SAMPLES[payload[at] ?? 0] ?? 0) + coefficient * last - beforeLast;
    beforeLast = last;
    last = now;
  }
  const power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast;
  return (2 * Math.sqrt(Math.max(0, power))) / WINDOW;
}
