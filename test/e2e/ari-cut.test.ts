import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/e2e/eventually.ts';
import { hearsFor, SentAudio, untilHears } from '../support/e2e/hearing.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { Site } from '../support/e2e/site.ts';
import { writeToneClass } from '../support/e2e/tone-class.ts';
import { HalfOpenProxy } from '../support/half-open-proxy.ts';
import { answers } from '../support/phones/phone.ts';
import { pause } from '../support/phones/waiting.ts';

jest.setTimeout(240_000);

/** From the connection's return to the programme. */
const PROGRAMME_MS = 3_000;

const folder = mkdtempSync(join(tmpdir(), 'queueapp-ari-cut-'));
let site: Site;
let proxy: HalfOpenProxy;
beforeAll(async () => {
  writeToneClass(join(folder, 'music'), 120);
  const music = `default: { folder: ${join(folder, 'music')}, fallback: nothing-at-all, programme: { position: { on-change: false, every: 0 } } }`;
  site = await Site.up({
    name: 'ari-cut',
    configure: (shipped) => `${shipped}\nmusic-classes:\n  ${music}\n`,
    async ariUrl(own) {
      const { hostname, port } = new URL(own);
      proxy = await HalfOpenProxy.start({ host: hostname, port: Number(port) });
      return `http://127.0.0.1:${proxy.port}`;
    },
  });
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  await site?.down();
  await proxy?.close();
  rmSync(folder, { recursive: true });
});

describe('the connection to Asterisk', () => {
  test.each([
    ['is cut', 1],
    ['is cut', 10],
    ['is cut', 60],
    ['falls silent without being closed', 10],
  ] as const)(
    '%s for %i s: who talks talks on, who waits hears the programme again, who left is booked at that time',
    async (how, seconds) => {
      const phone = await site.phone('1000', { speaksHz: 700, behaviour: answers(0) });
      await site.onDuty('1000');
      const talking = await site.caller('0001', { from: { number: '2001' }, speaksHz: 500 });
      const ring = await phone.ring();
      await untilTheyTalk([talking, 500], [ring, 700]);
      const waiting = await site.caller('0001', { from: { number: '2002' } });
      await site.untilPhase('waiting', ({ position }) => position === 1);
      const leaving = await site.caller('0001', { from: { number: '2003' } });
      await site.untilPhase('waiting', ({ position }) => position === 2);
      await untilHears(waiting, 'a-low');
      const sending = await SentAudio.begin(waiting);
      const from = site.app.log.length;
      if (how === 'is cut') proxy.cut();
      else proxy.fallSilent();
      await pause(300);
      const leftAtMs = Date.now();
      await leaving.hangup();
      await pause(seconds * 1_000 - 300);
      await untilTheyTalk([talking, 500], [ring, 700]);
      proxy.recover();
      await site.app.says('it is level again', ({ msg }) => msg === 'Level with Asterisk', { from, limitMs: 20_000 });
      const levelAtMs = Date.now();
      await hearsFor(waiting, PROGRAMME_MS + 1_000);
      const { packets: sent } = await sending.end();
      // What rtp_keepalive sends (RFC 3389: comfort noise) is not heard.
      const packets = sent.filter(({ payloadType }) => payloadType !== 13);
      const first = packets.find(({ atMs }, at) => at > 0 && atMs - (packets[at - 1]?.atMs ?? 0) > 500);
      process.stdout.write(
        `${how} for ${seconds} s: programme ${Math.round((first?.atMs ?? Number.NaN) - levelAtMs)} ms after level\n`,
      );
      expect((first?.atMs ?? Number.NaN) - levelAtMs).toBeLessThan(PROGRAMME_MS);
      await untilHears(waiting, 'a-low');
      await site.logged('ABANDON');
      const [row] = await site.sql<{ at: string }>(
        "select extract(epoch from time at time zone 'UTC') as at from queue_log where event = 'ABANDON' order by id desc limit 1",
      );
      expect(Math.abs(Number(row?.at) - leftAtMs / 1000)).toBeLessThan(1.5);
      // One line of the loss, one of the return.
      const lines = site.app.log.slice(from);
      expect(lines.filter(({ lost }) => lost === 'asterisk').length).toBeLessThanOrEqual(1);
      expect(lines.filter(({ back }) => back === 'asterisk')).toHaveLength(1);
      await untilTheyTalk([talking, 500], [ring, 700]);
      phone.behave(answers(0, 300));
      await ring.hangup();
      await talking.ended();
      expect((await phone.ring({ limitMs: 20_000 })).caller.number).toBe('2002');
      await waiting.ended();
      await eventually('all is booked', async () => {
        const events = (await site.callLog()).map(({ event }) => event);
        return events.filter((event) => event === 'COMPLETEAGENT').length === 2 && events.length === 8;
      });
    },
  );
});
