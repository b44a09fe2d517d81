import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { PrivateStack } from '../support/phones/stack.ts';
import { Crm } from '../support/xmpp-clients/crm.ts';
import { ChatMember } from '../support/xmpp-clients/member.ts';

jest.setTimeout(60_000);

// The tests' own eyes on XMPP, tried on both servers.
describe.each(['prosody', 'ejabberd'] as const)('slixmpp on %s', (xmpp) => {
  let stack: PrivateStack;
  beforeAll(async () => {
    stack = await PrivateStack.up({ xmpp });
  }, 600_000);
  afterAll(() => stack.down());

  test('a member reads what another client sends, children and all, and answers', async () => {
    await using crm = await Crm.connect(stack.crm());
    await using member = await ChatMember.connect(stack.member('user1'));
    const sentAtMs = Date.now();
    await crm.send(
      stack.member('user1').jid,
      'Grüße, <b>&"',
      "<call xmlns='urn:queueapp:call:1' id='x'><caller number='1'/></call>",
    );
    const message = await member.next('message', ({ body }) => body.startsWith('Grüße'));
    expect(message).toMatchObject({
      body: 'Grüße, <b>&"',
      type: 'chat',
      from: expect.stringContaining(stack.crm().jid),
    });
    expect(message.children).toContainEqual(
      expect.stringMatching(/^<call xmlns="urn:queueapp:call:1" id="x"><caller number="1" \/><\/call>$/),
    );
    // By the clock of the machine, which both have.
    expect(message.atMs).toBeGreaterThanOrEqual(sentAtMs - 1);
    expect(message.atMs).toBeLessThanOrEqual(Date.now() + 1);
    await member.send(stack.crm().jid, 'thank you');
    expect(await crm.next('message')).toMatchObject({ body: 'thank you' });
  });

  test('a subscription to a node that is not there is refused in the words of the server', async () => {
    await using crm = await Crm.connect(stack.crm());
    await expect(crm.subscribe('extension-of-nobody')).rejects.toThrow('item-not-found');
  });

  test('neither a wrong password nor an unknown authority is let through', async () => {
    const account = stack.member('user1');
    await expect(ChatMember.connect({ ...account, password: 'wrong' })).rejects.toThrow('wrong user or password');
    await expect(ChatMember.connect({ ...account, ca: '/etc/ssl/certs/ca-certificates.crt' })).rejects.toThrow(
      'certificate not trusted',
    );
  });

  test('what did not come is told with what came instead', async () => {
    await using member = await ChatMember.connect(stack.member('user2'));
    await expect(member.next('item', undefined, { limitMs: 300 })).rejects.toThrow(
      /item at user2@.* 300 ms; since then .*\[/,
    );
  });
});
