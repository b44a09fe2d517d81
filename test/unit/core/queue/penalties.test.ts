import { describe, expect, test } from '@jest/globals';
import {
  limitsAt,
  PENALTY_MAX,
  type PenaltyChange,
  type PenaltyLimits,
  type PenaltyRule,
  penaltyFor,
  readPenaltyLimits,
  UNLIMITED,
} from '../../../../src/core/queue/penalty-rules.ts';
import { matchmaker, matchOne, pairs } from '../../../support/matching.ts';
import { fc } from '../../../support/property.ts';
import { member, NOW_MS, queueSettings, waiting } from '../../../support/queue-people.ts';

const limits = (changes: Partial<PenaltyLimits>): PenaltyLimits => ({ ...UNLIMITED, ...changes });
const set = (value: number): PenaltyChange => ({ type: 'set', value });
const add = (value: number): PenaltyChange => ({ type: 'add', value });
const row = (afterMs: number, changes: Partial<PenaltyRule[number]>) => ({
  afterMs,
  min: null,
  max: null,
  raise: null,
  ...changes,
});

const members = [0, 1, 2, 3, 5, 6].map((penalty) => member(`100${penalty}`, { penalty }));

/** Who could be rung for a caller with these limits, by penalty. */
function candidates(of: PenaltyLimits, strategy: string): number[] {
  const callers = members.map((_, index) => waiting(`${index}`, { limits: of, joinedAtMs: index }));
  const { proposals } = matchOne(callers, members, { strategy });
  return proposals.flatMap(({ extensions }) => extensions.map((number) => Number(number) - 1000)).sort((a, b) => a - b);
}

describe('Penalty limits', () => {
  test.each(['leastrecent', 'ringall', 'rrmemory', 'rrordered', 'fewestcalls', 'random', 'wrandom', 'linear'])(
    'P1: with 2 to 5 only members of those penalties are candidates, in %s too',
    (strategy) => {
      expect(candidates(limits({ min: 2, max: 5 }), strategy)).toEqual([2, 3, 5]);
    },
  );

  test('P2: members below the raised penalty count as it', () => {
    const callers = [waiting('a', { limits: limits({ raise: 4 }) })];
    const longestIdle = [
      member('1000', { penalty: 0, lastHangupAtMs: 3 }),
      member('1003', { penalty: 3, lastHangupAtMs: 2 }),
    ];
    expect(pairs(matchOne(callers, [...longestIdle, member('1005', { penalty: 5, lastHangupAtMs: 1 })]))).toEqual([
      'a>1003',
    ]);
    expect(penaltyFor(3, limits({ raise: 4 }))).toBe(4);
    expect(penaltyFor(5, limits({ raise: 4 }))).toBe(5);
  });

  test('P2: so they come into the window from below; with r4 they stay out', () => {
    expect(candidates(limits({ min: 2, raise: 4 }), 'leastrecent')).toEqual([0, 1, 2, 3, 5, 6]);
    expect(candidates(limits({ min: 2, raise: 4, raiseKeepsMin: true }), 'leastrecent')).toEqual([2, 3, 5, 6]);
  });

  test('P4, difference 6: a caller outside of whose limits all free members are blocks nobody behind', () => {
    const first = waiting('first', { joinedAtMs: 0, limits: limits({ min: 9 }) });
    expect(pairs(matchOne([first, waiting('second')], members))).toEqual(['second>1000']);
  });

  test.each([
    [
      { min: '2', max: ' 5 ', raise: '4' },
      { min: 2, max: 5, raise: 4 },
    ],
    [{ raise: 'r4' }, { min: null, max: null, raise: 4, raiseKeepsMin: true }],
    [{}, UNLIMITED],
    [{ min: '', max: 'high', raise: 'r' }, UNLIMITED],
    [{ max: '1.5', raise: '0x4' }, UNLIMITED],
    [{ min: '-1' }, { ...UNLIMITED, min: 0 }],
    [{ min: '2147483648' }, { ...UNLIMITED, min: PENALTY_MAX }],
    [{ max: '9'.repeat(21) }, UNLIMITED],
  ])('are read from channel variables %j', (written, expected) => {
    expect(readPenaltyLimits(written)).toEqual(expected);
  });
});

describe('P3: a rule over time', () => {
  const rule = [row(30_000, { max: add(2), min: set(1), raise: add(-3) }), row(60_000, { max: set(20), min: add(99) })];

  test('changes limits from exactly its time on, row after row', () => {
    const atEntry = limits({ min: 0, max: 3, raise: 2 });
    expect(limitsAt(atEntry, rule, 29_999)).toEqual({ limits: atEntry, nextAfterMs: 30_000 });
    expect(limitsAt(atEntry, rule, 30_000)).toEqual({
      limits: limits({ min: 1, max: 5, raise: 0 }),
      nextAfterMs: 60_000,
    });
    expect(limitsAt(atEntry, rule, 60_000)).toEqual({
      limits: limits({ min: 20, max: 20, raise: 0 }),
      nextAfterMs: null,
    });
  });

  test('changes only what was set at entry', () => {
    expect(limitsAt(UNLIMITED, rule, 90_000).limits).toEqual(UNLIMITED);
    expect(limitsAt(limits({ max: 3 }), rule, 30_000).limits).toEqual(limits({ max: 5 }));
  });

  test('keeps r: members below the least stay out', () => {
    const atEntry = limits({ min: 2, raise: 4, raiseKeepsMin: true });
    expect(limitsAt(atEntry, [row(1, { raise: add(1) })], 1).limits).toEqual({ ...atEntry, raise: 5 });
  });

  test('whatever its numbers are: never below 0, never least or raised above the greatest', () => {
    const change = fc.option(
      fc.record({
        type: fc.constantFrom('set' as const, 'add' as const),
        value: fc.integer({ min: -3_000_000_000, max: 3_000_000_000 }),
      }),
    );
    const rows = fc.array(fc.record({ afterMs: fc.nat(100), min: change, max: change, raise: change }), {
      maxLength: 5,
    });
    const limit = fc.option(fc.integer({ min: 0, max: PENALTY_MAX }));
    fc.assert(
      fc.property(rows, fc.record({ min: limit, max: limit, raise: limit }), (anyRows, atEntry) => {
        const { min, max, raise } = limitsAt(atEntry, anyRows, 100).limits;
        for (const value of [min, max, raise]) {
          expect(value === null || (value >= 0 && value <= PENALTY_MAX)).toBe(true);
          expect(value === null || max === null || value <= max).toBe(true);
        }
      }),
      { seed: 20_261_129 },
    );
  });

  test('is looked at again exactly when its row counts', () => {
    const caller = waiting('a', {
      joinedAtMs: NOW_MS,
      limits: limits({ max: 0 }),
      penaltyRule: [row(30_000, { max: add(1) })],
    });
    const made = matchmaker();
    made.setQueue(queueSettings());
    made.setMember(member('1001', { penalty: 1 }));
    made.join(queueSettings().name, caller);
    expect(made.look(NOW_MS)).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 30_000 });
    expect(pairs(made.look(NOW_MS + 29_999))).toEqual([]);
    expect(pairs(made.look(NOW_MS + 30_000))).toEqual(['a>1001']);
  });
});
