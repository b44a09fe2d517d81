import { expect, test } from '@jest/globals';
import { IcyDemuxer } from '../../../stasis/media/stream/icy.ts';
import { fc } from '../../support/property.ts';
import { withTitle } from '../../support/stream/fake-station.ts';

function demux(pieces: readonly Uint8Array[], interval: number): { sound: Buffer; titles: (string | null)[] } {
  const titles: (string | null)[] = [];
  const demuxer = new IcyDemuxer(interval, (title) => titles.push(title));
  const sound = Buffer.concat(pieces.flatMap((piece) => [...demuxer.sound(piece)]));
  return { sound, titles };
}

test('Sound and titles come apart, however the bytes are cut', () => {
  const property = fc.property(
    fc.uint8Array({ minLength: 1, maxLength: 400 }),
    fc.integer({ min: 1, max: 60 }),
    fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 40 }),
    (sound, interval, cuts) => {
      const stream = withTitle(Buffer.from(sound), interval, 'Jobim');
      const pieces: Buffer[] = [];
      for (let from = 0, cut = 0; from < stream.length; cut += 1) {
        const length = cuts[cut % cuts.length] as number;
        pieces.push(stream.subarray(from, from + length));
        from += length;
      }
      const found = demux(pieces, interval);
      expect(found.sound).toEqual(Buffer.from(sound));
      expect(found.titles).toEqual(sound.length >= interval ? ['Jobim'] : []);
    },
  );
  fc.assert(property, { numRuns: 300 });
});

test('Interval 0 is sound alone', () => {
  expect(demux([Buffer.from("StreamTitle='x';")], 0)).toEqual({ sound: Buffer.from("StreamTitle='x';"), titles: [] });
});

test.each([
  ["StreamTitle='It's a new day';StreamUrl='';", "It's a new day"],
  ["StreamTitle='';", null],
  ["StreamTitle='a\u0000\u001b[31mb\nc';", 'a [31mb c'],
])('%j names %j', (text, title) => {
  const block = Buffer.alloc(1 + 16 * 4);
  block[0] = 4;
  block.write(text, 1, 'utf8');
  expect(demux([Buffer.concat([Buffer.from([1]), block])], 1).titles).toEqual([title]);
});

test('A block without a title changes none', () => {
  expect(demux([Buffer.concat([Buffer.from([1, 1]), Buffer.from("StreamUrl='abc';")])], 1).titles).toEqual([]);
});
