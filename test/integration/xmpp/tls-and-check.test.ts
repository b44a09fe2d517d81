import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { checkXmpp } from '../../../xmpp/check.ts';
import { type ConnectionOptions, XmppConnection } from '../../../xmpp/client/connection.ts';
import type { IqRequest } from '../../../xmpp/client/iq.ts';
import { XmppStream } from '../../../xmpp/client/stream.ts';
import { Pubsub } from '../../../xmpp/pubsub.ts';
import type { XmppSettings } from '../../../xmpp/settings.ts';
import { eventually, XmppObserver } from '../../support/xmpp/observer.ts';
import { XmppProxy } from '../../support/xmpp/proxy.ts';
import { startXmppServer, type XmppServer } from '../../support/xmpp-server.ts';

jest.setTimeout(180_000);

/** `online (encrypted)`, or the kind of the first failure. */
async function outcome(server: XmppServer, changes: Partial<ConnectionOptions>): Promise<string> {
  const connection = new XmppConnection(
    {
      service: server.service,
      domain: server.domain,
      username: 'queueapp',
      password: 'pw-queueapp',
      resource: `tls-${Math.random()}`,
      tls: { ca: server.ca },
      clock: systemClock,
      random: () => 0,
      log: silentLog(),
      ...changes,
    },
    { onOnline: () => {}, onOffline: () => {}, onStanza: () => {} },
  );
  connection.start();
  const end = await eventually(() => (connection.isOnline ? 'online' : connection.status.failure?.kind), 'an outcome');
  await connection.stop();
  return end;
}

describe.each(['prosody', 'ejabberd'] as const)('encryption and login at %s', (kind) => {
  let server: XmppServer;
  let settings: XmppSettings;

  beforeAll(async () => {
    server = await startXmppServer({ kind, users: ['user1'] });
    settings = {
      service: server.service,
      domain: server.domain,
      username: 'queueapp',
      password: 'pw-queueapp',
      pubsubService: server.pubsub,
      caFile: server.caFile,
    };
  });
  afterAll(async () => {
    await server?.dispose();
  });

  const strip = (text: string) =>
    text.replace(
      /<starttls xmlns=['"]urn:ietf:params:xml:ns:xmpp-tls['"]>.*?<\/starttls>|<starttls[^>]*\/>/,
      "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism><mechanism>SCRAM-SHA-1</mechanism></mechanisms>",
    );

  test('STARTTLS and direct TLS work with the right authority, and with no other', async () => {
    expect(await outcome(server, {})).toBe('online');
    const direct = `xmpps://127.0.0.1:${server.directTlsPort}`;
    expect(await outcome(server, { service: direct })).toBe('online');
    expect(await outcome(server, { tls: {} })).toBe('tls-untrusted');
    expect(await outcome(server, { service: direct, tls: {} })).toBe('tls-untrusted');
    expect(await outcome(server, { tls: { ca: server.ca, servername: 'other.test' } })).toBe('tls-untrusted');
    expect(await outcome(server, { service: direct, tls: { ca: server.ca, servername: 'other.test' } })).toBe(
      'tls-untrusted',
    );
  });

  test('who takes STARTTLS out of the wire gets neither password nor session', async () => {
    const proxy = await XmppProxy.start(server.port, { rewrite: strip });
    const tls = { ca: server.ca, requireTls: true };
    expect(await outcome(server, { service: proxy.service, tls })).toBe('tls-required');
    await proxy.close();
  });

  test('everything is well, and the check says so', async () => {
    expect(await checkXmpp(settings)).toEqual({ ok: true, findings: [] });
  });

  test.each([
    [
      'a host name that does not resolve',
      { service: 'xmpp://no-such-host.invalid:5222' },
      'The host name no-such-host.invalid',
    ],
    ['a port where nothing listens', { service: 'xmpp://127.0.0.1:1' }, 'Nothing listens at 127.0.0.1:1'],
    ['a certificate that nobody vouches for', { caFile: undefined }, 'is not trusted'],
    ['a certificate file that is not there', { caFile: '/nonexistent/ca.crt' }, "/nonexistent/ca.crt can't be read"],
    ['a wrong password', { password: 'wrong' }, 'refused the login of queueapp@ivr.test'],
    ['an unknown user', { username: 'nobody' }, 'refused the login of nobody@ivr.test'],
    [
      'a pubsub service that is not there',
      { pubsubService: 'nothing.ivr.test' },
      'There is no pubsub service nothing.ivr.test',
    ],
    [
      'an address that is no pubsub service',
      { pubsubService: 'ivr.test' },
      /There is no pubsub service ivr.test|may not create nodes/,
    ],
    [
      'an account that may not create nodes',
      { username: 'user1', password: 'pw-user1' },
      'user1@ivr.test may not create nodes on pubsub.ivr.test',
    ],
  ])('the check names %s', async (_name, changes, what) => {
    const { caFile, ...others } = { ...settings, ...changes };
    const result = await checkXmpp(caFile === undefined ? others : { ...others, caFile });
    expect(result.ok).toBe(false);
    expect(result.findings).toHaveLength(1);
    expect(result.findings[0]?.what).toMatch(what);
    expect(result.findings[0]?.mend.length).toBeGreaterThan(10);
  });

  test('the check leaves no node behind', async () => {
    const observer = await XmppObserver.connect({ server, user: 'user1' });
    const request = (iq: IqRequest) => observer.connection.request(iq);
    const pubsub = new Pubsub({ service: server.pubsub, owner: 'user1@ivr.test', log: silentLog(), request });
    expect((await checkXmpp(settings)).ok).toBe(true);
    expect(await pubsub.nodeNames()).toEqual([]);
    await observer.stop();
  });
});

describe('a server without encryption', () => {
  let server: XmppServer;
  beforeAll(async () => {
    server = await startXmppServer({ kind: 'prosody', users: [] });
  });
  afterAll(async () => {
    await server?.dispose();
  });

  test('is let pass on loopback, unless TLS is required', async () => {
    expect(await outcome(server, { domain: server.plainDomain })).toBe('online');
    expect(await outcome(server, { domain: server.plainDomain, tls: { requireTls: true } })).toBe('tls-required');
  });

  test('that forges its proof of knowing the password is not believed', async () => {
    const forged = Buffer.from(`v=${Buffer.alloc(20, 7).toString('base64')}`).toString('base64');
    const rewrite = (text: string) =>
      text.replace(/(<success[^>]*>)[^<]*</, (_all, start: string) => `${start}${forged}<`);
    const proxy = await XmppProxy.start(server.port, { rewrite });
    expect(await outcome(server, { service: proxy.service, domain: server.plainDomain })).toBe('server-not-authentic');
    await proxy.close();
  });

  test('that does not serve the domain is named by the check', async () => {
    const result = await checkXmpp({
      service: server.service,
      domain: 'other.test',
      username: 'queueapp',
      password: 'pw-queueapp',
      pubsubService: 'pubsub.other.test',
    });
    expect(result.findings[0]?.what).toBe('The XMPP server does not serve other.test');
  });
});

describe('a server that misbehaves', () => {
  const header =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' from='x' id='1'>";

  async function meet(answers: readonly string[]): Promise<string> {
    const sockets: Socket[] = [];
    const server: Server = createServer((socket) => {
      sockets.push(socket);
      socket.on('error', () => {});
      socket.once('data', async () => {
        for (const answer of answers) {
          socket.write(answer);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const stream = new XmppStream({ service: `xmpp://127.0.0.1:${port}`, domain: 'x', tls: {}, clock: systemClock });
    const end = await stream.open().then(
      () => stream.closed,
      (error) => error,
    );
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
    return `${end.kind}: ${end.message}`;
  }

  test.each([
    [
      'goes on after its own end',
      [header, '</stream:stream>', ' \n', '<more/>'],
      /^closed: The server closed the stream/,
    ],
    ['sends an entity that is none', [header, '<features>&nbsp;</features>'], /^protocol: .*not XML/],
    ['closes what it did not open', [header, '<a></b>'], /^protocol: .*not XML/],
    ['sends a stanza without end', [header, `<a b="${'x'.repeat(5_000_000)}`], /^protocol: .*more than 4194304 bytes/],
    ['sends stanzas without end before the session', [header, '<message/>'.repeat(1_100)], /^protocol: .*without end/],
    [
      'sends its visitors elsewhere',
      [
        header,
        "<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>evil.test</see-other-host></stream:error>",
      ],
      /^stream-error: .*see-other-host/,
    ],
  ])('that %s ends that stream and nothing else', async (_name, answers, expected) => {
    expect(await meet(answers)).toMatch(expected);
  });
});
