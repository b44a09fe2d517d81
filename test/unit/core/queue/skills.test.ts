import { describe, expect, test } from '@jest/globals';
import { queueName } from '../../../../src/core/ids.ts';
import { meets, needsAt, readSkillNeeds, type SkillRule } from '../../../../src/core/queue/skills.ts';
import { matchmaker, matchOne, pairs } from '../../../support/matching.ts';
import { extension, member, NOW_MS, queueSettings, waiting } from '../../../support/queue-people.ts';

const rule: SkillRule = [
  { afterMs: 0, needs: { english: 50, billing: 1 } },
  { afterMs: 60_000, needs: { english: 20 } },
  { afterMs: 120_000, needs: {} },
];
const skilled = (number: string, skills: Record<string, number>, changes = {}) =>
  member(number, { extension: extension(number, { skills }), ...changes });

describe('Needs', () => {
  test('are those of the last row whose time has come', () => {
    expect(needsAt(rule, {}, 59_999)).toEqual({ needs: { english: 50, billing: 1 }, nextAfterMs: 60_000 });
    expect(needsAt(rule, {}, 60_000)).toEqual({ needs: { english: 20 }, nextAfterMs: 120_000 });
    expect(needsAt(rule, {}, 120_000)).toEqual({ needs: {}, nextAfterMs: null });
    expect(needsAt(rule.slice(1), {}, 0)).toEqual({ needs: {}, nextAfterMs: 60_000 });
    expect(needsAt([], {}, 0)).toEqual({ needs: {}, nextAfterMs: null });
  });

  test('of the call itself come on top, and relax where the rule relaxes', () => {
    const own = { english: 80, russian: 30 };
    expect(needsAt(rule, own, 0).needs).toEqual({ english: 80, billing: 1, russian: 30 });
    expect(needsAt(rule, own, 60_000).needs).toEqual({ english: 20, russian: 30 });
    expect(needsAt(rule, own, 120_000).needs).toEqual({ english: 0, russian: 30 });
    expect(needsAt(rule, { english: 10 }, 60_000).needs).toEqual({ english: 10 });
  });

  test('are met by so much or more; what is not named is 0', () => {
    expect(meets({ english: 50 }, { english: 50 })).toBe(true);
    expect(meets({ english: 49 }, { english: 50 })).toBe(false);
    expect(meets({}, { english: 1 })).toBe(false);
    expect(meets({}, { english: 0 })).toBe(true);
  });

  test('are not met by what somebody wrote into the database by mistake', () => {
    const written = JSON.parse('{"english": "90", "billing": null}');
    expect(meets(written, { english: 1 })).toBe(false);
    expect(meets(written, { billing: 1 })).toBe(false);
    expect(meets({}, { constructor: 1 })).toBe(false);
  });
});

describe('QUEUE_SKILLS', () => {
  test.each([
    ['english>=50,billing', { english: 50, billing: 1 }],
    [' english >= 50 , billing ', { english: 50, billing: 1 }],
    ['', {}],
    ['english>=101', { english: 100 }],
    ['>=5,9lives,a b,english>=-1,billing', { billing: 1 }],
    ['__proto__>=5', {}],
  ])('%j: what can not be read is passed over', (text, needs) => {
    expect(readSkillNeeds(text)).toEqual(needs);
  });

  test('asks for a limited number of skills', () => {
    const names = Array.from({ length: 30 }, (_, index) => `skill${index}`);
    expect(Object.keys(readSkillNeeds(names.join(',')))).toHaveLength(20);
  });
});

describe('A call with needs', () => {
  test('has a member who can do all of it, though others are idle longer', () => {
    const members = [
      skilled('1000', { english: 40 }),
      skilled('1001', { english: 60, billing: 5 }, { lastHangupAtMs: 5 }),
      skilled('1002', { english: 70 }),
    ];
    expect(pairs(matchOne([waiting('a', { skillRule: rule, joinedAtMs: NOW_MS })], members))).toEqual(['a>1001']);
  });

  test('waits for one and blocks nobody behind', () => {
    const line = [waiting('a', { needs: { english: 50 }, joinedAtMs: 1 }), waiting('b', { joinedAtMs: 2 })];
    expect(pairs(matchOne(line, [skilled('1000', { english: 49 })]))).toEqual(['b>1000']);
  });

  test('is looked at again exactly when the needs relax', () => {
    const made = matchmaker();
    made.setQueue(queueSettings());
    made.setMember(skilled('1000', { english: 20 }));
    made.join(queueName('support'), waiting('a', { skillRule: rule, joinedAtMs: NOW_MS }));
    expect(made.look(NOW_MS)).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 60_000 });
    expect(pairs(made.look(NOW_MS + 59_999))).toEqual([]);
    expect(pairs(made.look(NOW_MS + 60_000))).toEqual(['a>1000']);
  });

  test('has a member who learns it while the call waits', () => {
    const made = matchmaker();
    made.setQueue(queueSettings());
    made.setMember(skilled('1000', {}));
    made.join(queueName('support'), waiting('a', { needs: { english: 50 } }));
    expect(pairs(made.look(NOW_MS))).toEqual([]);
    made.setMember(skilled('1000', { english: 50 }));
    expect(pairs(made.look(NOW_MS))).toEqual(['a>1000']);
  });

  test('of whatever kind: skills that nobody asks for any more are forgotten', () => {
    const made = matchmaker();
    made.setQueue(queueSettings());
    made.setMember(skilled('1000', { level: 100 }));
    for (let level = 1; level <= 100; level++) {
      const entry = waiting(`${level}`, { needs: { level } });
      made.join(queueName('support'), entry);
      expect(pairs(made.look(NOW_MS))).toEqual([`${level}>1000`]);
      made.leave(entry.entryId);
      made.setMember(skilled('1000', { level: 100 }));
    }
  });
});
