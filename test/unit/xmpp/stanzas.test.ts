import { describe, expect, test } from '@jest/globals';
import { attemptId, callId, extensionNumber, queueName } from '../../../src/core/ids.ts';
import type { MissConsequence } from '../../../src/core/queue/misses.ts';
import type { AnnouncedCall } from '../../../src/ports/announcer.ts';
import { NS } from '../../../xmpp/client/namespaces.ts';
import { legacyText, type PayloadKind, payload } from '../../../xmpp/stanzas/call.ts';
import {
  asideMessage,
  asideText,
  chosenMessage,
  chosenText,
  enteredMessage,
  enteredText,
  gaveUpMessage,
  gaveUpText,
  missedMessage,
  missedText,
} from '../../../xmpp/stanzas/chat.ts';
import * as pubsub from '../../../xmpp/stanzas/pubsub.ts';
import { cut, oneLine, xmlSafe } from '../../../xmpp/stanzas/text.ts';
import { sampleAttempt, sampleCall } from '../../support/fakes/fake-announcer.ts';
import { fc } from '../../support/property.ts';
import { parseStanza } from '../../support/xmpp/parse.ts';
import { anyText, NASTY } from './nasty-strings.ts';

/** What servers take as one stanza. */
const STANZA_BYTES_MAX = 262_144;

const anyCall: fc.Arbitrary<AnnouncedCall> = fc
  .record({
    queue: anyText,
    queueTitle: anyText,
    number: fc.option(anyText),
    callerName: fc.option(anyText),
    customer: fc.option(
      fc.record({
        id: anyText,
        name: anyText,
        code: fc.option(anyText),
        fields: fc.dictionary(anyText, anyText, { maxKeys: 60 }),
      }),
    ),
  })
  .map(({ queue, queueTitle, number, callerName, customer }) => ({
    callId: callId('0123456789abcdef'),
    queue: queueName(queue),
    queueTitle,
    caller: { number, name: callerName },
    customer,
    enteredAtMs: Date.UTC(2026, 10, 20, 12),
  }));

describe('texts', () => {
  test('what XML can carry stays, the rest becomes U+FFFD', () => {
    expect(xmlSafe('Zoë 😀 & <b>\t\r\n\u0085')).toBe('Zoë 😀 & <b>\t\r\n\u0085');
    expect(xmlSafe('a\u0000b\u001fc\ufffed\ud800e')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde');
  });

  test('one line has no control characters, no direction marks and no more than its length', async () => {
    await fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 120 }), (text, lengthMax) => {
        const line = oneLine(text, lengthMax);
        expect(line.length).toBeLessThanOrEqual(lengthMax);
        expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]/u);
      }),
    );
  });

  test('what is cut says so and keeps its characters whole', () => {
    expect(cut('abcdef', 6)).toBe('abcdef');
    expect(cut('abcdefg', 6)).toBe('abcde…');
    expect(cut('abcd😀😀', 6)).toBe('abcd…');
  });
});

describe('chat messages', () => {
  const call = sampleCall('call-1');
  const unknown = sampleCall('call-2', { customer: null });

  test('a caller’s entry reads as contracts say', () => {
    expect(enteredText(call, 1)).toBe('Support: Customer Company 1 (id 1, code 1111), caller 2000, position 1');
  });

  test.each([
    ['without a customer', unknown, 'Support: Unknown customer, caller 2000, position 3'],
    [
      'without a number',
      sampleCall('c', { caller: { number: null, name: null } }),
      'Support: Customer Company 1 (id 1, code 1111), caller unknown, position 3',
    ],
    [
      'with a customer whom the dialplan named',
      sampleCall('c', { customer: { id: '7', name: 'Ltd', code: null, fields: {} } }),
      'Support: Customer Ltd (id 7), caller 2000, position 3',
    ],
    [
      'with a customer who has no name',
      sampleCall('c', { customer: { id: '7', name: '', code: null, fields: {} } }),
      'Support: Customer without name (id 7), caller 2000, position 3',
    ],
    [
      'with a queue that has no title',
      sampleCall('c', { queueTitle: '' }),
      'support: Customer Company 1 (id 1, code 1111), caller 2000, position 3',
    ],
  ])('it is sensible %s', (_name, given, text) => {
    expect(enteredText(given, 3)).toBe(text);
  });

  test('the chosen member and those whose caller gave up read who it is', () => {
    expect(chosenText(call)).toBe('Support: Your call: Customer Company 1 (id 1, code 1111), caller 2000');
    expect(gaveUpText(call, 45_400)).toBe(
      'Support: Customer Company 1 (id 1, code 1111), caller 2000, gave up after 0:45',
    );
    expect(gaveUpText(unknown, 725_000)).toBe('Support: Unknown customer, caller 2000, gave up after 12:05');
  });

  test('who missed a call reads whose it was, and who gets no more calls reads until when', () => {
    expect(missedText(call)).toBe('Support: Missed call: Customer Company 1 (id 1, code 1111), caller 2000');
    const { queue, queueTitle, enteredAtMs: atMs } = call;
    const text = (how: MissConsequence) => asideText({ queue, queueTitle, how, atMs });
    expect(text({ type: 'aside', untilMs: atMs + 90_000 })).toBe(
      'Support: You did not answer. No calls for 1:30, then they come again by themselves',
    );
    expect(text({ type: 'paused', in: 'queue' })).toBe('Support: You did not answer. You are paused until you unpause');
    expect(text({ type: 'paused', in: 'all' })).toBe(
      'Support: You did not answer. You are paused in all queues until you unpause',
    );
    const missed = missedMessage('user1@ivr.test', call, '1000').getChild('call', NS.call);
    expect(missed?.attrs).toMatchObject({ id: 'call-1', state: 'ended', extension: '1000' });
    const aside = asideMessage('user1@ivr.test', { queue, queueTitle, how: { type: 'paused', in: 'queue' }, atMs });
    expect(aside.getChildElements().map((child) => child.getName())).toEqual(['body', 'no-store']);
  });

  test('the call lies beside the body, and nothing is to be stored', () => {
    const message = parseStanza(enteredMessage('user1@ivr.test', call, 1).toString());
    expect(message.attrs).toMatchObject({ to: 'user1@ivr.test', type: 'chat' });
    expect(message.getChild('no-store', NS.hints)).toBeDefined();
    const element = message.getChild('call', NS.call);
    expect(element?.attrs).toMatchObject({
      id: 'call-1',
      queue: 'support',
      position: '1',
      entered: '2026-11-20T12:00:00.000Z',
    });
    expect(element?.getChild('customer')?.getChildText('name')).toBe('Company 1');
    const chosen = chosenMessage('user1@ivr.test', call, '1000').getChild('call', NS.call);
    expect(chosen?.attrs).toMatchObject({ state: 'ringing', extension: '1000' });
    expect(gaveUpMessage('user1@ivr.test', call, 1).getChild('call', NS.call)?.attrs['state']).toBe('ended');
  });

  test('nothing that a caller or a customer record holds can break the stanza or start a line of its own', async () => {
    await fc.assert(
      fc.property(anyCall, fc.integer({ min: 1, max: 99 }), (given, position) => {
        for (const message of [
          enteredMessage('user1@ivr.test', given, position),
          chosenMessage('user1@ivr.test', given, '1000'),
          gaveUpMessage('user1@ivr.test', given, 1_000),
          missedMessage('user1@ivr.test', given, '1000'),
        ]) {
          const wire = message.toString();
          expect(Buffer.byteLength(wire)).toBeLessThan(STANZA_BYTES_MAX);
          const read = parseStanza(wire);
          expect(read.getChildElements().map((child) => child.getName())).toEqual(['body', 'call', 'no-store']);
          const body = read.getChildText('body') ?? '';
          expect(body).toBe(message.getChildText('body'));
          expect(body).not.toMatch(/[\r\n]/);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('payloads', () => {
  const call = sampleCall('call-1', { caller: { number: '2000', name: 'Ada' } });
  const attempt = sampleAttempt('attempt-1', '1000', call);

  test('native is the call with everything of the attempt', () => {
    const element = payload(attempt, 'ringing', 'native');
    expect(element.getNS()).toBe('urn:queueapp:call:1');
    expect(element.attrs).toEqual({
      xmlns: 'urn:queueapp:call:1',
      id: 'call-1',
      attempt: 'attempt-1',
      state: 'ringing',
      queue: 'support',
      extension: '1000',
      entered: '2026-11-20T12:00:00.000Z',
      changed: '2026-11-20T12:00:31.250Z',
    });
    expect(element.getChild('caller')?.attrs).toEqual({ number: '2000', name: 'Ada' });
    expect(element.getChild('customer')?.attrs).toEqual({ id: '1', code: '1111' });
  });

  test('legacy is the older program’s text, and hybrid has the call inside it', () => {
    expect(payload(attempt, 'ringing', 'legacy').toString()).toBe('<test xmlns="test">1|Company 1</test>');
    const hybrid = parseStanza(payload(attempt, 'connected', 'hybrid').toString());
    expect(hybrid.is('test', 'test')).toBe(true);
    expect(hybrid.children[0]).toBe('1|Company 1');
    expect(hybrid.getChild('call', NS.call)?.attrs['state']).toBe('connected');
  });

  test('the older text splits at its first bar, whatever the customer is called', () => {
    const named = (id: string, name: string) => sampleCall('c', { customer: { id, name, code: null, fields: {} } });
    expect(legacyText(named('1|2', 'A|B'))).toBe('1/2|A|B');
    expect(legacyText(sampleCall('c', { customer: null }))).toBe('|2000');
    expect(legacyText(sampleCall('c', { customer: null, caller: { number: null, name: null } }))).toBe('|unknown');
  });

  test('any call survives the wire, in every form', async () => {
    await fc.assert(
      fc.property(anyCall, fc.constantFrom<PayloadKind>('native', 'legacy', 'hybrid'), (given, kind) => {
        const element = payload(
          { ...attempt, call: given, attemptId: attemptId('a'), extension: extensionNumber('1000') },
          'ended',
          kind,
        );
        const wire = pubsub.publishItem('extension1000', 'a', element).toString();
        expect(Buffer.byteLength(wire)).toBeLessThan(STANZA_BYTES_MAX);
        const item = parseStanza(wire).getChild('publish')?.getChild('item');
        expect(item?.getChildElements()).toHaveLength(1);
        const read = item?.getChildElements()[0];
        expect(read?.getText()).toBe(element.getText());
        const inner = kind === 'native' ? read : read?.getChild('call');
        if (kind === 'legacy') return;
        const original = kind === 'native' ? element : element.getChild('call');
        expect(inner?.attrs).toEqual(original?.attrs);
        expect(inner?.getChild('customer')?.getChildText('name')).toBe(
          original?.getChild('customer')?.getChildText('name'),
        );
      }),
      { numRuns: 150 },
    );
  });

  test.each(NASTY.map((text, index) => ({ index, text })))(
    'a name like nasty string $index arrives as one name',
    ({ text }) => {
      const given = sampleCall('c', { customer: { id: text, name: text, code: text, fields: { [text]: text } } });
      const customer = parseStanza(payload({ ...attempt, call: given }, 'ringing', 'native').toString()).getChild(
        'customer',
      );
      expect(customer?.getChildText('name')).toBe(oneLine(text, 100));
    },
  );
});

describe('pubsub stanzas', () => {
  test('a node is created closed to everybody, with one item that persists', () => {
    const form = pubsub.createNode('extension1000', 'Extension 1000').getChild('configure')?.getChild('x', NS.data);
    const fields = form?.getChildren('field').map((field) => [field.attrs['var'], field.getChildText('value')]);
    expect(Object.fromEntries(fields ?? [])).toEqual({
      FORM_TYPE: 'http://jabber.org/protocol/pubsub#node_config',
      'pubsub#title': 'Extension 1000',
      'pubsub#access_model': 'whitelist',
      'pubsub#publish_model': 'publishers',
      'pubsub#persist_items': '1',
      'pubsub#max_items': '1',
      'pubsub#send_last_published_item': 'on_sub',
      'pubsub#deliver_payloads': '1',
      'pubsub#notify_delete': '1',
      'pubsub#notify_retract': '1',
      'pubsub#notification_type': 'headline',
    });
    expect(fields?.[0]?.[0]).toBe('FORM_TYPE');
  });

  test('a retraction tells the subscribers', () => {
    const retract = pubsub.retractItem('extension1000', 'a').getChild('retract');
    expect(retract?.attrs).toEqual({ node: 'extension1000', notify: 'true' });
    expect(retract?.getChild('item')?.attrs['id']).toBe('a');
  });

  test('access is given and taken by JID', () => {
    const jids = ['a@x', 'b@x'];
    const affiliations = pubsub.setAffiliations('n', jids, 'member').getChild('affiliations');
    expect(affiliations?.getChildren('affiliation').map((one) => one.attrs)).toEqual([
      { jid: 'a@x', affiliation: 'member' },
      { jid: 'b@x', affiliation: 'member' },
    ]);
    const subscriptions = pubsub.setSubscriptions('n', jids, 'none').getChild('subscriptions');
    expect(subscriptions?.getChildren('subscription').map((one) => one.attrs['subscription'])).toEqual([
      'none',
      'none',
    ]);
  });
});
