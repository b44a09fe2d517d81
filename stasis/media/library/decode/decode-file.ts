import { decodeG711 } from '../../../../src/core/programme/g711.ts';
import { WIRE, type WireFormat } from '../../../../src/core/programme/sound.ts';
import { AudioFile, UnusableFile } from './audio-file.ts';
import type { Block, Blocks } from './blocks.ts';
import { PREPARED_ENDINGS, type SourceEnding, type SourceFile } from './job.ts';
import { opusBlocks } from './opus-blocks.ts';
import { type Container, containerOf, recognise } from './recognise.ts';
import { Recorder } from './recorder.ts';
import { flacBlocks, mpegBlocks, vorbisBlocks } from './wasm-blocks.ts';
import { RATE_HZ, wavBlocks } from './wav-blocks.ts';

/** A damaged file is played when at least so much of it could be decoded. */
const DAMAGED_LEAST_MS = 1000;

export interface FileSettings {
  readonly gain: number;
  readonly maxMs: number;
  readonly leastMs: number;
  /** Longest that is wanted at all: beyond it the track does not fit into memory. */
  readonly fitsMs: number;
}

export interface DecodedFile {
  /** By rate. */
  readonly samples: ReadonlyMap<number, Int16Array>;
  /** Why it isn't all of the file; `null` when it is. */
  readonly shortened: string | null;
}

export interface PreparedFile {
  readonly wire: Uint8Array;
  readonly shortened: string | null;
}

/** The file was written to meanwhile. */
export class ChangedFile extends Error {}
/** More sound than {@link FileSettings.fitsMs}. */
export class TooLong extends Error {}

/** Raw samples as they lie in the file, in shared memory; at most `maxMs` of them. */
export function readPrepared(path: string, format: WireFormat, maxMs: number): PreparedFile {
  const file = new AudioFile(path);
  try {
    const { rate, bytesPerSample } = WIRE[format];
    const whole = file.size - (file.size % bytesPerSample);
    const limit = Math.floor((maxMs * rate) / 1000) * bytesPerSample;
    if (whole === 0) throw new UnusableFile('is empty');
    const bytes = file.read(0, Math.min(whole, limit));
    const other = containerOf(bytes.subarray(0, 4096));
    // Three frames of MP3 may be there by chance, the names of the others not.
    if (other !== null && other !== 'mpeg')
      throw new UnusableFile(`holds ${other}, not the raw ${format} of its ending`);
    if (file.hasChanged()) throw new ChangedFile();
    const wire = new Uint8Array(new SharedArrayBuffer(bytes.length));
    wire.set(bytes);
    return { wire, shortened: whole > limit ? cutReason(maxMs) : null };
  } finally {
    file.close();
  }
}

/** Decodes one file at several rates at once. Throws UnusableFile, ChangedFile, TooLong. */
export async function decodeFile(
  source: SourceFile,
  rates: readonly number[],
  settings: FileSettings,
): Promise<DecodedFile> {
  const file = new AudioFile(source.path);
  try {
    const recorders = rates.map((rate) => new Recorder(rate, settings));
    const flaw = await record(blocksOf(file, source.ending), recorders, settings);
    if (file.hasChanged()) throw new ChangedFile();
    const samples = new Map(recorders.map((recorder) => [recorder.rate, recorder.finish()]));
    const durationMs = Math.max(...[...samples].map(([rate, { length }]) => (1000 * length) / rate));
    if (durationMs === 0) throw new UnusableFile(flaw?.reason ?? 'holds no sound');
    if (durationMs < settings.leastMs) throw new UnusableFile(`is shorter than ${settings.leastMs / 1000} s`);
    if (flaw?.isDamage === true && durationMs < DAMAGED_LEAST_MS) {
      throw new UnusableFile(`${flaw.reason}, and less than a second of it can be decoded`);
    }
    return { samples, shortened: flaw?.reason ?? null };
  } finally {
    file.close();
  }
}

function cutReason(maxMs: number): string {
  return `is longer than ${maxMs / 1000} s; the beginning is played`;
}

/** Why a recording isn't the whole file. */
interface Flaw {
  readonly reason: string;
  readonly isDamage: boolean;
}

async function record(blocks: Blocks, recorders: readonly Recorder[], settings: FileSettings): Promise<Flaw | null> {
  try {
    for (let next = await blocks.next(); ; next = await blocks.next()) {
      if (next.done) return next.value === null ? null : { reason: next.value, isDamage: true };
      add(next.value, recorders, settings);
      if (recorders.every(({ isFull }) => isFull)) return { reason: cutReason(settings.maxMs), isDamage: false };
    }
  } catch (error) {
    if (error instanceof TooLong || recorders.every(({ length }) => length === 0)) throw asUnusable(error);
    return { reason: asUnusable(error).message, isDamage: true };
  } finally {
    await blocks.return(null);
  }
}

function add(block: Block, recorders: readonly Recorder[], { fitsMs }: FileSettings): void {
  const { sampleRate } = block;
  if (sampleRate < RATE_HZ.least || sampleRate > RATE_HZ.most) {
    throw new UnusableFile(`has a sample rate of ${sampleRate} Hz; ${RATE_HZ.least} to ${RATE_HZ.most} are taken`);
  }
  for (const recorder of recorders) recorder.add(block);
  if (recorders.some(({ length, rate }) => (1000 * length) / rate > fitsMs)) throw new TooLong();
}

/** What a decoder throws at a damaged file (WebAssembly traps among it) is the file's fault. */
function asUnusable(error: unknown): Error {
  if (error instanceof UnusableFile || error instanceof TooLong) return error;
  return new UnusableFile(`is damaged (${error instanceof Error ? error.message : String(error)})`);
}

function blocksOf(file: AudioFile, ending: SourceEnding): Blocks {
  const format = formatOf(ending);
  if (format !== null) return rawBlocks(file, format);
  const { container, from } = recognise(file);
  return DECODERS[container](file, from);
}

const DECODERS: Readonly<Record<Container, (file: AudioFile, from: number) => Blocks>> = {
  wav: wavBlocks,
  flac: flacBlocks,
  'ogg-flac': flacBlocks,
  'ogg-vorbis': vorbisBlocks,
  'ogg-opus': opusBlocks,
  mpeg: mpegBlocks,
};

/** The format whose raw samples a file of this ending holds; `null` when it has to be decoded. */
export function formatOf(ending: SourceEnding): WireFormat | null {
  return (PREPARED_ENDINGS as Partial<Record<SourceEnding, WireFormat>>)[ending] ?? null;
}

async function* rawBlocks(file: AudioFile, format: WireFormat): Blocks {
  if (file.size === 0) throw new UnusableFile('is empty');
  const { rate, bytesPerSample } = WIRE[format];
  for (const chunk of file.chunks(0, file.size - (file.size % bytesPerSample))) {
    const samples = Float32Array.from(linear(chunk, format), (sample) => sample / 32_768);
    yield { sampleRate: rate, samples };
  }
  return null;
}

/** Raw samples as linear ones, in shared memory when the bytes are. */
export function linear(bytes: Uint8Array, format: WireFormat): Int16Array {
  if (format === 'slin' || format === 'slin16') {
    return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1);
  }
  const samples = new Int16Array(new SharedArrayBuffer(2 * bytes.length));
  decodeG711(format, bytes, 0, bytes.length, samples, 0);
  return samples;
}
