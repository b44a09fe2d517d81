import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { announcer } from '../../src/core/speech/announcer.ts';
import type { Phrase } from '../../src/core/speech/phrase.ts';
import { toneShare, toneSpans } from '../support/audio/levels.ts';
import { durationMs, slice, writeWav } from '../support/audio/pcm.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { addNativeClass, hearsFor, untilHears } from '../support/e2e/hearing.ts';
import { untilTheyTalk } from '../support/e2e/listening.ts';
import { grammar, hearsPhrase } from '../support/e2e/phrases.ts';
import { Site } from '../support/e2e/site.ts';
import { TONES, tone, writeToneClass } from '../support/e2e/tone-class.ts';
import type { Call } from '../support/phones/call.ts';
import type { Caller } from '../support/phones/caller.ts';

jest.setTimeout(300_000);

/** A recording of the administrator's own, so long that somebody can be called in the middle of it, however long that takes on a busy machine. */
const OFFER_HZ = 1_800;
const OFFER_SECONDS = 60;
const NATIVE_HZ = 2_200;
/** Two rounds of announcements, and the music between them: whoever looks late has to wait for the next one. */
const ROUND_LIMIT_MS = 120_000;
const ANNOUNCEMENTS = `    announcements:
      frequency: 60s
      round-seconds: 30
      periodic: { frequency: 12s, prompts: [queueapp/stay_on_line, custom/offer] }
`;

const folder = mkdtempSync(join(tmpdir(), 'queueapp-announcements-'));
const below = (name: string) => join(folder, name);
const say = announcer(grammar());

let site: Site;
beforeAll(async () => {
  writeToneClass(below('tones'));
  for (const name of ['native', 'asterisk/en/custom']) mkdirSync(below(name), { recursive: true });
  writeWav(below('native/native.wav'), tone(NATIVE_HZ, 60, { sampleRate: 8_000 }));
  writeWav(below('asterisk/en/custom/offer.wav'), tone(OFFER_HZ, OFFER_SECONDS, { sampleRate: 8_000 }));
  site = await Site.up({
    name: 'announcements',
    configure: (shipped) =>
      `${shipped
        .replace('    when-nobody: wait', `${ANNOUNCEMENTS}    when-nobody: wait`)
        .replace(/ {2}# asterisk-folder: .*\n/, `  asterisk-folder: ${below('asterisk')}\n`)}
music-classes:
  default: { folder: ${below('tones')} }
`,
  });
  await addNativeClass(site, 'native', below('native'));
  await site.dialplan('0301', 'Set(CHANNEL(musicclass)=native)', 'Stasis(queueapp,queue,support)');
  // As if callers had waited for two and a half minutes until now.
  await site.sql("update queue set hold_ms = 150000 where name = 'support'");
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  await site?.down();
  rmSync(folder, { recursive: true });
});

/** How much of the last half second is a tone. */
async function shareNow(call: Call, hz: number): Promise<number> {
  const all = await call.recording();
  return toneShare(slice(all, durationMs(all) - 500, durationMs(all)), [hz]);
}

const untilTone = (call: Call, hz: number) =>
  eventually(`${hz} Hz are heard`, async () => (await shareNow(call, hz)) > 0.8, ROUND_LIMIT_MS);

/** Whether a tone was heard a moment ago, whatever hole a busy machine has made in it since. */
async function isHeardNow(call: Call, hz: number): Promise<boolean> {
  const all = await call.recording();
  return toneSpans(slice(all, durationMs(all) - 1_500, durationMs(all)), [hz]).length > 0;
}

/** Hears them one after the other, in this order. */
async function hearsInOrder(caller: Caller, phrases: readonly Phrase[]): Promise<void> {
  let afterMs = 0;
  for (const phrase of phrases) afterMs = (await hearsPhrase(caller, phrase, { afterMs })).offsetMs + 500;
}

describe('announcements', () => {
  test('place, waiting time, thanks and a periodic one are heard in order; a member who is found interrupts, for that caller alone', async () => {
    const first = await site.caller('0001', { speaksHz: 500 });
    await site.untilPhase('waiting', ({ position }) => position === 1);
    // The average wait is read when the first one comes, and nobody waits for it.
    await hearsPhrase(first, say.position(1));
    const second = await site.caller('0001');
    const firstHears = hearsInOrder(first, [say.position(1), say.thanks(), ['queueapp/stay_on_line']]);
    const secondHears = hearsInOrder(second, [
      say.position(2),
      // 150 s and the half minute for rounding, less a few seconds, in steps of thirty.
      say.holdTime({ minutes: 2, seconds: 30 }),
      say.thanks(),
      ['queueapp/stay_on_line'],
    ]);
    // Side by side: the music between two periodic ones does not wait for the other caller.
    await Promise.all([firstHears.then(() => untilHears(first, 'a-low', ROUND_LIMIT_MS)), secondHears]);

    const phone = await site.phone('1000', { speaksHz: 2_600 });
    await Promise.all([untilTone(first, OFFER_HZ), untilTone(second, OFFER_HZ)]);
    await site.onDuty('1000');
    const ring = await phone.ring();
    // While the phone rings: the music alone.
    await untilHears(first, 'a-low');
    expect(await shareNow(first, OFFER_HZ)).toBeLessThan(0.05);
    expect(await isHeardNow(second, OFFER_HZ)).toBe(true);
    await ring.answer();
    await untilTheyTalk([first, 500], [ring, 2_600]);
    await ring.hangup();
    await first.ended();
  });

  test("with Asterisk's own music: said in its place, and then the music again; a member is not kept waiting", async () => {
    const phone = await site.phone('1000', { speaksHz: 2_600 });
    const caller = await site.caller('0301', { speaksHz: 500 });
    await untilTone(caller, NATIVE_HZ);
    await hearsInOrder(caller, [say.position(1), say.thanks()]);
    await untilTone(caller, NATIVE_HZ);
    await hearsPhrase(caller, ['queueapp/stay_on_line']);
    await untilTone(caller, NATIVE_HZ);
    await site.onDuty('1000');
    const ring = await phone.ring();
    await ring.answer();
    await untilTheyTalk([caller, 500], [ring, 2_600]);
    await hearsFor(caller, 1_500);
    for (const hz of [NATIVE_HZ, OFFER_HZ, ...Object.values(TONES)]) {
      expect(await shareNow(caller, hz)).toBeLessThan(0.05);
    }
    await ring.hangup();
    await caller.ended();
  });
});
