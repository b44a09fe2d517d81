/*
 * Prints the figures of stasis/media/library/README.md: npx tsx test/integration/media-library/figures.ts
 * How fast each kind of file is decoded, what a minute of music takes, and what the thread that sends the audio notices of it.
 */
import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { delay, systemClock } from '../../../src/lib/clock.ts';
import { openLibrary, SoundFiles } from './sound-files.ts';

const MINUTE = 60;

await using files = new SoundFiles();
const source = files.sox('minute.wav', `-R -n -r 44100 -c 2 -b 16 {} synth ${MINUTE} pinknoise gain -6`);
for (const kind of ['flac', 'ogg', 'mp3']) files.sox(`minute.${kind}`, `${source} {}`);
files.opus('minute.opus', source);

console.log('one minute of 44.1 kHz stereo → ulaw, alaw, slin16 (best of 3):');
for (const kind of ['wav', 'flac', 'ogg', 'opus', 'mp3']) {
  const rounds: number[] = [];
  let bytes = 0;
  for (let round = 0; round < 4; round += 1) {
    const from = performance.now();
    ({ bytes } = await files.decoded([files.path(`minute.${kind}`)]));
    // The first round starts the thread and compiles it.
    if (round > 0) rounds.push(performance.now() - from);
  }
  const ms = Math.min(...rounds);
  console.log(
    `  ${kind}: ${Math.round(ms)} ms, ${Math.round((MINUTE * 1000) / ms)} times as fast as it plays; ${bytes} bytes`,
  );
}

const folder = files.path('ten');
mkdirSync(folder);
for (let index = 0; index < 10; index += 1) {
  const kind = ['wav', 'flac', 'ogg', 'opus', 'mp3'][index % 5] as string;
  if (index % 2 === 0) symlinkSync(files.path(`minute.${kind}`), `${folder}/${index}.${kind}`);
  else copyFileSync(files.path(`minute.${kind}`), `${folder}/${index}.${kind}`);
}

/** Runs something while the event loop's timer is measured once in a millisecond. */
async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  const before = performance.eventLoopUtilization();
  const from = performance.now();
  histogram.enable();
  await work();
  histogram.disable();
  const ms = (value: number) => `${(value / 1e6).toFixed(1)} ms`;
  const { utilization } = performance.eventLoopUtilization(before);
  const delays = `99 % ${ms(histogram.percentile(99))}, 99.9 % ${ms(histogram.percentile(99.9))}, longest ${ms(histogram.max)}`;
  console.log(
    `  ${what}: ${((performance.now() - from) / 1000).toFixed(1)} s; a timer of 1 ms comes within: ${delays}; thread busy ${(100 * utilization).toFixed(1)} %`,
  );
}

console.log('the main thread, nothing to do and while ten minutes of music are decoded, in turns:');
for (let round = 0; round < 3; round += 1) {
  await measured('idle    ', () => delay(systemClock, 5000));
  await measured('decoding', async () => {
    await using opened = await openLibrary({ folder });
    if (opened.library.status().classes[0]?.tracks !== 10) throw new Error('Not all tracks were decoded');
  });
}
