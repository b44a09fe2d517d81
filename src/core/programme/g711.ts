/*
 * ITU-T G.711: 16-bit linear samples as one byte each and back, by tables that are built once. A sample becomes a value at most
 * half a step of that value's segment away; louder ones become the loudest (µ-law 32124, A-law 32256).
 */

/** The two laws, by Asterisk's names. */
export type G711Law = 'ulaw' | 'alaw';

/** A bias of 33 (132 in 16 bits) makes the borders between the segments of µ-law powers of two. */
const ULAW_BIAS = 132;
const ULAW_LOUDEST = 32_767 - ULAW_BIAS;

/** Bytes by `sample & 0xffff`. */
export const G711_ENCODING: Readonly<Record<G711Law, Uint8Array>> = {
  ulaw: Uint8Array.from({ length: 65_536 }, (_, bits) => ulawOf((bits << 16) >> 16)),
  alaw: Uint8Array.from({ length: 65_536 }, (_, bits) => alawOf((bits << 16) >> 16)),
};

/** Samples by byte. */
export const G711_DECODING: Readonly<Record<G711Law, Int16Array>> = {
  ulaw: Int16Array.from({ length: 256 }, (_, byte) => linearOfUlaw(byte)),
  alaw: Int16Array.from({ length: 256 }, (_, byte) => linearOfAlaw(byte)),
};

/** Encodes `samples[from, from + length)` into `out` at `offset`; allocates nothing. */
export function encodeG711(
  law: G711Law,
  samples: Int16Array,
  from: number,
  length: number,
  out: Uint8Array,
  offset: number,
): void {
  const table = G711_ENCODING[law];
  for (let index = 0; index < length; index += 1) {
    out[offset + index] = table[(samples[from + index] as number) & 0xffff] as number;
  }
}

/** Decodes `bytes[from, from + length)` into `out` at `offset`; allocates nothing. */
export function decodeG711(
  law: G711Law,
  bytes: Uint8Array,
  from: number,
  length: number,
  out: Int16Array,
  offset: number,
): void {
  const table = G711_DECODING[law];
  for (let index = 0; index < length; index += 1) {
    out[offset + index] = table[bytes[from + index] as number] as number;
  }
}

// Eight segments of 16 steps, each twice as wide as the one before (table 2a/G.711).
function ulawOf(sample: number): number {
  const biased = Math.min(Math.abs(sample), ULAW_LOUDEST) + ULAW_BIAS;
  const segment = 24 - Math.clz32(biased);
  const step = (biased >> (segment + 3)) & 0x0f;
  // All bits are sent inverted, so that silence has many ones.
  return ~((sample < 0 ? 0x80 : 0) | (segment << 4) | step) & 0xff;
}

function linearOfUlaw(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + ULAW_BIAS) << ((bits >> 4) & 7)) - ULAW_BIAS;
  return bits & 0x80 ? -magnitude : magnitude;
}

// Segments 0 and 1 have steps of the same width, 16; the law has no zero, so −1 is as near to −8 as 0 is to 8 (table 1a/G.711).
function alawOf(sample: number): number {
  const magnitude = sample < 0 ? ~sample : sample;
  const segment = magnitude < 256 ? 0 : 24 - Math.clz32(magnitude);
  const step = (magnitude >> (segment === 0 ? 4 : segment + 3)) & 0x0f;
  // Every second bit is sent inverted.
  return ((sample < 0 ? 0 : 0x80) | (segment << 4) | step) ^ 0x55;
}

function linearOfAlaw(byte: number): number {
  const bits = byte ^ 0x55;
  const segment = (bits >> 4) & 7;
  const middle = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? middle : (middle + 256) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}
