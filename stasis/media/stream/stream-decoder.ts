import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { MPEGDecoder } from 'mpg123-decoder';
import { OpusDecoder } from 'opus-decoder';
import { mono } from '../library/decode/blocks.ts';
import { AacDecoder } from './aac-decoder.ts';
import type { StreamCodec } from './content.ts';
import type { DecoderOutput, StreamDecoder } from './decoder-output.ts';
import { Framer, mpegHeader } from './framer.ts';
import { commentTitle, type OggPage, OggReader } from './ogg-reader.ts';

export async function createDecoder(codec: StreamCodec, output: DecoderOutput): Promise<StreamDecoder> {
  if (codec === 'aac') return new AacDecoder(output);
  if (codec === 'ogg') return new OggStreamDecoder(output);
  const decoder = new MPEGDecoder({ enableGapless: false });
  await decoder.ready;
  const framer = new Framer(mpegHeader);
  return {
    decode: async (bytes) => give(decoder.decode(framer.frames(bytes)), output),
    close: () => decoder.free(),
  };
}

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
}

function give({ channelData, samplesDecoded, sampleRate }: Decoded, output: DecoderOutput): void {
  if (samplesDecoded > 0 && channelData.length > 0)
    output.block({ sampleRate, samples: mono(channelData, samplesDecoded) });
}

/** A logical stream within Ogg: source clients begin another one with each title. */
interface LogicalDecoder {
  decode(page: OggPage): Promise<Decoded>;
  flush(): Promise<Decoded | null>;
  close(): void;
}

/** Ogg with Vorbis, Opus or FLAC in it. Other logical streams beside it (pictures, text) are left out. */
class OggStreamDecoder implements StreamDecoder {
  readonly #output: DecoderOutput;
  readonly #reader = new OggReader();
  #serial = 0;
  #logical: LogicalDecoder | null = null;

  constructor(output: DecoderOutput) {
    this.#output = output;
  }

  async decode(bytes: Uint8Array): Promise<void> {
    for (const page of this.#reader.pages(bytes)) await this.#page(page);
  }

  close(): void {
    this.#logical?.close();
    this.#logical = null;
  }

  async #page(page: OggPage): Promise<void> {
    if (page.isFirst) await this.#begin(page);
    if (this.#logical === null || page.serial !== this.#serial) return;
    for (const packet of page.packets) {
      const title = commentTitle(packet);
      if (title !== undefined) this.#output.title(title);
    }
    give(await this.#logical.decode(page), this.#output);
    if (page.isLast) await this.#end();
  }

  async #begin(page: OggPage): Promise<void> {
    const logical = await logicalDecoder(page);
    if (logical === null) return;
    await this.#end();
    this.#logical = logical;
    this.#serial = page.serial;
  }

  async #end(): Promise<void> {
    const rest = await this.#logical?.flush();
    if (rest) give(rest, this.#output);
    this.close();
  }
}

/** By the first packet of a logical stream; `null` when it is no sound that we know. */
async function logicalDecoder({ packets }: OggPage): Promise<LogicalDecoder | null> {
  const first = packets[0];
  const mark = first === undefined ? '' : Buffer.from(first).toString('latin1', 0, 8);
  if (mark === 'OpusHead' && first !== undefined) return opusDecoder(first);
  if (mark.startsWith('\x01vorbis')) return pageDecoder(new OggVorbisDecoder());
  if (mark.startsWith('\x7fFLAC')) return pageDecoder(new FLACDecoder());
  return null;
}

async function pageDecoder(decoder: OggVorbisDecoder | FLACDecoder): Promise<LogicalDecoder> {
  await decoder.ready;
  return {
    decode: ({ bytes }) => Promise.resolve(decoder.decode(bytes)),
    flush: () => Promise.resolve(decoder.flush()),
    close: () => decoder.free(),
  };
}

/** RFC 7845: the head packet says channels, samples to skip and how channels are coupled; then two packets of the head, then sound at 48 kHz. */
async function opusDecoder(head: Uint8Array): Promise<LogicalDecoder | null> {
  if (head.length < 19) return null;
  const channels = head[9] as number;
  const preSkip = (head[10] as number) | ((head[11] as number) << 8);
  const hasTable = head[18] !== 0;
  if (channels < 1 || channels > 8 || (!hasTable && channels > 2) || (hasTable && head.length < 21 + channels))
    return null;
  const streamCount = hasTable ? (head[19] as number) : 1;
  const coupledStreamCount = hasTable ? (head[20] as number) : channels - 1;
  const channelMappingTable = hasTable
    ? [...head.subarray(21, 21 + channels)]
    : Array.from({ length: channels }, (_, i) => i);
  const decoder = new OpusDecoder({ channels, streamCount, coupledStreamCount, channelMappingTable, preSkip });
  await decoder.ready;
  let headersLeft = 2;
  return {
    async decode({ packets }) {
      const skipped = Math.min(headersLeft, packets.length);
      headersLeft -= skipped;
      return decoder.decodeFrames(packets.slice(skipped) as Uint8Array[]);
    },
    flush: async () => null,
    close: () => decoder.free(),
  };
}
