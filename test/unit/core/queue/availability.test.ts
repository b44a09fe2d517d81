import { describe, expect, test } from '@jest/globals';
import { DEVICE_STATES, type DeviceState } from '../../../../src/core/device-state.ts';
import { extensionNumber, queueName } from '../../../../src/core/ids.ts';
import { availability, type Member, OFFERS_MAX } from '../../../../src/core/queue/availability.ts';
import { isEmpty } from '../../../../src/core/queue/empty.ts';
import { UNLIMITED } from '../../../../src/core/queue/penalty-rules.ts';
import type { QueueSettings } from '../../../../src/core/queue/settings.ts';
import { match, matchmaker, matchOne, pairs } from '../../../support/matching.ts';
import { member, NOW_MS, queueSettings, waiting } from '../../../support/queue-people.ts';

const is = (changes: Partial<Member>, settings: Partial<QueueSettings> = {}) =>
  availability(member('1000', changes), queueSettings(settings), NOW_MS);

describe('A member is', () => {
  test.each([
    ['available', {}, {}],
    ['paused', { isPaused: true }, {}],
    ['reserved', { offers: 1 }, {}],
    ['aside', { asideUntilMs: NOW_MS + 1 }, {}],
    ['available', { asideUntilMs: NOW_MS }, {}],
    ['wrap-up', { lastHangupAtMs: NOW_MS - 9_999 }, { wrapUpMs: 10_000 }],
    ['available', { lastHangupAtMs: NOW_MS - 10_000 }, { wrapUpMs: 10_000 }],
  ] as const)('%s: %j', (expected, changes, settings) => {
    expect(is(changes, settings).type).toBe(expected);
  });

  test('aside until then, and found again at that very moment without anybody telling', () => {
    const made = matchmaker();
    made.setQueue(queueSettings());
    made.setMember(member('1000', { asideUntilMs: NOW_MS + 60_000 }));
    made.join(queueName('support'), waiting('a'));
    expect(made.look(NOW_MS)).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 60_000 });
    expect(pairs(made.look(NOW_MS + 60_000))).toEqual(['a>1000']);
  });
});

describe('Wrap-up', () => {
  const ended = (agoMs: number) => member('1000', { lastHangupAtMs: NOW_MS - agoMs });

  test('W1: nobody is rung before it is over, and at exactly that time', () => {
    const wrapUp = { wrapUpMs: 10_000 };
    expect(matchOne([waiting('a')], [ended(9_999)], wrapUp)).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 1 });
    expect(pairs(matchOne([waiting('a')], [ended(10_000)], wrapUp))).toEqual(['a>1000']);
  });

  test('W1: of several the earliest end is looked for', () => {
    const members = [ended(2), member('1001', { lastHangupAtMs: NOW_MS - 3 })];
    expect(matchOne([waiting('a')], members, { wrapUpMs: 10_000 }).lookAgainAtMs).toBe(NOW_MS + 9_997);
  });

  test.each([
    ['the member’s own before the queue’s', { wrapUpMs: 20_000 }, NOW_MS + 19_000],
    ['that of the queue of the last call', { lastQueueWrapUpMs: 30_000 }, NOW_MS + 29_000],
    ['the member’s own before either', { wrapUpMs: 20_000, lastQueueWrapUpMs: 30_000 }, NOW_MS + 19_000],
    ['0 of the member’s own is as the queue', { wrapUpMs: 0 }, NOW_MS + 9_000],
  ])('W2: %s', (_, changes, untilMs) => {
    const expected = { type: 'wrap-up', untilMs };
    expect(is({ lastHangupAtMs: NOW_MS - 1_000, ...changes }, { wrapUpMs: 10_000 })).toEqual(expected);
  });

  test('W3, difference 11: it is a state, with its end', () => {
    const expected = { type: 'wrap-up', untilMs: NOW_MS + 5_000 };
    expect(is({ lastHangupAtMs: NOW_MS - 5_000 }, { wrapUpMs: 10_000 })).toEqual(expected);
  });

  test.each([
    ['later than the call', NOW_MS - 1, 'available'],
    ['before the call: an older one was ended', NOW_MS - 5_001, 'wrap-up'],
  ])('W3, difference 11: ended early %s', (_, wrapUpEndedAtMs, expected) => {
    expect(is({ lastHangupAtMs: NOW_MS - 5_000, wrapUpEndedAtMs }, { wrapUpMs: 10_000 }).type).toBe(expected);
  });

  test('W4: only queue calls begin one: a phone that was in use for anything else is free at once', () => {
    expect(is({ lastHangupAtMs: null, deviceState: 'NOT_INUSE' }, { wrapUpMs: 10_000 }).type).toBe('available');
  });
});

describe('ringinuse', () => {
  const states = (settings: Partial<QueueSettings>, changes: Partial<Member> = {}) =>
    DEVICE_STATES.filter((deviceState) => is({ deviceState, ...changes }, settings).type === 'available');

  test('RU1: no: only a phone that is free or of which nothing is known', () => {
    expect(states({})).toEqual(['UNKNOWN', 'NOT_INUSE']);
  });

  test('RU1: no: and nobody for whom another caller rings', () => {
    expect(pairs(matchOne([waiting('a', { joinedAtMs: 1 }), waiting('b')], [member('1000')]))).toEqual(['a>1000']);
  });

  test('RU2: yes: phones in use too, but none that is not there', () => {
    const all = ['UNKNOWN', 'NOT_INUSE', 'INUSE', 'BUSY', 'RINGING', 'RINGINUSE', 'ONHOLD'];
    expect(states({ ringInUse: true })).toEqual(all);
    expect(states({}, { ringInUse: true })).toEqual(all);
    expect(states({ ringInUse: true }, { ringInUse: false })).toEqual(['UNKNOWN', 'NOT_INUSE']);
  });

  test('RU2: yes: two callers ring the same member, but who is idle goes first', () => {
    const callers = [waiting('a', { joinedAtMs: 1 }), waiting('b', { joinedAtMs: 2 }), waiting('c', { joinedAtMs: 3 })];
    const members = [member('1000'), member('1001', { loggedInAtMs: 1 })];
    expect(pairs(matchOne(callers, members, { ringInUse: true }))).toEqual(['a>1000', 'b>1001', 'c>1000']);
  });

  test('RU2: a thousand callers do not ring one phone a thousand times', () => {
    const callers = Array.from({ length: 1_000 }, (_, index) => waiting(`${index}`));
    expect(matchOne(callers, [member('1000')], { ringInUse: true }).proposals).toHaveLength(OFFERS_MAX);
  });

  test('RU1: each queue of a member by its own word', () => {
    const sales = queueSettings({ name: queueName('sales'), ringInUse: true });
    const views = [
      { settings: queueSettings(), waiting: [waiting('a', { joinedAtMs: 1 })], members: [member('1000')] },
      { settings: sales, waiting: [waiting('b', { joinedAtMs: 2 })], members: [member('1000')] },
    ];
    expect(pairs(match(views))).toEqual(['a>1000', 'b>1000']);
  });
});

describe('A queue is empty', () => {
  const question = { settings: queueSettings({ wrapUpMs: 10_000 }), limits: { ...UNLIMITED, max: 5 }, nowMs: NOW_MS };
  const phone = (deviceState: DeviceState) => member('1000', { deviceState });
  const STRICT = ['penalty', 'paused', 'invalid', 'unavailable'] as const;

  test('J1: when every member meets one of the conditions, not necessarily the same', () => {
    const paused = member('1000', { isPaused: true });
    const outside = member('1001', { penalty: 6 });
    expect(isEmpty([paused, outside], ['paused', 'penalty'], question)).toBe(true);
    expect(isEmpty([paused, outside], ['paused'], question)).toBe(false);
    expect(isEmpty([paused, outside, member('1002')], ['paused', 'penalty'], question)).toBe(false);
  });

  test('J1: when it has no member, if there is any condition', () => {
    expect(isEmpty([], ['inuse'], question)).toBe(true);
  });

  test('J2: never without a condition', () => {
    expect(isEmpty([], [], question)).toBe(false);
  });

  test('J3: phones that are not registered make it empty for strict only', () => {
    expect(isEmpty([phone('UNAVAILABLE')], ['penalty', 'paused', 'invalid'], question)).toBe(false);
    expect(isEmpty([phone('UNAVAILABLE')], STRICT, question)).toBe(true);
  });

  test.each([
    ['inuse', ['INUSE']],
    ['ringing', ['RINGING']],
    ['unavailable', ['UNAVAILABLE']],
    ['invalid', ['INVALID']],
    ['unknown', ['UNKNOWN']],
  ] as const)('J4: %s is exactly %j', (condition, expected) => {
    expect(DEVICE_STATES.filter((state) => isEmpty([phone(state)], [condition], question))).toEqual(expected);
  });

  test('W3: wrap-up counts where it is asked for', () => {
    const inWrapUp = member('1000', { lastHangupAtMs: NOW_MS - 1 });
    expect(isEmpty([inWrapUp], ['wrapup'], question)).toBe(true);
    expect(isEmpty([inWrapUp], STRICT, question)).toBe(false);
  });

  test('S4: penalties make nobody absent where they do not count', () => {
    const settings = queueSettings({ penaltyMembersLimit: 1 });
    expect(isEmpty([member('1000', { penalty: 6 })], ['penalty'], { ...question, settings })).toBe(false);
  });

  test('difference 10: who was put aside is not there for so long', () => {
    expect(isEmpty([member('1000', { asideUntilMs: NOW_MS + 1 })], STRICT, question)).toBe(true);
    expect(isEmpty([member('1000', { asideUntilMs: NOW_MS })], STRICT, question)).toBe(false);
  });
});

test('A member who is put into the queue twice is one member', () => {
  const made = matchmaker();
  made.setQueue(queueSettings());
  made.setMember(member('1000'));
  made.setMember(member('1000', { penalty: 3 }));
  for (const id of ['a', 'b']) made.join(queueName('support'), waiting(id));
  expect(pairs(made.look(NOW_MS))).toEqual(['a>1000']);
  made.removeMember(queueName('support'), extensionNumber('1000'));
  expect(pairs(made.look(NOW_MS))).toEqual([]);
});
