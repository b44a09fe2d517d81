import type { AudioFile } from './audio-file.ts';

/** RFC 3533: 27 bytes of header, up to 255 segments, up to 255 bytes each. */
const HEADER_BYTES = 27;
const LONGEST_PAGE_BYTES = HEADER_BYTES + 255 + 255 * 255;
const LAST_PAGE_FLAG = 4;
/** The granule position of a page on which no packet ends. */
const NO_POSITION = 0xffff_ffff_ffff_ffffn;

export interface OggPage {
  readonly bytes: Uint8Array;
  /** Samples since the beginning, where the codec counts so; `null` when no packet ends on the page. */
  readonly granulePosition: number | null;
  readonly isLast: boolean;
}

/**
 * The undamaged pages of an Ogg file: each has a checksum, and what does not fit is passed over, so that a damage is a gap instead of
 * noise. Returns how many bytes belonged to no page.
 */
export function* oggPages(file: AudioFile, from: number): Generator<OggPage, number> {
  let held: Uint8Array = new Uint8Array(0);
  let lost = 0;
  for (const chunk of file.chunks(from)) {
    const bytes = new Uint8Array(held.length + chunk.length);
    bytes.set(held);
    bytes.set(chunk, held.length);
    let position = 0;
    // A page may go on in the next chunk.
    while (position + LONGEST_PAGE_BYTES <= bytes.length) {
      const page = pageAt(bytes, position);
      if (page !== null) yield page;
      else lost += 1;
      position += page?.bytes.length ?? 1;
    }
    held = bytes.subarray(position);
  }
  for (let position = 0; position < held.length; ) {
    const page = pageAt(held, position);
    if (page !== null) yield page;
    else lost += 1;
    position += page?.bytes.length ?? 1;
  }
  return lost;
}

function pageAt(bytes: Uint8Array, position: number): OggPage | null {
  // "OggS", version 0.
  if (bytes[position] !== 0x4f || bytes[position + 1] !== 0x67 || bytes[position + 2] !== 0x67) return null;
  if (bytes[position + 3] !== 0x53 || bytes[position + 4] !== 0 || position + HEADER_BYTES > bytes.length) return null;
  const segments = bytes[position + 26] as number;
  let length = HEADER_BYTES + segments;
  for (let index = 0; index < segments; index += 1) length += bytes[position + HEADER_BYTES + index] ?? 0;
  if (position + length > bytes.length) return null;
  const page = bytes.slice(position, position + length);
  const view = new DataView(page.buffer);
  if (checksum(page) !== view.getUint32(22, true)) return null;
  const granule = view.getBigUint64(6, true);
  return {
    bytes: page,
    granulePosition: granule === NO_POSITION ? null : Number(granule),
    isLast: ((page[5] as number) & LAST_PAGE_FLAG) !== 0,
  };
}

/** CRC-32 with the polynomial 0x04c11db7, highest bit first, counted as if the field itself were 0. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value >>> 0;
});

function checksum(page: Uint8Array): number {
  let value = 0;
  for (let index = 0; index < page.length; index += 1) {
    const byte = index >= 22 && index < 26 ? 0 : (page[index] as number);
    value = (value << 8) ^ (CRC_TABLE[(value >>> 24) ^ byte] as number);
  }
  return value >>> 0;
}
