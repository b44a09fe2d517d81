import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { OggVorbisDecoder } from '@wasm-audio-decoders/ogg-vorbis';
import { MPEGDecoder } from 'mpg123-decoder';
import type { AudioFile } from './audio-file.ts';
import { type Block, type Blocks, mono } from './blocks.ts';
import { oggPages } from './ogg-pages.ts';

const DAMAGED = 'is damaged';

interface Decoded {
  readonly channelData: readonly Float32Array[];
  readonly samplesDecoded: number;
  readonly sampleRate: number;
  readonly errors: readonly unknown[];
}

/** MPEG audio: MP3, and layers 1 and 2. */
export async function* mpegBlocks(file: AudioFile, from: number): Blocks {
  const decoder = new MPEGDecoder();
  await decoder.ready;
  let errors = 0;
  try {
    for (const chunk of file.chunks(from)) {
      const decoded = decoder.decode(chunk);
      errors += decoded.errors.length;
      yield* blocksOf(decoded);
    }
  } finally {
    decoder.free();
  }
  return errors === 0 ? null : DAMAGED;
}

/** FLAC, bare or in Ogg. */
export async function* flacBlocks(file: AudioFile, from: number): Blocks {
  const decoder = new FLACDecoder();
  await decoder.ready;
  let errors = 0;
  try {
    for (const chunk of file.chunks(from)) {
      const decoded = await decoder.decode(chunk);
      errors += decoded.errors.length;
      yield* blocksOf(decoded);
    }
    const rest = await decoder.flush();
    errors += rest.errors.length;
    yield* blocksOf(rest);
  } finally {
    decoder.free();
  }
  return errors === 0 ? null : DAMAGED;
}

/** Ogg Vorbis, several streams behind each other as well. */
export async function* vorbisBlocks(file: AudioFile, from: number): Blocks {
  const pages = oggPages(file, from);
  const decoder = new OggVorbisDecoder();
  await decoder.ready;
  let damaged = 0;
  try {
    for (let next = pages.next(); ; next = pages.next()) {
      if (next.done) {
        damaged += next.value;
        break;
      }
      const decoded = await decoder.decode(next.value.bytes);
      damaged += decoded.errors.length;
      yield* blocksOf(decoded);
      // Flushing makes the decoder ready for a further stream.
      if (next.value.isLast) yield* blocksOf(await decoder.flush());
    }
    yield* blocksOf(await decoder.flush());
  } finally {
    decoder.free();
  }
  return damaged === 0 ? null : DAMAGED;
}

function* blocksOf({ channelData, samplesDecoded, sampleRate }: Decoded): Generator<Block> {
  if (samplesDecoded > 0 && channelData.length > 0) yield { sampleRate, samples: mono(channelData, samplesDecoded) };
}
