import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { CONGESTION_HZ, toneSpans } from '../support/audio/levels.ts';
import { slice } from '../support/audio/pcm.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { untilTheyTalk, untilTone } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import type { Call } from '../support/phones/call.ts';
import { pause } from '../support/phones/waiting.ts';
import type { Crm } from '../support/xmpp-clients/crm.ts';

jest.setTimeout(120_000);

/** What a caller hears while a phone rings, in North America. */
const RINGING_HZ = [440, 480];

/** Picks up after half a second, as a person: who answers in the moment of the ring may hear nothing (test/support/phones/README.md). */
async function lift(ring: Call): Promise<void> {
  await pause(500);
  await ring.answer();
}

// REFER by real phones: who talks to whom, what queue_log says, and where CRM software sees the call.
describe('transfers', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.up({ name: 'transfers' });
  }, 600_000);
  afterEach(() => site.reset());
  afterAll(() => site?.down());

  /** What a subscriber of a node saw, oldest first: states of items, and `retracted`. */
  function seenOn(crm: Crm, node: string): string[] {
    return crm.events.flatMap((event) => {
      if (!('node' in event) || event.node !== node) return [];
      if (event.event === 'item') return [/state="(\w+)"/.exec(event.payload)?.[1] ?? '?'];
      return event.event === 'retract' ? ['retracted'] : [];
    });
  }
  const untilSeen = (crm: Crm, node: string, ...states: string[]) =>
    eventually(`${node} saw ${states.join()}`, async () => seenOn(crm, node).join() === states.join());

  /** Company 1 calls from 5550199, straight into the queue, and talks to 1000; 2000 is on duty, too, and CRM software watches both. */
  async function talking() {
    const [crm, phone, other] = await Promise.all([
      site.crm(),
      site.phone('1000', { speaksHz: 700 }),
      site.phone('2000', { speaksHz: 900 }),
    ]);
    await site.onDuty('1000', '2000');
    await crm.subscribe('extension1000');
    await crm.subscribe('extension2000');
    const caller = await site.caller('0002', { from: { number: '5550199', name: 'Ann Caller' }, speaksHz: 500 });
    const ring = await phone.ring();
    await lift(ring);
    await untilTheyTalk([caller, 500], [ring, 700]);
    await untilSeen(crm, 'extension1000', 'ringing', 'connected');
    return { crm, phone, other, caller, ring };
  }

  const SECONDS = expect.stringMatching(/^\d+$/);
  const eventsOf = async () => (await site.callLog()).map(({ event }) => event);

  test('blind: the caller hears it ring, talks to 2000, whose node has the item; the member is free', async () => {
    const { crm, other, caller, ring } = await talking();
    const beganAtMs = Date.now();
    await ring.transfer('2000');
    const second = await other.ring();
    await untilTone(caller, RINGING_HZ, beganAtMs);
    expect(await ring.ended()).toMatchObject({ how: 'bye' });
    await untilSeen(crm, 'extension1000', 'ringing', 'connected', 'ended', 'retracted');
    await untilSeen(crm, 'extension2000', 'ringing');
    expect(await site.logged('BLINDTRANSFER')).toEqual({
      event: 'BLINDTRANSFER',
      agent: 'PJSIP/1000',
      callid: (await site.logged('ENTERQUEUE')).callid,
      data: ['2000', 'phones', SECONDS, SECONDS, '1'],
    });
    await site.untilDevice('1000', 'NOT_INUSE');

    await lift(second);
    await untilTheyTalk([caller, 500], [second, 900]);
    await untilSeen(crm, 'extension2000', 'ringing', 'connected');
    const item = crm.events.findLast((event) => event.event === 'item');
    expect(item).toMatchObject({ node: 'extension2000', payload: expect.stringContaining('<name>Company 1</name>') });
    expect(item).toMatchObject({ payload: expect.stringMatching(/<caller [^>]*number="5550199"/) });
    expect(await site.calls()).toMatchObject([{ phase: 'talking', queue: 'support', customer: { id: '1' } }]);

    await second.hangup();
    expect(await caller.ended()).toMatchObject({ by: 'far end', how: 'bye' });
    await untilSeen(crm, 'extension2000', 'ringing', 'connected', 'ended', 'retracted');
    expect(await eventsOf()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
  });

  test('attended: on hold the caller hears the programme, then 2000, who was asked; the item is there at once', async () => {
    const { crm, phone, other, caller, ring } = await talking();
    await ring.hold();
    await eventually('the programme', async () => (await site.asterisk('core show channels')).includes('WebSocket/'));
    const asked = await phone.dial('2000');
    const second = await other.ring();
    await lift(second);
    await asked.answered();
    // Asterisk joins the two a little after it has answered; until then they are not talking but in Dial().
    await untilTone(second, [700]);
    expect(seenOn(crm, 'extension2000')).toEqual([]);
    await ring.transferInto(asked);
    await untilTheyTalk([caller, 500], [second, 900]);
    await ring.ended();
    await asked.ended();
    await eventually(
      'the programme has left',
      async () => !(await site.asterisk('core show channels')).includes('WebSocket/'),
    );
    await untilSeen(crm, 'extension1000', 'ringing', 'connected', 'ended', 'retracted');
    await untilSeen(crm, 'extension2000', 'ringing', 'connected');
    expect((await site.logged('ATTENDEDTRANSFER')).data).toEqual([
      'LINK',
      expect.stringMatching(/^Local\/_attended@transfer\/?\S*;[12]$/),
      expect.stringMatching(/^Local\/_attended@transfer\/?\S*;[12]$/),
      SECONDS,
      expect.stringMatching(/^\d+\|1$/),
    ]);
    await caller.hangup();
    expect(await second.ended()).toMatchObject({ by: 'far end' });
    await untilSeen(crm, 'extension2000', 'ringing', 'connected', 'ended', 'retracted');
    expect(await eventsOf()).toEqual(['ENTERQUEUE', 'CONNECT', 'ATTENDEDTRANSFER']);
  });

  test('attended, while 2000 still rings: the item is connected when 2000 has answered', async () => {
    const { crm, phone, other, caller, ring } = await talking();
    const asked = await phone.dial('2000');
    const second = await other.ring();
    await asked.ringing();
    await ring.transferInto(asked);
    await untilSeen(crm, 'extension2000', 'ringing');
    expect((await site.logged('ATTENDEDTRANSFER')).data).toEqual(['APP', 'Dial', SECONDS, SECONDS, '1']);
    expect(seenOn(crm, 'extension2000')).toEqual(['ringing']);
    await lift(second);
    await untilTheyTalk([caller, 500], [second, 900]);
    await untilSeen(crm, 'extension2000', 'ringing', 'connected');
    await caller.hangup();
    await untilSeen(crm, 'extension2000', 'ringing', 'connected', 'ended', 'retracted');
  });

  test('back into the queue: a new call, with the caller and customer of the old one', async () => {
    const { crm, other, caller, ring } = await talking();
    await ring.transfer('0001');
    const second = await other.ring();
    expect(second.caller).toEqual({ name: 'Support: Company 1', number: '5550199' });
    await lift(second);
    await untilTheyTalk([caller, 500], [second, 900]);
    await untilSeen(crm, 'extension2000', 'ringing', 'connected');
    expect(crm.events.findLast((event) => event.event === 'item')).toMatchObject({
      payload: expect.stringContaining('<name>Company 1</name>'),
    });
    await second.hangup();
    await caller.ended();
    await site.logged('COMPLETEAGENT');
    // The new call may be in the queue before the transfer is told of.
    await site.logged('BLINDTRANSFER');
    expect((await eventsOf()).toSorted()).toEqual(
      ['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER', 'ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT'].toSorted(),
    );
    expect((await site.logged('ENTERQUEUE', 2)).data).toEqual(['', '5550199', '1']);
  });

  test('by the caller: the same line, and member and new party talk until one of them hangs up', async () => {
    const { crm, other, caller, ring } = await talking();
    await caller.transfer('2000');
    const second = await other.ring();
    await lift(second);
    await untilTheyTalk([second, 900], [ring, 700]);
    expect((await site.logged('BLINDTRANSFER')).data).toEqual(['2000', 'from-outside', SECONDS, SECONDS, '1']);
    await untilSeen(crm, 'extension1000', 'ringing', 'connected', 'ended', 'retracted');
    await ring.hangup();
    expect(await second.ended()).toMatchObject({ by: 'far end' });
    expect(await eventsOf()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
  });

  test('to a number that is not there: the conversation goes on, and nothing is logged of it', async () => {
    const phone = await site.transferringPhone('1000', { number: '7777', afterMs: 500 });
    await site.onDuty('1000');
    const caller = await site.caller('0001', { from: { number: '5550199' } });
    const ring = await phone.ring();
    const refused = () => ring.messages.some(({ method, body }) => method === 'NOTIFY' && body.includes('404'));
    await eventually('the phone is told that there is no 7777', async () => refused());
    expect(await site.calls()).toMatchObject([{ phase: 'talking' }]);
    await caller.hangup();
    await site.logged('COMPLETECALLER');
    expect(await eventsOf()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
  });

  test('to somebody who does not answer: the caller is not left alone', async () => {
    const { crm, caller, other, ring } = await talking();
    await ring.transfer('2000');
    const second = await other.ring();
    // The phone rings by Asterisk alone: the application learns of that, and of the transfer, by itself.
    await untilSeen(crm, 'extension2000', 'ringing');
    await second.hangup();
    expect(await caller.ended()).toMatchObject({ by: 'far end' });
    await untilSeen(crm, 'extension2000', 'ringing', 'ended', 'retracted');
    await site.logged('BLINDTRANSFER');
    expect(await eventsOf()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
  });

  test('the application is killed and comes again: a transferred call goes on, and ends with its people', async () => {
    const { crm, other, caller, ring } = await talking();
    await ring.transfer('2000');
    const second = await other.ring();
    await lift(second);
    await untilTheyTalk([caller, 500], [second, 900]);
    // They talk by Asterisk alone: what the application has to do for it may come later.
    await site.logged('BLINDTRANSFER');
    await untilSeen(crm, 'extension2000', 'ringing', 'connected');
    await site.killApp();
    await site.startApp();
    const fromMs = Date.now();
    await untilTheyTalk([caller, 500], [second, 900]);
    await second.hangup();
    expect(await caller.ended()).toMatchObject({ by: 'far end' });
    const heard = slice(await caller.recording(), fromMs - caller.invitedAtMs, Number.POSITIVE_INFINITY);
    expect(toneSpans(heard, CONGESTION_HZ.us)).toEqual([]);
    expect(await eventsOf()).toEqual(['ENTERQUEUE', 'CONNECT', 'BLINDTRANSFER']);
  });
});
