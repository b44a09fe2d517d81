import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { silences, toneShare, toneSpans } from '../support/audio/levels.ts';
import { durationMs, slice, writeWav } from '../support/audio/pcm.ts';
import { longestPauseMs, mostPacketsWithin } from '../support/audio/rtp.ts';
import { BillingServer } from '../support/billing-server.ts';
import { eventually } from '../support/e2e/eventually.ts';
import {
  addNativeClass,
  asteriskBeat,
  hearsFor,
  holes,
  SentAudio,
  untilHears,
  withQueues,
} from '../support/e2e/hearing.ts';
import { untilTone } from '../support/e2e/listening.ts';
import { grammar, hearsPhrase } from '../support/e2e/phrases.ts';
import { Site } from '../support/e2e/site.ts';
import { sweep, sweepPlaceMs, TONES, tone, trackHeard, writeToneClass } from '../support/e2e/tone-class.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import type { Call } from '../support/phones/call.ts';
import type { Caller } from '../support/phones/caller.ts';
import { pause } from '../support/phones/waiting.ts';

jest.setTimeout(120_000);

const NATIVE_HZ = 1_500;
const NEW_HZ = 2_300;
/** Longer than any test: that the next tune begins by itself is shown elsewhere. */
const TUNE_SECONDS = 180;
/** A key for the next tune counts again after so long. */
const KEY_PAUSE_MS = 3_000;

const folder = mkdtempSync(join(tmpdir(), 'queueapp-bad-days-'));
const below = (name: string) => join(folder, name);

let billing: BillingServer;
let site: Site;
beforeAll(async () => {
  for (const name of ['sweep', 'native', 'growing', 'empty']) mkdirSync(below(name));
  writeToneClass(below('tones'), TUNE_SECONDS);
  writeWav(below('growing/a.wav'), tone(TONES['a-low'], TUNE_SECONDS));
  writeWav(below('sweep/sweep.wav'), sweep());
  writeWav(below('native/native.wav'), tone(NATIVE_HZ, 30, { sampleRate: 8_000 }));
  billing = await BillingServer.start();
  const quiet = 'programme: { position: { on-change: false, every: 0 } }';
  const configure = (shipped: string) =>
    `${withQueues(
      shipped.replace(
        /\naccounts:\n/,
        `\naccounts:\n  billing: { http: '${billing.url}/accounts?phone={number}', timeout: 1s, retries: 0, cache: 0 }\n`,
      ),
      `  tones: { music-class: tones, ${quiet} }
  sweep: { music-class: sweep, ${quiet} }
  growing: { music-class: growing, ${quiet} }
  empty: { music-class: empty }
  billed: { music-class: tones, accounts: billing, ${quiet} }`,
    )}
music-classes:
  tones: { folder: ${below('tones')}, fallback: native }
  sweep: { folder: ${below('sweep')} }
  growing: { folder: ${below('growing')} }
  empty: { folder: ${below('empty')} }
`;
  site = await Site.up({ name: 'programme-bad-days', configure });
  await addNativeClass(site, 'native', below('native'));
  for (const [number, queue] of Object.entries(NUMBERS)) {
    await site.dialplan(number, `Stasis(queueapp,queue,${queue})`);
  }
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  await site?.down();
  await billing?.close();
  rmSync(folder, { recursive: true });
});

const NUMBERS = { '0401': 'tones', '0402': 'sweep', '0403': 'growing', '0404': 'empty', '0405': 'billed' };
const call = (queue: string, number: string): Promise<Caller> => {
  const [dialled = ''] = Object.entries(NUMBERS).find(([, each]) => each === queue) ?? [];
  return site.caller(dialled, { from: { number, name: 'Caller' } });
};

const untilToneNow = (caller: Call, hz: number, limitMs = 20_000) =>
  eventually(
    `${hz} Hz are heard`,
    async () => {
      const all = await caller.recording();
      const endMs = durationMs(all);
      return toneShare(slice(all, endMs - 600, endMs), [hz]) > 0.95;
    },
    limitMs,
  );

/** Lines of the log at error level. */
const errors = () => site.app.log.filter(({ level }) => level === 'error' || level === 'fatal');

describe('the process', () => {
  test('is frozen for 700 ms: nobody hears it', async () => {
    const caller = await call('sweep', '5550401');
    await hearsFor(caller, 2_500);
    const sending = await SentAudio.begin(caller, await asteriskBeat(site));
    await hearsFor(caller, 1_000);
    const stoppedAtMs = performance.now();
    site.app.signal('SIGSTOP');
    await pause(700);
    site.app.signal('SIGCONT');
    const stoodStillMs = performance.now() - stoppedAtMs;
    await hearsFor(caller, 2_000);
    const sent = await sending.end();
    const { packets, sound } = sent;
    const lengthMs = durationMs(sound);
    expect(lengthMs).toBeGreaterThan(3_500);
    // Where this process came too late to let it go on, what lies ahead ran out.
    const tooLateMs = Math.max(0, stoodStillMs - 720);
    const silentMs = holes(sent, { minimumMs: 40, thresholdDbfs: -26 }).reduce(
      (sum, { fromMs, toMs }) => sum + toMs - fromMs,
      0,
    );
    expect(silentMs).toBeLessThanOrEqual(tooLateMs);
    // Twenty milliseconds each, and what an Asterisk that stood still makes up for.
    expect(mostPacketsWithin(packets, 200)).toBeLessThanOrEqual(13 + longestPauseMs(packets) / 20);
    const first = sweepPlaceMs(sound, 0, 300);
    const last = sweepPlaceMs(sound, lengthMs - 300, lengthMs);
    expect(Math.abs(last - first - (lengthMs - 300))).toBeLessThan(100 + tooLateMs);
  });

  test('is killed, and a new one started: the programme soon after', async () => {
    const caller = await call('tones', '5550402');
    await untilHears(caller, 'a-low');
    await site.killApp();
    const killedAtMs = Date.now();
    await site.startApp();
    const startMs = Date.now() - killedAtMs;
    // What was under way at the kill is over a second later; in the silence after it the recording stands still.
    await untilTone(caller, [TONES['a-low']], killedAtMs + 1_000);
    const after = slice(await caller.recording(), killedAtMs + 1_000 - caller.invitedAtMs, Number.POSITIVE_INFINITY);
    const againMs = (toneSpans(after, [TONES['a-low']])[0]?.fromMs ?? Number.POSITIVE_INFINITY) + 1_000;
    // A start is a measure of how busy the machine is: 2 s on a calm one, where the programme is back after 4.
    expect(againMs).toBeLessThan(2_000 + 3 * startMs);
  });

  test("is stopped: Asterisk's own music, and the programme when the next one has started", async () => {
    const caller = await call('tones', '5550403');
    await untilHears(caller, 'a-low');
    expect((await site.stopApp()).status).toBe(0);
    await untilToneNow(caller, NATIVE_HZ);
    await hearsFor(caller, 2_000);
    await untilToneNow(caller, NATIVE_HZ);
    await site.startApp();
    await untilHears(caller, 'a-low');
    expect(caller.ending).toBeUndefined();
  });
});

test('all keys at once and key 3 twenty times: one change of tune in 3 s at most, and no fault', async () => {
  const [every, often] = [await call('tones', '5550404'), await call('tones', '5550405')];
  await Promise.all([untilHears(every, 'a-low'), untilHears(often, 'a-low')]);
  await site.app.recordingsRead();
  const beat = new OwnBeat();
  const lines = errors().length;
  await Promise.all([every.press('1234567890*#'), often.press('3'.repeat(20))]);
  // As fast as a telephone can: 20 keys take 4.8 s.
  await hearsFor(often, 8_000);
  await untilHears(every, 'b-middle');
  const lateMs = beat.end().missedMs;
  const heard = await often.sound();
  const changes: { track: string; atMs: number }[] = [];
  for (let fromMs = 0; fromMs + 200 <= durationMs(heard); fromMs += 50) {
    const track = trackHeard(heard, fromMs, fromMs + 200);
    if (track !== null && track !== changes.at(-1)?.track) changes.push({ track, atMs: fromMs });
  }
  // A telephone that is held up presses longer, and once more counts then.
  expect(changes.length).toBeGreaterThanOrEqual(3);
  expect(changes.map(({ track }) => track)).toEqual(
    ['a-low', 'b-middle', 'c-high', 'a-low', 'b-middle'].slice(0, changes.length),
  );
  // In the time of the application, whose sound is late when the machine stands still.
  for (const [index, { atMs }] of changes.slice(2).entries())
    expect(atMs - (changes[index + 1]?.atMs ?? 0)).toBeGreaterThan(KEY_PAUSE_MS - 200 - lateMs);
  expect(silences(slice(heard, 3_000, Number.POSITIVE_INFINITY), { minimumMs: 200, thresholdDbfs: -45 })).toEqual([]);
  expect(errors().slice(lines)).toEqual([]);
});

describe('folders', () => {
  test('a file that is copied in slowly is heard at a later key 3; broken ones are named once and left out', async () => {
    const caller = await call('growing', '5550406');
    await untilHears(caller, 'a-low');
    writeWav(below('new.wav'), tone(NEW_HZ, TUNE_SECONDS));
    const whole = readFileSync(below('new.wav'));
    const half = whole.length >> 1;
    writeFileSync(below('growing/nothing.wav'), '');
    writeFileSync(below('growing/text.mp3'), 'This is no music.\n'.repeat(100));
    writeFileSync(below('growing/new.wav'), whole.subarray(0, half));
    await pause(1_000);
    appendFileSync(below('growing/new.wav'), whole.subarray(half));
    const status = async () => {
      const { music } = JSON.parse((await site.cli('status', '--json')).out) as {
        music: { class: string; tracks: number; broken: { path: string }[] }[];
      };
      return music.find((each) => each.class === 'growing');
    };
    await eventually('the new file is there', async () => (await status())?.tracks === 2, 40_000);
    await caller.press('3');
    await untilToneNow(caller, NEW_HZ);
    await eventually('both broken files are known', async () => (await status())?.broken.length === 2, 20_000);
    await hearsFor(caller, 4_000);
    const naming = (file: string) => site.app.log.filter((line) => JSON.stringify(line).includes(`growing/${file}`));
    for (const file of ['nothing.wav', 'text.mp3']) {
      const named = naming(file).filter(({ level }) => level === 'warn' || level === 'error');
      expect(named.map(({ level }) => level)).toEqual(['warn']);
    }
    expect(naming('new.wav').filter(({ level }) => level === 'error')).toEqual([]);
    await caller.press('3');
    await untilHears(caller, 'a-low');
  });

  test('an empty one: the place in line is said all the same', async () => {
    const caller = await call('empty', '5550407');
    const { offsetMs } = await hearsPhrase(caller, grammar().position(1));
    await hearsFor(caller, 4_000);
    await caller.press('4');
    await hearsPhrase(caller, grammar().position(1), { afterMs: offsetMs + 4_000 });
  });
});

test('a billing that hangs, answers 500 or HTML: that it is not available, and the tune goes on', async () => {
  billing.answer = (number, _request, response) => {
    if (number === '5550408') return;
    if (number === '5550409') return response.writeHead(500).end('broken');
    return response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Log in</body></html>');
  };
  const callers = await Promise.all(['5550408', '5550409', '5550410'].map((number) => call('billed', number)));
  await Promise.all(callers.map((caller) => untilHears(caller, 'a-low')));
  await Promise.all(callers.map((caller) => caller.press('2')));
  for (const caller of callers) await hearsPhrase(caller, grammar().accountsUnavailable());
  await Promise.all(callers.map((caller) => untilHears(caller, 'a-low')));
  expect(billing.asked.map(({ number }) => number).sort()).toEqual(['5550408', '5550409', '5550410']);
});
