import { OGG_HEADER_BYTES, OGG_PAGE_BYTES_MAX, oggPageAt } from '../ogg-page.ts';

/** Longest packet: a comment with a picture in it may be longer, and is cut. */
const PACKET_BYTES_MAX = 1024 * 1024;
/** Comments that are kept of one packet. */
const COMMENTS_MAX = 100;

export interface OggPage {
  readonly bytes: Uint8Array;
  readonly serial: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  /** Packets that end on this page, whole. */
  readonly packets: readonly Uint8Array[];
}

/** Cuts a stream of bytes into Ogg pages as soon as each is there; what is damaged is passed over. */
export class OggReader {
  #held: Uint8Array = new Uint8Array(0);
  #open: Uint8Array[] = [];
  #openBytes = 0;
  /** Bytes that belonged to no page. */
  lost = 0;

  *pages(bytes: Uint8Array): Generator<OggPage> {
    const all = new Uint8Array(this.#held.length + bytes.length);
    all.set(this.#held);
    all.set(bytes, this.#held.length);
    let place = 0;
    while (place < all.length) {
      const page = oggPageAt(all, place);
      if (page === 'unfinished') break;
      if (page === 'no-page') {
        this.lost += 1;
        place += 1;
        continue;
      }
      place += page.length;
      yield this.#read(page);
    }
    this.#held = all.slice(place);
    if (this.#held.length > OGG_PAGE_BYTES_MAX) this.#held = new Uint8Array(0);
  }

  #read(bytes: Uint8Array): OggPage {
    const flags = bytes[5] as number;
    const segments = bytes[26] as number;
    const packets: Uint8Array[] = [];
    if ((flags & 1) === 0) this.#drop();
    let place = OGG_HEADER_BYTES + segments;
    for (let index = 0; index < segments; index += 1) {
      const length = bytes[OGG_HEADER_BYTES + index] as number;
      this.#add(bytes.subarray(place, place + length));
      place += length;
      if (length < 255) packets.push(this.#take());
    }
    const serial = new DataView(bytes.buffer, bytes.byteOffset).getUint32(14, true);
    return { bytes, serial, isFirst: (flags & 2) !== 0, isLast: (flags & 4) !== 0, packets };
  }

  #add(piece: Uint8Array): void {
    if (this.#openBytes + piece.length > PACKET_BYTES_MAX) return;
    this.#open.push(piece);
    this.#openBytes += piece.length;
  }

  #take(): Uint8Array {
    const packet = Buffer.concat(this.#open);
    this.#drop();
    return packet;
  }

  #drop(): void {
    this.#open = [];
    this.#openBytes = 0;
  }
}

/** Artist and title of a comment packet of Vorbis or Opus (RFC 7845, section 5.2); `undefined` when it is none. */
export function commentTitle(packet: Uint8Array): string | undefined {
  const buffer = Buffer.from(packet.buffer, packet.byteOffset, packet.length);
  const start =
    buffer.toString('latin1', 0, 7) === '\x03vorbis' ? 7 : buffer.toString('latin1', 0, 8) === 'OpusTags' ? 8 : null;
  if (start === null) return undefined;
  const found = new Map<string, string>();
  try {
    let place = start + 4 + buffer.readUInt32LE(start);
    const count = buffer.readUInt32LE(place);
    place += 4;
    for (let index = 0; index < count; index += 1) {
      const length = buffer.readUInt32LE(place);
      const [name = '', ...value] = buffer.toString('utf8', place + 4, place + 4 + Math.min(length, 1000)).split('=');
      if (value.length > 0 && found.size < COMMENTS_MAX) found.set(name.toLowerCase(), value.join('='));
      place += 4 + length;
    }
  } catch {
    // A comment that ends before its time: what was read counts.
  }
  return [found.get('artist'), found.get('title')].filter((part) => part !== undefined && part !== '').join(' - ');
}
