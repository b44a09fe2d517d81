import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import { SoundFiles } from './sound-files.ts';

// Threads, other programs and looks at folders take their time on a busy machine.
jest.setTimeout(180_000);

const files = new SoundFiles();
afterAll(() => files[Symbol.asyncDispose]());

const SCRIPT = `
  import { Decoder } from '@FOLDER@/stasis/media/library/decode/decoder.EXTENSION';
  import { systemClock } from '@FOLDER@/src/lib/clock.EXTENSION';
  const decoder = new Decoder(systemClock);
  const job = { formats: ['ulaw'], gain: 1, maxMs: 60_000, leastMs: 0, maxBytes: 2 ** 20, isUrgent: true };
  decoder.decode({ ...job, files: [{ path: process.argv[2], ending: 'ogg' }] }).then(async (result) => {
    await decoder.close();
    console.log(result.type, result.durationMs);
  });
`;

function scriptFor(folder: string, extension: string): string {
  return files.write(`try-${extension}.mjs`, SCRIPT.replaceAll('@FOLDER@', folder).replaceAll('EXTENSION', extension));
}

test('The thread starts from a build, where its file is JavaScript and tsx is not needed', () => {
  const root = process.cwd();
  const build = files.path('dist');
  execFileSync('npx', ['tsc', '-p', 'tsconfig.build.json', '--noCheck', '--outDir', build], { stdio: 'pipe' });
  files.write('package.json', '{ "type": "module" }');
  symlinkSync(join(root, 'node_modules'), files.path('node_modules'));
  const heard = execFileSync('node', [scriptFor(build, 'js'), files.tone('a.ogg')], { encoding: 'utf8' });
  expect(heard).toBe('decoded 2000\n');
});

test('and from the sources under tsx', () => {
  const heard = execFileSync('npx', ['tsx', scriptFor(process.cwd(), 'ts'), files.tone('b.ogg')], { encoding: 'utf8' });
  expect(heard).toBe('decoded 2000\n');
});
