import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Pcm, writeWav } from '../../support/audio/pcm.ts';
import { percentile, type Report, rounded } from '../report.ts';
import { heard, musicClass } from './hold-music.ts';
import type { HoldScene, Waiting } from './hold-scene.ts';
import { type KeyTimes, KeyWatch, TONES } from './key-watch.ts';
import { RtpCapture } from './rtp-capture.ts';

export interface KeyOptions {
  readonly callers: number;
  readonly nodeOptions: readonly string[];
  readonly say: (line: string) => void;
}

/** A tune lasts longer than all that is measured while it plays. */
const TUNE_SECONDS = 180;
const LEVEL = 0.3;
/** Of all who wait, so many press one after the other … */
const IN_TURN_MAX = 100;
const IN_TURN_OVER_MS = 4_000;
const IN_TURN_ROUNDS = 5;
/** … and all of them within a second. */
const AT_ONCE_OVER_MS = 1_000;
const AT_ONCE_ROUNDS = 3;
/** Until the new tune has been at its full level for a while, and the key counts again (3 s). */
const AFTER_MS = 6_000;

/** How soon callers hear that they have pressed 3: some one after the other while all wait, then all in the same second. */
export async function measureKeys(scene: HoldScene, report: Report, options: KeyOptions): Promise<void> {
  const { callers, nodeOptions, say } = options;
  const music = await scene.freshFolder('tones');
  for (const hz of TONES) writeWav(join(music, `tone-${String(hz).padStart(4, '0')}.wav`), tone(hz));
  const settings = [
    ...musicClass({ music, advice: undefined }),
    ...heard('programme'),
    [['limits', 'calls'], callers + 100] as const,
  ];
  say(`· keys: ${callers} callers`);
  await scene.withCallers({ callers, settings, nodeOptions }, async (waiting) => {
    const inTurn = Math.min(IN_TURN_MAX, callers);
    const first = await watch(scene, waiting, async () => {
      for (let round = 0; round < IN_TURN_ROUNDS; round += 1) {
        await waiting.phones.press('3', { count: inTurn, overMs: IN_TURN_OVER_MS });
        await sleep(AFTER_MS);
      }
    });
    const second = await watch(scene, waiting, async () => {
      for (let round = 0; round < AT_ONCE_ROUNDS; round += 1) {
        await waiting.phones.press('3', { count: callers, overMs: AT_ONCE_OVER_MS });
        await sleep(AFTER_MS);
      }
    });
    print(report, callers, [
      { key: 'in-turn', name: `${inTurn} callers one after the other`, presses: inTurn * IN_TURN_ROUNDS, ...first },
      { key: 'at-once', name: `${callers} callers in the same second`, presses: callers * AT_ONCE_ROUNDS, ...second },
    ]);
  });
}

interface Watched {
  readonly times: readonly KeyTimes[];
  readonly uncaptured: number;
}

interface Series extends Watched {
  readonly key: string;
  readonly name: string;
  readonly presses: number;
}

async function watch(scene: HoldScene, { phones }: Waiting, work: () => Promise<void>): Promise<Watched> {
  const { first, last } = scene.rtpPorts();
  const heardByPhones = `udp and src portrange ${first}-${last} and dst portrange 33000-60001`;
  // RFC 4733 events among what the phones send: payload type 96.
  const pressed = `udp and dst portrange ${first}-${last} and udp[9] & 0x7f = 96`;
  const capture = await RtpCapture.start(`(${heardByPhones}) or (${pressed})`, { sound: true });
  return scene.using(
    'capture',
    () => capture.close(),
    async () => {
      await sleep(500);
      await work();
      const uncaptured = await capture.end();
      const watching = new KeyWatch(phones.ports);
      await capture.read(watching.take);
      return { times: watching.times(), uncaptured };
    },
  );
}

function print(report: Report, callers: number, series: readonly Series[]): void {
  const SHARES = [0.5, 0.9, 0.99, 1];
  report.table(
    `Key 3 with ${callers} callers on hold: from the first end packet of the key to what is heard, ms`,
    [
      '',
      'presses',
      'answered',
      ...['old −3 dB', 'new audible'].flatMap((what) => ['p50', 'p90', 'p99', 'max'].map((p) => `${what} ${p}`)),
      'not captured',
    ],
    series.map(({ name, presses, times, uncaptured }) => [
      name,
      String(presses),
      String(times.length),
      ...SHARES.map((share) =>
        rounded(
          percentile(
            times.map(({ oldDownMs }) => oldDownMs),
            share,
          ),
        ),
      ),
      ...SHARES.map((share) =>
        rounded(
          percentile(
            times.map(({ newAudibleMs }) => newAudibleMs),
            share,
          ),
        ),
      ),
      String(uncaptured),
    ]),
  );
  for (const { key, name, presses, times } of series) {
    const down = times.map(({ oldDownMs }) => oldDownMs);
    const audible = times.map(({ newAudibleMs }) => newAudibleMs);
    // A key that nobody heard would flatter the figure by being left out.
    const p99 = (values: readonly number[]) => (times.length === presses ? percentile(values, 0.99) : Number.NaN);
    report.figure(`programme.keys.${key}.presses`, presses, 'presses');
    report.figure(`programme.keys.${key}.answered`, times.length, 'presses');
    report.figure(`programme.keys.${key}.old-down-p50`, percentile(down, 0.5), 'ms');
    report.figure(`programme.keys.${key}.new-audible-p50`, percentile(audible, 0.5), 'ms');
    report.target({
      name: `old tune 3 dB down p99, ${name}`,
      bound: 'at-most',
      wanted: 300,
      measured: p99(down),
      unit: 'ms',
    });
    report.target({
      name: `new tune audible p99, ${name}`,
      bound: 'at-most',
      wanted: 900,
      measured: p99(audible),
      unit: 'ms',
    });
  }
}

function tone(hz: number): Pcm {
  const sampleRate = 8000;
  const samples = new Float32Array(TUNE_SECONDS * sampleRate);
  for (let index = 0; index < samples.length; index += 1)
    samples[index] = LEVEL * Math.sin((2 * Math.PI * hz * index) / sampleRate);
  return { sampleRate, samples };
}
