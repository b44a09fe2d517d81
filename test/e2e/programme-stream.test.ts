import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { toneDbfs, toneShare } from '../support/audio/levels.ts';
import { durationMs, slice } from '../support/audio/pcm.ts';
import { eventually } from '../support/e2e/eventually.ts';
import { hearsFor, untilHears, withQueues } from '../support/e2e/hearing.ts';
import { Site } from '../support/e2e/site.ts';
import { writeToneClass } from '../support/e2e/tone-class.ts';
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

const folder = mkdtempSync(join(tmpdir(), 'queueapp-stream-'));
const below = (name: string) => join(folder, name);
let icecast: Icecast;
let site: Site;
beforeAll(async () => {
  writeToneClass(below('tones'));
  icecast = await Icecast.start();
  await icecast.source(MOUNT, STATION);
  const quiet = 'position: { on-change: false, every: 0 }';
  const configure = (shipped: string) =>
    `${withQueues(shipped, `  radio: { music-class: radio }`)}
music-classes:
  radio: { folder: ${below('tones')}, stream: '${icecast.address(MOUNT)}', programme: { ${quiet} } }
`;
  site = await Site.up({ name: 'stream', configure });
  await site.dialplan('0301', 'Stasis(queueapp,queue,radio)');
}, 600_000);
afterEach(() => site.reset());
afterAll(async () => {
  await site?.down();
  await icecast?.close();
  rmSync(folder, { recursive: true });
});

async function lastSecond(call: Call) {
  const all = await call.recording();
  return slice(all, durationMs(all) - 1_000, durationMs(all));
}

const untilStation = (call: Call, limitMs = 30_000) =>
  eventually(
    'the station is heard',
    async () => toneShare(await lastSecond(call), [STATION_HZ]) > 0.9 && durationMs(await call.recording()) > 2_000,
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

describe('a class with a live stream', () => {
  test('two callers hear the station over one connection; lost, their own files; back again; its title is shown', async () => {
    const callers = await Promise.all([site.caller('0301'), site.caller('0301')]);
    const [first, second] = callers;
    if (first === undefined || second === undefined) throw new Error('There are two callers');
    for (const caller of callers) await untilStation(caller);
    await hearsFor(first, 1_500);
    expect(Math.abs(toneDbfs(await lastSecond(first), STATION_HZ) - TONE_DBFS)).toBeLessThan(1.5);
    expect(await listeners()).toBe(1);
    await icecast.retitle(MOUNT, 'Пример – Snow & Ice');
    await eventually('the title is shown', async () => (await radioStatus())?.title === 'Пример – Snow & Ice', 30_000);
    expect(site.app.log.some(({ title }) => title === 'Пример – Snow & Ice')).toBe(true);

    const killedAt = Date.now();
    await icecast.kill();
    for (const caller of callers) await untilHears(caller, 'a-low', 20_000);
    const filesMs = Date.now() - killedAt;
    expect(filesMs).toBeLessThan(20_000);
    expect(await radioStatus()).toMatchObject({ playing: false });

    await icecast.up();
    await icecast.source(MOUNT, STATION);
    for (const caller of callers) await untilStation(caller, 60_000);
    expect(await listeners()).toBe(1);
  });
});
