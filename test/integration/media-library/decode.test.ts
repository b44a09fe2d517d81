import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { G711_DECODING } from '../../../src/core/programme/g711.ts';
import { WIRE } from '../../../src/core/programme/sound.ts';
import { differenceDb, levelDb, SoundFiles } from './sound-files.ts';

// Threads, other programs and looks at folders take their time on a busy machine.
jest.setTimeout(180_000);

const files = new SoundFiles();
afterAll(() => files[Symbol.asyncDispose]());

/** A sine of −6 dB has −9 dB of power. */
const TONE_DB = -6 - 10 * Math.log10(2);

const NO_SOUND = { samples: new Int16Array(0), wire: new Uint8Array(0) };

const WAVES = [
  ['pcm8.wav', '-r 8000 -c 1 -b 8'],
  ['pcm16.wav', '-r 16000 -c 1 -b 16'],
  ['pcm24.wav', '-r 44100 -c 2 -b 24'],
  ['pcm32.wav', '-r 48000 -c 2 -b 32'],
  ['float32.wav', '-r 44100 -c 2 -b 32 -e floating-point'],
  ['float64.wav', '-r 96000 -c 1 -b 64 -e floating-point'],
  ['ulaw.wav', '-r 8000 -c 1 -b 8 -e u-law'],
  ['alaw.wav', '-r 8000 -c 1 -b 8 -e a-law'],
  ['six.wav', '-r 48000 -c 6 -b 16'],
  ['odd.wav', '-r 44101 -c 3 -b 16'],
  ['low.wav', '-r 11025 -c 1 -b 16'],
  ['stereo.flac', '-r 44100 -c 2'],
  ['deep.flac', '-r 96000 -c 2 -b 24'],
  ['stereo.ogg', '-r 44100 -c 2'],
  ['low.ogg', '-r 22050 -c 1'],
  ['stereo.mp3', '-r 44100 -c 2 -C 128'],
  ['low.mp3', '-r 22050 -c 1 -C 64'],
  ['fast.mp3', '-r 48000 -c 2 -C 320'],
] as const;

describe('Files of every kind become 8 kHz and 16 kHz, mono', () => {
  test.each(WAVES)(
    '%s (%s): the tone is there, as loud as it was, and all is as sox decodes it',
    async (name, words) => {
      const path = files.tone(name, { words });
      const { sounds, durationMs, broken, shortened } = await files.decoded([path]);
      expect({ broken, shortened }).toEqual({ broken: [], shortened: [] });
      // The encoder of MP3 fills up its last frame, and may lower what comes in.
      const isMp3 = name.endsWith('.mp3');
      expect(Math.abs(durationMs - 2000)).toBeLessThan(isMp3 ? 80 : 2);
      for (const format of ['ulaw', 'alaw', 'slin16'] as const) {
        const { samples, wire } = sounds[format] ?? NO_SOUND;
        const { rate, bytesPerSample } = WIRE[format];
        const level = levelDb(samples.subarray(rate / 2, 1.5 * rate), { hertz: 1000, rate });
        expect(Math.abs(level - TONE_DB)).toBeLessThan(isMp3 ? 0.6 : 0.1);
        expect(wire.length).toBe(bytesPerSample * samples.length);
      }
      expect(sounds.ulaw?.samples).toBe(sounds.alaw?.samples);
      // Noise near half the rate passes one filter more than another: files of 8 kHz are compared at their own rate.
      const format = words.includes('-r 8000') ? 'ulaw' : 'slin16';
      expect(
        differenceDb(sounds[format]?.samples ?? NO_SOUND.samples, files.bySox(path, WIRE[format].rate)),
      ).toBeLessThan(-60);
    },
  );

  test('Opus, mono and stereo, without what the encoder fills up with', async () => {
    for (const channels of [1, 2]) {
      const wave = files.tone(`source${channels}.wav`, { words: `-r 48000 -c ${channels} -b 16`, seconds: 2.345 });
      const { sounds, durationMs, broken, shortened } = await files.decoded([files.opus(`${channels}.opus`, wave)]);
      expect({ durationMs, broken, shortened }).toEqual({ durationMs: 2345, broken: [], shortened: [] });
      const samples = sounds.slin16?.samples ?? NO_SOUND.samples;
      const level = levelDb(samples.subarray(8000, 24_000), { hertz: 1000, rate: 16_000 });
      expect(Math.abs(level - TONE_DB)).toBeLessThan(0.1);
      // What was encoded, not only its level: Opus keeps a tone of 1 kHz to about a hundredth.
      expect(differenceDb(samples, files.bySox(wave, 16_000))).toBeLessThan(-30);
    }
  });

  test('a tone of 6 kHz in a file of 44.1 kHz is not heard at 8 kHz at all, and at 16 kHz as it is', async () => {
    const { sounds } = await files.decoded([files.tone('high.wav', { hertz: 6000, levelDb: -3 })]);
    expect(levelDb(sounds.ulaw?.samples.subarray(800, -800) ?? new Int16Array(1))).toBeLessThan(-3 - 3 - 70);
    expect(Math.abs(levelDb(sounds.slin16?.samples.subarray(1600, -1600) ?? new Int16Array(1)) + 6)).toBeLessThan(0.1);
  });

  test('what is only on the left is half as loud; what is on both sides keeps its level', async () => {
    const left = files.sox('left.wav', '-R -n -r 8000 -c 2 {} synth 1 sine 500 gain -6 remix 1 0');
    const { sounds } = await files.decoded([left]);
    const level = levelDb(sounds.ulaw?.samples.subarray(800, 7200) ?? new Int16Array(1), { hertz: 500, rate: 8000 });
    expect(Math.abs(level - (TONE_DB - 6.02))).toBeLessThan(0.1);
  });

  test('the wire of G.711 is its samples, to the nearest step', async () => {
    const { sounds } = await files.decoded([files.tone('wire.wav')]);
    for (const law of ['ulaw', 'alaw'] as const) {
      const { samples, wire } = sounds[law] ?? { samples: new Int16Array(0), wire: new Uint8Array(1) };
      const worst = samples.reduce((most, sample, index) => {
        const error = Math.abs(sample - (G711_DECODING[law][wire[index] as number] as number));
        return Math.max(most, error / Math.max(256, Math.abs(sample)));
      }, 0);
      expect(worst).toBeLessThan(1 / 16);
    }
  });

  test('a WAV file of a recorder that could not go back to write the length is read to its end', async () => {
    for (const [name, length] of [
      ['zero', 0],
      ['unknown', 0xffffffff],
      ['huge', 0x7ffff000],
    ] as const) {
      const bytes = readFileSync(files.tone('piped.wav', { words: '-r 8000 -c 1 -b 16' }));
      bytes.writeUInt32LE(length, 40);
      const result = await files.decoded([files.write(`${name}.wav`, bytes)]);
      expect(result).toMatchObject({ durationMs: 2000, broken: [], shortened: [] });
    }
  });

  test('a tag in front of MP3 or FLAC, with a picture of 200 kB in it, is passed over', async () => {
    const tag = Buffer.alloc(10 + 200_000, 0xff);
    tag.write('ID3\x04\0\0', 'latin1');
    tag.set([0, 200_000 >> 14, (200_000 >> 7) & 127, 200_000 & 127], 6);
    for (const kind of ['mp3', 'flac', 'wav']) {
      const tagged = files.write(`tagged.${kind}`, Buffer.concat([tag, readFileSync(files.tone(`plain.${kind}`))]));
      expect(await files.decoded([tagged])).toMatchObject({ broken: [], shortened: [] });
      expect((await files.decoded([tagged])).durationMs).toBeGreaterThan(1990);
    }
  });

  test('the name says WAV, the file is MP3: it is decoded as what it is', async () => {
    const path = files.write('really-mp3.wav', readFileSync(files.tone('really.mp3')));
    expect((await files.decoded([path])).durationMs).toBeGreaterThan(1990);
  });

  test('two Ogg files one after the other in one file are played one after the other', async () => {
    const first = readFileSync(files.tone('first.ogg', { hertz: 500 }));
    const second = readFileSync(files.tone('second.ogg', { hertz: 1500 }));
    const both = await files.decoded([files.write('both.ogg', Buffer.concat([first, second]))]);
    expect(both.durationMs).toBeCloseTo(4000, -1);
    const samples = both.sounds.ulaw?.samples ?? new Int16Array(0);
    expect(levelDb(samples.subarray(4000, 12_000), { hertz: 500, rate: 8000 })).toBeCloseTo(TONE_DB, 0);
    expect(levelDb(samples.subarray(20_000, 28_000), { hertz: 1500, rate: 8000 })).toBeCloseTo(TONE_DB, 0);
  });

  test('the gain of a class is in the samples and in the wire', async () => {
    const path = files.tone('gain.wav');
    const { sounds } = await files.decoded([path], { gain: 0.5 });
    const samples = sounds.ulaw?.samples.subarray(8000, 16_000 - 800) ?? new Int16Array(0);
    expect(levelDb(samples, { hertz: 1000, rate: 8000 })).toBeCloseTo(TONE_DB - 6.02, 1);
    const wire = sounds.ulaw?.wire.subarray(8000, 16_000 - 800) ?? new Uint8Array(0);
    const heard = Int16Array.from(wire, (byte) => G711_DECODING.ulaw[byte] as number);
    // The steps of µ-law bring 0.1 dB.
    expect(Math.abs(levelDb(heard, { hertz: 1000, rate: 8000 }) - (TONE_DB - 6.02))).toBeLessThan(0.3);
  });
});

describe('Prepared files', () => {
  beforeAll(() => {
    files.tone('tune.wav', { words: '-r 44100 -c 2' });
  });

  test.each([
    ['ulaw', 'ulaw', '-t raw -r 8000 -c 1 -e u-law -b 8'],
    ['pcmu', 'ulaw', '-t raw -r 8000 -c 1 -e u-law -b 8'],
    ['alaw', 'alaw', '-t raw -r 8000 -c 1 -e a-law -b 8'],
    ['pcma', 'alaw', '-t raw -r 8000 -c 1 -e a-law -b 8'],
    ['sln', 'slin', '-t raw -r 8000 -c 1 -e signed -b 16'],
    ['sln16', 'slin16', '-t raw -r 16000 -c 1 -e signed -b 16'],
  ] as const)(
    '.%s is the wire of %s, byte for byte, whatever the gain; other formats come from the WAV',
    async (ending, format, words) => {
      const prepared = files.tone(`tune.${ending}`, { words, hertz: 440, seconds: 3 });
      const formats = ['ulaw', 'alaw', 'slin', 'slin16'] as const;
      const { sounds, broken } = await files.decoded([prepared, files.path('tune.wav')], { formats, gain: 0.1 });
      expect(broken).toEqual([]);
      expect(Buffer.from(sounds[format]?.wire ?? [])).toEqual(readFileSync(prepared));
      const rate = format === 'slin16' ? 16_000 : 8000;
      const samples = sounds[format]?.samples ?? new Int16Array(0);
      expect(samples).toHaveLength(3 * rate);
      expect(Math.abs(levelDb(samples, { hertz: 440, rate }) - TONE_DB)).toBeLessThan(0.1);
      for (const other of formats.filter((each) => each !== format)) {
        expect(sounds[other]?.samples).toHaveLength(other === 'slin16' ? 32_000 : 16_000);
      }
    },
  );

  test('of a prepared file alone the other formats are made from it', async () => {
    const prepared = files.tone('alone.sln16', { words: '-t raw -r 16000 -c 1 -e signed -b 16', seconds: 1 });
    const { sounds } = await files.decoded([prepared]);
    expect(sounds.ulaw?.samples).toHaveLength(8000);
    expect(
      levelDb(sounds.ulaw?.samples.subarray(800, 7200) ?? new Int16Array(1), { hertz: 1000, rate: 8000 }),
    ).toBeCloseTo(TONE_DB, 1);
  });

  test('one that is empty, or a WAV file by another name, is named, and the format is made from the WAV', async () => {
    const empty = files.write('tune.alaw', '');
    const renamed = files.write('tune.ulaw', readFileSync(files.path('tune.wav')));
    const { sounds, broken } = await files.decoded([empty, renamed, files.path('tune.wav')]);
    expect(broken).toEqual([
      { path: renamed, reason: 'holds wav, not the raw ulaw of its ending' },
      { path: empty, reason: 'is empty' },
    ]);
    expect(sounds.ulaw?.wire).toHaveLength(16_000);
    expect(sounds.alaw?.wire).toHaveLength(16_000);
  });

  test('a half sample at the end is not sent', async () => {
    const path = files.write('half.sln', new Uint8Array(2001));
    const { sounds } = await files.decoded([path], { formats: ['slin'] });
    expect(sounds.slin?.wire).toHaveLength(2000);
    expect(sounds.slin?.samples).toHaveLength(1000);
  });
});

describe('Limits', () => {
  test('of ten hours the beginning is decoded, and memory is that of the beginning', async () => {
    const header = readFileSync(files.tone('ten-hours.wav', { words: '-r 44100 -c 2 -b 16', seconds: 5 })).subarray(
      0,
      44,
    );
    const dataBytes = 10 * 3600 * 44_100 * 4;
    header.writeUInt32LE(dataBytes % 2 ** 32, 40);
    const path = files.path('ten-hours.wav');
    // RF64 would be right for 6 GB; most programs write the length's lower half, so this one tells a part of it.
    writeFileSync(path, header);
    truncateSync(path, 44 + dataBytes);
    const before = process.memoryUsage().rss;
    const result = await files.decoded([path], { maxMs: 60_000 });
    expect(result.durationMs).toBe(60_000);
    expect(result.bytes).toBe(60 * (8000 * 4 + 16_000 * 2));
    expect(result.shortened).toEqual([{ path, reason: 'is longer than 60 s; the beginning is played' }]);
    expect(process.memoryUsage().rss - before).toBeLessThan(150e6);
  });

  test.each(['flac', 'ogg', 'mp3', 'wav', 'ulaw'])('a long .%s is cut at the limit', async (kind) => {
    const words = kind === 'ulaw' ? '-t raw -r 8000 -c 1 -e u-law -b 8' : '-r 44100 -c 2';
    const path = files.tone(`long.${kind}`, { words, seconds: 8 });
    const { durationMs, shortened } = await files.decoded([path], { maxMs: 3000 });
    expect(durationMs).toBe(3000);
    expect(shortened).toEqual([{ path, reason: 'is longer than 3 s; the beginning is played' }]);
  });

  test('a track that does not fit into memory is given up as soon as that is clear', async () => {
    const path = files.tone('big.wav', { seconds: 10 });
    expect(await files.decode([path], { maxBytes: 100_000 })).toEqual({ type: 'too-big' });
    expect(await files.decode([path], { maxBytes: 10 * 64_000 - 1 })).toEqual({ type: 'too-big' });
    expect(await files.decode([path], { maxBytes: 10 * 64_000 })).toMatchObject({ type: 'decoded', bytes: 640_000 });
  });

  test('a tune shorter than a second is none; a word may be as short', async () => {
    const path = files.tone('short.wav', { seconds: 0.3 });
    expect(await files.decoded([path], { leastMs: 1000 })).toMatchObject({
      sounds: {},
      broken: [{ path, reason: 'is shorter than 1 s' }],
    });
    expect((await files.decoded([path])).durationMs).toBeCloseTo(300, 0);
  });
});
