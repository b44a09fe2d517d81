import { describe, expect, test } from '@jest/globals';
import { type Element, xml } from '../../../xmpp/client/library.ts';
import { NS } from '../../../xmpp/client/namespaces.ts';
import { ANNOUNCEMENT_AGE_MAX_MS, OUTBOX_MAX, Outbox } from '../../../xmpp/outbox.ts';
import { ASK_INTERVAL_MS, PresenceBook } from '../../../xmpp/presence-book.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('messages on their way out', () => {
  function setUp() {
    const clock = new FakeClock();
    const world = { isOnline: true, unacked: 0, sent: [] as string[], dropped: 0 };
    const outbox = new Outbox({
      clock,
      send: (stanza) => {
        world.sent.push(stanza.attrs['id'] ?? '');
        return true;
      },
      unackedCount: () => world.unacked,
      isOnline: () => world.isOnline,
      onDropped: (count) => {
        world.dropped += count;
      },
    });
    const push = (id: string) => outbox.push(id, xml('message', { id }));
    return { clock, world, outbox, push };
  }

  test('online they go at once', () => {
    const { world, push } = setUp();
    push('1');
    push('2');
    expect(world.sent).toEqual(['1', '2']);
  });

  test('after a short break they come late, after a long one not at all, and nothing is left behind', async () => {
    const { clock, world, outbox, push } = setUp();
    world.isOnline = false;
    push('old');
    await clock.advance(ANNOUNCEMENT_AGE_MAX_MS - 1_000);
    push('young');
    await clock.advance(2_000);
    world.isOnline = true;
    outbox.drain();
    expect(world.sent).toEqual(['young']);
    expect(world.dropped).toBe(1);
    await clock.advance(60_000);
    expect([outbox.length, clock.pendingTimers]).toEqual([0, 0]);
  });

  test('when the server is behind they wait in their order', async () => {
    const { clock, world, push } = setUp();
    world.unacked = 500;
    for (const id of ['1', '2', '3']) push(id);
    expect(world.sent).toEqual([]);
    world.unacked = 0;
    await clock.advance(100);
    expect(world.sent).toEqual(['1', '2', '3']);
  });

  test('too many push the oldest out; a withdrawn one is not sent', () => {
    const { world, outbox, push } = setUp();
    world.isOnline = false;
    for (let index = 0; index <= OUTBOX_MAX; index++) push(String(index));
    expect([outbox.length, world.dropped]).toEqual([OUTBOX_MAX, 1]);
    expect([outbox.withdraw('5'), outbox.withdraw('0')]).toEqual([true, false]);
    world.isOnline = true;
    outbox.drain();
    expect(world.sent.slice(0, 5)).toEqual(['1', '2', '3', '4', '6']);
    outbox.clear();
  });
});

describe('who is there', () => {
  function setUp() {
    const clock = new FakeClock();
    const sent: string[] = [];
    const send = (stanza: Element) => sent.push(`${stanza.attrs['type']} ${stanza.attrs['to']}`) > 0;
    const book = new PresenceBook({ clock, domain: 'ivr.test', send });
    const presence = (from: string, type?: string) => book.take(xml('presence', { from, type }));
    const roster = (...items: Record<string, string>[]) =>
      book.rosterCame(xml('iq', {}, xml('query', { xmlns: NS.roster }, ...items.map((item) => xml('item', item)))));
    return { clock, book, sent, presence, roster };
  }
  const ADA = 'ada@ivr.test';

  test('nobody knows anything at first, and unknown is not offline', () => {
    const { book } = setUp();
    book.add(ADA);
    expect(book.whereabouts(ADA)).toBe('unknown');
  });

  test('a person is there with the first client and gone with the last', () => {
    const { book, presence, roster } = setUp();
    book.add(ADA);
    roster({ jid: ADA, subscription: 'both' });
    presence(`${ADA}/phone`);
    presence('Ada@IVR.test/desk');
    presence(`${ADA}/phone`, 'unavailable');
    expect(book.whereabouts(ADA)).toBe('available');
    presence('Ada@IVR.test/desk', 'unavailable');
    expect(book.whereabouts(ADA)).toBe('offline');
  });

  test('silence means offline only for who lets us see them, on our own server, after a while', async () => {
    const { clock, book, roster } = setUp();
    for (const jid of [ADA, 'bob@ivr.test', 'carla@elsewhere.test']) book.add(jid);
    roster({ jid: ADA, subscription: 'to' }, { jid: 'carla@elsewhere.test', subscription: 'both' });
    expect(book.whereabouts(ADA)).toBe('unknown');
    await clock.advance(5_000);
    const found = [ADA, 'bob@ivr.test', 'carla@elsewhere.test'].map((jid) => book.whereabouts(jid));
    expect(found).toEqual(['offline', 'unknown', 'unknown']);
    book.begin();
    expect(book.whereabouts(ADA)).toBe('unknown');
    book.stop();
  });

  test('an unavailable from who does not let us see them says nothing', () => {
    const { book, presence, roster } = setUp();
    book.add(ADA);
    roster();
    presence(ADA, 'unavailable');
    expect(book.whereabouts(ADA)).toBe('unknown');
    presence(`${ADA}/desk`);
    presence(`${ADA}/desk`, 'unavailable');
    expect(book.whereabouts(ADA)).toBe('unknown');
    book.stop();
  });

  test('each member is asked once, one after the other with pauses, and never who was asked or is seen', async () => {
    const { clock, book, sent, roster } = setUp();
    for (const jid of [ADA, 'bob@ivr.test', 'carla@ivr.test', 'dan@ivr.test']) book.add(jid);
    expect(sent).toEqual([]);
    roster({ jid: ADA, subscription: 'both' }, { jid: 'bob@ivr.test', subscription: 'none', ask: 'subscribe' });
    expect(sent).toEqual(['subscribe carla@ivr.test']);
    await clock.advance(ASK_INTERVAL_MS);
    await clock.advance(10 * ASK_INTERVAL_MS);
    expect(sent).toEqual(['subscribe carla@ivr.test', 'subscribe dan@ivr.test']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('members may see us; strangers are denied, not too often, and not remembered', async () => {
    const { clock, book, sent, presence } = setUp();
    book.add(ADA);
    presence(ADA, 'subscribe');
    presence('stranger@ivr.test', 'subscribe');
    presence('other@ivr.test', 'subscribe');
    presence('stranger@ivr.test/x');
    expect(sent).toEqual([`subscribed ${ADA}`, 'unsubscribed stranger@ivr.test']);
    expect(book.whereabouts('stranger@ivr.test')).toBe('unknown');
    await clock.advance(1_000);
    presence('other@ivr.test', 'subscribe');
    expect(sent.at(-1)).toBe('unsubscribed other@ivr.test');
  });

  test('a resource that looks like a member is the stranger who owns it', () => {
    const { book, presence } = setUp();
    book.add(ADA);
    presence(`mallory@ivr.test/${ADA}`);
    expect(book.whereabouts(ADA)).toBe('unknown');
  });
});
