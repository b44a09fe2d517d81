import { decodeG711, encodeG711 } from '../../src/core/programme/g711.ts';
import { Programme, type ProgrammeOptions } from '../../src/core/programme/programme.ts';
import { mergeProgramme, type ProgrammeOverrides } from '../../src/core/programme/settings.ts';
import {
  type AdviceFolder,
  type LiveSound,
  type Shelf,
  type Sound,
  WIRE,
  type WireFormat,
} from '../../src/core/programme/sound.ts';
import type { Pcm } from './audio/pcm.ts';

// Named here, because jest looks a global up slowly.
const { cos, hypot, PI, round, sin } = Math;

/** Samples as a sound in a wire format. */
export function soundOf(name: string, samples: Int16Array, format: WireFormat = 'slin'): Sound {
  return { kind: 'file', name, samples, wire: wireOf(samples, format) };
}

export function wireOf(samples: Int16Array, format: WireFormat): Uint8Array {
  const wire = Buffer.alloc(samples.length * WIRE[format].bytesPerSample);
  if (format === 'ulaw' || format === 'alaw') encodeG711(format, samples, 0, samples.length, wire, 0);
  else for (let index = 0; index < samples.length; index += 1) wire.writeInt16LE(samples[index] ?? 0, index * 2);
  return wire;
}

export interface ToneOptions {
  readonly hz: number;
  readonly seconds: number;
  readonly amplitude?: number;
  readonly format?: WireFormat;
}

/** A tone that stands for a recording and is found again by its frequency. 0 Hz is a constant value, which shows every step of the gain. */
export function tone(name: string, { hz, seconds, amplitude = 8000, format = 'slin' }: ToneOptions): Sound {
  const { rate } = WIRE[format];
  const samples = new Int16Array(round(seconds * rate));
  const turn = (2 * PI * hz) / rate;
  for (let index = 0; index < samples.length; index += 1) samples[index] = round(amplitude * cos(turn * index));
  return soundOf(name, samples, format);
}

/** A shelf whose lists tests replace. */
export class TestShelf implements Shelf {
  music: readonly Sound[];
  stream: LiveSound | null = null;
  readonly folders: Partial<Record<AdviceFolder, readonly Sound[]>> = {};

  constructor(...music: readonly Sound[]) {
    this.music = music;
  }

  tracks(): readonly Sound[] {
    return this.music;
  }

  live(): LiveSound | null {
    return this.stream;
  }

  advice(folder: AdviceFolder): readonly Sound[] {
    return this.folders[folder] ?? [];
  }
}

/** A stream as a test decodes it: constant level, so many samples so far. */
export class TestStream implements LiveSound {
  readonly kind = 'live';
  readonly name: string;
  readonly samples: Int16Array;
  readonly wire: Uint8Array;
  writtenTo = 0;
  isPlaying = true;
  readonly #sampleAt: (index: number) => number;

  constructor(name: string, sampleAt: (index: number) => number, seconds = 10) {
    this.name = name;
    this.samples = new Int16Array(seconds * 8000);
    this.wire = new Uint8Array(this.samples.length * 2);
    this.#sampleAt = sampleAt;
  }

  decode(count: number): void {
    const bytes = Buffer.from(this.wire.buffer);
    for (let index = this.writtenTo; index < this.writtenTo + count; index += 1) {
      const place = index % this.samples.length;
      this.samples[place] = this.#sampleAt(index);
      bytes.writeInt16LE(this.samples[place] ?? 0, place * 2);
    }
    this.writtenTo += count;
  }
}

export type StageOptions = Partial<Omit<ProgrammeOptions, 'settings' | 'shelf'>> & {
  readonly shelf: Shelf;
  readonly settings?: ProgrammeOverrides;
};

/** A programme in the morning, in linear samples, with nothing that says a position, unless told otherwise. */
export function programmeOf({ settings = {}, ...options }: StageOptions): Programme {
  return new Programme({
    format: 'slin',
    startTrack: null,
    random: () => 0.5,
    startedAt: { hour: 9, minute: 0 },
    sayPosition: () => [],
    ...options,
    settings: mergeProgramme(settings),
  });
}

/** Something that happens in a programme at the sample that is heard. */
export interface Event {
  readonly at: number;
  readonly happens: (programme: Programme, at: number) => unknown;
}

export interface HearOptions {
  readonly to: number;
  readonly events?: readonly Event[];
  /** Samples rendered at a time, and how far ahead of the ear. */
  readonly block?: number;
  readonly ahead?: number;
}

/** Renders as the wire does: ahead of the ear, and anew from where a change begins. Answers with the bytes that the caller hears. */
export function hear(programme: Programme, { to, events = [], block = 160, ahead = 0 }: HearOptions): Buffer {
  const bytes = WIRE[programme.format].bytesPerSample;
  const heard = Buffer.alloc(to * bytes);
  let rendered = 0;
  const renderTo = (end: number): void => {
    while (rendered < end) {
      const length = Math.min(block, end - rendered);
      programme.render(rendered, length, heard, rendered * bytes);
      rendered += length;
    }
  };
  for (const { at, happens } of [...events].sort((a, b) => a.at - b.at)) {
    renderTo(Math.min(to, at + ahead));
    happens(programme, at);
    rendered = Math.min(rendered, programme.takeChangedFrom());
  }
  renderTo(to);
  return heard;
}

/** What is heard, as samples from −1 to 1. */
export function listened(programme: Programme, options: HearOptions): Pcm {
  return pcmOf(hear(programme, options), programme.format);
}

export function pcmOf(bytes: Buffer, format: WireFormat): Pcm {
  const samples = linearOf(bytes, format);
  return { sampleRate: WIRE[format].rate, samples: Float32Array.from(samples, (sample) => sample / 32_768) };
}

export function linearOf(bytes: Buffer, format: WireFormat): Int16Array {
  const samples = new Int16Array(bytes.length / WIRE[format].bytesPerSample);
  if (format === 'ulaw' || format === 'alaw') decodeG711(format, bytes, 0, bytes.length, samples, 0);
  else
    for (let at = 0; at < samples.length; at += 1) samples[at] = (bytes[2 * at] ?? 0) | ((bytes[2 * at + 1] ?? 0) << 8);
  return samples;
}

/** Amplitude of a tone within a stretch, as samples of −32768 to 32767 (one bin of a Fourier transform). */
export function amplitudeOf({ samples, sampleRate }: Pcm, hz: number, from: number, to: number): number {
  let [re, im] = [0, 0];
  for (let index = from; index < to; index += 1) {
    const angle = (2 * PI * hz * index) / sampleRate;
    re += (samples[index] ?? 0) * cos(angle);
    im += (samples[index] ?? 0) * sin(angle);
  }
  return (2 * 32_768 * hypot(re, im)) / (to - from);
}

export const seconds = (value: number): number => Math.round(value * 8000);
