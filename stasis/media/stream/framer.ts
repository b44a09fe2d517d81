/** What a frame's header says. */
export interface FrameHeader {
  /** Bytes of the frame, header included. */
  readonly length: number;
  /** What does not change from frame to frame of one stream: version, layer, sample rate. */
  readonly kind: number;
}

/** Reads the header at a place where at least {@link HEADER_BYTES} stand; `null` when there is none. */
export type HeaderReader = (bytes: Uint8Array, place: number) => FrameHeader | null;

export const HEADER_BYTES = 6;

/**
 * Lets whole frames through, each only when another of its kind begins where it ends. A decoder alone takes whatever looks like a
 * header for one: of random bytes mpg123 makes noise at full level, four seconds in a minute.
 */
export class Framer {
  readonly #read: HeaderReader;
  #held: Uint8Array = new Uint8Array(0);

  constructor(read: HeaderReader) {
    this.#read = read;
  }

  /** The frames that are sure by now, one behind the other. The last one waits for the next. */
  frames(bytes: Uint8Array): Uint8Array {
    const all = new Uint8Array(this.#held.length + bytes.length);
    all.set(this.#held);
    all.set(bytes, this.#held.length);
    const sure: Uint8Array[] = [];
    let place = 0;
    while (place + HEADER_BYTES <= all.length) {
      const header = this.#read(all, place);
      const end = place + (header?.length ?? 0);
      if (header !== null && end + HEADER_BYTES > all.length) break;
      if (header !== null && this.#read(all, end)?.kind === header.kind) {
        sure.push(all.subarray(place, end));
        place = end;
      } else place += 1;
    }
    this.#held = all.slice(place);
    return Buffer.concat(sure);
  }
}

/** Kilobits per second by index, from 1 (ISO 11172-3 and 13818-3): MPEG-1 layers I, II, III, then MPEG-2 layer I and its others. */
const BIT_RATES = {
  one1: [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  one2: [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  one3: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  two1: [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  two23: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
const SAMPLE_RATES = [44_100, 48_000, 32_000] as const;

/** MPEG audio, layers I to III. A free bit rate, which says no length, is not let through. */
export const mpegHeader: HeaderReader = (bytes, place) => {
  const [a = 0, b = 0, c = 0] = bytes.subarray(place, place + 3);
  const version = (b >> 3) & 3;
  const layer = 4 - ((b >> 1) & 3);
  const rateIndex = (c >> 2) & 3;
  if (a !== 0xff || (b & 0xe0) !== 0xe0 || version === 1 || layer === 4 || rateIndex === 3) return null;
  const isOne = version === 3;
  const table = isOne ? (['one1', 'one2', 'one3'] as const)[layer - 1] : layer === 1 ? 'two1' : 'two23';
  const kilobits = BIT_RATES[table ?? 'one3'][(c >> 4) - 1];
  if (kilobits === undefined) return null;
  // MPEG-2 halves the rates of MPEG-1, MPEG-2.5 halves them again.
  const rate = (SAMPLE_RATES[rateIndex] ?? 44_100) / (isOne ? 1 : version === 2 ? 2 : 4);
  const padding = (c >> 1) & 1;
  const kind = (version << 4) | (layer << 2) | rateIndex;
  if (layer === 1) return { kind, length: 4 * (Math.floor((12_000 * kilobits) / rate) + padding) };
  const slots = layer === 3 && !isOne ? 72_000 : 144_000;
  return { kind, length: Math.floor((slots * kilobits) / rate) + padding };
};

/** AAC in ADTS (ISO 13818-7, 6.2): 12 bits of sync word, layer 0, a length of 13 bits. */
export const adtsHeader: HeaderReader = (bytes, place) => {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes.subarray(place, place + HEADER_BYTES);
  const rateIndex = (c >> 2) & 15;
  const length = ((d & 3) << 11) | (e << 3) | (f >> 5);
  if (a !== 0xff || (b & 0xf6) !== 0xf0 || rateIndex > 12 || length < 8) return null;
  // Version, protection, profile, rate, channels.
  return { length, kind: ((b & 9) << 16) | ((c & 0xfd) << 8) | (d & 0xc0) };
};
