import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { G711_DECODING } from '../../../src/core/programme/g711.ts';
import type { LiveSound } from '../../../src/core/programme/sound.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { createStream, type LiveStream } from '../../../stasis/media/stream/live-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { inTime } from '../../support/in-time.ts';
import { Icecast, type Source, TONE_DBFS, toneInput } from '../../support/stream/icecast.ts';
import { toneIn } from '../../support/stream/listen.ts';

jest.setTimeout(90_000);

/** What stations send, with a tone of its own each. */
const ENCODINGS: Readonly<Record<string, Source & { readonly hz: number }>> = {
  '/tone.mp3': {
    hz: 440,
    input: toneInput(440),
    encode: ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'],
    type: 'audio/mpeg',
  },
  '/tone.ogg': {
    hz: 523,
    input: toneInput(523),
    encode: ['-c:a', 'libvorbis', '-b:a', '96k', '-f', 'ogg'],
    type: 'application/ogg',
  },
  '/tone.opus': {
    hz: 659,
    input: toneInput(659),
    encode: ['-ar', '48000', '-c:a', 'libopus', '-b:a', '64k', '-f', 'ogg'],
    type: 'application/ogg',
  },
  '/tone.aac': {
    hz: 784,
    input: toneInput(784),
    encode: ['-c:a', 'aac', '-b:a', '96k', '-f', 'adts'],
    type: 'audio/aac',
  },
};

/** Samples a second of G.711. */
const RATE = 8000;

let icecast: Icecast;
const streams: LiveStream[] = [];
beforeAll(async () => {
  icecast = await Icecast.start();
});
afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.close();
  await icecast.stopSources();
});
afterAll(() => icecast.close());

function listen(mount: string, onTitle: (title: string | null) => void = () => {}): LiveStream {
  const stream = createStream({
    url: icecast.address(mount),
    name: 'radio',
    formats: ['ulaw', 'alaw', 'slin', 'slin16'],
    clock: systemClock,
    random: Math.random,
    log: silentLog(),
    onTitle,
  });
  streams.push(stream);
  stream.start();
  return stream;
}

const plays = (stream: LiveStream) => eventually('the stream plays', () => stream.status().isPlaying, 30_000);
const hasSeconds = (sound: LiveSound, seconds: number) =>
  eventually(`${seconds} s are there`, () => sound.writtenTo >= (seconds * sound.samples.length) / 30, 30_000);

describe.each(Object.entries(ENCODINGS))('%s from Icecast', (mount, source) => {
  test('is heard in every format, at its frequency and level', async () => {
    await icecast.source(mount, source);
    const stream = listen(mount);
    await plays(stream);
    for (const format of ['slin', 'slin16'] as const) {
      const sound = stream.sound(format);
      await hasSeconds(sound, 2);
      // A second in which it had not run dry: a station is where the machine may stand still, too.
      await eventually('a second of the tone alone', () => {
        const { share, dbfs } = toneIn(sound, source.hz);
        return share > 0.98 && Math.abs(dbfs - TONE_DBFS) < 1;
      });
    }
    for (const law of ['ulaw', 'alaw'] as const) {
      const sound = stream.sound(law);
      const { wire, samples } = sound;
      await hasSeconds(sound, 2);
      const end = sound.writtenTo;
      // Only what is released: beyond it the decoding thread may be writing, and a sample is there before its byte.
      // Half a step of G.711 is at most 1/32 of a value, and 8 at the quietest.
      for (let position = end - 2 * RATE; position < end; position += 1) {
        const i = position % samples.length;
        const value = samples[i] as number;
        const error = Math.abs((G711_DECODING[law][wire[i] as number] as number) - value);
        if (error > 8 + Math.abs(value) / 16) throw new Error(`${law} at ${i}: off by ${error} of ${value}`);
      }
    }
  });
});

/** How much was written, at some moment between two. */
function lookAt(sound: LiveSound): { sinceMs: number; written: number; untilMs: number } {
  const sinceMs = systemClock.now();
  const written = sound.writtenTo;
  return { sinceMs, written, untilMs: systemClock.now() };
}

test('The stream goes at the pace of the clock, not in bursts', async () => {
  await icecast.source('/tone.mp3', ENCODINGS['/tone.mp3'] as Source);
  // The server keeps 64 kB to send at once: four seconds.
  await new Promise<void>((resolve) => systemClock.after(5000, resolve));
  const stream = listen('/tone.mp3');
  await plays(stream);
  const sound = stream.sound('slin');
  // Ten milliseconds; and between two looks at the clock another program may have its turn.
  const first = lookAt(sound);
  for (let last = first; last.sinceMs - first.sinceMs < 4000; ) {
    await new Promise<void>((resolve) => systemClock.after(20, resolve));
    const now = lookAt(sound);
    expect(now.written - first.written).toBeGreaterThan((now.sinceMs - first.untilMs) * 8 - 80);
    expect(now.written - first.written).toBeLessThan((now.untilMs - first.sinceMs) * 8 + 80);
    expect(now.written).toBeGreaterThanOrEqual(last.written);
    last = now;
  }
});

test('Titles are told when they change', async () => {
  const titles: (string | null)[] = [];
  await icecast.source('/tone.mp3', ENCODINGS['/tone.mp3'] as Source);
  const stream = listen('/tone.mp3', (title) => titles.push(title));
  await plays(stream);
  await icecast.retitle('/tone.mp3', "Ella – It's only a paper moon");
  await eventually('the title is there', () => stream.status().title === "Ella – It's only a paper moon");
  await icecast.retitle('/tone.mp3', 'Louis\u0007 Armstrong');
  await eventually('the next title is there', () => stream.status().title === 'Louis Armstrong');
  expect(titles.filter((title) => title !== null)).toEqual(["Ella – It's only a paper moon", 'Louis Armstrong']);
});

test('Artist and title in Ogg are told', async () => {
  const tone = ENCODINGS['/tone.ogg'] as Source;
  const encode = ['-metadata', 'artist=Sílvia', '-metadata', 'title=Águas', ...tone.encode];
  await icecast.source('/tone.ogg', { ...tone, encode });
  const stream = listen('/tone.ogg');
  await eventually('the title is there', () => stream.status().title === 'Sílvia - Águas');
});

test('A server that is killed is not heard after 12 seconds at most, and is again soon after it is back', async () => {
  await icecast.source('/tone.mp3', ENCODINGS['/tone.mp3'] as Source);
  const stream = listen('/tone.mp3');
  await plays(stream);
  const before = stream.sound('slin').writtenTo;
  await icecast.kill();
  await inTime(
    12_000,
    eventually('it is not heard', () => !stream.status().isPlaying),
  );
  expect(stream.status().lastError).toMatch(/ended|refused|ECONN/);
  await icecast.up();
  await icecast.source('/tone.mp3', ENCODINGS['/tone.mp3'] as Source);
  await eventually('it is heard again', () => stream.status().isPlaying, 40_000);
  expect(stream.status().reconnects).toBeGreaterThanOrEqual(1);
  expect(stream.sound('slin').writtenTo).toBeGreaterThanOrEqual(before);
});

test('A mount that is not there is told with its status', async () => {
  const stream = listen('/nothing.mp3');
  await eventually(
    'the reason is there',
    () => stream.status().lastError === `${icecast.address('/nothing.mp3')} answers with HTTP 404`,
  );
  expect(stream.status().isPlaying).toBe(false);
});
