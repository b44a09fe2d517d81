import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { durationMs, readWav, slice, writeWav } from '../../support/audio/pcm.ts';
import { amplitudeOf, pcmOf, seconds, tone, wireOf } from '../../support/programme-stage.ts';

let folder = '';

function write(path: string, hz: number, length: number): void {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  const { samples } = tone(path, { hz, seconds: length });
  writeWav(join(folder, path), pcmOf(Buffer.from(wireOf(samples, 'slin')), 'slin'));
}

/** The decoder gives way to everything else on the machine, so that the limits here are for what never ends. */
function play(...args: readonly string[]): Promise<{ status: number; out: string; error: string }> {
  return new Promise((resolve) => {
    const command = ['--import', 'tsx', 'src/play.ts', ...args];
    execFile(process.execPath, command, { timeout: 300_000 }, (failure, out, error) => {
      resolve({ status: typeof failure?.code === 'number' ? failure.code : failure === null ? 0 : -1, out, error });
    });
  });
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'play-'));
  write('music/a.wav', 400, 30);
  write('music/b.wav', 600, 30);
  write('advice/first/one.wav', 900, 2);
  // The sample configuration with a class of tones.
  const shipped = readFileSync('install/queueapp.yaml', 'utf8');
  const tones =
    'music-classes:\n  tones:\n    folder: music\n    advice: advice\n    programme: { advice: { first-after: 12s } }\n';
  writeFileSync(
    join(folder, 'queueapp.yaml'),
    `${shipped.replace(/music-class: default/g, 'music-class: tones')}\n${tones}`,
  );
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = () => join(folder, 'queueapp.yaml');

describe('npm run play', () => {
  test('writes what a caller would hear, its time line and its level curve', async () => {
    const out = join(folder, 'x.wav');
    const {
      status,
      out: printed,
      error,
    } = await play('tones', '--config', config(), '--keys', '3@5s 5@6s', '--for', '20s', '--out', out);
    expect({ status, error }).toEqual({ status: 0, error: '' });
    expect(printed.split('\n').slice(0, 6)).toEqual([
      '0:00.00  tune a',
      '0:05.00  key 3: next tune, b',
      '0:05.50  tune b',
      '0:06.00  key 5: nothing happens',
      '0:13.00  advice: first/one',
      '0:15.00  end of advice',
    ]);
    const heard = readWav(out);
    expect(durationMs(heard)).toBe(20_000);
    const level = (hz: number, from: number, to: number) =>
      amplitudeOf(slice(heard, from * 1000, to * 1000), hz, 0, seconds(to - from));
    // 400 Hz until the key, 600 Hz after it, a tenth of that under the advice, which is at nine tenths.
    expect(level(400, 2, 5) / level(600, 7, 12)).toBeCloseTo(1, 1);
    expect(level(400, 7, 12)).toBeLessThan(60);
    expect(level(600, 13.1, 14.9) / level(600, 7, 12)).toBeCloseTo(0.1, 2);
    expect(level(900, 13.1, 14.9)).toBeGreaterThan(3000);
    expect(readFileSync(join(folder, 'x.svg'), 'utf8')).toContain('key 3: next tune, b');
  }, 700_000);

  test('renders the same once more', async () => {
    const [one, two] = [join(folder, 'one.wav'), join(folder, 'two.wav')];
    for (const out of [one, two])
      await play('tones', '--config', config(), '--for', '15s', '--format', 'alaw', '--out', out);
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
  }, 700_000);

  test.each([
    { args: ['nosuch'], says: 'There is no music class nosuch; there is: tones' },
    { args: ['tones', '--keys', '33@5s'], says: '--keys: 33@5s is not like 3@12s' },
    { args: ['tones', '--for', '2h'], says: '--for 2h' },
    { args: ['tones', '--format', 'mp3'], says: 'one of ulaw, alaw, slin, slin16' },
    { args: ['tones', '--queue', 'nosuch'], says: 'There is no queue nosuch' },
    { args: ['tones', '--hour', '25'], says: '--hour 25' },
    { args: ['tones', '--nosuch'], says: '--nosuch' },
  ])(
    'says what is wrong with $args',
    async ({ args, says }) => {
      const { status, error } = await play(...args, '--config', config());
      expect(error).toContain(says);
      expect(status).toBe(2);
    },
    400_000,
  );
});
