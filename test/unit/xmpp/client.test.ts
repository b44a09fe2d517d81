import { describe, expect, test } from '@jest/globals';
import { failureFrom, XmppFailure } from '../../../xmpp/client/failure.ts';
import { answerRequest } from '../../../xmpp/client/incoming.ts';
import { IqTable, REQUEST_LIMIT_MS, REQUESTS_MAX } from '../../../xmpp/client/iq.ts';
import { bareJid, parseBareJid } from '../../../xmpp/client/jid.ts';
import { type Element, xml } from '../../../xmpp/client/library.ts';
import { NS } from '../../../xmpp/client/namespaces.ts';
import { CONFLICT_WAIT_MS, retryDelayMs } from '../../../xmpp/client/retry.ts';
import { chooseMechanism } from '../../../xmpp/client/sasl.ts';
import { readStanzaError } from '../../../xmpp/client/stanza-error.ts';
import { StreamManagement } from '../../../xmpp/client/stream-management.ts';
import { isLoopback, tlsOptions } from '../../../xmpp/client/tls.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const self = { jid: 'queueapp@ivr.test/queue', domain: 'ivr.test' };

describe('requests', () => {
  const ask = (table: IqTable, to?: string) => {
    const sent: Element[] = [];
    const request = { type: 'get' as const, ...(to === undefined ? {} : { to }), child: xml('query') };
    const result = table.request(request, (stanza) => sent.push(stanza) > 0);
    return { result, id: sent[0]?.attrs['id'] ?? '' };
  };
  const reply = (id: string, from?: string, type = 'result') => xml('iq', { type, id, from });

  test('an answer counts when it comes from whom was asked', async () => {
    const table = new IqTable(new FakeClock());
    const { result, id } = ask(table, 'pubsub.ivr.test');
    expect(table.take(reply(id, 'mallory@ivr.test/x'), self)).toBe(true);
    expect(table.take(reply(id), self)).toBe(true);
    expect(table.isWaiting(id)).toBe(true);
    table.take(reply(id, 'pubsub.ivr.test'), self);
    expect((await result).ok).toBe(true);
    expect(table.isWaiting(id)).toBe(false);
  });

  test.each([undefined, 'queueapp@ivr.test', 'QueueApp@ivr.test', 'queueapp@ivr.test/queue', 'ivr.test'])(
    'the own account may answer as %s',
    async (from) => {
      const table = new IqTable(new FakeClock());
      const { result, id } = ask(table);
      table.take(reply(id, from), self);
      expect((await result).ok).toBe(true);
    },
  );

  test('nobody else may answer for the own account', () => {
    const table = new IqTable(new FakeClock());
    const { id } = ask(table);
    table.take(reply(id, 'queueapp@ivr.test.evil'), self);
    table.take(reply(id, 'mallory@ivr.test'), self);
    expect(table.isWaiting(id)).toBe(true);
  });

  test('without an answer it ends in time, and a late answer harms nobody', async () => {
    const clock = new FakeClock();
    const table = new IqTable(clock);
    const { result, id } = ask(table, 'pubsub.ivr.test');
    await clock.advance(REQUEST_LIMIT_MS);
    expect(await result).toEqual({ ok: false, reason: 'timeout' });
    expect(table.take(reply(id, 'pubsub.ivr.test'), self)).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  test('more than the table holds are refused and nothing is sent', async () => {
    const clock = new FakeClock();
    const table = new IqTable(clock);
    const all = Array.from({ length: REQUESTS_MAX }, () => ask(table, 'x').result);
    const over = ask(table, 'x');
    expect(await over.result).toEqual({ ok: false, reason: 'busy' });
    expect(over.id).toBe('');
    table.abandonAll();
    expect(new Set((await Promise.all(all)).map((result) => (result.ok ? 'ok' : result.reason)))).toEqual(
      new Set(['away']),
    );
    expect(clock.pendingTimers).toBe(0);
  });

  test('an error is read by namespace: ejabberd puts its own condition first', async () => {
    const table = new IqTable(new FakeClock());
    const { result, id } = ask(table, 'x');
    const error = xml(
      'error',
      { type: 'cancel' },
      xml('closed-node', { xmlns: 'http://jabber.org/protocol/pubsub#errors' }),
      xml('not-allowed', { xmlns: NS.stanzaErrors }),
      xml('text', { xmlns: NS.stanzaErrors }, 'no'),
    );
    table.take(xml('iq', { type: 'error', id, from: 'x' }, error), self);
    const answer = { condition: 'not-allowed', application: 'closed-node', text: 'no', type: 'cancel' };
    expect(await result).toEqual({ ok: false, reason: 'error', error: answer });
    expect(readStanzaError(xml('iq', {})).condition).toBe('undefined-condition');
  });

  test('requests of others are answered: ping and disco, all else is unavailable', () => {
    const asked = (child: Element, type = 'get') => answerRequest(xml('iq', { type, id: '1', from: 'a@x/y' }, child));
    expect(asked(xml('ping', { xmlns: NS.ping }))?.attrs).toEqual({ type: 'result', id: '1', to: 'a@x/y' });
    expect(
      asked(xml('query', { xmlns: NS.discoInfo }))
        ?.getChild('query')
        ?.getChild('identity')?.attrs['type'],
    ).toBe('bot');
    const refused = asked(xml('query', { xmlns: 'jabber:iq:roster' }), 'set');
    expect(refused?.attrs['type']).toBe('error');
    expect(refused && readStanzaError(refused).condition).toBe('service-unavailable');
    expect(answerRequest(xml('iq', { type: 'result', id: '1' }))).toBeNull();
    expect(answerRequest(xml('message'))).toBeNull();
  });
});

describe('stream management', () => {
  const enabled = (resume = 'true') => {
    const session = new StreamManagement();
    session.enableRequest();
    const answer = xml('enabled', { xmlns: NS.sm, id: 'session-1', resume });
    session.received(answer);
    session.enabled(answer);
    return session;
  };
  const keepAll = () => true;
  const h = (session: StreamManagement) => session.acknowledgement().attrs['h'];
  const resumed = (count: number) => xml('resumed', { xmlns: NS.sm, h: count });

  test('every stanza counts, replies to requests too; nothing else does', () => {
    const session = enabled();
    for (const name of ['iq', 'message', 'presence', 'iq']) session.received(xml(name));
    for (const name of ['r', 'a']) session.received(xml(name, { xmlns: NS.sm }));
    expect(h(session)).toBe('4');
  });

  test('the counter starts at <enabled/>, even when a stanza follows in the same read', () => {
    const session = new StreamManagement();
    session.received(xml('iq'));
    session.enableRequest();
    const answer = xml('enabled', { xmlns: NS.sm, id: 'x', resume: 'true' });
    session.received(answer);
    session.received(xml('message'));
    session.enabled(answer);
    expect(h(session)).toBe('1');
  });

  test('what the server has not seen is sent again on resumption, unless it would come too late', () => {
    const session = enabled();
    for (const id of ['1', '2', '3']) session.sent(xml('message', { id }), Number(id));
    session.suspended();
    expect(session.isResumable).toBe(true);
    const again = session.resumed(resumed(1), (_stanza, sentAtMs) => sentAtMs !== 2);
    expect(again.map(({ stanza }) => stanza.attrs['id'])).toEqual(['3']);
    expect(session.unackedCount).toBe(0);
  });

  test('a session that can’t be resumed is forgotten when the stream breaks', () => {
    const session = enabled('false');
    session.sent(xml('message'), 0);
    session.suspended();
    expect([session.isResumable, session.unackedCount]).toEqual([false, 0]);
  });

  test('an acknowledgement of more than was sent is a fault of the server', () => {
    const session = enabled();
    session.sent(xml('message'), 0);
    for (const count of ['2', '-1', 'x', '4294967296']) {
      expect(() => session.acknowledged(xml('a', { xmlns: NS.sm, h: count }))).toThrow(XmppFailure);
    }
    session.acknowledged(xml('a', { xmlns: NS.sm, h: 1 }));
    expect(session.unackedCount).toBe(0);
  });

  test('after every fifty stanzas an acknowledgement is due', () => {
    const session = enabled();
    const due = Array.from({ length: 120 }, () => session.sent(xml('message'), 0));
    expect(due.flatMap((isDue, index) => (isDue ? [index + 1] : []))).toEqual([50, 100]);
    expect(session.resumed(resumed(120), keepAll)).toEqual([]);
  });
});

describe('coming back', () => {
  test('a server that is away is tried again soon, then less often, never later than 30 s', () => {
    const waits = [0, 1, 2, 10].map((attempt) => retryDelayMs('connection-refused', attempt, () => 1));
    expect(waits).toEqual([500, 1_000, 2_000, 30_000]);
    expect(retryDelayMs('closed', 0, () => 0)).toBe(250);
  });

  test('a refusal is tried again slowly', () => {
    for (const kind of [
      'credentials',
      'tls-untrusted',
      'tls-required',
      'host-unknown',
      'server-not-authentic',
    ] as const) {
      expect(retryDelayMs(kind, 0, () => 0)).toBeGreaterThanOrEqual(30_000);
    }
  });

  test('two processes with one resource do not throw each other out for ever', () => {
    expect(retryDelayMs('conflict', 0, () => 0)).toBe(CONFLICT_WAIT_MS);
    expect(retryDelayMs('conflict', 0, () => 0.5)).toBe(1.5 * CONFLICT_WAIT_MS);
  });

  test.each([
    ['ENOTFOUND', 'unresolved'],
    ['ECONNREFUSED', 'connection-refused'],
    ['EHOSTUNREACH', 'unreachable'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls-untrusted'],
    ['CERT_HAS_EXPIRED', 'tls-untrusted'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls-untrusted'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'protocol'],
    ['ECONNRESET', 'closed'],
  ])('%s is %s', (code, kind) => {
    expect(failureFrom(Object.assign(new Error('x'), { code })).kind).toBe(kind);
  });

  test('of several addresses that all failed the first reason tells', () => {
    const inner = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    expect(failureFrom(new AggregateError([inner, inner])).kind).toBe('connection-refused');
  });
});

describe('login and encryption', () => {
  const offer = (...names: string[]) => {
    const mechanisms = names.map((name) => xml('mechanism', {}, name));
    return xml('features', {}, xml('mechanisms', { xmlns: NS.sasl }, ...mechanisms));
  };

  test('the strongest way that both know is taken, and the password is never sent in clear', () => {
    expect(chooseMechanism(offer('PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'), false)).toBe('SCRAM-SHA-256');
    expect(chooseMechanism(offer('PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-1-PLUS'), true)).toBe('SCRAM-SHA-1');
    expect(chooseMechanism(offer('PLAIN'), true)).toBe('PLAIN');
    expect(() => chooseMechanism(offer('PLAIN'), false)).toThrow('no way to log in that is safe here');
    expect(() => chooseMechanism(offer('DIGEST-MD5', 'ANONYMOUS'), true)).toThrow('DIGEST-MD5, ANONYMOUS');
  });

  test.each([
    ['xmpp://127.0.0.1:5222', true],
    ['xmpp://127.4.5.6', true],
    ['xmpps://[::1]:5223', true],
    ['xmpp://localhost', true],
    ['xmpp://localhost.evil.test', false],
    ['xmpp://10.0.0.1', false],
    ['xmpp://127.evil.test', false],
  ])('%s is on this machine: %s', (service, expected) => {
    expect(isLoopback(service)).toBe(expected);
  });

  test('the certificate is compared with the domain, and an address is not sent as a name', () => {
    expect(tlsOptions('ivr.test', {})).toEqual({ minVersion: 'TLSv1.2', host: 'ivr.test', servername: 'ivr.test' });
    expect(tlsOptions('192.0.2.1', { ca: 'x' })).toEqual({ minVersion: 'TLSv1.2', host: '192.0.2.1', ca: 'x' });
    expect(tlsOptions('ivr.test', { servername: 'other.test' }).servername).toBe('other.test');
  });
});

describe('JIDs', () => {
  test.each([
    ['user1@ivr.test', 'user1@ivr.test'],
    [' User1@IVR.test ', 'user1@ivr.test'],
    ['zoë@münchen.example', 'zoë@münchen.example'],
    ['user1@ivr.test/phone', null],
    ['ivr.test', null],
    ['@ivr.test', null],
    ['a@b@c', null],
    ['a b@ivr.test', null],
    ['a<b@ivr.test', null],
    ['a\u0000@ivr.test', null],
    ['a@', null],
    ['a@b c', null],
    [`${'a'.repeat(1_100)}@ivr.test`, null],
    ['', null],
  ])('%j is %j', (text, expected) => {
    expect(parseBareJid(text)).toBe(expected);
  });

  test('people are known by the bare JID only, whatever the resource looks like', () => {
    expect(bareJid('Mallory@d.test/user1@ivr.test')).toBe('mallory@d.test');
    expect(bareJid('user1@ivr.test')).toBe('user1@ivr.test');
  });
});
