/** A stretch of decoded sound, mono, −1 to 1. */
export interface Block {
  readonly sampleRate: number;
  readonly samples: Float32Array;
}

/** Sound as a decoder gives it; at the end what was wrong with the file, `null` when nothing. */
export type Blocks = AsyncGenerator<Block, string | null>;

/** The mean of all channels: what is on both sides keeps its level. */
export function mono(channels: readonly Float32Array[], length: number): Float32Array {
  const [first] = channels;
  if (first === undefined) return new Float32Array(0);
  if (channels.length === 1) return first.length === length ? first : first.subarray(0, length);
  const mixed = new Float32Array(length);
  for (const channel of channels) {
    for (let index = 0; index < length; index += 1) {
      mixed[index] = (mixed[index] as number) + (channel[index] as number);
    }
  }
  for (let index = 0; index < length; index += 1) mixed[index] = (mixed[index] as number) / channels.length;
  return mixed;
}
