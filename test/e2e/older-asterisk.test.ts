import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { rmsDbfs, silences } from '../support/audio/levels.ts';
import { slice } from '../support/audio/pcm.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';

jest.setTimeout(120_000);

// Debian 11's Asterisk has neither REST over WebSocket nor chan_websocket: requests go over HTTP, programmes as RTP.
describe('A queue on Asterisk 16.28', () => {
  let site: Site;
  beforeAll(async () => {
    site = await Site.up({ name: 'older', asterisk: 'bullseye' });
  }, 600_000);
  afterEach(() => site.reset());
  afterAll(() => site?.down());

  test('plays the programme to a caller who waits, by a channel of RTP', async () => {
    const caller = await site.caller('0001');
    await site.untilPhase('waiting');
    await eventually('the RTP channel', async () =>
      (await site.asterisk('core show channels')).includes('UnicastRTP/'),
    );
    const bridges = await site.asterisk('bridge show all');
    expect(bridges).toContain('simple_bridge');
    const before = (await caller.recording()).samples.length;
    await eventually(
      'six seconds more',
      async () => (await caller.recording()).samples.length > before + 48_000,
      30_000,
    );
    const heard = slice(await caller.recording(), before / 8 + 2000, before / 8 + 6000);
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
      await ring.answer();
      await untilTheyTalk([caller, 500], [ring, 700]);
      const asked = event === 'BLINDTRANSFER' ? null : await phone.dial('2000');
      if (asked === null) await ring.transfer('2000');
      const second = await other.ring();
      await second.answer();
      if (asked !== null) {
        await asked.answered();
        await ring.transferInto(asked);
      }
      await untilTheyTalk([caller, 500], [second, 900]);
      expect((await site.logged(event)).data.slice(0, 1)).toEqual([asked === null ? '2000' : 'LINK']);
      await second.hangup();
      await caller.ended();
      await site.untilNoCalls();
    }
    const lines = (await site.queueLog()).map(({ event }) => event).filter((event) => event !== 'ADDMEMBER');
    const calls = ['ENTERQUEUE', 'CONNECT'];
    expect(lines).toEqual([...calls, 'BLINDTRANSFER', ...calls, 'ATTENDEDTRANSFER']);
  });
});
