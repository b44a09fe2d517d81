import { expect } from '@jest/globals';
import { silences } from '../audio/levels.ts';
import { longestPauseMs } from '../audio/rtp.ts';
import type { Call } from '../phones/call.ts';
import { SentAudio } from './hearing.ts';

/** What callers who wait are sent for a time: it has no hole in it. */
export class UnbrokenMusic {
  /** Captures that a test which has failed did not end. */
  readonly #captures = new Set<SentAudio>();

  /** From now on; the returned function ends it and looks. */
  async begin(call: Call): Promise<() => Promise<void>> {
    const sent = await SentAudio.begin(call);
    this.#captures.add(sent);
    return async () => {
      this.#captures.delete(sent);
      const { packets, pcm } = await sent.end();
      expect(silences(pcm, { minimumMs: 100, thresholdDbfs: -40 })).toEqual([]);
      expect(longestPauseMs(packets)).toBeLessThan(500);
    };
  }

  /** After a test. */
  async end(): Promise<void> {
    for (const sent of this.#captures) await sent.end();
    this.#captures.clear();
  }
}
