import { describe, expect, test } from '@jest/globals';
import { type Element, xml } from '../../../xmpp/client/library.ts';
import { NS } from '../../../xmpp/client/namespaces.ts';
import { PresenceBook } from '../../../xmpp/presence-book.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const MEMBER = 'user1@example.org';
const CLIENT = `${MEMBER}/phone`;

function book() {
  const clock = new FakeClock();
  const sent: Element[] = [];
  const presences = new PresenceBook({
    clock,
    domain: 'example.org',
    send: (stanza) => {
      sent.push(stanza);
      return true;
    },
  });
  presences.begin();
  return { clock, sent, presences };
}

const roster = (...jids: string[]) =>
  xml('iq', {}, xml('query', { xmlns: NS.roster }, ...jids.map((jid) => xml('item', { jid, subscription: 'both' }))));

const presence = (from: string, type?: string) => xml('presence', { from, type });

describe('The presence of a member', () => {
  test('counts although it was said before the member logged in', async () => {
    const { clock, presences } = book();
    presences.rosterCame(roster(MEMBER));
    await clock.advance(10_000);
    presences.take(presence(CLIENT));
    presences.add(MEMBER);
    expect(presences.whereabouts(MEMBER)).toBe('available');
  });

  test('is offline when the server, which shows it to us, said nothing of it', async () => {
    const { clock, presences } = book();
    presences.rosterCame(roster(MEMBER));
    presences.add(MEMBER);
    expect(presences.whereabouts(MEMBER)).toBe('unknown');
    await clock.advance(10_000);
    expect(presences.whereabouts(MEMBER)).toBe('offline');
  });

  test('is offline after the last client has gone', () => {
    const { presences } = book();
    presences.rosterCame(roster(MEMBER));
    presences.add(MEMBER);
    presences.take(presence(CLIENT));
    presences.take(presence(CLIENT, 'unavailable'));
    expect(presences.whereabouts(MEMBER)).toBe('offline');
  });

  test('is asked for once, and is unknown until there is an answer', () => {
    const { sent, presences } = book();
    presences.rosterCame(roster());
    presences.add(MEMBER);
    presences.add(MEMBER);
    expect(sent.map((stanza) => stanza.attrs)).toEqual([expect.objectContaining({ to: MEMBER, type: 'subscribe' })]);
    expect(presences.whereabouts(MEMBER)).toBe('unknown');
  });

  test('is not kept for strangers', async () => {
    const { clock, presences } = book();
    presences.rosterCame(roster());
    presences.take(presence('mallory@example.org/x'));
    await clock.advance(10_000);
    expect(presences.whereabouts('mallory@example.org')).toBe('unknown');
  });
});
