import { describe, expect, test } from '@jest/globals';
import { extensionNumber, queueName } from '../../../../src/core/ids.ts';
import type { Member } from '../../../../src/core/queue/availability.ts';
import type { Matchmaker } from '../../../../src/core/queue/matchmaker.ts';
import { PATIENCE_MS } from '../../../../src/core/queue/patience.ts';
import type { QueueSettings } from '../../../../src/core/queue/settings.ts';
import { matchmaker, pairs } from '../../../support/matching.ts';
import { member, NOW_MS, queueSettings, waiting } from '../../../support/queue-people.ts';

const SUPPORT = queueName('support');

/** A queue of this process and another: `early` came to the other one, before anybody here. */
function queueWith(members: readonly Member[], settings: Partial<QueueSettings> = {}): Matchmaker {
  const made = matchmaker();
  made.setQueue(queueSettings({ name: SUPPORT, ...settings }));
  for (const each of members) made.setMember({ ...each, queue: SUPPORT });
  return made;
}

const elsewhere = (name: string, changes: Partial<ReturnType<typeof waiting>> = {}) => ({
  ...waiting(name, { joinedAtMs: NOW_MS - 9_000, placedAtMs: NOW_MS - 9_000, ...changes }),
  isElsewhere: true,
});

describe('a caller whom another process serves', () => {
  test('is never proposed to a member here', () => {
    const made = queueWith([member('1000')]);
    made.join(SUPPORT, elsewhere('early'));
    expect(made.look(NOW_MS)).toEqual({ proposals: [], lookAgainAtMs: null });
  });

  test('has a place in the line like anybody', () => {
    const made = queueWith([]);
    made.join(SUPPORT, waiting('here'));
    made.join(SUPPORT, elsewhere('early'));
    expect(made.position(waiting('here').entryId)).toBe(2);
    expect([...made.line(SUPPORT)].map(({ entryId }) => entryId)).toEqual(['early', 'here']);
  });

  test('who comes first has the only member left, for a second and no longer', () => {
    const made = queueWith([member('1000')]);
    made.join(SUPPORT, elsewhere('early'));
    made.join(SUPPORT, waiting('here'));
    expect(made.look(NOW_MS)).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + PATIENCE_MS });
    expect(pairs(made.look(NOW_MS + PATIENCE_MS - 1))).toEqual([]);
    expect(pairs(made.look(NOW_MS + PATIENCE_MS))).toEqual(['here>1000']);
  });

  test('leaves the second member to whoever is next', () => {
    const made = queueWith([member('1000', { lastHangupAtMs: 1 }), member('1001', { lastHangupAtMs: 2 })]);
    made.join(SUPPORT, elsewhere('early'));
    made.join(SUPPORT, waiting('here'));
    expect(pairs(made.look(NOW_MS))).toEqual(['here>1001']);
  });

  test('who comes later holds nobody up', () => {
    const made = queueWith([member('1000')]);
    made.join(SUPPORT, waiting('here', { joinedAtMs: NOW_MS - 20_000, placedAtMs: NOW_MS - 20_000 }));
    made.join(SUPPORT, elsewhere('late'));
    expect(pairs(made.look(NOW_MS))).toEqual(['here>1000']);
  });

  test('who can have none of the members stands in nobody’s way', () => {
    const made = queueWith([member('1000')]);
    made.join(SUPPORT, elsewhere('early', { needs: { german: 50 } }));
    made.join(SUPPORT, waiting('here'));
    expect(pairs(made.look(NOW_MS))).toEqual(['here>1000']);
  });

  test('who missed the member a moment ago does not have that member kept free', () => {
    const made = queueWith([member('1000')], { retryMs: 5_000 });
    made.join(SUPPORT, elsewhere('early', { missed: new Map([[extensionNumber('1000'), NOW_MS - 1_000]]) }));
    made.join(SUPPORT, waiting('here'));
    expect(pairs(made.look(NOW_MS))).toEqual(['here>1000']);
  });

  test('for whom the other process rings now holds nobody up', () => {
    const made = queueWith([member('1000')]);
    made.join(SUPPORT, elsewhere('early'));
    made.join(SUPPORT, waiting('here'));
    made.isRungFor(elsewhere('early').entryId);
    expect(pairs(made.look(NOW_MS))).toEqual(['here>1000']);
    expect(made.position(waiting('here').entryId)).toBe(2);
  });

  test('has the next member’s time again, once the one who was left has gone', () => {
    const made = queueWith([member('1000')]);
    made.join(SUPPORT, elsewhere('early'));
    made.join(SUPPORT, waiting('here'));
    made.join(SUPPORT, waiting('next', { joinedAtMs: NOW_MS - 100, placedAtMs: NOW_MS - 100 }));
    made.look(NOW_MS);
    expect(pairs(made.look(NOW_MS + PATIENCE_MS))).toHaveLength(1);
    made.look(NOW_MS + PATIENCE_MS + 1);
    made.setMember({ ...member('1001'), queue: SUPPORT });
    expect(pairs(made.look(NOW_MS + PATIENCE_MS + 2))).toEqual([]);
    expect(pairs(made.look(NOW_MS + 2 * PATIENCE_MS + 2))).toHaveLength(1);
  });

  test('without autofill is the only one who is served, for a second', () => {
    const made = queueWith([member('1000', { lastHangupAtMs: 1 }), member('1001', { lastHangupAtMs: 2 })], {
      autofill: false,
    });
    made.join(SUPPORT, elsewhere('early'));
    made.join(SUPPORT, waiting('here'));
    expect(pairs(made.look(NOW_MS))).toEqual([]);
    expect(pairs(made.look(NOW_MS + PATIENCE_MS))).toEqual(['here>1000']);
  });

  test('of a queue that weighs more has a member of both', () => {
    const made = matchmaker();
    const sales = queueName('sales');
    made.setQueue(queueSettings({ name: SUPPORT }));
    made.setQueue(queueSettings({ name: sales, weight: 5 }));
    for (const queue of [SUPPORT, sales]) made.setMember({ ...member('1000'), queue });
    made.join(sales, elsewhere('late', { joinedAtMs: NOW_MS, placedAtMs: NOW_MS }));
    made.join(SUPPORT, waiting('here'));
    expect(pairs(made.look(NOW_MS))).toEqual([]);
    expect(pairs(made.look(NOW_MS + PATIENCE_MS))).toEqual(['here>1000']);
  });

  test('moves round robin on by being served', () => {
    const members = ['1000', '1001', '1002'].map((number, index) => member(number, { loggedInAtMs: index + 1 }));
    const made = queueWith(members, { strategy: 'rrmemory' });
    made.noteRung(SUPPORT, extensionNumber('1001'));
    made.join(SUPPORT, waiting('here'));
    expect(pairs(made.look(NOW_MS))).toEqual(['here>1002']);
  });

  test('who has left, or whose process has died, is forgotten', () => {
    const made = queueWith([member('1000')]);
    made.join(SUPPORT, elsewhere('early'));
    made.join(SUPPORT, waiting('here'));
    made.look(NOW_MS);
    made.leave(elsewhere('early').entryId);
    expect(pairs(made.look(NOW_MS + 1))).toEqual(['here>1000']);
    expect(made.position(waiting('here').entryId)).toBe(1);
  });
});
