import { type AudioFile, UnusableFile } from './audio-file.ts';

/** What a file holds, whatever its name says. */
export type Container = 'wav' | 'flac' | 'ogg-vorbis' | 'ogg-opus' | 'ogg-flac' | 'mpeg';

export interface Recognised {
  readonly container: Container;
  /** Where it begins: behind an ID3 tag. */
  readonly from: number;
}

/** MPEG frames are looked for in so many bytes. */
const SEARCH_BYTES = 64 * 1024;
/** So many frames in a row are no chance. */
const FRAMES_IN_A_ROW = 3;

/** Tells by the first bytes; throws UnusableFile for anything that no decoder reads. */
export function recognise(file: AudioFile): Recognised {
  if (file.size === 0) throw new UnusableFile('is empty');
  const from = id3Length(file.read(0, 10));
  const bytes = file.read(from, SEARCH_BYTES);
  const container = containerOf(bytes);
  if (container !== null) return { container, from };
  throw new UnusableFile(foreignReason(bytes));
}

/** What the bytes begin with; `null` when it is none of ours. */
export function containerOf(bytes: Uint8Array): Container | null {
  const word = text(bytes, 0, 4);
  if ((word === 'RIFF' || word === 'RF64') && text(bytes, 8, 4) === 'WAVE') return 'wav';
  if (word === 'fLaC') return 'flac';
  if (word === 'OggS') return oggContent(bytes);
  return hasMpegFrames(bytes) ? 'mpeg' : null;
}

/** The first packet of an Ogg stream names its codec (RFC 3533, RFC 7845, RFC 9639). */
function oggContent(bytes: Uint8Array): Container | null {
  const packet = 27 + (bytes[26] ?? 0);
  if (text(bytes, packet, 8) === 'OpusHead') return 'ogg-opus';
  if (text(bytes, packet + 1, 6) === 'vorbis') return 'ogg-vorbis';
  return text(bytes, packet + 1, 4) === 'FLAC' ? 'ogg-flac' : null;
}

function foreignReason(bytes: Uint8Array): string {
  const known = 'WAV, FLAC, Ogg Vorbis, Ogg Opus and MP3 are read';
  if (text(bytes, 4, 4) === 'ftyp') return `is an MP4 or M4A file; ${known}`;
  if (text(bytes, 0, 4) === 'FORM') return `is an AIFF file; ${known}`;
  if (text(bytes, 0, 4) === 'OggS') return `is an Ogg file with a codec that is not read; ${known}`;
  return `is no sound file; ${known}`;
}

/** The length of an ID3v2 tag, 0 without one; its number has seven bits in each byte. */
function id3Length(bytes: Uint8Array): number {
  if (bytes.length < 10 || text(bytes, 0, 3) !== 'ID3') return 0;
  const [flags = 0, a = 0, b = 0, c = 0, d = 0] = bytes.subarray(5, 10);
  const length = ((a & 127) << 21) | ((b & 127) << 14) | ((c & 127) << 7) | (d & 127);
  return 10 + length + (flags & 16 ? 10 : 0);
}

function hasMpegFrames(bytes: Uint8Array): boolean {
  for (let start = 0; start + 4 <= bytes.length; start += 1) {
    if (bytes[start] === 0xff && framesInARow(bytes, start) >= FRAMES_IN_A_ROW) return true;
  }
  return false;
}

function framesInARow(bytes: Uint8Array, start: number): number {
  let count = 0;
  let position = start;
  while (count < FRAMES_IN_A_ROW) {
    const length = mpegFrameLength(bytes, position);
    if (length === null) return count;
    position += length;
    count += 1;
  }
  return count;
}

const KBPS: Readonly<Record<string, readonly number[]>> = {
  '1-1': [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '1-2': [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1-3': [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2-1': [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2-2': [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  '2-3': [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
const RATES = [44_100, 48_000, 32_000];
/** By the two version bits: 2.5, reserved, 2, 1. */
const RATE_DIVISORS = [4, 0, 2, 1];

/** Length of the MPEG audio frame at the position (ISO 11172-3, 13818-3); `null` when there is none. */
function mpegFrameLength(bytes: Uint8Array, position: number): number | null {
  const [sync = 0, second = 0, third = 0] = bytes.subarray(position, position + 3);
  if (sync !== 0xff || (second & 0xe0) !== 0xe0) return null;
  const divisor = RATE_DIVISORS[(second >> 3) & 3] ?? 0;
  const layer = 4 - ((second >> 1) & 3);
  const rate = RATES[(third >> 2) & 3];
  const kbps = KBPS[`${divisor === 1 ? 1 : 2}-${layer}`]?.[(third >> 4) - 1];
  if (divisor === 0 || rate === undefined || kbps === undefined) return null;
  const padding = (third >> 1) & 1;
  if (layer === 1) return 4 * (Math.floor((12_000 * kbps * divisor) / rate) + padding);
  const samples = layer === 3 && divisor > 1 ? 576 : 1152;
  return Math.floor((samples * 125 * kbps * divisor) / rate) + padding;
}

function text(bytes: Uint8Array, from: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + length));
}
