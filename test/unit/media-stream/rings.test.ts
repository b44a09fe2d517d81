import { describe, expect, test } from '@jest/globals';
import { G711_DECODING } from '../../../src/core/programme/g711.ts';
import { RingWriter } from '../../../stasis/media/stream/ring-writer.ts';
import { createMemory, DECODED, DecodedCount, liveSound, RING_MS } from '../../../stasis/media/stream/rings.ts';

const block = (samples: number, value: number, sampleRate = 16_000) => ({
  sampleRate,
  samples: new Float32Array(samples).fill(value),
});

describe('Rings', () => {
  test('hold 30 s of each format, silent at first', () => {
    const { rings } = createMemory(['ulaw', 'alaw', 'slin', 'slin16', 'slin']);
    expect(rings.map(({ format }) => format)).toEqual(['ulaw', 'alaw', 'slin', 'slin16']);
    for (const ring of rings) {
      const sound = liveSound('radio', ring, { released: () => 8000, isPlaying: () => true });
      const rate = ring.format === 'slin16' ? 16_000 : 8000;
      expect(sound.samples).toHaveLength((RING_MS / 1000) * rate);
      expect(sound.writtenTo).toBe(rate);
      expect(sound.wire).toHaveLength(sound.samples.length * (ring.format.startsWith('slin') ? 2 : 1));
      if (ring.format === 'ulaw' || ring.format === 'alaw')
        expect(Math.abs(G711_DECODING[ring.format][sound.wire[5] as number] as number)).toBeLessThanOrEqual(8);
    }
  });

  test('stay level with each other whatever rates come, and are written round', () => {
    const memory = createMemory(['slin', 'slin16', 'ulaw']);
    const writer = new RingWriter(memory, 0);
    const count = new DecodedCount(memory);
    for (let turn = 0; turn < 40; turn += 1) {
      writer.write(block(44_100 / 2, 0.5, 44_100));
      writer.write(block(22_050 / 2, 0.5, 22_050));
      count.release(count.read());
    }
    // 40 s, less what the filters hold back and lose at 80 changes of the rate.
    expect(count.read()).toBeGreaterThan(39.4 * 8000);
    expect(count.read()).toBeLessThanOrEqual(40 * 8000);
    const [slin, slin16, ulaw] = memory.rings.map((ring) =>
      liveSound('r', ring, { released: () => count.read(), isPlaying: () => true }),
    );
    const newest = (sound: typeof slin) => sound?.samples[(sound.writtenTo - 1) % sound.samples.length] ?? 0;
    expect(Math.abs(newest(slin) - 16_384)).toBeLessThan(700);
    expect(Math.abs(newest(slin16) - 16_384)).toBeLessThan(700);
    const byte = ulaw?.wire[(ulaw.writtenTo - 1) % ulaw.wire.length] ?? 0;
    expect(Math.abs((G711_DECODING.ulaw[byte] as number) - newest(ulaw))).toBeLessThan(600);
  });

  test('leave out what would overwrite what is being heard', () => {
    const memory = createMemory(['slin']);
    const writer = new RingWriter(memory, 0);
    for (let second = 0; second < 40; second += 1) writer.write(block(16_000, 0.1));
    const decoded = new DecodedCount(memory).read();
    expect(decoded).toBeLessThanOrEqual(22.1 * 8000);
    expect(decoded).toBeGreaterThan(21.9 * 8000);
    expect(writer.overflow).toBeGreaterThan(17 * 16_000);
  });

  test('clip what is beyond full scale, and refuse a rate that no sound has', () => {
    const memory = createMemory(['slin']);
    const writer = new RingWriter(memory, 0);
    writer.write(block(16_000, 3));
    expect(new Int16Array(memory.rings[0]?.samples ?? new SharedArrayBuffer(0))[4000]).toBe(32_767);
    expect(writer.write(block(100, 0.5, 0))).toEqual([]);
    expect(writer.write(block(100, 0.5, Number.NaN))).toEqual([]);
  });
});

test('The count goes on where 32 bits end', () => {
  const memory = createMemory(['slin']);
  const words = new Uint32Array(memory.control);
  const count = new DecodedCount(memory);
  words[DECODED] = 2 ** 32 - 100;
  expect(count.read()).toBe(2 ** 32 - 100);
  words[DECODED] = 900;
  expect(count.read()).toBe(2 ** 32 + 900);
});

test('A thread that takes over writes on where the other stopped', () => {
  const memory = createMemory(['slin']);
  const first = new RingWriter(memory, 0);
  first.write(block(32_000, 0.2));
  const count = new DecodedCount(memory);
  const stopped = count.read();
  const second = new RingWriter(memory, stopped);
  second.write(block(32_000, 0.2));
  expect(count.read() - stopped).toBeGreaterThan(15_000);
});
