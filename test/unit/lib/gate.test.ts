import { describe, expect, test } from '@jest/globals';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import { Gate } from '../../../src/lib/gate.ts';

/** A gate whose answers a test gives; what has passed. */
function scene(heldMax = 10) {
  const passed: string[] = [];
  const asked: Deferred<void>[] = [];
  let isSure = true;
  const gate = new Gate<string>({
    confirm() {
      if (isSure) return undefined;
      const answer = deferred<void>();
      asked.push(answer);
      return answer.promise;
    },
    pass: (item) => passed.push(item),
    heldMax,
  });
  return { gate, passed, asked, unsure: () => (isSure = false), sure: () => (isSure = true) };
}

describe('A gate', () => {
  test('lets everything pass at once while nothing has to be asked', () => {
    const { gate, passed } = scene();
    expect([gate.take('a'), gate.take('b')]).toEqual([true, true]);
    expect(passed).toEqual(['a', 'b']);
  });

  test('asks once, holds what comes meanwhile, and lets it pass in its order', async () => {
    const { gate, passed, asked, unsure, sure } = scene();
    unsure();
    for (const item of ['a', 'b', 'c']) gate.take(item);
    expect([passed, asked.length]).toEqual([[], 1]);
    sure();
    // What comes later does not overtake what is held.
    gate.take('d');
    expect(passed).toEqual([]);
    asked[0]?.resolve();
    await asked[0]?.promise;
    expect(passed).toEqual(['a', 'b', 'c', 'd']);
    gate.take('e');
    expect(passed).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('drops everything, also what comes later, when the answer is no', async () => {
    const { gate, passed, asked, unsure, sure } = scene();
    unsure();
    gate.take('a');
    asked[0]?.reject(new Error('lost'));
    await asked[0]?.promise.catch(() => undefined);
    sure();
    expect(gate.take('b')).toBe(true);
    expect(passed).toEqual([]);
  });

  test('says when it can hold no more', () => {
    const { gate, unsure } = scene(2);
    unsure();
    expect(['a', 'b', 'c'].map((item) => gate.take(item))).toEqual([true, true, false]);
  });

  test('passes what is taken while it lets others pass behind them', async () => {
    const passed: string[] = [];
    const answer = deferred<void>();
    let isSure = false;
    const gate: Gate<string> = new Gate<string>({
      confirm: () => (isSure ? undefined : answer.promise),
      pass(item) {
        passed.push(item);
        if (item === 'a') gate.take('c');
      },
      heldMax: 10,
    });
    gate.take('a');
    gate.take('b');
    isSure = true;
    answer.resolve();
    await answer.promise;
    expect(passed).toEqual(['a', 'b', 'c']);
  });
});
