import { describe, expect, test } from '@jest/globals';
import { commentTitle, OggReader } from '../../../stasis/media/stream/ogg-reader.ts';
import { fc } from '../../support/property.ts';

function crc(page: Buffer): number {
  let value = 0;
  for (const byte of page) {
    value ^= byte << 24;
    for (let bit = 0; bit < 8; bit += 1) value = value < 0 ? (value << 1) ^ 0x04c11db7 : value << 1;
  }
  return value >>> 0;
}

/** A page with these packets; the last goes on in the next page when it is 255 bytes long to the segment. */
function page(packets: readonly Buffer[], { flags = 0, serial = 7 } = {}): Buffer {
  const lacing = packets.flatMap((packet) => [
    ...Array(Math.floor(packet.length / 255)).fill(255),
    packet.length % 255,
  ]);
  const header = Buffer.alloc(27);
  header.write('OggS', 0, 'latin1');
  header[5] = flags;
  header.writeUInt32LE(serial, 14);
  header[26] = lacing.length;
  const whole = Buffer.concat([header, Buffer.from(lacing), ...packets]);
  whole.writeUInt32LE(crc(whole), 22);
  return whole;
}

function read(bytes: Buffer, cut: number): { packets: Buffer[]; lost: number } {
  const reader = new OggReader();
  const packets: Buffer[] = [];
  for (let from = 0; from < bytes.length; from += cut) {
    for (const found of reader.pages(bytes.subarray(from, from + cut)))
      packets.push(...found.packets.map((each) => Buffer.from(each)));
  }
  return { packets, lost: reader.lost };
}

const packetsArbitrary = fc.array(
  fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes)),
  { minLength: 1, maxLength: 6 },
);

describe('Ogg pages', () => {
  test('give their packets, however the bytes are cut, and whatever stands between them', () => {
    const property = fc.property(
      packetsArbitrary,
      packetsArbitrary,
      fc.integer({ min: 1, max: 900 }),
      (one, two, cut) => {
        const stream = Buffer.concat([page(one), Buffer.from('OggX noise Ogg'), page(two)]);
        expect(read(stream, cut)).toEqual({ packets: [...one, ...two], lost: 14 });
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  test('that are damaged are passed over', () => {
    const damaged = page([Buffer.from('two')]);
    damaged[29] = 0x58;
    const { packets } = read(Buffer.concat([page([Buffer.from('one')]), damaged, page([Buffer.from('three')])]), 10);
    expect(packets.map(String)).toEqual(['one', 'three']);
  });

  test('of nothing but noise are none', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 3000 }), (noise) => {
      expect(read(Buffer.from(noise), 100).packets).toEqual([]);
    });
    fc.assert(property);
  });
});

function comments(mark: string, fields: readonly string[]): Buffer {
  const sized = (text: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(Buffer.byteLength(text));
    return Buffer.concat([length, Buffer.from(text)]);
  };
  const count = Buffer.alloc(4);
  count.writeUInt32LE(fields.length);
  return Buffer.concat([Buffer.from(mark, 'latin1'), sized('encoder'), count, ...fields.map(sized)]);
}

describe('Comments', () => {
  test.each([
    ['\x03vorbis', ['ARTIST=João', 'TITLE=Chega=de Saudade'], 'João - Chega=de Saudade'],
    ['OpusTags', ['title=Solo'], 'Solo'],
    ['OpusTags', ['genre=x', 'novalue'], ''],
  ])('%j %j', (mark, fields, title) => {
    expect(commentTitle(comments(mark, fields))).toBe(title);
  });

  test('are not looked for in other packets', () => {
    expect(commentTitle(Buffer.from('\x05vorbis', 'latin1'))).toBeUndefined();
  });

  test('that end before their time, or count more than there is, do no harm', () => {
    const whole = comments('OpusTags', ['ARTIST=A', 'TITLE=B']);
    for (let length = 8; length < whole.length; length += 1)
      expect(typeof commentTitle(whole.subarray(0, length))).toBe('string');
    const property = fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      expect(typeof commentTitle(Buffer.concat([Buffer.from('OpusTags'), Buffer.from(noise)]))).toBe('string');
    });
    fc.assert(property);
  });
});
