import { expect, test } from '@jest/globals';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import { Turnstile } from '../../../src/lib/turnstile.ts';

const turns = () => new Promise((resolve) => setImmediate(resolve));

test('so many at a time, the others in the order of their coming, whatever becomes of those before them', async () => {
  const turnstile = new Turnstile(2);
  const begun: Deferred<number>[] = [];
  const results = [0, 1, 2, 3].map((index) =>
    turnstile.pass(() => {
      begun[index] = deferred<number>();
      return (begun[index] as Deferred<number>).promise;
    }),
  );
  for (const result of results) result.catch(() => undefined);
  await turns();
  expect(begun).toHaveLength(2);
  begun[1]?.reject(new Error('one'));
  await turns();
  expect(begun).toHaveLength(3);
  begun[0]?.resolve(0);
  await turns();
  expect(begun).toHaveLength(4);
  begun[2]?.resolve(2);
  begun[3]?.resolve(3);
  await expect(results[1]).rejects.toThrow('one');
  expect(await Promise.all([results[0], results[2], results[3]])).toEqual([0, 2, 3]);
  // All have left: the next one need not wait.
  let isInside = false;
  await turnstile.pass(async () => {
    isInside = true;
  });
  expect(isInside).toBe(true);
});
