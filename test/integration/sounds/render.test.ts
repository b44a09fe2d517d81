import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { durationMs, readWav, silence } from '../../support/audio/pcm.ts';

jest.setTimeout(180_000);

const SOUNDS = join(import.meta.dirname, '../../../sounds');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'queueapp-sounds-'));
  writeManifest('Hello there.');
});
afterEach(() => rmSync(folder, { recursive: true }));

function writeManifest(hello: string, words: object = {}): void {
  const language = (synthesiser: string, voice: string): object => ({
    name: voice,
    synthesiser,
    voice,
    stretch: 1,
    licence: 'ours',
  });
  const languages = {
    en: language('flite', 'slt'),
    pt_BR: language('espeak-ng', 'pt-br'),
    ru: language('festival', 'msu_ru_nsh_clunits'),
  };
  const prompts = {
    hello: { when: 'first', text: { en: hello, pt_BR: 'Bom dia.' } },
    thanks: { when: 'last', text: { en: 'Thank you.' } },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'manifest.yaml'), JSON.stringify({ languages, prompts, words }));
}

function run(...args: string[]): { status: number | null; lines: string[]; stderr: string } {
  const { status, stdout, stderr } = spawnSync(join(SOUNDS, 'render'), ['--folder', folder, ...args], {
    encoding: 'utf8',
  });
  return { status, lines: stdout.trim().split('\n'), stderr };
}

const stands = (): string[] => run('--check').lines.slice(0, -1);

describe('sounds/render', () => {
  test('renders what is missing in every language, and then only what has changed', () => {
    expect(run('--check')).toMatchObject({
      status: 1,
      lines: ['en/hello: missing', 'en/thanks: missing', 'pt_BR/hello: missing', expect.anything()],
    });
    expect(run().status).toBe(0);
    expect(run('--check')).toMatchObject({
      status: 0,
      lines: ['en/hello: up to date', 'en/thanks: up to date', 'pt_BR/hello: up to date', expect.anything()],
    });
    const narrow = readWav(join(folder, 'pt_BR/hello.wav'));
    const wide = readWav(join(folder, 'pt_BR/hello.wav16'));
    expect([narrow.sampleRate, wide.sampleRate]).toEqual([8000, 16_000]);
    expect(Math.abs(durationMs(narrow) - durationMs(wide))).toBeLessThan(5);
    expect(run().lines).toEqual(['Nothing to render: 3 prompts stand as they should.']);

    const thanks = readFileSync(join(folder, 'en/thanks.wav'));
    writeManifest('Hello, who is there?');
    expect(stands()).toEqual(['en/hello: outdated', 'en/thanks: up to date', 'pt_BR/hello: up to date']);
    expect(run().lines).toEqual(['[1/1] en/hello: Hello, who is there?']);
    expect(readFileSync(join(folder, 'en/thanks.wav'))).toEqual(thanks);
  });

  test('keeps a recording that it did not make, until it is told otherwise', () => {
    run('--language', 'en');
    copyFileSync(join(SOUNDS, 'en/bye.wav'), join(folder, 'en/hello.wav'));
    expect(run('--check')).toMatchObject({ status: 1, lines: expect.arrayContaining(['en/hello: partly replaced']) });
    copyFileSync(join(SOUNDS, 'en/bye.wav16'), join(folder, 'en/hello.wav16'));
    expect(run('--check', '--language', 'en')).toMatchObject({
      status: 0,
      lines: expect.arrayContaining(['en/hello: replaced']),
    });

    writeManifest('Something else.');
    expect(run('--language', 'en').lines[0]).toMatch(/^en\/hello: kept/);
    expect(readFileSync(join(folder, 'en/hello.wav'))).toEqual(readFileSync(join(SOUNDS, 'en/bye.wav')));

    expect(run('--only', 'hello', '--language', 'en', '--force').lines).toEqual(['[1/1] en/hello: Something else.']);
    expect(run('--check', '--language', 'en').lines[0]).toBe('en/hello: up to date');
  });

  test('renders words into folders of their own, with little silence, and pauses', () => {
    const words = {
      when: 'numbers',
      padMs: { before: 10, after: 60 },
      pauses: { pause: 250 },
      texts: { 1: { en: 'one', pt_BR: 'um' }, 21: { en: 'twenty one' } },
      say: { 21: { en: 'twenty won' } },
    };
    writeManifest('Hello there.', { numbers: words });
    expect(run('--only', 'numbers/1', '--only', 'numbers/pause').status).toBe(0);
    expect(stands().filter((line) => line.includes('numbers'))).toEqual([
      'en/numbers/pause: up to date',
      'en/numbers/1: up to date',
      'en/numbers/21: missing',
      'pt_BR/numbers/pause: up to date',
      'pt_BR/numbers/1: up to date',
    ]);
    const [one, pause] = ['1', 'pause'].map((word) => readWav(join(folder, `en/numbers/${word}.wav`)));
    expect(durationMs(pause ?? silence(0))).toBe(250);
    expect(pause?.samples.some((sample) => sample !== 0)).toBe(false);
    const spoken = one?.samples.findIndex((sample) => Math.abs(sample) > 0.001) ?? -1;
    expect(spoken).toBeGreaterThanOrEqual(80);
    expect(spoken).toBeLessThan(400);
    expect([...(one?.samples.slice(-480) ?? [])].every((sample) => sample === 0)).toBe(true);

    run('--only', 'numbers/21');
    writeManifest('Hello there.', { numbers: { ...words, say: { 21: { en: 'twenty one' } } } });
    expect(stands().find((line) => line.startsWith('en/numbers/21'))).toBe('en/numbers/21: outdated');
    writeManifest('Hello there.', { numbers: { ...words, padMs: { before: 10, after: 70 } } });
    expect(stands().filter((line) => line.endsWith('outdated'))).toHaveLength(3);
  });

  test.each([
    [{ texts: { 1: { en: 'one' } }, say: { 2: { en: 'too' } } }, 'numbers/2 has to stand under texts'],
    [{ texts: { 1: { en: 'one' } }, say: { 1: { ru: 'один' } } }, 'numbers/1 has a way to say it in ru, but no text'],
    [{ texts: { 1: { fr: 'un' } } }, 'numbers/1 has a text in fr, which is not under languages'],
    [{ texts: { 1: { en: 'one' } }, pauses: { 1: 250 } }, 'numbers/1 has to stand under texts, or under pauses alone'],
    [{ texts: { '../evil': { en: 'one' } } }, '../evil'],
  ])('says which word of the manifest is wrong: %j', (wrong, message) => {
    writeManifest('Hello.', { numbers: { when: 'numbers', padMs: { before: 10, after: 60 }, ...wrong } });
    const { status, stderr } = run('--check');
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) });
  });

  test('says which package is missing and installs nothing', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', join(SOUNDS, 'render.ts'), '--folder', folder],
      { encoding: 'utf8', env: { ...process.env, PATH: folder } },
    );
    expect(status).toBe(1);
    expect(stderr).toContain('apt-get install sox flite espeak-ng');
  });

  test.each([
    [['--only', 'nobody'], 'The manifest has no prompt nobody'],
    [['--language', 'fr'], 'The manifest has no language fr; it has en, pt_BR, ru'],
    [['--loud'], "Unknown option '--loud'"],
  ])('refuses %j with status 2', (args, message) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
  });

  test('says which entry of the manifest is wrong', () => {
    writeFileSync(
      join(folder, 'manifest.yaml'),
      'languages: {}\nprompts: { "../evil": { when: now, text: { en: Hi } } }\n',
    );
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain('../evil');
  });

  test('finds every shipped prompt as it should be', () => {
    const { status, stdout } = spawnSync(join(SOUNDS, 'render'), ['--check'], { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringContaining('prompts are there.') });
  });
});
