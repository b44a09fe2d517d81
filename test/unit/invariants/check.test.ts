import { describe, expect, test } from '@jest/globals';
import { violationsIn } from '../../support/invariants/check.ts';
import type { Dialog, DialogEnd } from '../../support/invariants/dialogs.ts';
import type { AttemptRow, EntryRow, Observation } from '../../support/invariants/observation.ts';

const byThisEnd = (atMs: number): DialogEnd => ({ atMs, by: 'this end', how: 'bye' });
const byFarEnd = (atMs: number): DialogEnd => ({ atMs, by: 'far end', how: 'bye' });

function aCaller(caller: string, over: Partial<Dialog> = {}): Dialog {
  const callId = `caller-${caller}`;
  return {
    ...{ callId, caller, extension: null, invitedAtMs: 1_000, answeredAtMs: 1_100 },
    ...{ isSentOn: false, end: byFarEnd(9_000) },
    ...over,
  };
}

function aRing(caller: string, extension: string, over: Partial<Dialog> = {}): Dialog {
  const callId = `phone-${extension}-${caller}`;
  return {
    ...{ callId, caller, extension, invitedAtMs: 5_000, answeredAtMs: 6_000 },
    ...{ isSentOn: false, end: byThisEnd(9_000) },
    ...over,
  };
}

function anEntry(callerNumber: string, over: Partial<EntryRow> = {}): EntryRow {
  return {
    ...{ entryId: `e-${callerNumber}`, callerNumber, uniqueId: `u-${callerNumber}`, priority: 0 },
    ...{ joinedAtMs: 2_000, endedAtMs: 9_000, state: 'ended', outcome: 'COMPLETEAGENT' },
    placedAtMs: over.joinedAtMs ?? 2_000,
    ...over,
  };
}

function anAttempt(callerNumber: string, extension: string, over: Partial<AttemptRow> = {}): AttemptRow {
  const attemptId = `a-${callerNumber}-${extension}`;
  return {
    ...{ attemptId, entryId: `e-${callerNumber}`, extension },
    ...{ startedAtMs: 5_000, endedAtMs: 9_000, state: 'ended' },
    ...over,
  };
}

const lines = (callerNumber: string, ...events: string[]) =>
  events.map((event) => ({ event, callid: `u-${callerNumber}` }));

/** One caller, 71, was served by 1000, who hung up; another, 72, gave up waiting. */
const GOOD: Observation = {
  callers: [aCaller('71'), aCaller('72', { invitedAtMs: 3_000, end: byThisEnd(7_000) })],
  phones: [aRing('71', '1000')],
  entries: [anEntry('71'), anEntry('72', { joinedAtMs: 3_500, endedAtMs: 7_000, outcome: 'ABANDON' })],
  attempts: [anAttempt('71', '1000')],
  log: [...lines('71', 'ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT'), ...lines('72', 'ENTERQUEUE', 'ABANDON')],
  members: [{ extension: '1000', isLoggedIn: true, isHeld: false }],
  channels: [],
  bridges: [],
  notes: [],
  isPatient: (caller) => caller.startsWith('71'),
};

const found = (over: Partial<Observation>) =>
  violationsIn({ ...GOOD, ...over }).map(({ invariant, what }) => `${invariant}: ${what}`);

test('a day without faults has none', () => {
  expect(violationsIn(GOOD)).toEqual([]);
});

describe('a caller is lost', () => {
  test('whom the switch hung up on while nobody had served them', () => {
    const phones = [aRing('71', '1000', { end: byFarEnd(9_000) })];
    expect(found({ phones })).toContain('caller-lost: 71 was hung up on at 00:00:09.000, and no member had hung up');
  });
  test('whose ring nobody answered before the switch hung up', () => {
    const phones = [aRing('71', '1000', { answeredAtMs: null, end: { atMs: 9_000, by: 'this end', how: 'refused' } })];
    expect(found({ phones }).join()).toContain('caller-lost: 71 was hung up on');
  });
  test('who was refused', () => {
    const end: DialogEnd = { atMs: 2_000, by: 'far end', how: 'refused', status: 503 };
    expect(found({ callers: [aCaller('71', { answeredAtMs: null, end })] })).toContain(
      'caller-lost: 71 was refused with 503 at 00:00:02.000',
    );
  });
  test('who would have waited for ever, and gave up at the test’s limit', () => {
    expect(found({ callers: [aCaller('71', { end: byThisEnd(8_000) })] })).toContain(
      'caller-lost: 71 has waited in vain until 00:00:08.000',
    );
  });
  test('but not who was sent on by the member', () => {
    const phones = [aRing('71', '1000', { isSentOn: true, end: byFarEnd(7_000) })];
    const entries = [anEntry('71', { outcome: 'BLINDTRANSFER' })];
    const log = lines('71', 'ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER');
    expect(found({ phones, entries, log, callers: [aCaller('71')] })).toEqual([]);
  });
});

test('a dialog that nobody has ended is found at either end', () => {
  const open = found({ callers: [aCaller('71', { end: null })], phones: [aRing('71', '1000', { end: null })] });
  expect(open).toContain('dialog-open: the call of 71, begun at 00:00:01.000, is not ended (caller-71)');
  expect(open).toContain('dialog-open: the call of 71 at 1000, begun at 00:00:05.000, is not ended (phone-1000-71)');
});

describe('a call at two members', () => {
  const second = aRing('71', '2000', { invitedAtMs: 8_000, end: byFarEnd(8_700) });
  test('is seen in the phones’ traces', () => {
    expect(found({ phones: [aRing('71', '1000'), second] })).toEqual([
      'two-members: 71: 71 at 1000 from 00:00:05.000 to 00:00:09.000 and 71 at 2000 from 00:00:08.000 to 00:00:08.700 (phones)',
    ]);
  });
  test('is seen in the database', () => {
    const attempts = [anAttempt('71', '1000'), anAttempt('71', '2000', { startedAtMs: 6_000 })];
    expect(found({ attempts }).join()).toMatch(/^two-members: entry e-71: .*\(database\)$/);
  });
  test('is right with ringall', () => {
    expect(found({ phones: [aRing('71', '1000'), second], isRingAll: true })).toEqual([]);
  });
  test('is none when the second rings after the first', () => {
    const cancelled: DialogEnd = { atMs: 9_500, by: 'far end', how: 'cancel' };
    const late = aRing('71', '2000', { invitedAtMs: 8_900, answeredAtMs: null, end: cancelled });
    expect(found({ phones: [aRing('71', '1000'), late] })).toEqual([]);
  });
});

describe('a member with two calls', () => {
  test('is seen in the phones’ traces', () => {
    const phones = [aRing('71', '1000'), aRing('72', '1000', { invitedAtMs: 6_000, end: byFarEnd(7_000) })];
    expect(found({ phones }).join()).toMatch(/^two-calls: 1000: .*\(phones\)$/);
  });
  test('is seen in the database, when the first was not closed', () => {
    const attempts = [
      anAttempt('71', '1000', { endedAtMs: null, state: 'talking' }),
      anAttempt('72', '1000', { startedAtMs: 6_900, endedAtMs: 7_000 }),
    ];
    expect(found({ attempts })).toEqual([
      'two-calls: 1000: entry e-71 at 1000 from 00:00:05.000 to now and entry e-72 at 1000 from 00:00:06.900 to 00:00:07.000 (database)',
      'member-stuck: 1000 is talking since 00:00:05.000 (attempt a-71-1000)',
    ]);
  });
  test('is right with ring-in-use', () => {
    const phones = [aRing('71', '1000'), aRing('72', '1000', { invitedAtMs: 6_000, end: byFarEnd(7_000) })];
    expect(found({ phones, isRingInUse: true })).toEqual([]);
  });
});

test('a member whom the application believes in a call is stuck', () => {
  const members = [{ extension: '1000', isLoggedIn: true, isHeld: true }];
  expect(found({ members })).toEqual(["member-stuck: 1000 is held by a call in the application's eyes"]);
});

describe('lines of queue_log', () => {
  const of72 = lines('72', 'ENTERQUEUE', 'ABANDON');
  test.each([
    [['ENTERQUEUE', 'CONNECT'], 'was never closed'],
    [['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT', 'COMPLETECALLER'], 'COMPLETECALLER of a call that is not in the queue'],
    [['ENTERQUEUE', 'ABANDON', 'COMPLETEAGENT'], 'COMPLETEAGENT of a call that is not in the queue'],
    [['ENTERQUEUE', 'CONNECT', 'CONNECT', 'COMPLETEAGENT'], 'CONNECT of a call that is talking'],
    [['ENTERQUEUE', 'COMPLETEAGENT'], 'COMPLETEAGENT of a call that is waiting'],
    [['ENTERQUEUE', 'CONNECT', 'ABANDON'], 'ABANDON of a call that is talking'],
    [['ENTERQUEUE', 'ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT'], 'entered again before it was closed'],
    [['CONNECT', 'COMPLETEAGENT'], 'CONNECT of a call that is not in the queue'],
  ])('%j: %s', (events, fault) => {
    expect(found({ log: [...lines('71', ...events), ...of72] }).join('\n')).toContain(
      `closed-once: u-71: ${fault} (${events.join(', ')})`,
    );
  });
  test('others than these are nobody’s business', () => {
    const log = [...lines('71', 'ENTERQUEUE', 'RINGNOANSWER', 'CONNECT', 'COMPLETEAGENT', 'WRAPUPSTART'), ...of72];
    expect(found({ log })).toEqual([]);
  });
});

describe('entries', () => {
  test('that are open still', () => {
    const entries = [anEntry('71', { state: 'waiting', outcome: null, endedAtMs: null })];
    expect(found({ entries })).toContain('closed-once: entry e-71 of 71: is waiting still');
  });
  test('whose outcome is not in queue_log', () => {
    const entries = [anEntry('71', { outcome: 'COMPLETECALLER' })];
    expect(found({ entries })).toContain(
      'closed-once: entry e-71 of 71: ended with COMPLETECALLER, which queue_log does not have',
    );
  });
  test('of one call that entered twice', () => {
    const again = anEntry('71', { entryId: 'e-71-b', joinedAtMs: 4_000 });
    expect(found({ entries: [anEntry('71'), again] })).toContain(
      'place-kept: 71 has entered 2 times: 00:00:02.000, 00:00:04.000',
    );
  });
  test('that were overtaken', () => {
    const entries = [anEntry('71', { joinedAtMs: 2_000 }), anEntry('72', { joinedAtMs: 3_000 })];
    const attempts = [anAttempt('71', '1000', { startedAtMs: 6_000 }), anAttempt('72', '2000', { startedAtMs: 5_500 })];
    expect(found({ entries, attempts })).toContain(
      'place-kept: 72 (joined 00:00:03.000) was offered at 00:00:05.500, before 71 (joined 00:00:02.000)',
    );
  });
  test('that joined at the same moment, and were placed the other way round', () => {
    const entries = [anEntry('71'), anEntry('72', { joinedAtMs: 2_010, placedAtMs: 1_990, outcome: 'ABANDON' })];
    const attempts = [
      anAttempt('71', '1000', { startedAtMs: 6_000 }),
      anAttempt('72', '2000', { startedAtMs: 5_500, endedAtMs: 5_600 }),
    ];
    expect(found({ entries, attempts })).toEqual([]);
  });
  test('that were served earlier for their priority', () => {
    const entries = [anEntry('71'), anEntry('72', { joinedAtMs: 3_000, priority: 5, outcome: 'ABANDON' })];
    const attempts = [
      anAttempt('71', '1000', { startedAtMs: 6_000 }),
      anAttempt('72', '2000', { startedAtMs: 5_500, endedAtMs: 5_600 }),
    ];
    expect(found({ entries, attempts })).toEqual([]);
  });
});

describe('the closing event', () => {
  const closedBy = (outcome: string) => ({
    entries: [anEntry('71', { outcome })],
    log: lines('71', 'ENTERQUEUE', 'CONNECT', outcome),
  });
  test('COMPLETECALLER, when the member hung up', () => {
    expect(found(closedBy('COMPLETECALLER'))).toEqual([
      'right-event: 71: COMPLETECALLER, though the caller did not hang up (entry e-71)',
    ]);
  });
  test('COMPLETEAGENT, when the caller hung up first', () => {
    const callers = [aCaller('73', { end: byThisEnd(7_000) })];
    const phones = [aRing('73', '1000', { end: byThisEnd(9_000) })];
    const entries = [anEntry('73')];
    const log = lines('73', 'ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT');
    expect(found({ callers, phones, entries, log, attempts: [] })).toEqual([
      'right-event: 73: COMPLETEAGENT, though the caller hung up first, at 00:00:07.000, and the member at 00:00:09.000 (entry e-73)',
    ]);
  });
  test('ABANDON of a caller who did not hang up', () => {
    const callers = [aCaller('72')];
    expect(found({ callers, phones: [] })).toContain(
      'right-event: 72: ABANDON, though the caller did not hang up (entry e-72)',
    );
  });
  test('it is the phone that talked to the end which counts, not one that hung up before it could be connected', () => {
    const callers = [aCaller('74', { end: byThisEnd(9_000) })];
    const early = aRing('74', '1000', { end: byThisEnd(5_000) });
    const late = aRing('74', '1001', { end: { ...byThisEnd(9_000), by: 'far end' } });
    const entries = [anEntry('74', { outcome: 'COMPLETECALLER' })];
    const log = lines('74', 'ENTERQUEUE', 'CONNECT', 'COMPLETECALLER');
    const wrong = (phones: readonly Dialog[]) =>
      found({ callers, phones, entries, log, attempts: [] }).filter((what) => what.startsWith('right-event'));
    expect(wrong([early, late])).toEqual([]);
    expect(wrong([late, early])).toEqual([]);
    expect(wrong([early])).toHaveLength(1);
  });
  test('of two who hung up at once, either', () => {
    const callers = [aCaller('73', { end: byThisEnd(8_500) })];
    const phones = [aRing('73', '1000', { end: byThisEnd(9_000) })];
    const log = lines('73', 'ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT');
    expect(found({ callers, phones, entries: [anEntry('73')], log, attempts: [] })).toEqual([]);
  });
});

test('a channel, a bridge and a note that are left are orphans', () => {
  expect(found({ channels: ['PJSIP/1000-0001'], bridges: ['b1'], notes: ['QUEUEAPP_END_c1'] })).toEqual([
    'orphan: channel PJSIP/1000-0001',
    'orphan: bridge b1',
    'orphan: global variable QUEUEAPP_END_c1',
  ]);
});
