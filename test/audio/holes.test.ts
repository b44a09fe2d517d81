import { describe, expect, test } from '@jest/globals';
import { concat } from '../support/audio/pcm.ts';
import { holes, longestOwnPauseMs, type Sent } from '../support/e2e/hearing.ts';
import { tone } from '../support/e2e/tone-class.ts';
import { lostMs } from '../support/media/own-beat.ts';

const BEGAN_MS = 1_800_000_000_000;
const LOOK = { minimumMs: 100, thresholdDbfs: -40 };

/** A second of a tone, 400 ms of nothing, a second of the tone; Asterisk stood still for 400 ms until `stoodMs` of it. */
function sent(stoodMs: number | null): Sent {
  const [second, silence] = [tone(400, 1), { sampleRate: 16_000, samples: new Float32Array(6_400) }];
  const packet = (ms: number) => ({
    ...{ atMs: BEGAN_MS + ms, ssrc: 1, sequence: 0, timestamp: ms * 8, payloadType: 0, hasMarker: false },
    payload: Buffer.alloc(160),
  });
  const times = Array.from({ length: 50 }, (_, index) => index * 20);
  const pcm = concat(second, silence, second);
  const pauses = stoodMs === null ? [] : [{ endMs: BEGAN_MS + stoodMs, ms: 420 }];
  return {
    packets: [...times, ...times.map((ms) => ms + 1_400)].map(packet),
    ...{ pcm, sound: pcm, machine: { longestMs: 21, stoodStillMs: 0 } },
    asteriskLostMs: (fromMs, toMs) => lostMs(pauses, 20, { fromMs, toMs }),
  };
}

describe('A hole in what was sent', () => {
  test('is one when nobody listened to Asterisk’s beat', () => {
    expect(holes(sent(null), LOOK)).toEqual([{ fromMs: 1_000, toMs: 1_400 }]);
    expect(longestOwnPauseMs(sent(null))).toBe(420);
  });

  test('is none when Asterisk itself stood still for as long', () => {
    expect(holes(sent(1_400), LOOK)).toEqual([]);
    expect(longestOwnPauseMs(sent(1_400))).toBe(20);
  });

  test('is one when Asterisk stood still at another time', () => {
    expect(holes(sent(2_200), LOOK)).toEqual([{ fromMs: 1_000, toMs: 1_400 }]);
    expect(longestOwnPauseMs(sent(2_200))).toBe(420);
  });
});
