import { expect } from '@jest/globals';
import type { Call } from '../phones/call.ts';
import { asteriskBeat, holes, longestOwnPauseMs, SentAudio } from './hearing.ts';
import type { Site } from './site.ts';

/** What callers who wait are sent for a time: it has no hole in it. */
export class UnbrokenMusic {
  /** Captures that a test which has failed did not end. */
  readonly #captures = new Set<SentAudio>();

  /** From now on; the returned function ends it and looks. */
  async begin(site: Site, call: Call): Promise<() => Promise<void>> {
    const beat = await asteriskBeat(site);
    const sent = await SentAudio.begin(call, beat);
    this.#captures.add(sent);
    return async () => {
      this.#captures.delete(sent);
      const heard = await sent.end();
      await beat.close();
      expect(holes(heard, { minimumMs: 100, thresholdDbfs: -40 })).toEqual([]);
      // By the clock: what the whole machine stood still at most is no fault of a server.
      expect(longestOwnPauseMs(heard)).toBeLessThan(500 + heard.machine.longestMs);
    };
  }

  /** After a test. */
  async end(): Promise<void> {
    for (const sent of this.#captures) await sent.end();
    this.#captures.clear();
  }
}
