import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ADVICE_FOLDERS } from '../../../src/core/programme/sound.ts';
import { peakDbfs, rmsDbfs } from '../../support/audio/levels.ts';
import { durationMs, readWav, slice } from '../../support/audio/pcm.ts';

const SOUNDS = join(import.meta.dirname, '../../../sounds');

test('Every advice stands as its text says', () => {
  const { status, stdout } = spawnSync(join(SOUNDS, 'advise'), ['--check'], { encoding: 'utf8' });
  expect(
    stdout
      .trim()
      .split('\n')
      .filter((line) => !line.endsWith(': up to date')),
  ).toEqual([]);
  expect(status).toBe(0);
});

test('Every folder of advice has something to say, as loud as the prompts, at both rates', () => {
  expect(readdirSync(join(SOUNDS, 'advice/en')).sort()).toEqual([...ADVICE_FOLDERS].sort());
  for (const folder of ADVICE_FOLDERS) {
    const files = readdirSync(join(SOUNDS, 'advice/en', folder));
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const file of files) {
      const advice = readWav(join(SOUNDS, 'advice/en', folder, file));
      expect(advice.sampleRate).toBe(file.endsWith('.wav16') ? 16_000 : 8000);
      expect(durationMs(advice)).toBeGreaterThan(2000);
      expect(durationMs(advice)).toBeLessThan(12_000);
      expect(Math.abs(rmsDbfs(slice(advice, 50, durationMs(advice) - 200)) + 20)).toBeLessThan(0.3);
      expect(peakDbfs(advice)).toBeLessThan(-3);
    }
  }
});
