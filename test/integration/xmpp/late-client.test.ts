import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { ChatMember } from '../../support/xmpp-clients/member.ts';
import { startXmppServer, type XmppServer } from '../../support/xmpp-server.ts';

jest.setTimeout(180_000);

const STOOD_STILL_MS = 200;

let server: XmppServer;
beforeAll(async () => {
  server = await startXmppServer({ kind: 'prosody', users: ['ann', 'bob'] });
});
afterAll(() => server?.dispose());

const member = (user: string) =>
  ChatMember.connect({
    jid: `${user}@${server.domain}`,
    password: `pw-${user}`,
    service: server.service,
    ca: server.caFile,
  });

test('a client of the tests that did not have its turn says for how long, so that what came meanwhile is not taken for late', async () => {
  await using ann = await member('ann');
  await using bob = await member('bob');
  bob.signal('SIGSTOP');
  const stoppedAtMs = Date.now();
  await ann.send(`bob@${server.domain}`, 'hello');
  // The server has handed on what came before.
  await ann.send(`ann@${server.domain}`, 'to myself');
  await ann.next('message');
  await eventually('he has stood still for a while', () => Date.now() > stoppedAtMs + STOOD_STILL_MS);
  const continuedAtMs = Date.now();
  bob.signal('SIGCONT');
  const { body, atMs, lateMs } = await bob.next('message');
  expect(body).toBe('hello');
  expect(atMs).toBeGreaterThanOrEqual(continuedAtMs);
  expect(atMs - lateMs).toBeLessThan(continuedAtMs);
});
