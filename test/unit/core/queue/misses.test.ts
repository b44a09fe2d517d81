import { describe, expect, test } from '@jest/globals';
import { afterMiss, type MissedMember, missPolicy, NO_MISSES } from '../../../../src/core/queue/misses.ts';
import type { QueueSettings } from '../../../../src/core/queue/settings.ts';
import { fc } from '../../../support/property.ts';
import { NOW_MS, queueSettings } from '../../../support/queue-people.ts';

const member = (changes: Partial<MissedMember> = {}): MissedMember => {
  return { misses: NO_MISSES, isPaused: false, lastHangupAtMs: null, ...changes };
};
const policy = (settings: Partial<QueueSettings>, miss: Parameters<typeof missPolicy>[1] = 'no-answer') =>
  missPolicy(queueSettings(settings), miss);
const consequence = (settings: Partial<QueueSettings>, miss?: Parameters<typeof missPolicy>[1], of = member()) =>
  afterMiss(policy(settings, miss), of, NOW_MS).consequence;

const EACH_PAUSES = { noAnswer: 1, busy: 1, rejected: 1, unavailable: 1 };

describe('autopause', () => {
  test('no: nothing follows but the count', () => {
    expect(afterMiss(policy({}), member(), NOW_MS)).toEqual({
      misses: { ...NO_MISSES, noAnswer: 1 },
      consequence: null,
    });
  });

  test('yes: who does not answer is paused in this queue (AP1), with all in every queue (AP2)', () => {
    expect(consequence({ autopause: 'yes' })).toEqual({ type: 'paused', in: 'queue' });
    expect(consequence({ autopause: 'all' })).toEqual({ type: 'paused', in: 'all' });
  });

  test.each(['busy', 'rejected', 'unreachable'] as const)(
    'a member who is %s is paused only when that is set (AP3)',
    (miss) => {
      expect(consequence({ autopause: 'yes' }, miss)).toBeNull();
      expect(consequence({ autopause: 'yes', autopauseAfter: EACH_PAUSES }, miss)).toEqual({
        type: 'paused',
        in: 'queue',
      });
    },
  );

  test('who answers without accepting has not answered', () => {
    expect(policy({ autopause: 'yes' }, 'not-accepted').kind).toBe('noAnswer');
    expect(consequence({ autopause: 'yes' }, 'not-accepted')).toEqual({ type: 'paused', in: 'queue' });
  });

  test('not within the delay after a conversation, and at once without one (AP4)', () => {
    const settings = { autopause: 'yes', autopauseDelayMs: 60_000 } as const;
    expect(consequence(settings, 'no-answer', member({ lastHangupAtMs: NOW_MS - 59_999 }))).toBeNull();
    expect(consequence(settings, 'no-answer', member({ lastHangupAtMs: NOW_MS - 60_000 }))).toMatchObject({
      type: 'paused',
    });
    expect(consequence(settings, 'no-answer')).toMatchObject({ type: 'paused' });
  });

  test('after so many of one kind in a row; another kind does not count, and a pause begins anew (AP5 as we have it)', () => {
    const settings = {
      autopause: 'yes',
      autopauseAfter: { noAnswer: 3, busy: 2, rejected: 0, unavailable: 0 },
    } as const;
    let { misses } = member();
    const told = (['no-answer', 'busy', 'no-answer', 'rejected', 'no-answer', 'busy', 'busy'] as const).map((miss) => {
      const after = afterMiss(policy(settings, miss), member({ misses }), NOW_MS);
      misses = after.misses;
      return after.consequence?.type ?? null;
    });
    expect(told).toEqual([null, null, null, null, 'paused', null, 'paused']);
    expect(misses).toEqual(NO_MISSES);
  });

  test('leaves who is paused already as they are', () => {
    expect(consequence({ autopause: 'yes' }, 'no-answer', member({ isPaused: true }))).toBeNull();
  });
});

describe('notpresent-penalty', () => {
  const settings = { notPresentPenaltyMs: 30_000 };

  test.each(['no-answer', 'not-accepted', 'unreachable'] as const)('puts aside who is not there: %s', (miss) => {
    expect(consequence(settings, miss)).toEqual({ type: 'aside', untilMs: NOW_MS + 30_000 });
  });

  test.each(['busy', 'rejected'] as const)('who is %s is there', (miss) => {
    expect(consequence(settings, miss)).toBeNull();
  });

  test('a pause goes before it', () => {
    expect(consequence({ ...settings, autopause: 'yes' })).toEqual({ type: 'paused', in: 'queue' });
  });
});

test('whatever happens, a count is never negative, grows by one at most, and without settings nothing follows', () => {
  const count = fc.nat({ max: 1_000 });
  fc.assert(
    fc.property(
      fc.record({ noAnswer: count, busy: count, rejected: count, unavailable: count }),
      fc.constantFrom('no-answer', 'busy', 'rejected', 'unreachable', 'not-accepted'),
      fc.record({ autopause: fc.constantFrom('no', 'yes', 'all'), notPresentPenaltyMs: fc.constantFrom(0, 5_000) }),
      fc.boolean(),
      (misses, miss, settings, isPaused) => {
        const after = afterMiss(policy(settings, miss), member({ misses, isPaused }), NOW_MS);
        const sum = (of: typeof misses) => Object.values(of).reduce((all, each) => all + each, 0);
        expect([0, sum(misses) + 1]).toContain(sum(after.misses));
        if (settings.autopause === 'no' && settings.notPresentPenaltyMs === 0) expect(after.consequence).toBeNull();
      },
    ),
  );
});
