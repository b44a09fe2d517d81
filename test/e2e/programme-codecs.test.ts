import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { rmsDbfs, silences, toneDbfs, toneShare } from '../support/audio/levels.ts';
import { durationMs, writeWav } from '../support/audio/pcm.ts';
import { longestPauseMs } from '../support/audio/rtp.ts';
import { eventually } from '../support/e2e/eventually.ts';
import {
  addNativeClass,
  asteriskBeat,
  hearsFor,
  hearsNow,
  holes,
  lastHeard,
  SentAudio,
  untilHears,
  withQueues,
} from '../support/e2e/hearing.ts';
import { grammar, hearsPhrase, phraseSound } from '../support/e2e/phrases.ts';
import { Site } from '../support/e2e/site.ts';
import { sweep, sweepPlaceMs, TONES, tone, writeToneClass } from '../support/e2e/tone-class.ts';
import type { Caller } from '../support/phones/caller.ts';
import { neverAnswers } from '../support/phones/phone.ts';

jest.setTimeout(120_000);

/** More than a line of G.711 carries. */
const WIDE_HZ = 5_000;
const NATIVE_HZ = 1_500;
/** Longer than any test: that the next tune begins by itself is shown elsewhere. */
const TUNE_SECONDS = 180;
/** What is written in the tone classes, dBFS. */
const WRITTEN_DBFS = -20;

const folder = mkdtempSync(join(tmpdir(), 'queueapp-codecs-'));
const below = (name: string) => join(folder, name);

// Nothing is said by itself where the sound is measured.
const QUIET = 'programme: { position: { on-change: false, every: 0 } }';
const CLASSES = `
music-classes:
  tones: { folder: ${below('tones')} }
  wide: { folder: ${below('wide')} }
  sweep: { folder: ${below('sweep')} }
`;
const QUEUES = `
  russian: { music-class: tones, accounts: own-table }
  brazilian: { music-class: tones, accounts: own-table }
  quiet: { music-class: tones, ${QUIET} }
`;

let site: Site;
beforeAll(async () => {
  writeToneClass(below('tones'), TUNE_SECONDS);
  for (const name of ['wide', 'sweep', 'native']) mkdirSync(below(name));
  writeWav(below('wide/whistle.wav'), tone(WIDE_HZ, 60));
  writeWav(below('sweep/sweep.wav'), sweep());
  writeWav(below('native/native.wav'), tone(NATIVE_HZ, 30, { sampleRate: 8_000 }));
  const configure = (shipped: string) =>
    withQueues(
      shipped
        .replace('ring-timeout: 15s', 'ring-timeout: 3s')
        .replace('music-class: default ', `music-class: sweep\n    ${QUIET} `),
      QUEUES,
    ) + CLASSES;
  site = await Site.up({ name: 'codecs', configure });
  await addNativeClass(site, 'native', below('native'));
  await site.dialplan('0201', 'Set(CHANNEL(language)=ru)', 'Stasis(queueapp,queue,russian)');
  await site.dialplan('0202', 'Set(CHANNEL(language)=pt_BR)', 'Stasis(queueapp,queue,brazilian)');
  await site.dialplan('0203', 'Stasis(queueapp,queue,quiet)');
  await site.dialplan('0204', 'Set(CHANNEL(musicclass)=wide)', 'Stasis(queueapp,queue,quiet)');
  await site.dialplan('0205', 'Set(CHANNEL(musicclass)=native)', 'Stasis(queueapp,queue,quiet)');
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  await site?.down();
  rmSync(folder, { recursive: true });
});

/** Of every channel that Asterisk has: what `core show channel` says of its codecs, by the beginning of its name. */
async function codecs(): Promise<Record<string, { native: string; reads: string; writes: string }>> {
  const names = (await site.asterisk('core show channels concise')).trim().split('\n');
  const all: Record<string, { native: string; reads: string; writes: string }> = {};
  for (const name of names.map((line) => line.split('!')[0] ?? '')) {
    const shown = await site.asterisk(`core show channel ${name}`);
    const line = (label: string) => new RegExp(`^ *${label}: *(.*?) *$`, 'm').exec(shown)?.[1] ?? '';
    const [native, reads, writes] = [line('NativeFormats'), line('ReadTranscode'), line('WriteTranscode')];
    all[name.split('/')[0] ?? ''] = { native, reads, writes };
  }
  return all;
}

/** The last two seconds that a caller heard. */
const lastSeconds = (caller: Caller) => lastHeard(caller, 2_000);

describe('in the codec of the caller', () => {
  test.each([
    ['PCMU', 'ulaw'],
    ['PCMA', 'alaw'],
  ] as const)('%s only: the tune at its level, and Asterisk transcodes nothing', async (codec, format) => {
    const caller = await site.caller('0203', { codec });
    await untilHears(caller, 'a-low');
    await hearsFor(caller, 2_500);
    const heard = await lastSeconds(caller);
    expect(Math.abs(toneDbfs(heard, TONES['a-low']) - WRITTEN_DBFS)).toBeLessThan(0.5);
    expect(toneShare(heard, [TONES['a-low']])).toBeGreaterThan(0.99);
    const native = `(${format})`;
    expect(await codecs()).toEqual({
      PJSIP: { native, reads: 'No', writes: 'No' },
      WebSocket: { native, reads: 'No', writes: 'No' },
    });
    expect(await site.asterisk('bridge show all')).toContain('simple_bridge');
  });

  test('G.722 only, in a class that the dialplan chose: a tone that G.711 could not carry', async () => {
    const caller = await site.caller('0204', { codec: 'G722' });
    const whistles = async () => toneShare(await lastSeconds(caller), [WIDE_HZ]) > 0.95;
    await eventually('the whistle is heard', whistles, 20_000);
    await hearsFor(caller, 2_500);
    expect(Math.abs(rmsDbfs(await lastSeconds(caller)) - WRITTEN_DBFS)).toBeLessThan(1.5);
    expect(await codecs()).toMatchObject({ PJSIP: { native: '(g722)' }, WebSocket: { native: '(slin16)' } });
  });
});

test("a class of Asterisk's that the dialplan chose is played by Asterisk alone", async () => {
  const caller = await site.caller('0205');
  const isHeard = async () => toneShare(await lastSeconds(caller), [NATIVE_HZ]) > 0.95;
  await eventually("Asterisk's own tone is heard", isHeard, 20_000);
  expect(Object.keys(await codecs())).toEqual(['PJSIP']);
  await eventually('the application says so', async () =>
    (await site.calls()).every(({ hears }) => hears === 'moh:native'),
  );
});

test('a member is rung and does not answer: the tune goes on without a gap, and at its pace', async () => {
  const phone = await site.phone('1000', { behaviour: neverAnswers });
  const [caller, other] = [await site.caller('0001'), await site.caller('0205')];
  await hearsFor(caller, 2_500);
  const [sending, sendingNative] = [
    await SentAudio.begin(caller, await asteriskBeat(site)),
    await SentAudio.begin(other),
  ];
  await hearsFor(caller, 1_000);
  await site.login('1000');
  await phone.ring();
  await site.logged('RINGNOANSWER');
  await hearsFor(caller, 1_500);
  const [sent, native] = [await sending.end(), await sendingNative.end()];
  const { packets, sound, machine } = sent;
  expect(durationMs(sent.pcm)).toBeGreaterThan(5_000);
  // When the machine itself stands still, Asterisk's own music for somebody else is as late.
  expect(longestPauseMs(packets)).toBeLessThanOrEqual(
    Math.max(60, longestPauseMs(native.packets), machine.longestMs) + 40,
  );
  expect(holes(sent, { minimumMs: 20, thresholdDbfs: -26 })).toEqual([]);
  expect(silences(sound, { minimumMs: 20, thresholdDbfs: -26 })).toEqual([]);
  // A few beats of twenty milliseconds are lost, or come twice, on a busy machine.
  const lengthMs = durationMs(sound);
  const [first, last] = [sweepPlaceMs(sound, 0, 500), sweepPlaceMs(sound, lengthMs - 500, lengthMs)];
  expect(Math.abs(last - first - (lengthMs - 500))).toBeLessThan(100);
});

describe('in the language of the channel', () => {
  test.each([
    ['ru', '0201', 'RUB', '5550201'],
    ['pt_BR', '0202', 'BRL', '5550202'],
  ] as const)('%s: place in line and balance, with genders and plurals', async (language, number, currency, from) => {
    await site.sql('insert into account (phone, number, balance, currency) values ($1, $2, $3::numeric, $4)', [
      from,
      '0042',
      '-2001.02',
      currency,
    ]);
    const ahead = await site.caller(number);
    await site.logged('ENTERQUEUE');
    const caller = await site.caller(number, { from: { number: from } });
    const spoken = grammar(language);
    await hearsPhrase(caller, spoken.position(2), { language });
    await untilHears(caller, 'a-low');
    await caller.press('2');
    const account = { number: '0042', balance: { hundredths: -200_102n, currency }, isLocked: false };
    const phrase = spoken.accounts([account]);
    // Looking for so long a phrase again and again would keep the machine from recording it.
    await hearsFor(caller, durationMs(phraseSound(phrase, language)) + 2_500);
    await hearsPhrase(caller, phrase, { language });
    await untilHears(caller, 'a-low');
    expect(await hearsNow(ahead)).toBe('a-low');
  });
});
