import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { toneDbfs, toneShare, toneSpans } from '../support/audio/levels.ts';
import { durationMs, type Pcm, slice, writeWav } from '../support/audio/pcm.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { hearsFor, lastHeard, SentAudio, untilHears, withQueues } from '../support/e2e/hearing.ts';
import { Site } from '../support/e2e/site.ts';
import { TONES, tone, writeToneClass } from '../support/e2e/tone-class.ts';
import type { Call } from '../support/phones/call.ts';
import { Icecast, type Source, TONE_DBFS, toneInput } from '../support/stream/icecast.ts';

jest.setTimeout(180_000);

const STATION_HZ = 1_800;
const MOUNT = '/radio.mp3';
const STATION: Source = {
  input: toneInput(STATION_HZ),
  encode: ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'],
  type: 'audio/mpeg',
};
/** Advice by its folder, each a tone of its own. */
const ADVICE_HZ = {
  'first/01': 1_300,
  'first/02': 1_400,
  'firstMorning/m': 1_500,
  'firstDay/d': 1_600,
  'firstEvening/e': 1_700,
  'middle/x': 2_000,
  'middle/y': 2_100,
  'last/z': 1_900,
} as const;
const ADVICE_SECONDS = 1.5;

const folder = mkdtempSync(join(tmpdir(), 'queueapp-stream-'));
const below = (name: string) => join(folder, name);
// It is evening, and stays so for an hour at least, whether midnight comes in between or not.
const morning = new Date().getHours() < 11 ? 22 : 1;
const HOURS = `morning-from: ${morning}, day-from: ${morning + 1}, evening-from: ${morning + 2}`;

let icecast: Icecast;
let site: Site;
beforeAll(async () => {
  writeToneClass(below('tones'));
  for (const [name, hz] of Object.entries(ADVICE_HZ)) {
    mkdirSync(join(below('advice'), name, '..'), { recursive: true });
    writeWav(join(below('advice'), `${name}.wav`), tone(hz, ADVICE_SECONDS));
  }
  icecast = await Icecast.start();
  await icecast.source(MOUNT, STATION);
  const quiet = 'position: { on-change: false, every: 0 }';
  const configure = (shipped: string) =>
    `${withQueues(shipped, `  radio: { music-class: radio }\n  advised: { music-class: advised }`)}
music-classes:
  radio: { folder: ${below('tones')}, stream: '${icecast.address(MOUNT)}', programme: { ${quiet} } }
  advised:
    folder: ${below('tones')}
    advice: ${below('advice')}
    programme: { ${quiet}, advice: { first-after: 10s, pause: 2s, ${HOURS} } }
`;
  site = await Site.up({ name: 'stream', configure });
  await site.dialplan('0301', 'Stasis(queueapp,queue,radio)');
  await site.dialplan('0302', 'Stasis(queueapp,queue,advised)');
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  await site?.down();
  await icecast?.close();
  rmSync(folder, { recursive: true });
});

const untilStation = (call: Call, limitMs = 30_000) =>
  eventually(
    'the station is heard',
    async () => toneShare(await lastHeard(call, 1_000), [STATION_HZ]) > 0.9 && durationMs(await call.sound()) > 2_000,
    limitMs,
  );

/** What the command line says of the class with the stream. */
async function radioStatus(): Promise<{ playing: boolean; title: string | null } | null | undefined> {
  const { out } = await site.cli('status', '--json');
  const { music } = JSON.parse(out) as {
    music: { class: string; stream: { playing: boolean; title: string | null } }[];
  };
  return music.find((each) => each.class === 'radio')?.stream;
}

async function listeners(): Promise<number> {
  const answer = await fetch(icecast.address('/status-json.xsl'));
  const { icestats } = (await answer.json()) as { icestats: { source: { listeners: number } } };
  return icestats.source.listeners;
}

/** Icecast counts whom it sends to a moment later, and who has left, too. */
const untilOneListens = () => eventually('one listens', async () => (await listeners()) === 1);

describe('a class with a live stream', () => {
  test('two callers hear the station over one connection; lost, their own files; back again; its title is shown', async () => {
    const callers = await Promise.all([site.caller('0301'), site.caller('0301')]);
    const [first, second] = callers;
    if (first === undefined || second === undefined) throw new Error('There are two callers');
    for (const caller of callers) await untilStation(caller);
    await hearsFor(first, 1_500);
    expect(Math.abs(toneDbfs(await lastHeard(first, 1_000), STATION_HZ) - TONE_DBFS)).toBeLessThan(1.5);
    await untilOneListens();
    await icecast.retitle(MOUNT, 'Пример – Snow & Ice');
    await eventually('the title is shown', async () => (await radioStatus())?.title === 'Пример – Snow & Ice', 30_000);
    await site.app.says('the title', ({ title }) => title === 'Пример – Snow & Ice');

    await icecast.kill();
    for (const caller of callers) await untilHears(caller, 'a-low', 30_000);
    expect(await radioStatus()).toMatchObject({ playing: false });

    await icecast.up();
    await icecast.source(MOUNT, STATION);
    for (const caller of callers) await untilStation(caller, 60_000);
    await untilOneListens();
  });
});

describe('a class with advice', () => {
  test('each once: first, the one of the hour, middle, last; the tune 20 dB down under it and back', async () => {
    const caller = await site.caller('0302');
    await caller.answered();
    const sending = await SentAudio.begin(caller);
    const spansOf = (all: Pcm) => {
      return Object.values(ADVICE_HZ)
        .flatMap((hz) => toneSpans(all, [hz]).map((span) => ({ hz: hz as number, ...span })))
        .sort((a, b) => a.fromMs - b.fromMs);
    };
    await eventually(
      'the last advice is heard',
      // In all that has come lately: it is short, and a look may come late.
      async () => toneSpans(await lastHeard(caller, 20_000), [ADVICE_HZ['last/z']]).length > 0,
      90_000,
    );
    await hearsFor(caller, 6_500);
    // As it was sent: how long the machine stood still meanwhile is no part of it.
    const { sound: all } = await sending.end();
    const heard = spansOf(all);
    const order = heard.map(({ hz }) => hz);
    expect([...order.slice(0, 3), ...order.slice(3, 5).sort(), ...order.slice(5)]).toEqual([
      ...[1_300, 1_400, ADVICE_HZ['firstEvening/e']],
      ...[2_000, 2_100, 1_900],
    ]);
    const tune = (fromMs: number) => toneDbfs(slice(all, fromMs, fromMs + 500), TONES['a-low']);
    for (const { fromMs, toMs } of heard) {
      const [before, under, after] = [tune(fromMs - 1_800), tune(fromMs + 500), tune(toMs + 1_200)];
      expect(Math.abs(before - under - 20)).toBeLessThan(1);
      expect(Math.abs(after - before)).toBeLessThan(0.5);
    }
  });
});
