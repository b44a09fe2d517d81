import { expect, test } from '@jest/globals';
import { Turnstile } from '../../../db/sources/turnstile.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';

/** Everything that can go on without time passing. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Work that the test ends, with what has begun so far. */
function works(turnstile: Turnstile) {
  const begun: string[] = [];
  const doors = new Map<string, Deferred<void>>();
  const enter = (name: string, signal = new AbortController().signal) =>
    turnstile.pass(signal, async () => {
      begun.push(name);
      const door = deferred<void>();
      doors.set(name, door);
      await door.promise;
    });
  return {
    begun,
    enter,
    end: (name: string) => doors.get(name)?.resolve(),
    fail: (name: string) => doors.get(name)?.reject(new Error(name)),
  };
}

test('So many are inside at one time; the others follow in their order, also after one that failed', async () => {
  const { begun, enter, end, fail } = works(new Turnstile(2));
  const all = ['a', 'b', 'c', 'd'].map((name) => enter(name).catch((error: Error) => `failed ${error.message}`));
  await settle();
  expect(begun).toEqual(['a', 'b']);
  fail('b');
  await settle();
  expect(begun).toEqual(['a', 'b', 'c']);
  end('a');
  await settle();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  end('c');
  end('d');
  expect(await Promise.all(all)).toEqual([undefined, 'failed b', undefined, undefined]);
});

test('Who is gone while waiting takes no place, and who is gone before does not wait', async () => {
  const { begun, enter, end } = works(new Turnstile(1));
  const gone = new AbortController();
  const first = enter('a');
  const second = enter('b', gone.signal);
  const third = enter('c');
  await settle();
  gone.abort(new Error('gone'));
  await expect(second).rejects.toThrow('gone');
  await expect(enter('d', gone.signal)).rejects.toThrow('gone');
  end('a');
  await settle();
  expect(begun).toEqual(['a', 'c']);
  end('c');
  await Promise.all([first, third]);
  const last = enter('e');
  await settle();
  expect(begun).toEqual(['a', 'c', 'e']);
  end('e');
  await last;
});
