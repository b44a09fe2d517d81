import { describe, expect, test } from '@jest/globals';
import type { CallEvent } from '../../../../src/core/events.ts';
import { callId, queueName } from '../../../../src/core/ids.ts';
import { queueLogRow } from '../../../../src/core/queue/queue-log.ts';
import { queueLogText, type StoredLogLine } from '../../../../src/core/queue/queue-log-line.ts';

const atMs = Date.UTC(2026, 10, 20, 12, 0, 31, 999);
const plain = { hasCallerName: false, hasLegacyTransfer: false };
const queue = queueName('support');
const call = { queue, callId: callId('our-id'), uniqueId: '1763640000.1', atMs };
const member = { ...call, member: 'Ann' };
const completion = { ...member, holdMs: 25_500, talkMs: 75_499, originalPosition: 4 };

/** The line as it lies in the table, where all five columns are there. */
function stored(event: CallEvent): StoredLogLine {
  const { callid, queuename, agent, event: name, data } = queueLogRow(event);
  const columns = Array.from({ length: 5 }, (_, index) => data[index] ?? '');
  return { lineId: '1', atMs: event.atMs, callid, queuename, agent, event: name, data: columns };
}

describe('The line of the file (c1)', () => {
  const cases: readonly [CallEvent, string][] = [
    [{ event: 'QUEUESTART', atMs }, '1795176031|NONE|NONE|NONE|QUEUESTART|'],
    [
      { event: 'ENTERQUEUE', ...call, callerNumber: '2000', position: 1 },
      '1795176031|1763640000.1|support|NONE|ENTERQUEUE||2000|1',
    ],
    [
      { event: 'ENTERQUEUE', ...call, callerNumber: null, position: 1 },
      '1795176031|1763640000.1|support|NONE|ENTERQUEUE|||1',
    ],
    [
      { event: 'ABANDON', ...call, position: 1, originalPosition: 2, waitMs: 7_000 },
      '1795176031|1763640000.1|support|NONE|ABANDON|1|2|7',
    ],
    [
      { event: 'WITHDRAW', ...call, position: 1, originalPosition: 2, waitMs: 7_000, info: '' },
      '1795176031|1763640000.1|support|NONE|WITHDRAW|1|2|7|',
    ],
    [
      { event: 'CONNECT', ...member, holdMs: 3_000, memberUniqueId: '1763640000.2', ringMs: 2_000 },
      '1795176031|1763640000.1|support|Ann|CONNECT|3|1763640000.2|2',
    ],
    [{ event: 'AGENTDUMP', ...member }, '1795176031|1763640000.1|support|Ann|AGENTDUMP|'],
    [{ event: 'PAUSE', queue, atMs, member: 'Ann', reason: '' }, '1795176031|NONE|support|Ann|PAUSE|'],
    [{ event: 'PAUSEALL', atMs, member: 'Ann', reason: 'lunch' }, '1795176031|NONE|NONE|Ann|PAUSEALL|lunch'],
    [
      { event: 'ADDMEMBER', queue, atMs, interface: 'PJSIP/1000', uniqueId: 'MANAGER' },
      '1795176031|MANAGER|support|PJSIP/1000|ADDMEMBER|',
    ],
    [
      { event: 'REMOVEMEMBER', queue, atMs, interface: 'PJSIP/1000', uniqueId: 'MANAGER' },
      '1795176031|MANAGER|support|PJSIP/1000|REMOVEMEMBER|',
    ],
    [
      { event: 'BLINDTRANSFER', ...completion, extension: '2000', context: 'phones' },
      '1795176031|1763640000.1|support|Ann|BLINDTRANSFER|2000|phones|25|75|4',
    ],
    [
      { event: 'ATTENDEDTRANSFER', ...completion, target: { type: 'BRIDGE', bridgeId: 'b-1' } },
      '1795176031|1763640000.1|support|Ann|ATTENDEDTRANSFER|BRIDGE|b-1|25|75|4',
    ],
    [
      { event: 'ATTENDEDTRANSFER', ...completion, target: { type: 'LINK', channelNames: ['a', 'b'] } },
      '1795176031|1763640000.1|support|Ann|ATTENDEDTRANSFER|LINK|a|b|25|75|4',
    ],
    [
      { event: 'INFO', callId: callId('our-id'), uniqueId: '1.1', atMs, topic: 'IVR', details: ['main'] },
      '1795176031|1.1|NONE|NONE|INFO|IVR|main',
    ],
  ];

  test.each(cases)('of $event', (event, text) => {
    expect(queueLogText(stored(event), plain)).toBe(`${text}\n`);
  });

  test('of ENTERQUEUE has the name with log-caller-id-name, or its empty place', () => {
    const named = { event: 'ENTERQUEUE', ...call, callerNumber: '2000', position: 1, callerName: 'A|B' } as const;
    const style = { ...plain, hasCallerName: true };
    expect(queueLogText(stored(named), style)).toMatch(/\|ENTERQUEUE\|\|2000\|1\|A_B\n$/);
    expect(queueLogText(stored({ ...named, callerName: null }), style)).toMatch(/\|ENTERQUEUE\|\|2000\|1\|\n$/);
  });

  test('of events that others write has what they wrote', () => {
    const line = {
      ...stored({ event: 'QUEUESTART', atMs }),
      event: 'AGENTLOGOFF',
      data: ['SIP/1', '3600', '', '', ''],
    };
    expect(queueLogText(line, plain)).toBe('1795176031|NONE|NONE|NONE|AGENTLOGOFF|SIP/1|3600\n');
    const unset = { ...line, callid: '', agent: '', event: 'toString', data: ['', '', '', '', ''] };
    expect(queueLogText(unset, plain)).toBe('1795176031|NONE|NONE|NONE|toString|\n');
  });

  test('stays one line with its columns, whatever others wrote into the table', () => {
    const line = {
      ...stored({ event: 'QUEUESTART', atMs }),
      callid: 'a|b',
      agent: 'x\ny',
      event: 'PAUSE',
      data: ['one\r\n2|NONE', 'b|c', '', '', ''],
    };
    expect(queueLogText(line, plain)).toBe('1795176031|a_b|NONE|x_y|PAUSE|one__2_NONE|b|c\n');
  });

  test('is followed by the TRANSFER of Asterisk 11 where a reader needs it', () => {
    const style = { ...plain, hasLegacyTransfer: true };
    const lines = (event: CallEvent) => queueLogText(stored(event), style).split('\n');
    expect(lines({ event: 'BLINDTRANSFER', ...completion, extension: '2000', context: 'phones' })[1]).toBe(
      '1795176031|1763640000.1|support|Ann|TRANSFER|2000|phones|25|75|4',
    );
    expect(lines({ event: 'ATTENDEDTRANSFER', ...completion, target: { type: 'BRIDGE', bridgeId: 'b-1' } })[1]).toBe(
      '1795176031|1763640000.1|support|Ann|TRANSFER|b-1|BRIDGE|25|75|4',
    );
    expect(
      lines({ event: 'ATTENDEDTRANSFER', ...completion, target: { type: 'LINK', channelNames: ['a', 'b'] } })[1],
    ).toBe('1795176031|1763640000.1|support|Ann|TRANSFER|a|LINK|25|75|4');
    expect(lines({ event: 'QUEUESTART', atMs })).toHaveLength(2);
  });
});
