import { describe, expect, test } from '@jest/globals';
import { KeyWatch, TONES } from '../../bench/programme/key-watch.ts';
import { toMulaw } from '../../support/audio/pcm.ts';

const PHONE = 40_000;
const KEY_MS = 2_000;
const LENGTH_MS = 6_000;

/** What a phone hears: each tone with its level at a time, in packets of 20 ms; and an end packet of key 3. */
function watched(levels: (ms: number) => readonly number[]): KeyWatch {
  const watch = new KeyWatch([PHONE]);
  const packet = { fromPort: 1, toPort: PHONE, sequence: 0, timestamp: 0, ssrc: 7, payloadType: 0 };
  for (let atMs = 0; atMs < LENGTH_MS; atMs += 20) {
    const payload = Buffer.from(
      Array.from({ length: 160 }, (_, index) => {
        const at = atMs * 8 + index;
        const gains = levels(at / 8);
        return toMulaw(
          TONES.reduce((sum, hz, tone) => sum + (gains[tone] ?? 0) * Math.sin((2 * Math.PI * hz * at) / 8000), 0),
        );
      }),
    );
    watch.take({ ...packet, atMs, payload });
    // The end of the key, sent three times.
    if (atMs === KEY_MS)
      for (const _ of [1, 2, 3])
        watch.take({
          ...packet,
          fromPort: PHONE,
          toPort: 1,
          atMs,
          timestamp: 5,
          payloadType: 96,
          payload: Buffer.from([3, 0x8a, 3, 192]),
        });
  }
  return watch;
}

describe('a key in captured sound', () => {
  test('is timed to the old tune 3 dB down and the new one audible, to 20 ms', () => {
    const watch = watched((ms) =>
      [ms < KEY_MS + 250 ? 0.3 : 0.2, ms < KEY_MS + 600 ? 0 : 0.3].map((gain, tone) =>
        tone === 0 && ms > KEY_MS + 1500 ? 0 : gain,
      ),
    );
    const [times, ...more] = watch.times();
    expect(more).toEqual([]);
    expect(times?.oldDownMs).toBeGreaterThan(250);
    expect(times?.oldDownMs).toBeLessThanOrEqual(270);
    expect(times?.newAudibleMs).toBeGreaterThanOrEqual(600);
    expect(times?.newAudibleMs).toBeLessThanOrEqual(620);
  });

  test('that leads to no other tune has no time', () => {
    expect(watched(() => [0.3]).times()).toEqual([]);
  });

  test('after which nothing is heard has no time', () => {
    expect(watched((ms) => [ms < KEY_MS + 300 ? 0.3 : 0]).times()).toEqual([]);
  });
});
