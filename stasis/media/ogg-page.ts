/** RFC 3533, section 6: header of a page. */
export const OGG_HEADER_BYTES = 27;
/** The header, up to 255 lengths of segments, then these, up to 255 bytes each. */
export const OGG_PAGE_BYTES_MAX = 27 + 255 + 255 * 255;

/** The undamaged page that begins here; `no-page`: none does; `unfinished`: more bytes are needed to know. */
export function oggPageAt(bytes: Uint8Array, place: number): Uint8Array | 'no-page' | 'unfinished' {
  if (place + OGG_HEADER_BYTES > bytes.length) return 'unfinished';
  // "OggS", version 0.
  if (bytes[place] !== 0x4f || bytes[place + 1] !== 0x67 || bytes[place + 2] !== 0x67) return 'no-page';
  if (bytes[place + 3] !== 0x53 || bytes[place + 4] !== 0) return 'no-page';
  const segments = bytes[place + 26] as number;
  if (place + OGG_HEADER_BYTES + segments > bytes.length) return 'unfinished';
  let length = OGG_HEADER_BYTES + segments;
  for (let index = 0; index < segments; index += 1) length += bytes[place + OGG_HEADER_BYTES + index] as number;
  if (place + length > bytes.length) return 'unfinished';
  const page = bytes.slice(place, place + length);
  return checksum(page) === new DataView(page.buffer).getUint32(22, true) ? page : 'no-page';
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
