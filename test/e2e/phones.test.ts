import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { CONGESTION_HZ, toneShare, toneSpans } from '../support/audio/levels.ts';
import { slice } from '../support/audio/pcm.ts';
import { rtpPackets } from '../support/audio/rtp.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Baresip } from '../support/phones/baresip.ts';
import { ANONYMOUS, dial } from '../support/phones/caller.ts';
import { Capture } from '../support/phones/capture.ts';
import { AnsweringPhones, runLoad } from '../support/phones/load.ts';
import { answers, isBusy, Phone } from '../support/phones/phone.ts';
import { freePort } from '../support/phones/processes.ts';
import { plugInRefusingPhone } from '../support/phones/refusing-phone.ts';
import { forgetPhones } from '../support/phones/sipp.ts';
import { PrivateStack } from '../support/phones/stack.ts';
import { Changes, pause } from '../support/phones/waiting.ts';

jest.setTimeout(90_000);

// The tests' own ears and fingers, tried on a real Asterisk: who trusts them must know that they hear and press.
let stack: PrivateStack;
beforeAll(async () => {
  stack = await PrivateStack.up();
}, 600_000);
afterAll(() => stack.down());

// Asterisk calls an endpoint over ARI and plays sounds to it, with a pause in which it sends nothing before each.
async function playTo(endpoint: string, sounds: readonly string[], pauseMs: number): Promise<void> {
  const credentials = `${stack.value('ARI_USERNAME')}:${stack.value('ARI_PASSWORD')}`;
  const request = async (method: string, path: string): Promise<void> => {
    const headers = { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
    const response = await fetch(`${stack.value('ARI_URL')}/ari/${path}`, { method, headers });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  };
  const socket = new WebSocket(
    `${stack.value('ARI_URL').replace('http', 'ws')}/ari/events?app=ears&api_key=${credentials}`,
  );
  const events: { type: string; channel?: { id: string } }[] = [];
  const changes = new Changes();
  socket.on('message', (data: Buffer) => {
    events.push(JSON.parse(data.toString()));
    changes.notify();
  });
  const seen = (type: string, times = 1): Promise<{ channel?: { id: string } }> =>
    changes.until(() => events.filter((event) => event.type === type)[times - 1], {
      what: `${type} ${times}`,
      limitMs: 30_000,
    });
  await once(socket, 'open');
  await request('POST', `channels?endpoint=${encodeURIComponent(endpoint)}&app=ears`);
  const channel = (await seen('StasisStart')).channel?.id ?? '';
  for (const [index, sound] of sounds.entries()) {
    await pause(pauseMs);
    await request('POST', `channels/${channel}/play?media=sound:queueapp/${sound}`);
    await seen('PlaybackFinished', index + 1);
  }
  await request('DELETE', `channels/${channel}`);
  socket.close();
  await once(socket, 'close');
}

test('a port for a phone’s commands that another program has taken meanwhile is left to that', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const ports = [port, await freePort()];
  const baresip = await Baresip.start({ account: stack.sip('1000'), registers: false }, async () => ports.shift() ?? 0);
  expect(ports).toEqual([]);
  expect(await baresip.command('listcalls')).toEqual(expect.any(String));
  await baresip.close();
  other.close();
});

describe('a phone and a caller', () => {
  test('talk: name and number are shown, both hear the other, digits arrive', async () => {
    await using phone = await Phone.plugIn({ account: stack.sip('1000'), behaviour: answers(300), speaksHz: 700 });
    await using caller = await dial({
      account: stack.sip('caller'),
      number: '1000',
      from: { number: '+4930123', name: 'Zoé' },
      speaksHz: 500,
    });
    const ring = await phone.ring();
    expect(ring.caller).toEqual({ name: 'Zoé', number: '+4930123' });
    await caller.answered();
    // Its own clock: it counts from when it has seen the call.
    const waitedMs = (ring.answeredAtMs ?? 0) - ring.invitedAtMs;
    expect(waitedMs).toBeGreaterThanOrEqual(290);
    await untilTheyTalk([caller, 500], [ring, 700]);
    await caller.press('19*#');
    expect(await ring.pressed('19*#')).toBe('19*#');
    expect(await ring.hangup()).toMatchObject({ by: 'this end', how: 'bye' });
    expect(await caller.ended()).toMatchObject({ by: 'far end', how: 'bye' });
    expect(toneShare(slice(await caller.sound(), 200, 700), [700])).toBeGreaterThan(0.9);
    // Not before it was picked up. RFC 4733 interrupts the tone while a key is pressed.
    expect(toneSpans(await ring.recording(), [500]).at(0)?.fromMs).toBeGreaterThan(290 - 100);
  });

  test('an anonymous caller is shown as such, and is the one who hangs up', async () => {
    await using phone = await Phone.plugIn({ account: stack.sip('1000'), behaviour: answers() });
    await using caller = await dial({ account: stack.sip('caller'), number: '1000', from: ANONYMOUS });
    expect((await phone.ring()).caller).toEqual({ name: 'Anonymous', number: 'anonymous' });
    await caller.answered();
    await caller.hangup();
    expect(await phone.rings[0]?.ended()).toMatchObject({ by: 'far end', how: 'bye' });
  });

  test('a busy phone, one that refuses, and a caller who gives up', async () => {
    {
      await using phone = await Phone.plugIn({ account: stack.sip('1000'), behaviour: isBusy() });
      await using caller = await dial({ account: stack.sip('caller'), number: '1000' });
      expect(await (await phone.ring()).ended()).toMatchObject({ how: 'refused', status: 486, by: 'this end' });
      expect(await caller.ended()).toMatchObject({ how: 'refused', status: 486, by: 'far end' });
    }
    {
      await using phone = await plugInRefusingPhone({ account: stack.sip('1000'), status: 603, afterMs: 200 });
      await using caller = await dial({ account: stack.sip('caller'), number: '1000' });
      expect(await (await phone.ring()).ended()).toMatchObject({ how: 'refused', status: 603 });
      expect(await caller.ended()).toMatchObject({ how: 'refused' });
    }
    await using phone = await Phone.plugIn({ account: stack.sip('1000') });
    await using caller = await dial({ account: stack.sip('caller'), number: '1000' });
    const ring = await phone.ring();
    await caller.hangup();
    expect(await ring.ended()).toMatchObject({ how: 'cancel', by: 'far end' });
  });

  test('all phones of an extension ring; an unplugged one does not, a killed one leaves its registration', async () => {
    await using desk = await Phone.plugIn({ account: stack.sip('1000') });
    await using mobile = await Phone.plugIn({ account: stack.sip('1000') });
    {
      await using caller = await dial({ account: stack.sip('caller'), number: '1000' });
      await Promise.all([desk.ring(), mobile.ring()]);
      await caller.hangup();
    }
    desk.unplug();
    mobile.kill();
    await using caller = await dial({ account: stack.sip('caller'), number: '1000' });
    await expect(caller.ringing({ limitMs: 1500 })).rejects.toThrow('Waited in vain for ringing');
    await caller.hangup();
    desk.plugBack();
    await desk.unregister();
    expect(await stack.console('pjsip show contacts')).toContain('Objects found: 1');
    await forgetPhones(stack.sip('1000'));
    expect(await stack.console('pjsip show contacts')).toContain('No objects found');
  });

  test.each(['PCMU', 'PCMA', 'G722'] as const)(
    'the ear hears prompts at their times, pauses included, over %s',
    async (codec) => {
      await using phone = await Phone.plugIn({ account: stack.sip('1000'), behaviour: answers(), codec });
      const capture = await Capture.start();
      try {
        const played = playTo('PJSIP/1000', ['try_again', 'invalid_code', 'bye'], 1500);
        const ring = await phone.ring();
        await ring.hears('try_again');
        await ring.hears('bye');
        await played;
        const heard = await ring.heard();
        expect(heard.map(({ name }) => name)).toEqual(['try_again', 'invalid_code', 'bye']);
        expect(Math.min(...heard.map(({ score }) => score))).toBeGreaterThan(0.95);
        // By when packets were sent after a pause: Asterisk and this process may both be late, each for itself.
        const sent = rtpPackets(await capture.stop(), { to: ring.soundAddress });
        const beganAtMs = sent
          .map(({ atMs }) => atMs)
          .filter((atMs, index, all) => atMs - (all[index - 1] ?? 0) > 1_000);
        for (const { offsetMs } of heard) {
          const apartMs = beganAtMs.map((atMs) => Math.abs(ring.invitedAtMs + offsetMs - atMs));
          expect(Math.min(...apartMs)).toBeLessThan(300);
        }
        await expect(ring.hears('closed', { limitMs: 1_000 })).rejects.toThrow(
          /closed was not heard \(closest: (try_again|invalid_code|bye) /,
        );
      } finally {
        await capture.close();
      }
    },
  );

  test('hear the congestion tone after the login code, dialled with all its digits', async () => {
    await using phone = await Phone.plugIn({ account: stack.sip('1000') });
    const call = await phone.dial('*56466*');
    expect(call.invite.subject).toContain('sip:*56466*@');
    expect(await call.ended({ limitMs: 20_000 })).toMatchObject({ by: 'far end' });
    const bursts = toneSpans(await call.sound(), CONGESTION_HZ.us);
    expect(bursts.length).toBeGreaterThanOrEqual(3);
    for (const { fromMs, toMs } of bursts) expect(Math.abs(toMs - fromMs - 250)).toBeLessThanOrEqual(100);
  });
});

test.each([
  [
    'quotes, brackets and emoji',
    '"Bob \\"<&\' 😀" <sip:2000@127.0.0.1>',
    { name: expect.stringContaining("<&' 😀"), number: '2000' },
  ],
  ['control characters', '"a\u0001\u0007b" <sip:2000@127.0.0.1>', { name: 'a\u0001\u0007b', number: '2000' }],
  ['no number', '<sip:127.0.0.1>', { name: 'Anonymous', number: 'anonymous' }],
])('a caller id with %s reaches the phone as Asterisk passes it on', async (_what, from, shown) => {
  await using phone = await Phone.plugIn({ account: stack.sip('1000'), behaviour: answers(0, 100) });
  const load = { account: stack.sip('caller'), number: '1000', callsPerSecond: 10, calls: 1, from };
  expect(await runLoad(load)).toMatchObject({ successful: 1 });
  expect((await phone.ring()).caller).toEqual(shown);
});

test('a load of callers is served and counted', async () => {
  await using phones = await AnsweringPhones.plugIn({ talkMs: 500, accounts: [stack.sip('1000')] });
  expect(phones.address).toMatch(/^127\.0\.0\.1:\d+$/);
  const served = await runLoad({ account: stack.sip('caller'), number: '1000', callsPerSecond: 10, calls: 20 });
  expect(served).toMatchObject({ calls: 20, successful: 20, failed: 0 });
  const refused = await runLoad({ account: stack.sip('caller'), number: '4711', callsPerSecond: 10, calls: 3 });
  expect(refused).toMatchObject({ calls: 3, successful: 0, failed: 3 });
  expect(refused.errors).toContain('404 Not Found');
});
