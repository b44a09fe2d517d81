import { describe, expect, test } from '@jest/globals';
import type { WaitingEntry } from '../../../src/core/queue/line.ts';
import { FAULTS_MAX, moduleStrategy } from '../../../src/strategies/module-strategy.ts';
import { callWithin } from '../../../src/strategies/timed-call.ts';
import type { CallerView, MemberView, UserStrategy } from '../../../src/strategies/views.ts';
import { match, pairs } from '../../support/matching.ts';
import { extension, member, missedBy, NOW_MS, queueSettings, waiting } from '../../support/queue-people.ts';

const members = [
  member('1000', { lastHangupAtMs: 3, extension: extension('1000', { skills: { english: 90 }, name: 'Ann' }) }),
  member('1001', { lastHangupAtMs: 2, penalty: 1 }),
  member('1002', { lastHangupAtMs: 1 }),
];
/** Whom leastrecent rings. */
const FALLBACK = ['a>1002'];

/** Uses a module in a queue, and what was said of it. */
function used(order: UserStrategy['order'], { limitMs = 5_000 } = {}) {
  const faults: string[] = [];
  const strategy = moduleStrategy({
    name: 'mine',
    module: { order },
    limitMs,
    onFault: (reason, isLast) => faults.push(isLast ? `${reason}, the last` : reason),
  });
  const ring = (callers: readonly WaitingEntry[] = [waiting('a')], free = members) =>
    pairs(
      match([{ settings: queueSettings(), waiting: callers, members: free }], NOW_MS, { strategyOf: () => strategy }),
    );
  return { ring, faults };
}

describe('A module', () => {
  test.each([
    ['extensions', (all: readonly MemberView[]) => all.map((each) => each.extension)],
    ['interfaces', (all: readonly MemberView[]) => all.map((each) => each.interface)],
    ['the members themselves', (all: readonly MemberView[]) => [...all]],
  ])('names in order: %s', (_, named) => {
    const { ring, faults } = used((all) => named(all.filter((each) => each.extension === '1001')));
    expect(ring()).toEqual(['a>1001']);
    expect(faults).toEqual([]);
  });

  test('is told of members and caller in plain data that can not be changed', () => {
    const seen: { members: readonly MemberView[]; caller: CallerView }[] = [];
    const { ring, faults } = used((all, caller) => {
      seen.push({ members: all, caller });
      return all;
    });
    ring([waiting('a', { priority: 2, needs: { english: 0 }, missed: missedBy(['1002', NOW_MS - 60_000]) })]);
    expect(faults).toEqual([]);
    const [first] = seen;
    expect(first?.caller).toEqual({ priority: 2, joinedAt: NOW_MS - 1_000, now: NOW_MS, needs: { english: 0 } });
    expect(first?.members.find((each) => each.extension === '1000')).toEqual({
      extension: '1000',
      interface: 'PJSIP/1000',
      name: 'Ann',
      penalty: 0,
      position: 0,
      skills: { english: 90 },
      loggedInAt: 0,
      lastCallEndedAt: 3,
      calls: 0,
      callsNow: 0,
      missedAt: null,
    });
    expect(first?.members.find((each) => each.extension === '1002')?.missedAt).toBe(NOW_MS - 60_000);
    for (const frozen of [
      first?.members,
      first?.members[0],
      first?.members[0]?.skills,
      first?.caller,
      first?.caller.needs,
    ])
      expect(Object.isFrozen(frozen)).toBe(true);
  });

  test('is not asked when nobody may be rung', () => {
    const { ring, faults } = used(() => {
      throw new Error('asked');
    });
    expect(ring([waiting('a')], [])).toEqual([]);
    expect(ring([waiting('a', { missed: missedBy(['1000', NOW_MS]) })], members.slice(0, 1))).toEqual([]);
    expect(faults).toEqual([]);
  });
});

describe('A module that fails costs one decision, and leastrecent makes it: it', () => {
  test.each<[string, UserStrategy['order'], string]>([
    [
      'throws',
      () => {
        throw new Error('no idea');
      },
      'no idea',
    ],
    [
      'throws nothing to speak of',
      () => {
        throw null;
      },
      'null',
    ],
    [
      'throws a text of a megabyte',
      () => {
        throw 'x'.repeat(1_000_000);
      },
      `${'x'.repeat(200)}…`,
    ],
    ['returns nothing', () => undefined, 'order() did not return an array'],
    ['returns a promise', async () => ['1000'], 'order() did not return an array'],
    ['returns a text', () => '1000', 'order() did not return an array'],
    ['names nobody', () => [], 'order() named nobody, though members may be rung'],
    [
      'names a member who is not there',
      () => ['4711', null, 5],
      'order() named nobody who may be rung, but 4711, null, 5',
    ],
    [
      'names things that are no texts',
      () => [
        {
          extension: {
            toString: () => {
              throw new Error('mine');
            },
          },
        },
      ],
      'mine',
    ],
  ])('%s', (_, order, reason) => {
    const { ring, faults } = used(order);
    expect(ring()).toEqual(FALLBACK);
    expect(faults).toEqual([reason]);
  });

  test('does not come back', () => {
    const { ring, faults } = used(
      () => {
        for (;;);
      },
      { limitMs: 50 },
    );
    expect(ring()).toEqual(FALLBACK);
    expect(faults).toEqual(['order() did not come back within 50 ms']);
  });

  test('hands out a list that never ends', () => {
    const endless = new Proxy<string[]>([], { get: (_, key) => (key === 'length' ? 2 ** 53 - 1 : 'x') });
    const { ring, faults } = used(() => endless, { limitMs: 50 });
    expect(ring()).toEqual(FALLBACK);
    expect(faults).toHaveLength(1);
  });

  test('changes what it was handed', () => {
    const { ring, faults } = used((all) => {
      (all as MemberView[]).pop();
      return all;
    });
    expect(ring()).toEqual(FALLBACK);
    expect(faults).toEqual([expect.stringContaining('Cannot delete property')]);
  });

  test('names an unknown member first: that name is passed over', () => {
    const { ring, faults } = used(() => ['4711', '1001']);
    expect(ring()).toEqual(['a>1001']);
    expect(faults).toEqual([]);
  });
});

describe('Faults in a row', () => {
  test('end its use; a decision that went well begins the count anew', () => {
    let asked = 0;
    const { ring, faults } = used((all) => {
      asked++;
      if (asked === 2) return all;
      throw new Error('no idea');
    });
    for (let call = 0; call < 10; call++) ring();
    expect(asked).toBe(2 + FAULTS_MAX);
    expect(faults).toEqual(['no idea', 'no idea', 'no idea', 'no idea, the last']);
    expect(ring()).toEqual(FALLBACK);
  });
});

describe('callWithin', () => {
  test('hands back what the call returned, and throws what it threw', () => {
    expect(callWithin(1_000, () => 5)).toBe(5);
    const error = new RangeError('mine');
    expect(() =>
      callWithin(1_000, () => {
        throw error;
      }),
    ).toThrow(error);
  });

  test('calls once more when the process stood still, and not when the call was busy all the time', () => {
    const bell = new Int32Array(new SharedArrayBuffer(4));
    let asked = 0;
    const standsStillAtFirst = () => {
      asked++;
      // Nobody rings it: the time passes, and no processor is used.
      if (asked === 1) Atomics.wait(bell, 0, 0, 10_000);
      return asked;
    };
    expect(callWithin(500, standsStillAtFirst)).toBe(2);
    let begun = 0;
    const isBusy = () => {
      begun++;
      for (;;);
    };
    expect(() => callWithin(200, isBusy)).toThrow('timed out');
    expect(begun).toBeLessThanOrEqual(2);
  });
});
