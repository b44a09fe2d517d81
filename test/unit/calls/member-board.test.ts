import { describe, expect, test } from '@jest/globals';
import { attemptId, extensionNumber, queueName } from '../../../src/core/ids.ts';
import { MemberBoard } from '../../../stasis/calls/member-board.ts';
import { member } from '../../support/queue-people.ts';

const NUMBER = extensionNumber('1000');
const SUPPORT = queueName('support');

function board(lastHangupAtMs: number | null = null) {
  const made = new MemberBoard();
  made.replaceMemberships([member('1000', { lastHangupAtMs })]);
  return made;
}

const lastHangup = (made: MemberBoard) => made.membersOf(SUPPORT)[0]?.lastHangupAtMs;

describe('The last hang-up', () => {
  test('counts at once, before the database has it', () => {
    const made = board(100);
    made.noteHangup(NUMBER, 200);
    expect(lastHangup(made)).toBe(200);
    made.replaceMemberships([member('1000', { lastHangupAtMs: 100 })]);
    expect(lastHangup(made)).toBe(200);
  });

  test('is the database’s from when it stands there: who sets it back by SQL is believed', () => {
    const made = board(100);
    made.noteHangup(NUMBER, 200);
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
    expect(made.membersOf(SUPPORT)[0]?.isReserved).toBe(true);
    made.free(NUMBER, attemptId('new'));
    expect(made.membersOf(SUPPORT)[0]?.isReserved).toBe(false);
  });
});
