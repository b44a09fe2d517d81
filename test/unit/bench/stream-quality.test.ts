import { describe, expect, test } from '@jest/globals';
import type { CapturedPacket } from '../../bench/programme/rtp-capture.ts';
import { QualityMeter } from '../../bench/programme/stream-quality.ts';

const PORT = 40_000;
const SECONDS_MS = 10_000;

/** A packet every 20 ms from `fromMs` on; `change` moves one, or leaves it out by answering null. */
function stream(
  change: (packet: CapturedPacket, index: number) => CapturedPacket | null = (packet) => packet,
  fromMs = 0,
): CapturedPacket[] {
  const packets: CapturedPacket[] = [];
  for (let index = 0; fromMs + index * 20 <= SECONDS_MS; index += 1) {
    // Close to where the numbers go round.
    const sequence = (65_500 + index) % 65_536;
    const timestamp = (2 ** 32 - 16_000 + index * 160) % 2 ** 32;
    const packet = { atMs: fromMs + index * 20, fromPort: 1, toPort: PORT, sequence, timestamp, ssrc: 7 };
    const changed = change({ ...packet, payloadType: 0, payload: Buffer.alloc(160) }, index);
    if (changed !== null) packets.push(changed);
  }
  return packets;
}

function qualityOf(packets: readonly CapturedPacket[], ports = [PORT]) {
  const meter = new QualityMeter({ ports, fromMs: 0, toMs: SECONDS_MS });
  for (const packet of [...packets].sort((a, b) => a.atMs - b.atMs)) meter.take(packet);
  return meter.quality();
}

describe('a captured stream', () => {
  test('that is punctual has no gap and nothing late, also when its numbers go round', () => {
    expect(qualityOf(stream())).toMatchObject({
      streams: 1,
      packets: 501,
      expected: 500,
      gapCount: 0,
      late: 0,
      lost: 0,
      skippedMs: 0,
      restarts: 0,
    });
  });

  test('that stood still for 100 ms and caught up has one gap, in which nothing is missing, and late packets', () => {
    const quality = qualityOf(
      stream((packet, index) => (index >= 100 && index < 105 ? { ...packet, atMs: 105 * 20 - 0.1 } : packet)),
    );
    expect(quality).toMatchObject({ gapCount: 1, lost: 0, skippedMs: 0 });
    expect(quality.gaps[0]).toMatchObject({ toPort: PORT, missingMs: 0 });
    expect(quality.longestMs).toBeCloseTo(120, 0);
    // They come 100, 80, 60, 40 and 20 ms late; the last of them is just within the limit.
    expect(quality.late).toBe(4);
  });

  test('whose sound was left out tells so by its timestamps', () => {
    const quality = qualityOf(
      stream((packet, index) => {
        if (index >= 100 && index < 105) return null;
        return index < 105 ? packet : { ...packet, sequence: (packet.sequence - 5 + 65_536) % 65_536 };
      }),
    );
    expect(quality).toMatchObject({ gapCount: 1, longestMs: 120, lost: 0, skippedMs: 100 });
    expect(quality.gaps[0]?.missingMs).toBe(100);
  });

  test('of which packets were lost on the way tells so by its numbers', () => {
    expect(qualityOf(stream((packet, index) => (index === 100 || index === 101 ? null : packet)))).toMatchObject({
      gapCount: 1,
      lost: 2,
      skippedMs: 0,
    });
  });

  test('that begins late or ends early has a gap there', () => {
    expect(qualityOf(stream(undefined, 500))).toMatchObject({ gapCount: 1, longestMs: 500 });
    expect(qualityOf(stream((packet) => (packet.atMs > 9_000 ? null : packet)))).toMatchObject({
      gapCount: 1,
      longestMs: 1_000,
    });
  });

  test('that never came is not counted as a stream', () => {
    expect(qualityOf(stream(), [PORT, PORT + 2]).streams).toBe(1);
  });

  test('whose clock is a thousandth slower than the capture is never late', () => {
    expect(qualityOf(stream((packet) => ({ ...packet, atMs: packet.atMs * 1.001 })))).toMatchObject({
      gapCount: 0,
      late: 0,
    });
  });

  test('that begins anew with another source is one stream', () => {
    const quality = qualityOf(
      stream((packet, index) => (index < 250 ? packet : { ...packet, ssrc: 8, timestamp: index * 160 })),
    );
    expect(quality).toMatchObject({ streams: 1, gapCount: 0, restarts: 1, lost: 0 });
  });
});
