import { describe, expect, test } from '@jest/globals';
import type { CallEvent } from '../../../../src/core/events.ts';
import { callId, queueName } from '../../../../src/core/ids.ts';
import { queueLogRow } from '../../../../src/core/queue/queue-log.ts';

const atMs = Date.UTC(2026, 10, 20, 12, 0, 31, 250);
const queue = queueName('support');
const call = { queue, callId: callId('our-id'), uniqueId: '1763640000.1', atMs };
const member = { ...call, member: 'PJSIP/1000' };
const completion = { ...member, holdMs: 25_500, talkMs: 75_499, originalPosition: 4 };
const outside = { callId: callId('our-id'), uniqueId: '1763640000.1', atMs };
const leaving = { ...call, position: 2, originalPosition: 3, waitMs: 60_999 };

describe('queueLogRow: every line of app_queue (c2) and of its readers (c3)', () => {
  // event, callid, queuename, agent, data.
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
    [
      { event: 'ENTERQUEUE', ...call, callerNumber: '2000', position: 3, callerName: 'A|B\nC' },
      '1763640000.1',
      'support',
      'NONE',
      ['', '2000', '3', 'A_B_C'],
    ],
    [
      { event: 'BLINDTRANSFER', ...completion, extension: '2000', context: 'phones' },
      '1763640000.1',
      'support',
      'PJSIP/1000',
      ['2000', 'phones', '25', '75', '4'],
    ],
    [
      { event: 'ATTENDEDTRANSFER', ...completion, target: { type: 'BRIDGE', bridgeId: 'bridge-1' } },
      '1763640000.1',
      'support',
      'PJSIP/1000',
      ['BRIDGE', 'bridge-1', '25', '75', '4'],
    ],
    [
      { event: 'ATTENDEDTRANSFER', ...completion, target: { type: 'APP', application: 'VoiceMail' } },
      '1763640000.1',
      'support',
      'PJSIP/1000',
      ['APP', 'VoiceMail', '25', '75', '4'],
    ],
    // Six parameters in five columns: the last column holds two, as Asterisk leaves them.
    [
      { event: 'ATTENDEDTRANSFER', ...completion, target: { type: 'LINK', channelNames: ['PJSIP/a-1', 'PJSIP/b-2'] } },
      '1763640000.1',
      'support',
      'PJSIP/1000',
      ['LINK', 'PJSIP/a-1', 'PJSIP/b-2', '25', '75|4'],
    ],
    [{ event: 'AGENTDUMP', ...member }, '1763640000.1', 'support', 'PJSIP/1000', []],
    [{ event: 'PAUSE', queue, atMs, member: 'Ann', reason: 'lunch' }, 'NONE', 'support', 'Ann', ['lunch']],
    [{ event: 'UNPAUSE', queue, atMs, member: 'Ann', reason: '' }, 'NONE', 'support', 'Ann', ['']],
    [{ event: 'PAUSEALL', atMs, member: 'Ann', reason: 'a|b' }, 'NONE', 'NONE', 'Ann', ['a_b']],
    [{ event: 'UNPAUSEALL', atMs, member: 'Ann', reason: '' }, 'NONE', 'NONE', 'Ann', ['']],
    [{ event: 'PENALTY', queue, atMs, interface: 'PJSIP/1000', penalty: 7 }, 'NONE', 'support', 'PJSIP/1000', ['7']],
    [
      { event: 'RINGINUSE', queue, atMs, interface: 'PJSIP/1000', ringInUse: false },
      'NONE',
      'support',
      'PJSIP/1000',
      ['0'],
    ],
    [{ event: 'CONFIGRELOAD', atMs }, 'NONE', 'NONE', 'NONE', []],
    // What peers write besides (c3).
    [{ event: 'CALLERONHOLD', ...member }, '1763640000.1', 'support', 'PJSIP/1000', []],
    [{ event: 'CALLEROFFHOLD', ...member }, '1763640000.1', 'support', 'PJSIP/1000', []],
    [{ event: 'WRAPUPSTART', ...member, wrapUpMs: 15_000 }, '1763640000.1', 'support', 'PJSIP/1000', ['15']],
    [{ event: 'WRAPUPEND', queue, atMs, member: 'PJSIP/1000' }, 'NONE', 'support', 'PJSIP/1000', []],
    [{ event: 'DID', ...outside, dialled: '0000' }, '1763640000.1', 'NONE', 'NONE', ['0000']],
    [
      { event: 'INFO', ...outside, topic: 'IVRAPPEND', details: ['1', 'main'] },
      '1763640000.1',
      'NONE',
      'NONE',
      ['IVRAPPEND', '1', 'main'],
    ],
    [
      { event: 'INFO', ...outside, topic: 'IVRGOAL', details: ['support'] },
      '1763640000.1',
      'NONE',
      'NONE',
      ['IVRGOAL', 'support'],
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
      { event: 'ADDMEMBER', queue, atMs, interface: 'PJSIP/1000', uniqueId: 'CLI', name: 'Ann', isPaused: true },
      'CLI',
      'support',
      'Ann',
      ['PAUSED'],
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
