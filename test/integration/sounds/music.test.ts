import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { md5Of, streamInfo } from '../../../sounds/composer/flac.ts';
import { SAMPLE_RATE } from '../../../sounds/composer/instruments.ts';
import { PIECES } from '../../../sounds/composer/pieces.ts';

jest.setTimeout(120_000);

const FOLDER = join(import.meta.dirname, '../../../sounds/music');

// Played by the command, in a process of its own: in jest's sandbox the same arithmetic takes minutes.
let played = '';
beforeAll(() => {
  played = mkdtempSync(join(tmpdir(), 'queueapp-music-'));
  const { status, stderr } = spawnSync(join(FOLDER, '../compose'), ['--wav', played], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
afterAll(() => rmSync(played, { recursive: true }));

/** A piece as it was played just now. */
function readPlayed(name: string): Int16Array {
  const file = readFileSync(join(played, `${name}.wav`)).subarray(44);
  return Int16Array.from({ length: file.length / 2 }, (_, i) => file.readInt16LE(2 * i));
}

function rmsDbfs(samples: Int16Array): number {
  let sum = 0;
  for (const value of samples) sum += (value / 32_768) ** 2;
  return 10 * Math.log10(sum / samples.length + 1e-12);
}

/** Loudness window by window. */
function levels(samples: Int16Array, seconds: number): number[] {
  const window = Math.round(seconds * SAMPLE_RATE);
  return Array.from({ length: Math.floor(samples.length / window) }, (_, i) =>
    rmsDbfs(samples.subarray(i * window, (i + 1) * window)),
  );
}

/** What four low-pass sections at 200 Hz leave. */
function belowTelephone(samples: Int16Array): Int16Array {
  const share = 1 - Math.exp((-2 * Math.PI * 200) / SAMPLE_RATE);
  let sound = Float64Array.from(samples);
  for (let turn = 0; turn < 4; turn += 1) {
    let low = 0;
    sound = sound.map((value) => {
      low += (value - low) * share;
      return low;
    });
  }
  return Int16Array.from(sound, Math.round);
}

test('The folder has the pieces and nothing else to play', () => {
  const files = readdirSync(FOLDER).filter((file) => file !== 'README.md');
  expect(files.sort()).toEqual(
    Object.keys(PIECES)
      .map((name) => `${name}.flac`)
      .sort(),
  );
});

describe.each(Object.entries(PIECES))('%s', (name, compose) => {
  let samples: Int16Array = new Int16Array();
  beforeAll(() => {
    samples = readPlayed(name);
  });

  test('is, to the last bit, what the file holds', () => {
    const info = streamInfo(readFileSync(join(FOLDER, `${name}.flac`)));
    expect(info).toEqual({ sampleRate: SAMPLE_RATE, channels: 1, samples: samples.length, md5: md5Of(samples) });
  });

  test('lasts two to four minutes at the loudness of all, and no peak is too high', () => {
    expect(samples.length / SAMPLE_RATE).toBeGreaterThan(120);
    expect(samples.length / SAMPLE_RATE).toBeLessThan(240);
    expect(Math.abs(rmsDbfs(samples) + 21)).toBeLessThan(0.1);
    expect(20 * Math.log10(samples.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0) / 32_768)).toBeLessThan(
      -3,
    );
  });

  test('has no passage that is lost or startles, and no silence', () => {
    for (const level of levels(samples, 5).slice(0, -1)) expect(Math.abs(level + 21)).toBeLessThan(4);
    let quiet = 0;
    for (const level of levels(samples, 0.1)) {
      quiet = level < -45 ? quiet + 1 : 0;
      expect(quiet).toBeLessThanOrEqual(6);
    }
  });

  test('comes from nothing and goes to nothing without a step', () => {
    const ends = [samples[0] ?? 1e5, samples.at(-1) ?? 1e5];
    for (const value of ends) expect(Math.abs(value)).toBeLessThan(0.002 * 32_768);
    const steps = samples.map((value, i) => (i === 0 ? 0 : Math.abs(value - (samples[i - 1] ?? 0)) / 2));
    expect(steps.reduce((most, value) => Math.max(most, value), 0)).toBeLessThan(0.22 * 32_768);
  });

  test('has little of what a telephone does not carry', () => {
    expect(rmsDbfs(belowTelephone(samples))).toBeLessThan(rmsDbfs(samples) - 7);
  });

  test('never plays ten seconds twice alike', () => {
    const passages = new Map<number, string>();
    for (const { atSeconds, note, velocity } of compose().parts.flatMap((part) => part.notes)) {
      const passage = Math.floor(atSeconds / 10);
      passages.set(passage, `${passages.get(passage) ?? ''} ${note}:${velocity}`);
    }
    expect(passages.size).toBeGreaterThan(13);
    expect(new Set(passages.values()).size).toBe(passages.size);
  });
});
