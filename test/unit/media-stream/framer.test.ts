import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { adtsHeader, Framer, type HeaderReader, mpegHeader } from '../../../stasis/media/stream/framer.ts';

/** A frame with a header and a body of zeros. */
function frame(header: readonly number[], length: number): Buffer {
  const made = Buffer.alloc(length);
  made.set(header);
  return made;
}

const MP3_128 = frame([0xff, 0xfb, 0x90, 0x64], 417);
const MP3_128_PADDED = frame([0xff, 0xfb, 0x92, 0x64], 418);
const ADTS = frame([0xff, 0xf1, 0x50, 0x80, 0x2e, 0x7f, 0xfc], 371);

describe('Headers tell the length', () => {
  // By hand: 144 · bit rate / sample rate, rounded down, and a byte of padding; 72 for layer III of MPEG-2; layer I in words of four bytes.
  test.each([
    ['MPEG-1 III, 128 kbit/s, 44.1 kHz', [0xff, 0xfb, 0x90], 417],
    ['the same, padded', [0xff, 0xfb, 0x92], 418],
    ['MPEG-1 III, 320 kbit/s, 48 kHz', [0xff, 0xfb, 0xe4], 960],
    ['MPEG-2 III, 64 kbit/s, 22.05 kHz', [0xff, 0xf3, 0x80], 208],
    ['MPEG-2.5 III, 16 kbit/s, 8 kHz', [0xff, 0xe3, 0x28], 144],
    ['MPEG-1 II, 192 kbit/s, 48 kHz', [0xff, 0xfd, 0xa4], 576],
    ['MPEG-1 I, 384 kbit/s, 44.1 kHz', [0xff, 0xff, 0xc0], 416],
  ])('%s', (_what, header, length) => {
    expect(mpegHeader(Uint8Array.from([...header, 0, 0, 0]), 0)?.length).toBe(length);
  });

  test('of AAC, too', () => {
    expect(adtsHeader(ADTS, 0)?.length).toBe(371);
  });

  test.each([
    [[0xff, 0xfb, 0x00], 'free bit rate'],
    [[0xff, 0xfb, 0xf0], 'bit rate 15'],
    [[0xff, 0xfb, 0x9c], 'sample rate 3'],
    [[0xff, 0xe8, 0x90], 'version 1'],
    [[0xff, 0xf9, 0x90], 'layer 0'],
    [[0xfe, 0xfb, 0x90], 'no sync word'],
  ])('%j is none: %s', (header) => {
    expect(mpegHeader(Uint8Array.from([...header, 0, 0, 0]), 0)).toBeNull();
  });
});

describe.each<readonly [string, HeaderReader, readonly Buffer[]]>([
  ['MPEG', mpegHeader, [MP3_128, MP3_128_PADDED, MP3_128, MP3_128]],
  ['ADTS', adtsHeader, [ADTS, ADTS, ADTS, ADTS]],
])('Of %s', (_name, header, frames) => {
  test.each([1, 7, 300, 5000])('whole frames come through in pieces of %d bytes, all but the last', (cut) => {
    const framer = new Framer(header);
    const stream = Buffer.concat(frames);
    const out: Uint8Array[] = [];
    for (let from = 0; from < stream.length; from += cut) out.push(framer.frames(stream.subarray(from, from + cut)));
    expect(Buffer.concat(out)).toEqual(Buffer.concat(frames.slice(0, -1)));
  });

  test('what stands between frames, and the frame before it, are left out', () => {
    const framer = new Framer(header);
    const [one = Buffer.alloc(0), two = one, three = one] = frames;
    const out = framer.frames(Buffer.concat([one, two, Buffer.from('garbage'), three, one, two]));
    expect(Buffer.from(out)).toEqual(Buffer.concat([one, three, one]));
  });

  test('hardly anything of a megabyte of random bytes comes through', () => {
    const framer = new Framer(header);
    let length = 0;
    for (let turn = 0; turn < 512; turn += 1) length += framer.frames(randomBytes(2048)).length;
    expect(length).toBeLessThan(20_000);
  });
});
