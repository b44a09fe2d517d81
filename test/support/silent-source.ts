import { type Clock, systemClock } from '../../src/lib/clock.ts';

/**
 * The time of whoever asks a source that does not answer: their limit, known by its length, is not over before the source has been asked. A process
 * that was held up would otherwise give up before its question is on its way.
 */
export function onceAsked(limitMs: number, askedCount: () => number): Clock {
  return {
    now: () => systemClock.now(),
    after(delayMs, callback) {
      if (delayMs !== limitMs) return systemClock.after(delayMs, callback);
      const before = askedCount();
      const look = () => {
        if (askedCount() > before) callback();
        else cancel = systemClock.after(10, look);
      };
      let cancel = systemClock.after(delayMs, look);
      return () => cancel();
    },
  };
}
