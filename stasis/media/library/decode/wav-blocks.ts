import { G711_DECODING } from '../../../../src/core/programme/g711.ts';
import { type AudioFile, UnusableFile } from './audio-file.ts';
import type { Blocks } from './blocks.ts';

/** Sample rates that are taken, of every kind of file. */
export const RATE_HZ = { least: 4000, most: 384_000 } as const;
const CHANNELS_MAX = 32;
/** Chunks before the data; there are rarely more than five. */
const CHUNKS_MAX = 1000;
/** A recorder that writes into a pipe can't go back to set the length: it writes 0 or nearly the largest number. */
const UNKNOWN_LENGTH_FROM = 0x7fe00000;
/** A float file of another programme may be louder than 1, but nothing is louder than this. */
const LOUDEST_FLOAT = 16;

/** Its coding is told by the first two bytes of a GUID behind the ordinary header. */
const EXTENSIBLE = 0xfffe;

interface WavFormat {
  readonly coding: number;
  readonly channels: number;
  readonly sampleRate: number;
  readonly bytesPerSample: number;
}

type ReadSample = (bytes: DataView, offset: number) => number;

/** Microsoft's RIFF WAVE, and RF64 for files over 4 GB (EBU Tech 3306): PCM, float and G.711. */
export async function* wavBlocks(file: AudioFile, start: number): Blocks {
  const { format, from, length } = findData(file, start);
  const readSample = sampleReader(format);
  const frameBytes = format.bytesPerSample * format.channels;
  let rest = new Uint8Array(0);
  for (const chunk of file.chunks(from, from + length)) {
    const bytes = new Uint8Array(rest.length + chunk.length);
    bytes.set(rest);
    bytes.set(chunk, rest.length);
    const frames = Math.floor(bytes.length / frameBytes);
    rest = bytes.slice(frames * frameBytes);
    yield { sampleRate: format.sampleRate, samples: frameMeans(bytes, { frames, format, readSample }) };
  }
  const isWhole = length === Number.POSITIVE_INFINITY || from + length <= file.size;
  return isWhole ? null : 'ends before the length that its header tells';
}

interface Frames {
  readonly frames: number;
  readonly format: WavFormat;
  readonly readSample: ReadSample;
}

function frameMeans(bytes: Uint8Array, { frames, format, readSample }: Frames): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { channels, bytesPerSample } = format;
  const means = new Float32Array(frames);
  let offset = 0;
  for (let frame = 0; frame < frames; frame += 1) {
    let sum = 0;
    for (let channel = 0; channel < channels; channel += 1) {
      sum += readSample(view, offset);
      offset += bytesPerSample;
    }
    means[frame] = sum / channels;
  }
  return means;
}

interface WavData {
  readonly format: WavFormat;
  readonly from: number;
  /** Infinity: to the end of the file. */
  readonly length: number;
}

function findData(file: AudioFile, start: number): WavData {
  let format: WavFormat | undefined;
  let longLength: number | undefined;
  for (const { name, length, body } of chunksOf(file, start + 12)) {
    if (name === 'fmt ') format = readFormat(viewOf(file.read(body, Math.min(length, 40))));
    if (name === 'ds64' && length >= 16) longLength = readLongLength(viewOf(file.read(body, 16)));
    if (name !== 'data') continue;
    if (format === undefined) throw new UnusableFile('is a WAV file that does not tell its format');
    const isUnknown = length === 0 || (length >= UNKNOWN_LENGTH_FROM && body + length > file.size);
    return { format, from: body, length: longLength ?? (isUnknown ? Number.POSITIVE_INFINITY : length) };
  }
  throw new UnusableFile('is a WAV file without sound in it');
}

interface Chunk {
  readonly name: string;
  readonly length: number;
  /** Where its content begins. */
  readonly body: number;
}

function* chunksOf(file: AudioFile, start: number): Generator<Chunk> {
  let position = start;
  for (let count = 0; count < CHUNKS_MAX && position + 8 <= file.size; count += 1) {
    const header = viewOf(file.read(position, 8));
    const length = header.getUint32(4, true);
    yield { name: latin1(header, 0, 4), length, body: position + 8 };
    position += 8 + length + (length % 2);
  }
}

function readLongLength(body: DataView): number | undefined {
  const length = body.byteLength < 16 ? 0 : Number(body.getBigUint64(8, true));
  return length > 0 && Number.isSafeInteger(length) ? length : undefined;
}

function readFormat(body: DataView): WavFormat {
  if (body.byteLength < 16) throw new UnusableFile('is a WAV file with a damaged header');
  const named = body.getUint16(0, true);
  const coding = named === EXTENSIBLE && body.byteLength >= 26 ? body.getUint16(24, true) : named;
  const channels = body.getUint16(2, true);
  const sampleRate = body.getUint32(4, true);
  const bits = body.getUint16(14, true);
  if (channels < 1 || channels > CHANNELS_MAX) throw new UnusableFile(`tells ${channels} channels`);
  if (sampleRate < RATE_HZ.least || sampleRate > RATE_HZ.most) {
    throw new UnusableFile(`tells a sample rate of ${sampleRate} Hz; ${RATE_HZ.least} to ${RATE_HZ.most} are taken`);
  }
  return { coding, channels, sampleRate, bytesPerSample: Math.ceil(bits / 8) };
}

/** By coding and bytes of a sample. */
const READERS: Readonly<Record<string, ReadSample>> = {
  '1/1': (bytes, at) => (bytes.getUint8(at) - 128) / 128,
  '1/2': (bytes, at) => bytes.getInt16(at, true) / 32_768,
  '1/3': read24,
  '1/4': (bytes, at) => bytes.getInt32(at, true) / 2 ** 31,
  '3/4': (bytes, at) => sane(bytes.getFloat32(at, true)),
  '3/8': (bytes, at) => sane(bytes.getFloat64(at, true)),
  '6/1': (bytes, at) => (G711_DECODING.alaw[bytes.getUint8(at)] as number) / 32_768,
  '7/1': (bytes, at) => (G711_DECODING.ulaw[bytes.getUint8(at)] as number) / 32_768,
};

function sampleReader({ coding, bytesPerSample }: WavFormat): ReadSample {
  const reader = READERS[`${coding}/${bytesPerSample}`];
  if (reader !== undefined) return reader;
  const bits = 8 * bytesPerSample;
  throw new UnusableFile(`is a WAV file with coding ${coding} of ${bits} bits; PCM, float and G.711 are read`);
}

function read24(bytes: DataView, at: number): number {
  return (bytes.getUint16(at, true) + bytes.getInt8(at + 2) * 65_536) / 2 ** 23;
}

/** Not-a-number and infinity would spread over everything that the filter touches. */
function sane(sample: number): number {
  return Number.isFinite(sample) ? Math.min(LOUDEST_FLOAT, Math.max(-LOUDEST_FLOAT, sample)) : 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function latin1(view: DataView, from: number, length: number): string {
  return String.fromCharCode(...Array.from({ length }, (_, index) => view.getUint8(from + index)));
}
