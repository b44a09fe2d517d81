import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PROMPT_PAD_MS, promptTexts, readManifest } from '../../sounds/manifest.ts';
import { CONGESTION_HZ, peakDbfs, rmsDbfs, silences, toneShare, toneSpans } from '../support/audio/levels.ts';
import {
  concat,
  durationMs,
  fromAlaw,
  fromMulaw,
  type Pcm,
  parseWav,
  readWav,
  silence,
  slice,
  toAlaw,
  toMulaw,
  writeWav,
} from '../support/audio/pcm.ts';
import { loadPrompts } from '../support/audio/recognise.ts';

const SOUNDS = join(import.meta.dirname, '../../sounds');
const manifest = readManifest(join(SOUNDS, 'manifest.yaml'));

function tone(frequencies: readonly number[], ms: number, amplitude = 0.2): Pcm {
  const samples = silence(ms).samples.map((_, index) =>
    frequencies.reduce((sum, hz) => sum + amplitude * Math.sin((2 * Math.PI * hz * index) / 8000), 0),
  );
  return { sampleRate: 8000, samples };
}

describe('levels', () => {
  test('a sine of full scale has −3 dB root mean square and its peak at 0 dB', () => {
    const sine = tone([1000], 1000, 1);
    expect(rmsDbfs(sine)).toBeCloseTo(-3.01, 1);
    expect(peakDbfs(sine)).toBeCloseTo(0, 1);
    expect(rmsDbfs(silence(100))).toBe(Number.NEGATIVE_INFINITY);
  });

  describe.each(Object.keys(manifest.languages))('what is spoken in %s', (language) => {
    const spoken = promptTexts(manifest, { language }).filter(({ pauseMs }) => pauseMs === undefined);
    const files = spoken.flatMap(({ name, padMs = PROMPT_PAD_MS }) =>
      ['wav', 'wav16'].map((ending) => {
        const pcm = readWav(join(SOUNDS, language, `${name}.${ending}`));
        return { file: `${name}.${ending}`, pcm, spoken: slice(pcm, padMs.before, durationMs(pcm) - padMs.after) };
      }),
    );

    test('is equally loud, prompt or word, narrow or wide band', () => {
      expect(files.length).toBeGreaterThan(200);
      const odd = files.filter(({ spoken }) => !(Math.abs(rmsDbfs(spoken) + 20) < 0.3));
      expect(odd.map(({ file, spoken }) => `${file}: ${rmsDbfs(spoken)}`)).toEqual([]);
    });

    test('does not clip', () => {
      const odd = files.filter(({ pcm }) => !(peakDbfs(pcm) < -3));
      expect(odd.map(({ file, pcm }) => `${file}: ${peakDbfs(pcm)}`)).toEqual([]);
    });
  });

  test('pauses are found where they are', () => {
    const sound = concat(tone([500], 400), silence(600), tone([500], 300), silence(100), tone([500], 200));
    const found = silences(sound);
    expect(found).toHaveLength(1);
    expect(Math.abs((found[0]?.fromMs ?? 0) - 400)).toBeLessThanOrEqual(20);
    expect(Math.abs((found[0]?.toMs ?? 0) - 1000)).toBeLessThanOrEqual(20);
  });
});

describe('tones', () => {
  test('the share of a tone is that of its power', () => {
    expect(toneShare(tone([480, 620], 500), CONGESTION_HZ.us)).toBeGreaterThan(0.98);
    expect(toneShare(tone([440, 480], 500), CONGESTION_HZ.us)).toBeCloseTo(0.5, 1);
    expect(toneShare(tone([425], 500), CONGESTION_HZ.us)).toBeLessThan(0.05);
    expect(toneShare(silence(500), CONGESTION_HZ.us)).toBe(0);
  });

  test('congestion comes in bursts of a quarter of a second', () => {
    const burst = concat(tone(CONGESTION_HZ.us, 250), silence(250));
    const spans = toneSpans(concat(silence(1000), burst, burst, burst), CONGESTION_HZ.us);
    expect(spans.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [1000, 1250],
      [1500, 1750],
      [2000, 2250],
    ]);
  });

  test('no prompt is taken for a tone', () => {
    for (const [, prompt] of loadPrompts()) expect(toneSpans(prompt, CONGESTION_HZ.us)).toEqual([]);
  });
});

describe('G.711', () => {
  test.each([
    ['µ-law', toMulaw, fromMulaw],
    ['A-law', toAlaw, fromAlaw],
  ])('%s gives every one of its 256 bytes back', (_name, encode, decode) => {
    for (let byte = 0; byte < 256; byte += 1) {
      // Negative zero of µ-law comes back as zero.
      if (encode === toMulaw && byte === 0x7f) continue;
      expect(encode(decode(byte))).toBe(byte);
    }
  });

  test('the ends of the scales are those of the recommendation', () => {
    expect([fromMulaw(0x80), fromMulaw(0x00), fromMulaw(0xff)].map((sample) => sample * 32768)).toEqual([
      32124, -32124, 0,
    ]);
    expect([fromAlaw(0xaa), fromAlaw(0x2a), fromAlaw(0xd5)].map((sample) => sample * 32768)).toEqual([
      32256, -32256, 8,
    ]);
  });
});

describe('WAV files', () => {
  test('come back as they were written, also without a length in the header', () => {
    const folder = mkdtempSync(join(tmpdir(), 'queueapp-wav-'));
    try {
      const written = tone([300, 700], 250);
      writeWav(join(folder, 'a.wav'), written);
      const read = readWav(join(folder, 'a.wav'));
      expect(read.sampleRate).toBe(8000);
      for (const [index, sample] of written.samples.entries())
        expect(Math.abs((read.samples[index] ?? 9) - sample)).toBeLessThanOrEqual(1 / 32768);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const header = Buffer.concat([
      Buffer.from('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x07\0\x01\0', 'latin1'),
      Buffer.from([0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0]),
      Buffer.from('data\0\0\0\0\xff\x80', 'latin1'),
    ]);
    expect([...parseWav(header).samples]).toEqual([0, fromMulaw(0x80)]);
  });

  test('are refused when they are none', () => {
    expect(() => parseWav(Buffer.from('an MP3, perhaps, or a text'))).toThrow('Not a WAV file');
    expect(() => parseWav(Buffer.from('RIFF\0\0\0\0WAVE'))).toThrow('without data');
  });
});
