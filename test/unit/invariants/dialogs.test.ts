import { describe, expect, test } from '@jest/globals';
import { dialogsOf } from '../../support/invariants/dialogs.ts';
import { parseSip, type SipMessage } from '../../support/phones/sip-message.ts';

const HEADS = 'From: "Ann" <sip:7112@127.0.0.1>;tag=1\r\nTo: <sip:m001@127.0.0.1>\r\nCall-ID: ID\r\n';

/** A trace in short: direction, and the message's first line; 100 ms apart. */
function trace(callId: string, ...steps: readonly (readonly ['in' | 'out', string])[]): SipMessage[] {
  return steps.map(([direction, line], index) => {
    const [, method = 'INVITE'] = /\((\w+)\)$/.exec(line) ?? /^(\w+) sip:/.exec(line) ?? [];
    const first = line.startsWith('SIP') ? line.replace(/ \(\w+\)$/, '') : line;
    const text = `${first}\r\n${HEADS.replace('ID\r\n', `${callId}\r\n`)}CSeq: 1 ${method}\r\n\r\n`;
    const message = parseSip(text, { atMs: index * 100, direction });
    if (message === undefined) throw new Error(`${line} is no SIP`);
    return message;
  });
}

const INVITE = 'INVITE sip:m001@127.0.0.1:5070 SIP/2.0';
const BYE = 'BYE sip:m001@127.0.0.1 SIP/2.0';

describe('of a caller', () => {
  test('a call that is challenged, answered, and ended by the switch', () => {
    const [call] = dialogsOf(
      trace(
        'c1',
        ['out', INVITE],
        ['in', 'SIP/2.0 401 Unauthorized (INVITE)'],
        ['out', INVITE],
        ['in', 'SIP/2.0 200 OK (INVITE)'],
        ['in', BYE],
      ),
    );
    expect(call).toEqual({
      ...{ callId: 'c1', caller: '7112', extension: null, invitedAtMs: 0, answeredAtMs: 300, isSentOn: false },
      end: { atMs: 400, by: 'far end', how: 'bye' },
    });
  });
  test('a refusal ends it, a challenge does not', () => {
    const refused = trace('c1', ['out', INVITE], ['in', 'SIP/2.0 503 Service Unavailable (INVITE)']);
    expect(dialogsOf(refused)[0]?.end).toEqual({ atMs: 100, by: 'far end', how: 'refused', status: 503 });
    const challenged = trace('c1', ['out', INVITE], ['in', 'SIP/2.0 401 Unauthorized (INVITE)']);
    expect(dialogsOf(challenged)[0]?.end).toBeNull();
  });
});

describe('of a phone', () => {
  test('the caller is who is shown, the extension who was dialled', () => {
    const [call] = dialogsOf(trace('p1', ['in', INVITE], ['out', 'SIP/2.0 180 Ringing (INVITE)']));
    expect(call).toMatchObject({ caller: '7112', extension: 'm001', answeredAtMs: null, end: null });
  });
  test('a cancelled ring is ended by the far end, whatever the phone answers to the INVITE', () => {
    const cancelled = trace(
      'p1',
      ['in', INVITE],
      ['in', 'CANCEL sip:m001@127.0.0.1 SIP/2.0'],
      ['out', 'SIP/2.0 487 Request Terminated (INVITE)'],
    );
    expect(dialogsOf(cancelled)[0]?.end).toEqual({ atMs: 100, by: 'far end', how: 'cancel' });
  });
  test('who sends the other on says so', () => {
    const sent = trace(
      'p1',
      ['in', INVITE],
      ['out', 'SIP/2.0 200 OK (INVITE)'],
      ['out', 'REFER sip:7112@127.0.0.1 SIP/2.0'],
      ['in', BYE],
    );
    expect(dialogsOf(sent)[0]).toMatchObject({ isSentOn: true, end: { by: 'far end' } });
  });
});

test('several calls of one trace are kept apart, and registrations are no calls', () => {
  const register = 'REGISTER sip:127.0.0.1 SIP/2.0';
  const all = [...trace('c1', ['out', INVITE]), ...trace('r', ['out', register]), ...trace('c2', ['out', INVITE])];
  expect(dialogsOf(all).map(({ callId }) => callId)).toEqual(['c1', 'c2']);
});
