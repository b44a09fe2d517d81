/** How a stream is encoded, as far as it must be known before decoding; Ogg says the rest itself. */
export type StreamCodec = 'mpeg' | 'ogg' | 'aac';
/** What an answer is by its content type and its first bytes. */
export type Content = StreamCodec | 'playlist' | 'unknown' | 'other';

const BY_TYPE: ReadonlyMap<string, Content> = new Map([
  ['audio/mpeg', 'mpeg'],
  ['audio/mp3', 'mpeg'],
  ['audio/x-mp3', 'mpeg'],
  ['audio/mpeg3', 'mpeg'],
  ['audio/aac', 'aac'],
  ['audio/aacp', 'aac'],
  ['audio/x-aac', 'aac'],
  ['audio/ogg', 'ogg'],
  ['audio/opus', 'ogg'],
  ['audio/vorbis', 'ogg'],
  ['application/ogg', 'ogg'],
  ['audio/mpegurl', 'playlist'],
  ['audio/x-mpegurl', 'playlist'],
  ['application/x-mpegurl', 'playlist'],
  ['application/vnd.apple.mpegurl', 'playlist'],
  ['audio/x-scpls', 'playlist'],
  ['application/pls+xml', 'playlist'],
  ['', 'unknown'],
  ['application/octet-stream', 'unknown'],
  ['binary/octet-stream', 'unknown'],
]);

/** By the header, parameters aside. */
export function contentOf(contentType: string): Content {
  return BY_TYPE.get(contentType.split(';')[0]?.trim().toLowerCase() ?? '') ?? 'other';
}

/** By the first bytes of the sound, four at least: servers that say nothing, and those that call everything MPEG. `null`: cannot be told. */
export function codecByBytes(bytes: Uint8Array): StreamCodec | null {
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  // "OggS"
  if (a === 0x4f && b === 0x67 && c === 0x67 && d === 0x53) return 'ogg';
  // "ID3"
  if (a === 0x49 && b === 0x44 && c === 0x33) return 'mpeg';
  // Eleven bits of sync word; layer 0 is ADTS, which is AAC (ISO 13818-7), any other MPEG audio.
  if (a !== 0xff || (b & 0xe0) !== 0xe0) return null;
  return (b & 0x06) === 0 ? ((b & 0xf0) === 0xf0 ? 'aac' : null) : 'mpeg';
}
