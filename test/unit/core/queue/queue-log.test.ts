import { describe, expect, test } from '@jest/globals';
import type { CallEvent } from '../../../../src/core/events.ts';
import { callId, queueName } from '../../../../src/core/ids.ts';
import { queueLogRow } from '../../../../src/core/queue/queue-log.ts';

const atMs = Date.UTC(2026, 10, 20, 12, 0, 31, 250);
const queue = queueName('support');
const call = { queue, callId: callId('our-id'), uniqueId: '1763640000.1', atMs };
const member = { ...call, member: 'PJSIP/1000' };
const leaving = { ...call, position: 2, originalPosition: 3, waitMs: 60_999 };

describe('queueLogRow', () => {
  // queue-semantics c2: event, callid, queuename, agent, data.
  const cases: readonly [CallEvent, string, string, string, readonly string[]][] = [
    [{ event: 'QUEUESTART', atMs }, 'NONE', 'NONE', 'NONE', []],
    [
      { event: 'ENTERQUEUE', ...call, callerNumber: '2000', position: 3 },
      '1763640000.1',
      'support',
      'NONE',
      ['', '2000', '3'],
    ],
    [
      { event: 'ENTERQUEUE', ...call, callerNumber: null, position: 1 },
      '1763640000.1',
      'support',
      'NONE',
      ['', '', '1'],
    ],
    [{ event: 'ABANDON', ...leaving }, '1763640000.1', 'support', 'NONE', ['2', '3', '60']],
    [{ event: 'ABANDON', ...leaving, member: 'PJSIP/1000' }, '1763640000.1', 'support', 'PJSIP/1000', ['2', '3', '60']],
    [{ event: 'EXITWITHTIMEOUT', ...leaving }, '1763640000.1', 'support', 'NONE', ['2', '3', '60']],
    [{ event: 'EXITWITHKEY', ...leaving, key: '0' }, '1763640000.1', 'support', 'NONE', ['0', '2', '3', '60']],
    [{ event: 'EXITEMPTY', ...leaving }, '1763640000.1', 'support', 'NONE', ['2', '3', '60']],
    [
      { event: 'WITHDRAW', ...leaving, info: '😀'.repeat(41) },
      '1763640000.1',
      'support',
      'NONE',
      ['2', '3', '60', '😀'.repeat(40)],
    ],
    [{ event: 'RINGNOANSWER', ...member, ringMs: 15_250 }, '1763640000.1', 'support', 'PJSIP/1000', ['15250']],
    [{ event: 'RINGCANCELED', ...member, ringMs: 4321.7 }, '1763640000.1', 'support', 'PJSIP/1000', ['4321']],
    [
      { event: 'CONNECT', ...member, holdMs: 25_999, memberUniqueId: '1763640020.7', ringMs: 5999 },
      '1763640000.1',
      'support',
      'PJSIP/1000',
      ['25', '1763640020.7', '5'],
    ],
    [
      { event: 'COMPLETEAGENT', ...member, holdMs: 25_500, talkMs: 75_499, originalPosition: 4 },
      '1763640000.1',
      'support',
      'PJSIP/1000',
      ['25', '75', '4'],
    ],
    [
      { event: 'COMPLETECALLER', ...member, holdMs: -20, talkMs: 0, originalPosition: 1 },
      '1763640000.1',
      'support',
      'PJSIP/1000',
      ['0', '0', '1'],
    ],
    [{ event: 'FULL', ...call }, '1763640000.1', 'support', 'NONE', []],
    [{ event: 'JOINEMPTY', ...call }, '1763640000.1', 'support', 'NONE', []],
    [
      { event: 'ADDMEMBER', queue, atMs, interface: 'PJSIP/1000', uniqueId: 'CLI' },
      'CLI',
      'support',
      'PJSIP/1000',
      [''],
    ],
    [
      { event: 'REMOVEMEMBER', queue, atMs, interface: 'PJSIP/1000', uniqueId: '1.2' },
      '1.2',
      'support',
      'PJSIP/1000',
      [],
    ],
  ];

  test.each(cases)('of $event', (event, callid, queuename, agent, data) => {
    const time = '2026-11-20 12:00:31.250000';
    expect(queueLogRow(event)).toEqual({ time, callid, queuename, agent, event: event.event, data });
  });
});
