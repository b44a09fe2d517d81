import type { Clock } from './clock.ts';

/** Waits for a promise, but not longer than `limitMs`: then the answer is `null` and the work goes on unattended. */
export function within<T>(clock: Clock, promise: Promise<T>, limitMs: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => resolve(null));
    promise.then(resolve, reject).finally(cancel);
  });
}
