import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { rmsDbfs, silences } from '../support/audio/levels.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { hearsFor, lastHeard } from '../support/e2e/hearing.ts';
import { untilTheyTalk, untilTone } from '../support/e2e/listening.ts';
import { apartMsMax, filesOf, heardSpans, rowsOf } from '../support/e2e/recorded.ts';
import { Site } from '../support/e2e/site.ts';
import { answers } from '../support/phones/phone.ts';
import { pause } from '../support/phones/waiting.ts';

jest.setTimeout(120_000);

// Debian 11's Asterisk has neither REST over WebSocket nor chan_websocket: requests go over HTTP, programmes as RTP.
describe('A queue on Asterisk 16.28', () => {
  let site: Site;
  beforeAll(async () => {
    const configure = (shipped: string) =>
      shipped.replace(/( {2}support:\n)/, "$1    recording: { what: both, name: 'older/{call-id}' }\n");
    site = await Site.up({ name: 'older', asterisk: 'bullseye', configure });
  }, 600_000);
  afterEach(() => site.reset());
  afterAll(() => site?.down());

  test('plays the programme to a caller who waits, by a channel of RTP', async () => {
    const caller = await site.caller('0001');
    await site.untilPhase('waiting');
    await eventually('the RTP channel', async () =>
      (await site.asterisk('core show channels')).includes('UnicastRTP/'),
    );
    await eventually('the bridge of two', async () =>
      (await site.asterisk('bridge show all')).includes('simple_bridge'),
    );
    await hearsFor(caller, 6_000);
    const heard = await lastHeard(caller, 4_000);
    expect(rmsDbfs(heard)).toBeGreaterThan(-45);
    expect(silences(heard, { minimumMs: 1500 })).toEqual([]);
    await caller.hangup();
    await site.untilNoCalls();
    expect(await site.channels()).toBe(0);
  });

  test("a member's phone sends the caller on: blind, and after asking", async () => {
    const [phone, other] = await Promise.all([
      site.phone('1000', { speaksHz: 700 }),
      site.phone('2000', { speaksHz: 900 }),
    ]);
    await site.onDuty('1000');
    for (const event of ['BLINDTRANSFER', 'ATTENDEDTRANSFER']) {
      const caller = await site.caller('0001', { speaksHz: 500 });
      const ring = await phone.ring();
      // As a person; who answers in the moment of the ring may hear nothing (test/support/phones/README.md).
      await pause(500);
      await ring.answer();
      await untilTheyTalk([caller, 500], [ring, 700]);
      const asked = event === 'BLINDTRANSFER' ? null : await phone.dial('2000');
      if (asked === null) await ring.transfer('2000');
      const second = await other.ring();
      await pause(500);
      await second.answer();
      if (asked !== null) {
        await asked.answered();
        // Asterisk joins the two a little after it has answered; until then they are not talking but in Dial().
        await untilTone(second, [700]);
        await ring.transferInto(asked);
      }
      await untilTheyTalk([caller, 500], [second, 900]);
      expect((await site.logged(event)).data.slice(0, 1)).toEqual([asked === null ? '2000' : 'LINK']);
      await second.hangup();
      await caller.ended();
      await site.untilNoCalls();
    }
    const lines = (await site.callLog()).map(({ event }) => event);
    const calls = ['ENTERQUEUE', 'CONNECT'];
    expect(lines).toEqual([...calls, 'BLINDTRANSFER', ...calls, 'ATTENDEDTRANSFER']);
  });

  test('records a conversation, together and apart, and a pause leaves no sound', async () => {
    const phone = await site.phone('1000', { speaksHz: 700, behaviour: answers(400) });
    const caller = await site.caller('0001', { speaksHz: 500 });
    await site.untilPhase('waiting');
    await site.login('1000');
    const member = await phone.ring();
    await member.answered();
    await untilTheyTalk([caller, 500], [member, 700]);
    const { callId } = await site.untilPhase('talking');
    // They may hear each other before it is begun.
    await eventually('all three files are begun', async () => Object.keys(await rowsOf(site, callId)).length === 3);
    expect((await site.cli('recording', 'pause', callId)).status).toBe(0);
    // Some of it may have come before, and was not read yet by a phone that had to wait for its turn.
    await hearsFor(caller, 3_000);
    expect((await site.cli('recording', 'resume', callId)).status).toBe(0);
    await hearsFor(caller, 2_000);
    await caller.hangup();
    const files = await filesOf(site, callId);
    const spans = [
      heardSpans(files.caller, 500),
      heardSpans(files.member, 700),
      heardSpans(files.together, 500),
      heardSpans(files.together, 700),
    ];
    const apartMs = apartMsMax(Object.values(files));
    for (const [before, after] of spans) {
      expect((after?.fromMs ?? 0) - (before?.toMs ?? 0)).toBeGreaterThan(2_000);
      expect(Math.abs((before?.toMs ?? 0) - (spans[0]?.[0]?.toMs ?? 0))).toBeLessThanOrEqual(apartMs);
      expect(Math.abs((after?.fromMs ?? 0) - (spans[0]?.[1]?.fromMs ?? 0))).toBeLessThanOrEqual(apartMs);
    }
    expect([heardSpans(files.caller, 700), heardSpans(files.member, 500)]).toEqual([[], []]);
  });
});
