import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { XmppConnection } from '../../../xmpp/client/connection.ts';
import { type Element, xml } from '../../../xmpp/client/library.ts';
import { DEAD_PEER_MS } from '../../../xmpp/client/liveness.ts';
import { NS } from '../../../xmpp/client/namespaces.ts';
import { deleteNode } from '../../../xmpp/stanzas/pubsub.ts';
import { xmlSafe } from '../../../xmpp/stanzas/text.ts';
import { inTime } from '../../support/in-time.ts';
import { fastClock } from '../../support/xmpp/fast-clock.ts';
import { eventually, XmppObserver } from '../../support/xmpp/observer.ts';
import { XmppProxy } from '../../support/xmpp/proxy.ts';
import { startXmppServer, type XmppServer } from '../../support/xmpp-server.ts';

jest.setTimeout(180_000);

/** A connection of the account `queueapp` with everything that it heard. */
interface Watched {
  readonly connection: XmppConnection;
  readonly heard: string[];
  readonly stanzas: Element[];
}

describe.each(['prosody', 'ejabberd'] as const)('the connection to %s', (kind) => {
  let server: XmppServer;
  let proxy: XmppProxy;
  let open: { stop(): Promise<void> }[] = [];
  const uncaught: unknown[] = [];
  const onUncaught = (error: unknown) => uncaught.push(error);

  beforeAll(async () => {
    server = await startXmppServer({ kind, users: ['user1', 'user2'] });
  });
  afterAll(async () => {
    await server?.dispose();
  });
  beforeEach(async () => {
    uncaught.length = 0;
    process.on('unhandledRejection', onUncaught);
    proxy = await XmppProxy.start(server.port);
  });
  afterEach(async () => {
    for (const one of open) await one.stop();
    open = [];
    await proxy.close();
    process.off('unhandledRejection', onUncaught);
    expect(uncaught).toEqual([]);
  });

  async function connect({
    service = proxy.service,
    clock = systemClock,
    resource = 'queue',
  }: {
    service?: string;
    clock?: Clock;
    resource?: string;
  } = {}): Promise<Watched> {
    const heard: string[] = [];
    const stanzas: Element[] = [];
    const connection = new XmppConnection(
      {
        service,
        domain: server.domain,
        username: 'queueapp',
        password: 'pw-queueapp',
        resource,
        tls: { ca: server.ca },
        clock,
        random: () => 0,
        log: silentLog(),
      },
      {
        onOnline: (isFresh) => heard.push(isFresh ? 'fresh' : 'resumed'),
        onOffline: ({ kind: reason }) => heard.push(reason),
        onStanza: (stanza) => stanzas.push(stanza),
      },
    );
    connection.start();
    open.push(connection);
    await eventually(() => connection.isOnline, 'online');
    return { connection, heard, stanzas };
  }

  async function observe(user: string): Promise<XmppObserver> {
    const observer = await XmppObserver.connect({ server, user });
    open.push(observer);
    return observer;
  }

  const ping = (connection: XmppConnection) =>
    connection.request({ type: 'get', to: server.domain, child: xml('ping', { xmlns: NS.ping }) });
  const bodies = (stanzas: readonly Element[]) =>
    stanzas.map((stanza) => stanza.getChildText('body')).filter((body) => body);
  const message = (to: string, body: string) => xml('message', { to, type: 'chat' }, xml('body', {}, body));

  test.each([5, 400])('after %i requests and a cut no message comes twice', async (requests) => {
    const { connection, heard, stanzas } = await connect();
    const user = await observe('user1');
    for (let index = 0; index < requests; index++) expect((await ping(connection)).ok).toBe(true);
    for (const text of ['logout 0', 'logout 1', 'logout 2']) user.connection.send(message(connection.jid, text));
    await eventually(() => bodies(stanzas).length === 3, 'three messages');
    proxy.cut();
    await eventually(() => heard.includes('resumed'), 'the session resumed');
    expect((await ping(connection)).ok).toBe(true);
    user.connection.send(message(connection.jid, 'last'));
    await eventually(() => bodies(stanzas).includes('last'), 'one more message');
    expect(bodies(stanzas)).toEqual(['logout 0', 'logout 1', 'logout 2', 'last']);
    expect(heard).toEqual(['fresh', 'closed', 'resumed']);
  });

  test('what was received is not sent again to the next session, however soon this one ends', async () => {
    const available = xml('presence', {}, xml('priority', {}, '1'));
    const { connection: first, stanzas } = await connect();
    first.send(available);
    await ping(first);
    const user = await observe('user1');
    user.connection.send(message(first.jid, 'once'));
    await eventually(() => bodies(stanzas).includes('once'), 'the message');
    await first.stop();
    const next = await connect();
    next.connection.send(available);
    await ping(next.connection);
    user.connection.send(message(next.connection.jid, 'to the next'));
    await eventually(() => bodies(next.stanzas).includes('to the next'), 'the next message');
    expect(bodies(next.stanzas)).toEqual(['to the next']);
  });

  test('messages that were under way when the wire was cut arrive once, in their order', async () => {
    const { connection, heard } = await connect();
    const user = await observe('user1');
    const to = user.connection.jid;
    for (let index = 0; index < 200; index++) {
      connection.send(message(to, `m${index}`));
      if (index === 100) {
        await new Promise((resolve) => setImmediate(resolve));
        proxy.cut();
      }
    }
    await eventually(() => heard.includes('resumed'), 'the session resumed');
    connection.send(message(to, 'last'));
    await eventually(() => user.chats.includes('last'), 'the last message');
    const sent = user.chats.filter((body) => body !== 'last');
    expect(new Set(sent).size).toBe(sent.length);
    expect(sent).toEqual([...sent].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
    expect(sent.length).toBeGreaterThan(100);
  });

  test('a message that waits at login does not upset the count of stanzas', async () => {
    for (let login = 0; login < 5; login++) {
      const { connection, heard, stanzas } = await connect();
      connection.send(xml('presence', {}, xml('priority', {}, '1')));
      connection.send(message(connection.jid, `to myself ${login}`));
      await eventually(() => bodies(stanzas).includes(`to myself ${login}`), 'the message');
      for (let index = 0; index < 60; index++) await ping(connection);
      expect(heard).toEqual(['fresh']);
      await connection.stop();
    }
  });

  // A login that hangs is given up after a quarter of a minute.
  test('a hundred logins one after the other: none hangs on an answer that comes early', async () => {
    for (let login = 0; login < 100; login++) {
      const { connection } = await inTime(12_000, connect({ service: server.service }));
      await connection.stop();
      open.pop();
    }
  });

  test('two thousand requests that the server refuses are two thousand answers', async () => {
    const { connection } = await connect();
    const refuse = (index: number) =>
      connection.request({ type: 'set', to: server.pubsub, child: deleteNode(`nothing-${index}`) });
    let refused = 0;
    for (let start = 0; start < 2_000; start += 50) {
      const results = await Promise.all(Array.from({ length: 50 }, (_, offset) => refuse(start + offset)));
      refused += results.filter((result) => !result.ok && result.reason === 'error').length;
    }
    expect(refused).toBe(2_000);
  });

  test('more requests than a server keeps unacknowledged do not end the session', async () => {
    const { connection, heard } = await connect();
    let answered = 0;
    for (let start = 0; start < 6_000; start += 200) {
      const results = await Promise.all(Array.from({ length: 200 }, () => ping(connection)));
      answered += results.filter((result) => result.ok).length;
    }
    expect(answered).toBe(6_000);
    await eventually(() => connection.unackedCount < 100, 'the server’s acknowledgements');
    proxy.cut();
    await eventually(() => heard.includes('resumed'), 'the session resumed');
    expect(heard).toEqual(['fresh', 'closed', 'resumed']);
  });

  test.each([1, 7, 1_000])('nothing is lost when the wire hands on %i bytes at a time', async (splitBytes) => {
    const slow = await XmppProxy.start(server.port, { splitBytes });
    open.push({ stop: () => slow.close() });
    const { connection, stanzas } = await connect({ service: slow.service });
    const user = await observe('user1');
    const body = 'Zoë 😀 ünïcödé & <markup> '.repeat(splitBytes === 1 ? 20 : 3_000);

    user.connection.send(message(connection.jid, body));
    await eventually(() => bodies(stanzas).length > 0, 'the message');

    expect(bodies(stanzas)).toEqual([body]);
  });

  test('every code unit comes through, or is replaced where XML can’t carry it', async () => {
    const { connection, heard } = await connect();
    const user = await observe('user1');
    let all = '';
    for (let unit = 0; unit < 0x10000; unit++) all += String.fromCharCode(unit);
    all += '😀\u{10ffff}';
    const sent: string[] = [];
    for (let start = 0; start < all.length; start += 8_192) {
      const part = all.slice(start, start + 8_192);
      // A parser makes one line feed of every line end (XML 1.0 section 2.11).
      sent.push(xmlSafe(part).replace(/\r\n?/g, '\n'));
      connection.send(
        xml('message', { to: user.connection.jid, type: 'chat', id: '"\'<>&\u0001' }, xml('body', {}, part)),
      );
    }
    await eventually(() => user.chats.length === sent.length, 'all parts');
    expect(user.chats.join('') === sent.join('')).toBe(true);
    expect(heard).toEqual(['fresh']);
  });

  test('a server that swallows everything is found out within the stated time, and left', async () => {
    const { connection, heard } = await connect({ clock: fastClock(10) });
    proxy.isBlackhole = true;
    const found = eventually(() => heard.includes('timeout'), 'the dead peer');
    const result = ping(connection);
    await inTime(DEAD_PEER_MS / 10 + 1_000, Promise.all([result, found]));
    expect(await result).toEqual({ ok: false, reason: 'timeout' });
    proxy.isBlackhole = false;
    proxy.cut();
    await eventually(() => connection.isOnline, 'online again');
  });

  test('a request that is under way when the wire is cut gets its answer after the resumption', async () => {
    const { connection, heard } = await connect();
    proxy.isBlackhole = true;
    const result = ping(connection);
    await new Promise((resolve) => setImmediate(resolve));
    proxy.isBlackhole = false;
    proxy.cut();
    expect((await result).ok).toBe(true);
    expect(heard).toContain('resumed');
  });

  test('a restart of the server ends waiting requests and begins a fresh session', async () => {
    const { connection, heard } = await connect();
    await server.stop('SIGKILL');
    await eventually(() => !connection.isOnline, 'offline');
    expect(await ping(connection)).toEqual({ ok: false, reason: 'away' });
    expect(connection.send(message('user1@ivr.test', 'into the void'))).toBe(false);
    await server.start();
    await eventually(() => connection.isOnline, 'online again', 40_000);
    expect(heard.at(-1)).toBe('fresh');
    expect((await ping(connection)).ok).toBe(true);
  });

  test('a second process with the same resource takes over, and the first one says so and waits', async () => {
    const first = await connect();
    const second = await connect();
    await eventually(() => first.heard.includes('conflict'), 'the conflict');
    await eventually(() => first.connection.status.state === 'waiting', 'the first one waiting');
    const { failure, retryAtMs } = first.connection.status;
    expect(failure?.kind).toBe('conflict');
    expect((retryAtMs ?? 0) - Date.now()).toBeGreaterThan(50_000);
    expect(second.connection.isOnline).toBe(true);
    expect(second.heard).toEqual(['fresh']);
  });

  test('a wrong password is an error of its own, and it is not knocked again soon', async () => {
    const connection = new XmppConnection(
      {
        service: proxy.service,
        domain: server.domain,
        username: 'queueapp',
        password: 'wrong',
        resource: 'queue',
        tls: { ca: server.ca },
        clock: systemClock,
        random: () => 0,
        log: silentLog(),
      },
      { onOnline: () => {}, onOffline: () => {}, onStanza: () => {} },
    );
    open.push(connection);
    connection.start();
    const status = await eventually(() => connection.status.failure && connection.status, 'the refusal');
    expect(status.failure).toEqual({
      kind: 'credentials',
      message: 'The server refused the login of queueapp: not-authorized',
    });
    await eventually(() => connection.status.retryAtMs, 'the waiting');
    expect((connection.status.retryAtMs ?? 0) - Date.now()).toBeGreaterThan(25_000);
    expect(proxy.connections).toBe(1);
  });
});
