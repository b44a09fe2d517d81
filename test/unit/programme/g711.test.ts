import { describe, expect, test } from '@jest/globals';
import { decodeG711, encodeG711, type G711Law } from '../../../src/core/programme/g711.ts';
import { fc } from '../../support/property.ts';

const LAWS = ['ulaw', 'alaw'] as const satisfies readonly G711Law[];

function encoded(law: G711Law, ...samples: number[]): number[] {
  const bytes = new Uint8Array(samples.length);
  encodeG711(law, Int16Array.from(samples), 0, samples.length, bytes, 0);
  return [...bytes];
}

function decoded(law: G711Law, ...bytes: number[]): number[] {
  const samples = new Int16Array(bytes.length);
  decodeG711(law, Uint8Array.from(bytes), 0, bytes.length, samples, 0);
  return [...samples];
}

// Decision values and outputs of the tables 1a to 2b of the recommendation, times 4 (µ-law, 14 bits) and 8 (A-law, 13 bits).
const ULAW_SEGMENTS = [
  { byte: 0xff, value: 0 },
  { byte: 0xfe, value: 8 },
  { byte: 0xef, value: 132 },
  { byte: 0xdf, value: 396 },
  { byte: 0xcf, value: 924 },
  { byte: 0xbf, value: 1980 },
  { byte: 0xaf, value: 4092 },
  { byte: 0x9f, value: 8316 },
  { byte: 0x8f, value: 16_764 },
  { byte: 0x80, value: 32_124 },
];
const ALAW_SEGMENTS = [
  { byte: 0xd5, value: 8 },
  { byte: 0xc5, value: 264 },
  { byte: 0xf5, value: 528 },
  { byte: 0xe5, value: 1056 },
  { byte: 0x95, value: 2112 },
  { byte: 0x85, value: 4224 },
  { byte: 0xb5, value: 8448 },
  { byte: 0xa5, value: 16_896 },
  { byte: 0xaa, value: 32_256 },
];

describe('G.711', () => {
  test.each(ULAW_SEGMENTS)('µ-law has $value as byte $byte, and its opposite with the highest bit off', (row) => {
    expect(decoded('ulaw', row.byte)).toEqual([row.value]);
    expect(encoded('ulaw', row.value)).toEqual([row.byte]);
    expect(decoded('ulaw', row.byte & 0x7f).map((value) => value + 0)).toEqual([0 - row.value]);
    if (row.value !== 0) expect(encoded('ulaw', -row.value)).toEqual([row.byte & 0x7f]);
  });

  test.each(ALAW_SEGMENTS)('A-law has $value as byte $byte, and its opposite with the highest bit off', (row) => {
    expect(decoded('alaw', row.byte, row.byte & 0x7f)).toEqual([row.value, -row.value]);
    expect(encoded('alaw', row.value, -row.value)).toEqual([row.byte, row.byte & 0x7f]);
  });

  test('the loudest samples are cut', () => {
    expect(encoded('ulaw', 32_767, 32_636, -32_768, -32_636)).toEqual([0x80, 0x80, 0, 0]);
    expect(encoded('alaw', 32_767, -32_768)).toEqual([0xaa, 0x2a]);
  });

  test.each(LAWS)('%s: what was decoded is encoded as the same byte, but for the negative zero', (law) => {
    for (let byte = 0; byte < 256; byte += 1) {
      const isNegativeZero = law === 'ulaw' && byte === 0x7f;
      expect(encoded(law, ...decoded(law, byte))).toEqual([isNegativeZero ? 0xff : byte]);
    }
  });

  test.each([
    { law: 'ulaw', halfStep: (value: number) => 4 << (24 - Math.clz32(Math.abs(value) + 132)), cutFrom: 32_636 },
    { law: 'alaw', halfStep: (value: number) => 8 << Math.max(0, 23 - Math.clz32(Math.abs(value))), cutFrom: 32_768 },
  ] as const)('$law: every sample keeps its value but for half a step, and its order', ({ law, halfStep, cutFrom }) => {
    const samples = Array.from({ length: 65_536 }, (_, index) => index - 32_768);
    const back = decoded(law, ...encoded(law, ...samples));
    const wrong = samples.filter((sample, index) => {
      const value = back[index] ?? Number.NaN;
      const isNear = Math.abs(sample) >= cutFrom || Math.abs(value - sample) <= halfStep(value);
      return !isNear || value < (back[index - 1] ?? -32_768);
    });
    expect(wrong).toEqual([]);
  });

  test.each(LAWS)('%s: only what was asked for is written, where it was asked for', (law) => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), fc.nat(20), (from, length, offset) => {
        const samples = Int16Array.from({ length: 60 }, (_, index) => index * 500);
        const bytes = new Uint8Array(60).fill(1);
        encodeG711(law, samples, from, length, bytes, offset);
        const wanted = encoded(law, ...samples.subarray(from, from + length));
        expect([...bytes]).toEqual([...Array(offset).fill(1), ...wanted, ...Array(60 - offset - length).fill(1)]);
        const back = new Int16Array(60).fill(7);
        decodeG711(law, bytes, offset, length, back, from);
        expect([...back.subarray(from, from + length)]).toEqual(decoded(law, ...wanted));
        expect(back.subarray(0, from).every((value) => value === 7)).toBe(true);
        expect(back.subarray(from + length).every((value) => value === 7)).toBe(true);
      }),
    );
  });
});
