import { describe, expect, test } from '@jest/globals';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import { sideBySide } from '../../../src/lib/side-by-side.ts';

const turns = () => new Promise((resolve) => setImmediate(resolve));

describe('side by side', () => {
  test('no more than so many at a time, in their order, all in the end', async () => {
    const begun: Deferred<void>[] = [];
    let isOver = false;
    const all = sideBySide([0, 1, 2, 3, 4], 2, (item) => {
      const action = deferred<void>();
      begun[item] = action;
      return action.promise;
    }).then(() => {
      isOver = true;
    });
    for (const [index, expected] of [2, 3, 4, 5, 5].entries()) {
      await turns();
      expect([begun.length, isOver]).toEqual([expected, false]);
      begun[index]?.resolve();
    }
    await all;
  });

  test('after a failure nothing more begins', async () => {
    const done: number[] = [];
    const failing = sideBySide([1, 2, 3, 4], 1, async (item) => {
      if (item === 2) throw new Error('two');
      done.push(item);
    });
    await expect(failing).rejects.toThrow('two');
    expect(done).toEqual([1]);
  });

  test('nothing to do is done at once', async () => {
    await expect(sideBySide([], 5, () => Promise.reject(new Error('never')))).resolves.toBeUndefined();
  });
});
