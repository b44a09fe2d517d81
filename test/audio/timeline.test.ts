import { describe, expect, test } from '@jest/globals';
import { type Pcm, silence } from '../support/audio/pcm.ts';
import { Timeline } from '../support/audio/timeline.ts';

// Pieces of 20 ms, each with a value of its own, so that every sample tells which piece it is from.
function pieces(count: number): Pcm[] {
  return Array.from({ length: count }, (_, index) => ({
    sampleRate: 8000,
    samples: silence(20).samples.fill((index + 1) / 100),
  }));
}

// The value at a moment: the number of the piece that is heard there, 0 for silence.
function heardAt(timeline: Timeline, ms: number): number {
  const { samples } = timeline.heard(10_000, 20_000);
  return Math.round((samples[ms * 8] ?? 0) * 100);
}

describe('sound that comes in pieces', () => {
  test('is joined without a seam whatever the jitter', () => {
    const timeline = new Timeline();
    for (const [index, piece] of pieces(30).entries())
      timeline.add('call', piece, 10_120 + index * 20 + ((index * 7919) % 90));
    const { samples } = timeline.heard(10_000, 20_000);
    const first = samples.findIndex((sample) => sample !== 0);
    expect(samples.length - first).toBe(30 * 160);
    expect([...samples.subarray(first)].includes(0)).toBe(false);
  });

  test('has silence where nothing came for more than 200 ms', () => {
    const timeline = new Timeline();
    for (const [index, piece] of pieces(20).entries())
      timeline.add('call', piece, 10_020 + index * 20 + (index < 10 ? 0 : 1000));
    expect([0, 190, 210, 1190, 1210].map((ms) => heardAt(timeline, ms))).toEqual([1, 10, 0, 0, 11]);
  });

  test('has none where the machine stood still and everything came at once afterwards', () => {
    const timeline = new Timeline();
    // Pieces 10 to 34 come together, half a second late, then all goes on as before.
    for (const [index, piece] of pieces(60).entries())
      timeline.add('call', piece, 10_020 + Math.max(index, index < 10 || index > 34 ? 0 : 34) * 20);
    expect([0, 190, 210, 690, 710, 1190].map((ms) => heardAt(timeline, ms))).toEqual([1, 10, 11, 35, 36, 60]);
  });

  test('has none when those who listen are busy: every piece is late, now more, now less, until the last one', () => {
    const timeline = new Timeline();
    const lateMs = [0, 400, 100, 350, 90, 340];
    for (const [index, piece] of pieces(61).entries())
      timeline.add('call', piece, 10_020 + index * 20 + (index === 60 ? 0 : (lateMs[index % 6] ?? 0)));
    expect([0, 190, 210, 690, 710, 1210].map((ms) => heardAt(timeline, ms))).toEqual([1, 10, 11, 35, 36, 61]);
  });

  test('of two calls at the same time is mixed, and each keeps its place', () => {
    const timeline = new Timeline();
    for (const [index, piece] of pieces(20).entries()) {
      timeline.add('one', piece, 10_020 + index * 20);
      timeline.add('two', piece, 10_620 + index * 20);
    }
    expect([10, 390, 500, 610, 990].map((ms) => heardAt(timeline, ms))).toEqual([1, 20, 0, 1, 20]);
  });

  test('has no pauses when it is joined, and every place in it still tells when it was heard', () => {
    const timeline = new Timeline();
    for (const [index, piece] of pieces(20).entries())
      timeline.add('call', piece, 10_120 + index * 20 + (index < 10 ? 0 : 1000));
    const joined = timeline.joined(10_000, 20_000);
    expect(joined.pcm.samples).toHaveLength(20 * 160);
    expect([0, 199, 200, 399].map((ms) => joined.pcm.samples[ms * 8])).toEqual(
      [0.01, 0.1, 0.11, 0.2].map((value) => Math.fround(value)),
    );
    expect([0, 199, 200, 399].map((ms) => joined.heardMs(ms))).toEqual([100, 299, 1300, 1499]);
    expect([0, 100, 299, 800, 1300, 1499].map((ms) => joined.placeMs(ms))).toEqual([0, 0, 199, 200, 200, 399]);
    expect(timeline.joined(10_150, 11_350).pcm.samples).toHaveLength(200 * 8);
  });

  test('may be led by silence, and every place tells as before when it was heard', () => {
    const timeline = new Timeline();
    for (const [index, piece] of pieces(10).entries()) timeline.add('call', piece, 10_520 + index * 20);
    const led = timeline.joined(10_000, 20_000).led(300);
    expect(led.pcm.samples).toHaveLength((300 + 200) * 8);
    expect([0, 299, 300, 499].map((ms) => led.pcm.samples[ms * 8])).toEqual(
      [0, 0, 0.01, 0.1].map((value) => Math.fround(value)),
    );
    expect([0, 300, 499].map((ms) => led.heardMs(ms))).toEqual([200, 500, 699]);
    expect([0, 200, 500, 699].map((ms) => led.placeMs(ms))).toEqual([0, 0, 300, 499]);
  });

  test('of a stream that begins anew is joined with the one before', () => {
    const timeline = new Timeline();
    for (const [index, piece] of pieces(20).entries())
      timeline.add(index < 10 ? 'one' : 'two', piece, 10_020 + index * 20 + (index < 10 ? 0 : 1000));
    const { samples } = timeline.joined(10_000, 20_000).pcm;
    expect([0, 199, 200, 399].map((ms) => Math.round((samples[ms * 8] ?? 0) * 100))).toEqual([1, 10, 11, 20]);
  });
});
