import { afterEach, beforeEach, expect } from '@jest/globals';

/** Every test of the file fails when it leaves a rejection that nobody handles. */
export function expectNoUnhandledRejections(): void {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  beforeEach(() => {
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', note);
    expect(unhandled.splice(0)).toEqual([]);
  });
}
