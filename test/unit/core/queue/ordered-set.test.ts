import { describe, expect, test } from '@jest/globals';
import { Alarms } from '../../../../src/core/queue/alarms.ts';
import { OrderedSet } from '../../../../src/core/queue/ordered-set.ts';
import { fc } from '../../../support/property.ts';

const byValue = (a: number, b: number) => a - b;
// A fixed seed makes every run the same.
const RUN = { seed: 20_261_129, numRuns: 500 };

function filled(values: readonly number[]): OrderedSet<number> {
  const set = new OrderedSet<number>(byValue);
  for (const value of values) set.add(value);
  return set;
}

/** Additions and removals: a negative number takes its opposite away. */
const changes = fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 120 });

describe('An ordered set', () => {
  test('is level with a sorted list after any changes', () => {
    fc.assert(
      fc.property(changes, fc.integer({ min: -1, max: 45 }), (steps, probe) => {
        const set = new OrderedSet<number>(byValue);
        let list: number[] = [];
        for (const step of steps) {
          const value = Math.abs(step);
          const isThere = list.includes(value);
          if (step < 0) {
            expect(set.delete(value)).toBe(isThere);
            list = list.filter((each) => each !== value);
          } else if (!isThere) {
            set.add(value);
            list = [...list, value].sort(byValue);
          }
        }
        expect([...set]).toEqual(list);
        expect(set.size).toBe(list.length);
        expect(set.first()).toBe(list[0]);
        expect(list.map((value) => set.indexOf(value))).toEqual(list.map((_, index) => index));
        expect(set.indexOf(probe + 0.5)).toBe(list.filter((value) => value < probe + 0.5).length);
        expect(set.at(probe)).toBe(list[probe]);
        const from = Math.max(0, probe);
        expect([...set.from(from)]).toEqual(list.slice(from));
      }),
      RUN,
    );
  });

  test('stays flat though it is filled in order: ten thousand are found with few comparisons', () => {
    let comparisons = 0;
    const set = new OrderedSet<number>((a, b) => {
      comparisons++;
      return a - b;
    });
    for (let value = 0; value < 10_000; value++) set.add(value);
    comparisons = 0;
    for (let value = 0; value < 10_000; value += 100) set.indexOf(value);
    expect(comparisons / 100).toBeLessThan(45);
  });

  test('of nothing has nothing', () => {
    const set = filled([]);
    expect([set.size, set.first(), set.at(0), set.indexOf(1), set.delete(1)]).toEqual([
      0,
      undefined,
      undefined,
      0,
      false,
    ]);
  });

  test('has no item before the first or behind the last', () => {
    const set = filled([2, 1]);
    expect([set.at(-1), set.at(0), set.at(1), set.at(2)]).toEqual([undefined, 1, 2, undefined]);
  });
});

describe('Alarms', () => {
  test('come in time, the earliest first, each once', () => {
    const alarms = new Alarms<string>();
    alarms.set('b', 20);
    alarms.set('c', 30);
    alarms.set('a', 20);
    expect(alarms.nextMs).toBe(20);
    expect(alarms.takeDue(29)).toEqual(['b', 'a']);
    expect(alarms.takeDue(29)).toEqual([]);
    expect(alarms.nextMs).toBe(30);
  });

  test('are replaced and taken away', () => {
    const alarms = new Alarms<string>();
    alarms.set('a', 20);
    alarms.set('a', 40);
    alarms.set('b', 30);
    alarms.set('b', null);
    expect(alarms.takeDue(39)).toEqual([]);
    expect(alarms.takeDue(40)).toEqual(['a']);
    expect(alarms.nextMs).toBeNull();
  });
});
