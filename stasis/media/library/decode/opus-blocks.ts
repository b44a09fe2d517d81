import CodecParser, { type OggPage as ParsedPage } from 'codec-parser';
import { OpusDecoder } from 'opus-decoder';
import type { AudioFile } from './audio-file.ts';
import { type Blocks, mono } from './blocks.ts';
import { oggPages } from './ogg-pages.ts';

/** Opus counts at 48 kHz, whatever went into it (RFC 7845). */
const OPUS_RATE = 48_000;

interface OpusHeader {
  readonly channels: number;
  readonly streamCount: number;
  readonly coupledStreamCount: number;
  readonly channelMappingTable: number[];
  readonly preSkip: number;
}

/** Ogg Opus, several streams behind each other as well. */
export async function* opusBlocks(file: AudioFile, from: number): Blocks {
  const pages = oggPages(file, from);
  let damaged = 0;
  let stream = new OpusStream();
  try {
    for (let next = pages.next(); ; next = pages.next()) {
      if (next.done) {
        damaged += next.value;
        const samples = await stream.decode(new Uint8Array(0), Number.POSITIVE_INFINITY);
        if (samples.length > 0) yield { sampleRate: OPUS_RATE, samples };
        break;
      }
      const { bytes, isLast, granulePosition } = next.value;
      const samples = await stream.decode(bytes, isLast ? granulePosition : null);
      if (samples.length > 0) yield { sampleRate: OPUS_RATE, samples };
      if (!isLast) continue;
      damaged += stream.errors;
      stream.close();
      stream = new OpusStream();
    }
    damaged += stream.errors;
  } finally {
    stream.close();
  }
  return damaged === 0 ? null : 'is damaged';
}

class OpusStream {
  errors = 0;
  readonly #parser = new CodecParser<ParsedPage>('application/ogg', { enableFrameCRC32: false });
  #decoder: OpusDecoder | null = null;
  #preSkip = 0;
  #given = 0;

  /** One page; with the end of the stream, where that is known, so that the encoder's filling is cut off. */
  async decode(page: Uint8Array, endsAt: number | null): Promise<Float32Array> {
    const frames: Uint8Array[] = [];
    let header: OpusHeader | undefined;
    // The parser gives a page when it sees more behind it, else when it is flushed; flushing forgets what it knows of the stream.
    for (const parsed of this.#parsed(page, endsAt !== null)) {
      for (const frame of parsed.codecFrames) {
        header ??= frame.header as OpusHeader;
        frames.push(frame.data);
      }
    }
    if (frames.length === 0) return new Float32Array(0);
    const decoder = await this.#opened(header);
    const { channelData, samplesDecoded, errors } = decoder.decodeFrames(frames);
    this.errors += errors.length;
    const end = endsAt === null ? Number.POSITIVE_INFINITY : endsAt - this.#preSkip;
    const length = Math.max(0, Math.min(samplesDecoded, end - this.#given));
    this.#given += length;
    return mono(channelData, length);
  }

  close(): void {
    this.#decoder?.free();
    this.#decoder = null;
  }

  *#parsed(page: Uint8Array, isLast: boolean): Generator<ParsedPage> {
    yield* this.#parser.parseChunk(page) as unknown as Iterable<ParsedPage>;
    if (isLast) yield* this.#parser.flush() as unknown as Iterable<ParsedPage>;
  }

  async #opened(header: OpusHeader | undefined): Promise<OpusDecoder> {
    if (this.#decoder !== null) return this.#decoder;
    if (header === undefined) throw new Error('Opus frames without a header');
    const { channels, streamCount, coupledStreamCount, channelMappingTable, preSkip } = header;
    this.#preSkip = preSkip;
    this.#decoder = new OpusDecoder({ channels, streamCount, coupledStreamCount, channelMappingTable, preSkip });
    await this.#decoder.ready;
    return this.#decoder;
  }
}
