import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { SoundFiles } from './sound-files.ts';

// Threads, other programs and looks at folders take their time on a busy machine.
jest.setTimeout(180_000);

const files = new SoundFiles();
afterAll(() => files[Symbol.asyncDispose]());

/** Bytes that look like nothing, always the same ones. */
function noise(length: number): Buffer {
  let state = 12_345;
  return Buffer.from(
    Uint8Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 24;
    }),
  );
}

const KINDS = ['wav', 'flac', 'ogg', 'opus', 'mp3'] as const;
const whole = new Map<string, Buffer>();

beforeAll(() => {
  // Music-like: noise does not shrink to nothing in FLAC, so that damage hits frames.
  const source = files.sox('whole.wav', '-R -n -r 44100 -c 2 -b 16 {} synth 20 pinknoise gain -6');
  for (const kind of KINDS) {
    if (kind === 'opus') files.opus('whole.opus', source);
    else if (kind !== 'wav') files.sox(`whole.${kind}`, `${source} {}`);
    whole.set(kind, readFileSync(files.path(`whole.${kind}`)));
  }
});

const bytesOf = (kind: string) => whole.get(kind) ?? Buffer.alloc(0);

describe('A file that is', () => {
  test.each([...KINDS, 'ulaw', 'sln16'])('empty: .%s', async (kind) => {
    const path = files.write(`empty.${kind}`, '');
    expect(await files.decoded([path])).toMatchObject({ sounds: {}, broken: [{ path, reason: 'is empty' }] });
  });

  test.each(KINDS)('text with the ending .%s', async (kind) => {
    const path = files.write(`text.${kind}`, '<html><body>404 Not Found</body></html>\n'.repeat(500));
    const { sounds, broken } = await files.decoded([path]);
    expect(sounds).toEqual({});
    expect(broken[0]?.reason).toBe('is no sound file; WAV, FLAC, Ogg Vorbis, Ogg Opus and MP3 are read');
  });

  test.each(KINDS)('chance with the ending .%s', async (kind) => {
    const path = files.write(`chance.${kind}`, noise(300_000));
    expect(await files.decoded([path])).toMatchObject({ sounds: {}, broken: [{ path }] });
  });

  test('M4A or AIFF, by its content', async () => {
    const m4a = files.write('video.mp3', Buffer.concat([Buffer.from('\0\0\0\x20ftypM4A '), noise(5000)]));
    const aiff = files.write('apple.wav', Buffer.concat([Buffer.from('FORM\0\0\0\0AIFF'), noise(5000)]));
    expect((await files.decoded([m4a])).broken[0]?.reason).toContain('is an MP4 or M4A file');
    expect((await files.decoded([aiff])).broken[0]?.reason).toContain('is an AIFF file');
  });

  test('a folder, a pipe, a link to itself, a link to nothing, or not there', async () => {
    mkdirSync(files.path('folder.wav'));
    symlinkSync(files.path('loop.wav'), files.path('loop.wav'));
    symlinkSync(files.path('nothing'), files.path('dangling.wav'));
    execFileSync('mkfifo', [files.path('pipe.wav')]);
    const reasons = async (name: string) => (await files.decoded([files.path(name)])).broken[0]?.reason;
    expect(await reasons('folder.wav')).toBe('is a folder');
    expect(await reasons('pipe.wav')).toBe('is no regular file');
    expect(await reasons('loop.wav')).toBe('is a link that leads to itself');
    expect(await reasons('dangling.wav')).toBe('is gone, or is a link to nothing');
    expect(await reasons('never.wav')).toBe('is gone, or is a link to nothing');
  });

  test('not for this user to read', async () => {
    const path = files.tone('secret.wav');
    chmodSync(path, 0);
    const { broken } = await files.decoded([path]);
    // Root may read everything.
    expect(broken.map(({ reason }) => reason)).toEqual(
      process.getuid?.() === 0 ? [] : ['may not be read by this process'],
    );
  });

  test('a WAV file with an impossible header', async () => {
    const wave = readFileSync(files.tone('header.wav', { words: '-r 8000 -c 1 -b 16' }));
    const changed = (offset: number, value: number, length: 2 | 4) => {
      const bytes = Buffer.from(wave);
      bytes.writeUIntLE(value, offset, length);
      return files.write('changed.wav', bytes);
    };
    const reason = async (path: string) => (await files.decoded([path])).broken[0]?.reason;
    expect(await reason(changed(22, 0, 2))).toBe('tells 0 channels');
    expect(await reason(changed(22, 999, 2))).toBe('tells 999 channels');
    expect(await reason(changed(24, 0, 4))).toBe('tells a sample rate of 0 Hz; 4000 to 384000 are taken');
    expect(await reason(changed(24, 4_000_000_000, 4))).toContain('tells a sample rate of 4000000000 Hz');
    expect(await reason(changed(20, 2, 2))).toContain('is a WAV file with coding 2 of 16 bits');
    expect(await reason(changed(34, 12_345, 2))).toContain('is a WAV file with coding 1');
    expect(await reason(changed(16, 0xfffffff0, 4))).toBe('is a WAV file without sound in it');
    expect(await reason(files.write('cut.wav', wave.subarray(0, 30)))).toBe('is a WAV file with a damaged header');
    expect(await reason(files.write('cut.wav', wave.subarray(0, 44)))).toContain('ends before the length');
  });

  test('a float WAV file with numbers that are none', async () => {
    const wave = readFileSync(files.tone('nan.wav', { words: '-r 8000 -c 1 -b 32 -e floating-point' }));
    const data = wave.indexOf('data') + 8;
    for (const [index, value] of [Number.NaN, Number.POSITIVE_INFINITY, -1e38].entries())
      wave.writeFloatLE(value, data + 4 * (4000 + index));
    const { sounds } = await files.decoded([files.write('nan.wav', wave)]);
    const samples = sounds.slin16?.samples ?? new Int16Array(0);
    expect(samples).toHaveLength(32_000);
    const later = samples.subarray(9000, 31_000);
    expect(Math.max(...later)).toBeGreaterThan(16_000);
    expect(Math.max(...later)).toBeLessThan(17_000);
  });
});

describe('A file that is damaged', () => {
  test.each(KINDS)('.%s: chance in its middle; what is before and behind it is played', async (kind) => {
    const bytes = Buffer.from(bytesOf(kind));
    const length = Math.floor(bytes.length / 100);
    noise(length).copy(bytes, Math.floor(bytes.length / 2));
    const path = files.write(`middle.${kind}`, bytes);
    const { durationMs, broken, shortened } = await files.decoded([path]);
    expect(broken).toEqual([]);
    expect(durationMs).toBeGreaterThan(9000);
    expect(durationMs).toBeLessThan(20_200);
    // Nothing in a WAV file tells that its samples are not what they were.
    expect(shortened).toEqual(kind === 'wav' ? [] : [{ path, reason: 'is damaged' }]);
  });

  test.each(KINDS)('.%s: a part of it is missing', async (kind) => {
    const bytes = bytesOf(kind);
    const middle = Math.floor(bytes.length / 2);
    const path = files.write(
      `hole.${kind}`,
      Buffer.concat([bytes.subarray(0, middle), bytes.subarray(middle + bytes.length / 50)]),
    );
    const { durationMs, broken } = await files.decoded([path]);
    expect(broken).toEqual([]);
    expect(durationMs).toBeGreaterThan(9000);
    expect(durationMs).toBeLessThan(20_100);
  });

  test.each(KINDS)('.%s: its second half is missing; the first is played', async (kind) => {
    const bytes = bytesOf(kind);
    const path = files.write(`half.${kind}`, bytes.subarray(0, bytes.length / 2));
    const { durationMs, broken } = await files.decoded([path]);
    expect(broken).toEqual([]);
    expect(durationMs).toBeGreaterThan(8000);
    expect(durationMs).toBeLessThan(11_500);
  });

  test.each(KINDS)('.%s: nearly all of it is missing; it is left out', async (kind) => {
    const path = files.write(`stump.${kind}`, bytesOf(kind).subarray(0, 700));
    const { sounds, broken } = await files.decoded([path], { leastMs: 1000 });
    expect(sounds).toEqual({});
    expect(broken).toHaveLength(1);
  });

  test.each(KINDS)('.%s: nothing but its first bytes is right', async (kind) => {
    const path = files.write(`shell.${kind}`, Buffer.concat([bytesOf(kind).subarray(0, 120), noise(200_000)]));
    const { sounds, broken } = await files.decoded([path]);
    // A WAV file of chance is a WAV file.
    expect(kind === 'wav' ? Object.keys(sounds) : sounds).toEqual(kind === 'wav' ? ['ulaw', 'alaw', 'slin16'] : {});
    expect(broken).toHaveLength(kind === 'wav' ? 0 : 1);
  });
});
