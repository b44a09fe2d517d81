import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import type { Programme } from '../../../src/core/programme/programme.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { createStream, type LiveStream } from '../../../stasis/media/stream/live-stream.ts';
import { eventually } from '../../support/eventually.ts';
import { amplitudeOf, pcmOf, programmeOf, seconds, TestShelf, tone } from '../../support/programme-stage.ts';
import { Icecast, type Source, toneInput } from '../../support/stream/icecast.ts';

jest.setTimeout(120_000);

const STATION: Source = {
  input: toneInput(440),
  encode: ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'],
  type: 'audio/mpeg',
};
/** As far ahead of the ear as the wire sends. */
const LEAD_MS = 600;
const HEARD_MAX = seconds(100);

let icecast: Icecast;
let stream: LiveStream;

beforeAll(async () => {
  icecast = await Icecast.start();
  await icecast.source('/radio.mp3', STATION);
  const url = icecast.address('/radio.mp3');
  stream = createStream({
    url,
    name: 'radio',
    formats: ['slin'],
    clock: systemClock,
    random: Math.random,
    log: silentLog(),
    onTitle: () => undefined,
  });
  stream.start();
  await eventually('the stream plays', () => stream.status().isPlaying, 30_000);
  await eventually('two seconds are there', () => stream.sound('slin').writtenTo > seconds(2), 30_000);
});

afterAll(async () => {
  await stream?.close();
  await icecast?.close();
});

/** Renders at the pace of the clock, as the pump does, until it is stopped. */
function pump(programme: Programme): { readonly heard: Buffer; now(): number; stop(): void } {
  const heard = Buffer.alloc(HEARD_MAX * 2);
  const beganMs = systemClock.now();
  const now = (): number => Math.floor((systemClock.now() - beganMs) * 8);
  let rendered = 0;
  let cancel = (): void => undefined;
  const tick = (): void => {
    const to = Math.min(HEARD_MAX, now() + LEAD_MS * 8);
    if (to > rendered) programme.render(rendered, to - rendered, heard, rendered * 2);
    rendered = Math.max(rendered, to);
    cancel = systemClock.after(20, tick);
  };
  tick();
  return { heard, now, stop: () => cancel() };
}

test('A caller hears a real station, files while it is away, and the station again', async () => {
  const shelf = new TestShelf(tone('a', { hz: 600, seconds: 100, amplitude: 2000 }));
  shelf.stream = stream.sound('slin');
  const programme = programmeOf({ shelf });
  const line = pump(programme);
  const tune = () => programme.nowPlaying(line.now()).tunes.at(-1)?.name;
  const heardFor = (from: number, length: number) =>
    eventually('time has gone by', () => line.now() > from + seconds(length), 30_000);
  try {
    await heardFor(0, 5);
    expect(tune()).toBe('radio');
    await icecast.stopSources();
    await eventually('a file plays', () => tune() === 'a', 30_000);
    const fileAt = line.now();
    await heardFor(fileAt, 3);
    await icecast.source('/radio.mp3', STATION);
    await eventually('the station plays again', () => tune() === 'radio', 40_000);
    const backAt = line.now();
    await heardFor(backAt, 4);
    line.stop();
    const heard = pcmOf(line.heard.subarray(0, line.now() * 2), 'slin');
    const level = (hz: number, from: number, to: number) => amplitudeOf(heard, hz, from, to);
    const station = level(440, seconds(2), seconds(2.5));
    expect(station).toBeGreaterThan(1500);
    // All of the first five seconds, in pieces of half a second: no hole, no jump.
    for (let at = seconds(1.5); at < seconds(5); at += 4000) {
      expect(Math.abs(level(440, at, at + 4000) / station - 1)).toBeLessThan(0.05);
    }
    expect(level(600, fileAt + seconds(2), fileAt + seconds(2.5))).toBeGreaterThan(1900);
    expect(level(440, fileAt + seconds(2), fileAt + seconds(2.5))).toBeLessThan(50);
    expect(Math.abs(level(440, backAt + seconds(2.5), backAt + seconds(3)) / station - 1)).toBeLessThan(0.05);
    // The largest step of a tone of 440 Hz, of one of 600 Hz, and of the last 20 ms of a stream that is lost.
    const natural = 2 * Math.PI * ((station * 440 + 2000 * 600) / 8000) + (Math.PI / 2) * (station / 160);
    let largest = 0;
    for (let index = 1; index < heard.samples.length; index += 1) {
      largest = Math.max(largest, Math.abs((heard.samples[index] ?? 0) - (heard.samples[index - 1] ?? 0)) * 32_768);
    }
    expect(largest).toBeLessThan(natural * 1.05);
  } finally {
    line.stop();
  }
});
