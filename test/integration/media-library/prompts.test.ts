import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { eventually } from '../../support/eventually.ts';
import { openLibrary, SoundFiles } from './sound-files.ts';

// Threads, other programs and looks at folders take their time on a busy machine.
jest.setTimeout(180_000);

const files = new SoundFiles();
afterAll(() => files[Symbol.asyncDispose]());

/** Prompts are told apart by their length. */
const LENGTHS = { own: 0.5, asterisk: 0.75, other: 1 } as const;
beforeAll(() => {
  for (const [name, seconds] of Object.entries(LENGTHS)) {
    files.tone(`${name}.wav`, { words: '-r 8000 -c 1 -b 16', seconds });
    files.tone(`${name}.wav16`, { words: '-t wav -r 16000 -c 1 -b 16', seconds });
    files.tone(`${name}.sln16`, { words: '-t raw -r 16000 -c 1 -e signed -b 16', seconds });
  }
});

let folders = 0;
/** A folder with prompts: `en/welcome.wav: own`. */
function folderWith(content: Readonly<Record<string, keyof typeof LENGTHS>>): string {
  folders += 1;
  const folder = files.path(`prompts${folders}`);
  mkdirSync(folder);
  for (const [path, kind] of Object.entries(content)) put(folder, path, kind);
  return folder;
}

function put(folder: string, path: string, kind: keyof typeof LENGTHS): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  copyFileSync(files.path(`${kind}.${path.split('.').at(-1)}`), join(folder, path));
}

type Library = Awaited<ReturnType<typeof openLibrary>>['library'];
/** What is said, each word with who says it. */
function said(library: Library, words: readonly string[], language: string): string[] {
  return library.prompts(words, language, 'ulaw').map(({ name, samples }) => {
    const kind = Object.entries(LENGTHS).find(([, seconds]) => seconds * 8000 === samples.length)?.[0];
    return `${name} ${kind}`;
  });
}

describe('Prompts', () => {
  test('are found by name, in both rates, each from its own file', async () => {
    const promptFolder = folderWith({
      'en/welcome.wav': 'own',
      'en/welcome.wav16': 'other',
      'en/numbers/21.wav': 'own',
    });
    await using opened = await openLibrary({ promptFolder });
    const { library } = opened;
    expect(said(library, ['queueapp/welcome', 'numbers/21'], 'en')).toEqual(['queueapp/welcome own', 'numbers/21 own']);
    expect(library.prompts(['queueapp/welcome'], 'en', 'slin16')[0]?.samples).toHaveLength(16_000);
    expect(library.prompts([], 'en', 'ulaw')).toEqual([]);
    expect(opened.lines).toEqual([]);
  });

  test('come in the language, its main language, or the default one; a phrase never in two', async () => {
    const promptFolder = folderWith({
      'en/a.wav': 'own',
      'en/b.wav': 'own',
      'pt_BR/a.wav': 'other',
      'ru/a.wav': 'other',
      'music/a.wav': 'own',
    });
    await using opened = await openLibrary({ promptFolder });
    const { library } = opened;
    for (const language of ['pt_BR', 'pt-br', 'ru', 'ru_RU', 'ru-ua']) {
      expect(said(library, ['queueapp/a'], language)).toEqual(['queueapp/a other']);
      expect(said(library, ['queueapp/a', 'queueapp/b'], language)).toEqual(['queueapp/a own', 'queueapp/b own']);
    }
    for (const language of ['en', 'en_GB', 'pt', 'de', '', '..', '../en', 'music']) {
      expect(said(library, ['queueapp/a'], language)).toEqual(['queueapp/a own']);
    }
    expect(
      library
        .status()
        .languages.map(({ language }) => language)
        .sort(),
    ).toEqual(['en', 'pt_BR', 'ru']);
  });

  test('that are missing are left out, and named once', async () => {
    await using opened = await openLibrary({ promptFolder: folderWith({ 'en/a.wav': 'own' }) });
    for (let round = 0; round < 3; round += 1) {
      expect(said(opened.library, ['queueapp/a', 'numbers/5', '../../etc/passwd', 'queueapp/a'], 'en')).toEqual([
        'queueapp/a own',
        'queueapp/a own',
      ]);
    }
    expect(opened.lines.map(({ prompt }) => prompt)).toEqual(['numbers/5', '../../etc/passwd']);
  });

  test('come and go while it runs: a recording, a folder of words, a language', async () => {
    const promptFolder = folderWith({ 'en/a.wav': 'own' });
    await using opened = await openLibrary({ promptFolder });
    const { library } = opened;
    put(promptFolder, 'en/a.wav', 'other');
    await eventually('the replaced recording', () => said(library, ['queueapp/a'], 'en')[0] === 'queueapp/a other');
    put(promptFolder, 'en/numbers/1.wav', 'own');
    await eventually('the folder of words', () => said(library, ['numbers/1'], 'en').length === 1);
    put(promptFolder, 'ru/a.wav', 'own');
    await eventually('the language', () => said(library, ['queueapp/a'], 'ru')[0] === 'queueapp/a own');
    rmSync(join(promptFolder, 'ru'), { recursive: true });
    await eventually('the language is gone', () => said(library, ['queueapp/a'], 'ru')[0] === 'queueapp/a other');
    rmSync(join(promptFolder, 'en/numbers'), { recursive: true });
    await eventually('the folder of words is gone', () => said(library, ['numbers/1'], 'en').length === 0);
  });
});

describe("Asterisk's recordings", () => {
  const own = {
    'en/a.wav': 'own',
    'en/numbers/1.wav': 'own',
    'en/numbers/2.wav': 'own',
    'en/numbers/pause_100.wav': 'own',
  } as const;
  const words = 'numbers/1: digits/1\nnumbers/2: digits/2\nnumbers/3: digits/3\nqueueapp/a: queue-a\n';

  function bothFolders(asterisk: Readonly<Record<string, keyof typeof LENGTHS>>, yaml = words) {
    const promptFolder = folderWith(own);
    writeFileSync(join(promptFolder, 'en/asterisk.yaml'), yaml);
    return { promptFolder, asteriskFolder: folderWith(asterisk) };
  }

  test('go before ours, but only for a whole phrase; a pause belongs to every voice', async () => {
    const asterisk = {
      'en/digits/1.wav': 'asterisk',
      'en/digits/2.sln16': 'asterisk',
      'en/digits/unused.wav': 'asterisk',
    } as const;
    await using opened = await openLibrary(bothFolders(asterisk));
    const { library } = opened;
    expect(said(library, ['numbers/1', 'numbers/pause_100', 'numbers/2'], 'en')).toEqual([
      'digits/1 asterisk',
      'numbers/pause_100 own',
      'digits/2 asterisk',
    ]);
    expect(said(library, ['queueapp/a', 'numbers/1'], 'en')).toEqual(['queueapp/a own', 'numbers/1 own']);
    // Digits that nobody names are not read.
    expect(library.status().languages).toMatchObject([{ language: 'en', own: 4, asterisk: 2, broken: [] }]);
    expect(opened.lines).toEqual([]);
  });

  test('that are there only as GSM count as not installed', async () => {
    const folders = bothFolders({ 'en/digits/1.wav': 'asterisk' });
    writeFileSync(join(folders.asteriskFolder, 'en/digits/2.gsm'), 'x');
    await using opened = await openLibrary(folders);
    expect(said(opened.library, ['numbers/1', 'numbers/2'], 'en')).toEqual(['numbers/1 own', 'numbers/2 own']);
    expect(said(opened.library, ['numbers/1'], 'en')).toEqual(['digits/1 asterisk']);
    expect(opened.lines).toEqual([]);
  });

  test('installed later are used from then on', async () => {
    const folders = bothFolders({});
    await using opened = await openLibrary(folders);
    expect(said(opened.library, ['numbers/1'], 'en')).toEqual(['numbers/1 own']);
    put(folders.asteriskFolder, 'en/digits/1.wav', 'asterisk');
    await eventually(
      'the installed recording',
      () => said(opened.library, ['numbers/1'], 'en')[0] === 'digits/1 asterisk',
    );
  });

  test('that configuration names are there under their own name', async () => {
    const folders = bothFolders({ 'en/vm-goodbye.wav': 'asterisk' }, '{}');
    await using opened = await openLibrary({ ...folders, asteriskNames: ['vm-goodbye', '../../secret', 'queueapp/a'] });
    expect(said(opened.library, ['vm-goodbye'], 'en')).toEqual(['vm-goodbye asterisk']);
    expect(said(opened.library, ['queueapp/a'], 'en')).toEqual(['queueapp/a own']);
  });

  test.each([
    [
      'paths that lead out of the folder',
      'numbers/1: ../../en/digits/1\nnumbers/2: /etc/passwd\n',
      "Some names of Asterisk's recordings have no proper path",
    ],
    ['a list', '- a\n- b\n', "The names of Asterisk's recordings can't be read"],
    ['no YAML', '{{{', "The names of Asterisk's recordings can't be read"],
    [
      'more than is read',
      `numbers/1: digits/1\n${'# filling\n'.repeat(30_000)}`,
      "The names of Asterisk's recordings can't be read",
    ],
  ])('a table with %s is named in the log, and ours are used', async (_, yaml, message) => {
    await using opened = await openLibrary(bothFolders({ 'en/digits/1.wav': 'asterisk' }, yaml));
    expect(said(opened.library, ['numbers/1'], 'en')).toEqual(['numbers/1 own']);
    expect(opened.lines.map(({ msg }) => msg)).toEqual([message]);
  });
});

test('Every prompt of the manifest is found, in every language that has a recording of it', async () => {
  const manifest = parse(readFileSync('sounds/manifest.yaml', 'utf8')) as {
    prompts: Record<string, unknown>;
    words?: Record<string, { texts: Record<string, unknown>; pauses?: Record<string, unknown> }>;
  };
  const names = [
    ...Object.keys(manifest.prompts).map((name) => [name, `queueapp/${name}`] as const),
    ...Object.entries(manifest.words ?? {}).flatMap(([folder, { texts, pauses }]) =>
      [...Object.keys(texts), ...Object.keys(pauses ?? {})].map(
        (word) => [`${folder}/${word}`, `${folder}/${word}`] as const,
      ),
    ),
  ];
  const languages = readdirSync('sounds').filter(
    (name) => /^[a-z]{2}(_[A-Z]{2})?$/.test(name) && statSync(join('sounds', name)).isDirectory(),
  );
  await using opened = await openLibrary({ promptFolder: join(process.cwd(), 'sounds'), memoryMaxBytes: 2 ** 30 });
  const missing = languages.flatMap((language) =>
    names
      .filter(([path]) => existsSync(join('sounds', language, `${path}.wav`)))
      .filter(([, name]) => opened.library.prompts([name], language, 'ulaw')[0]?.name !== name)
      .map(([path]) => `${language}/${path}`),
  );
  expect(missing).toEqual([]);
  expect(
    opened.library
      .status()
      .languages.map(({ language }) => language)
      .sort(),
  ).toEqual(languages.sort());
  expect(opened.library.status().languages.find(({ language }) => language === 'en')?.own).toBeGreaterThan(17);
  expect(opened.lines).toEqual([]);
});
