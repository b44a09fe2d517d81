import { describe, expect, test } from '@jest/globals';
import { attemptId, extensionNumber, queueName } from '../../../src/core/ids.ts';
import { MemberBoard } from '../../../stasis/calls/members/member-board.ts';
import { extension, member, queueSettings } from '../../support/queue-people.ts';

const NUMBER = extensionNumber('1000');
const SUPPORT = queueName('support');

const SALES = queueName('sales');
const queues = new Map([
  [SUPPORT, queueSettings({ wrapUpMs: 10_000 })],
  [SALES, queueSettings({ name: SALES, wrapUpMs: 30_000 })],
]);

function board(lastHangupAtMs: number | null = null, isShared = true) {
  const made = new MemberBoard({ queues, isLastCallShared: () => isShared });
  made.replaceMemberships([member('1000', { lastHangupAtMs })]);
  return made;
}

const lastHangup = (made: MemberBoard) => made.membersOf(SUPPORT)[0]?.lastHangupAtMs;

describe('The last hang-up', () => {
  test('counts at once, before the database has it', () => {
    const made = board(100);
    made.noteCallEnd(NUMBER, { queue: SUPPORT, atMs: 200 });
    expect(lastHangup(made)).toBe(200);
    made.replaceMemberships([member('1000', { lastHangupAtMs: 100 })]);
    expect(lastHangup(made)).toBe(200);
  });

  test('is the database’s from when it stands there: who sets it back by SQL is believed', () => {
    const made = board(100);
    made.noteCallEnd(NUMBER, { queue: SUPPORT, atMs: 200 });
    made.replaceMemberships([member('1000', { lastHangupAtMs: 200 })]);
    made.replaceMemberships([member('1000', { lastHangupAtMs: 50 })]);
    expect(lastHangup(made)).toBe(50);
  });
});

describe('The state of a phone', () => {
  test('that was asked for gives way to an event that overtook the answer', () => {
    const made = board();
    made.setDevice('PJSIP/1000', 'INUSE');
    made.setDeviceUnlessKnown('PJSIP/1000', 'NOT_INUSE');
    expect(made.deviceState('PJSIP/1000')).toBe('INUSE');
    made.forgetDevice('PJSIP/1000');
    made.setDeviceUnlessKnown('PJSIP/1000', 'NOT_INUSE');
    expect(made.deviceState('PJSIP/1000')).toBe('NOT_INUSE');
  });
});

describe('A hold', () => {
  test('is given back only by the attempt that has it', () => {
    const made = board();
    made.hold(NUMBER, attemptId('new'));
    made.free(NUMBER, attemptId('old'));
    expect(made.membersOf(SUPPORT)[0]?.offers).toBe(1);
    made.free(NUMBER, attemptId('new'));
    expect(made.membersOf(SUPPORT)[0]?.offers).toBe(0);
  });
});

describe('A call of one queue', () => {
  const inBoth = (isShared: boolean) => {
    const made = board(null, isShared);
    made.replaceMemberships([member('1000'), member('1000', { queue: SALES })]);
    made.noteCallEnd(NUMBER, { queue: SALES, atMs: 200 });
    return made;
  };

  test('L5: counts in all queues of the member, with the wrap-up of its own queue (W2)', () => {
    const [support] = inBoth(true).membersOf(SUPPORT);
    expect(support).toMatchObject({ lastHangupAtMs: 200, lastQueueWrapUpMs: 30_000, calls: 0, lastCallAtMs: null });
    expect(inBoth(true).membersOf(SALES)[0]).toMatchObject({ lastHangupAtMs: 200, calls: 1, lastCallAtMs: 200 });
  });

  test('L5: with shared-last-call: no it counts in its own', () => {
    expect(inBoth(false).membersOf(SUPPORT)[0]).toMatchObject({ lastHangupAtMs: null, calls: 0 });
    expect(inBoth(false).membersOf(SALES)[0]).toMatchObject({ lastHangupAtMs: 200, lastQueueWrapUpMs: 30_000 });
  });

  test('is counted once: by the board until the database has it', () => {
    const made = inBoth(true);
    const written = { lastHangupAtMs: 200, lastCallAtMs: 200, lastQueue: SALES, calls: 1 };
    made.replaceMemberships([member('1000', { queue: SALES, ...written })]);
    expect(made.membersOf(SALES)[0]?.calls).toBe(1);
  });
});

test('Who talks on after a transfer is idle from then on, and the call is counted once', () => {
  const made = board();
  made.noteCallEnd(NUMBER, { queue: SUPPORT, atMs: 200 });
  made.noteHangup(NUMBER, { queue: SUPPORT, atMs: 300 });
  made.replaceMemberships([member('1000', { lastHangupAtMs: 200, lastCallAtMs: 200, lastQueue: SUPPORT, calls: 1 })]);
  expect(made.membersOf(SUPPORT)[0]).toMatchObject({ lastHangupAtMs: 300, lastCallAtMs: 200, calls: 1 });
});

describe('Whoever watches', () => {
  function watched() {
    const made = board();
    const told: string[] = [];
    made.watch({
      changed: ({ queue, extension: { number }, deviceState, offers }) =>
        told.push(`${queue} ${number} ${deviceState} ${offers}`),
      gone: (queue, number) => told.push(`${queue} ${number} gone`),
    });
    const news = () => told.splice(0);
    return { made, news };
  }

  test('is told of what has changed, in each queue of the member, and of nothing else', () => {
    const { made, news } = watched();
    const [one, other] = [member('1000'), member('1001')];
    made.replaceMemberships([one, other, member('1000', { queue: SALES })]);
    expect(news()).toEqual(['support 1001 UNKNOWN 0', 'sales 1000 UNKNOWN 0']);
    made.setDevice('PJSIP/1000', 'INUSE');
    expect(news()).toEqual(['support 1000 INUSE 0', 'sales 1000 INUSE 0']);
    made.setDevice('PJSIP/1000', 'INUSE');
    made.setDevice('PJSIP/4711', 'INUSE');
    expect(news()).toEqual([]);
    made.hold(NUMBER, attemptId('a'));
    made.free(NUMBER, attemptId('other'));
    expect(news()).toEqual(['support 1000 INUSE 1', 'sales 1000 INUSE 1']);
    made.replaceMemberships([one, other]);
    expect(news()).toEqual(['sales 1000 gone']);
  });

  test('is told of the state of another device where the extension names one (state_interface)', () => {
    const { made, news } = watched();
    made.replaceMemberships([member('1000', { extension: extension('1000', { stateInterface: 'Custom:door' }) })]);
    news();
    made.setDevice('PJSIP/1000', 'INUSE');
    made.setDevice('Custom:door', 'BUSY');
    expect(news()).toEqual(['support 1000 BUSY 0']);
  });
});

test('A member who rings in use may be held twice', () => {
  const made = board();
  made.hold(NUMBER, attemptId('one'));
  made.hold(NUMBER, attemptId('two'));
  expect(made.membersOf(SUPPORT)[0]?.offers).toBe(2);
  made.free(NUMBER, attemptId('one'));
  expect(made.heldBy(NUMBER)).toBe('two');
});
