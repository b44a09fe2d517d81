import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { LiveSound } from '../../../src/core/programme/sound.ts';
import { type Clock, delay, systemClock } from '../../../src/lib/clock.ts';
import { eventually } from '../../support/eventually.ts';
import { type LogLine, levelDb, newLibrary, openLibrary, SoundFiles, trackNames } from './sound-files.ts';

// Threads, other programs and looks at folders take their time on a busy machine.
jest.setTimeout(240_000);

const files = new SoundFiles();
afterAll(() => files[Symbol.asyncDispose]());

/** Two seconds of 440 Hz, and of 880 Hz. */
let low = '';
let high = '';
beforeAll(() => {
  low = files.tone('low.wav', { hertz: 440 });
  high = files.tone('high.wav', { hertz: 880, seconds: 3 });
});

let folders = 0;
function newFolder(...names: string[]): string {
  folders += 1;
  const folder = files.path(`folder${folders}`);
  mkdirSync(folder);
  for (const name of names) copyFileSync(low, `${folder}/${name}`);
  return folder;
}

const left = (lines: readonly LogLine[]) => lines.filter(({ msg }) => msg.startsWith('A sound file is left out'));

describe('A class at the start', () => {
  test('has its tracks by name in every format, one for all files of a name', async () => {
    const folder = newFolder('b.wav', 'a.wav', 'a.flac', 'Z.wav', '10.wav', 'notes.txt', '.hidden.wav', 'cover.jpg');
    mkdirSync(`${folder}/subfolder`);
    await using opened = await openLibrary({ folder });
    for (const format of ['ulaw', 'alaw', 'slin16'] as const) {
      expect(trackNames(opened.library, format)).toEqual(['10', 'Z', 'a', 'b']);
    }
    const [track] = opened.library.shelf('default', 'ulaw')?.tracks() ?? [];
    expect(track).toMatchObject({ kind: 'file', name: '10' });
    expect(opened.library.shelf('other', 'ulaw')).toBeNull();
    expect(opened.lines).toEqual([]);
    const bytes = 4 * 2 * (8000 * 4 + 16_000 * 2);
    expect(opened.library.status()).toMatchObject({
      bytes,
      classes: [{ name: 'default', tracks: 4, bytes, broken: [] }],
    });
  });

  test('has advice by folder, not made quieter, and nothing where there is no folder', async () => {
    const adviceFolder = newFolder();
    for (const kind of ['first', 'middle', 'elsewhere']) mkdirSync(`${adviceFolder}/${kind}`);
    copyFileSync(low, `${adviceFolder}/first/2.wav`);
    copyFileSync(low, `${adviceFolder}/first/1.wav`);
    copyFileSync(low, `${adviceFolder}/middle/1.wav`);
    await using opened = await openLibrary({ adviceFolder, level: 0.1 });
    const shelf = opened.library.shelf('default', 'ulaw');
    const names = (['first', 'firstDay', 'middle', 'last'] as const).map((kind) =>
      shelf?.advice(kind).map(({ name }) => name),
    );
    expect(names).toEqual([['first/1', 'first/2'], [], ['middle/1'], []]);
    expect(levelDb(shelf?.advice('first')[0]?.samples.subarray(4000, 12_000) ?? new Int16Array(1))).toBeCloseTo(
      -9.03,
      1,
    );
    expect(opened.lines).toEqual([]);
  });

  test('plays its music as loud as its level says', async () => {
    await using opened = await openLibrary({ folder: newFolder('a.wav'), level: 0.1 });
    const [track] = opened.library.shelf('default', 'ulaw')?.tracks() ?? [];
    expect(levelDb(track?.samples.subarray(4000, 12_000) ?? new Int16Array(1))).toBeCloseTo(-29.03, 1);
  });

  test('takes names with anything in them, and tells one that is not UTF-8', async () => {
    const folder = newFolder(
      'Günther – «Ça va?».wav',
      "'; DROP TABLE x; --.wav",
      '  two  spaces .wav',
      'line\nbreak.wav',
      '%2e%2e.WAV',
      '..wav.wav',
      '日本.wav',
    );
    copyFileSync(low, Buffer.concat([Buffer.from(`${folder}/bad`), Buffer.from([0xe9]), Buffer.from('.wav')]));
    await using opened = await openLibrary({ folder });
    expect(trackNames(opened.library)).toEqual(
      ['  two  spaces ', '%2e%2e', "'; DROP TABLE x; --", 'Günther – «Ça va?»', 'line\nbreak', '日本'].sort(),
    );
    expect(left(opened.lines)).toMatchObject([{ reason: 'has a name that is not UTF-8; give it another one' }]);
  });

  test('with broken files starts all the same; each is named once, with its reason', async () => {
    const folder = newFolder('good.wav');
    writeFileSync(`${folder}/empty.mp3`, '');
    writeFileSync(`${folder}/page.ogg`, '<html></html>');
    writeFileSync(`${folder}/song.m4a`, 'x');
    writeFileSync(`${folder}/good.g722`, 'x');
    mkdirSync(`${folder}/folder.wav`);
    symlinkSync(`${folder}/loop.flac`, `${folder}/loop.flac`);
    await using opened = await openLibrary({ folder });
    expect(trackNames(opened.library)).toEqual(['good']);
    const named = left(opened.lines).map(({ file, reason }) => [String(file).slice(folder.length + 1), reason]);
    expect(named.sort()).toEqual([
      ['empty.mp3', 'is empty'],
      ['folder.wav', 'is a folder'],
      ['loop.flac', 'is a link that leads to itself'],
      ['page.ogg', 'is no sound file; WAV, FLAC, Ogg Vorbis, Ogg Opus and MP3 are read'],
      ['song.m4a', 'is of a kind that is not read; WAV, FLAC, Ogg Vorbis, Ogg Opus and MP3 are'],
    ]);
    expect(opened.library.status().classes[0]?.broken).toHaveLength(5);
    // A further look has nothing new to say.
    copyFileSync(high, `${folder}/new.wav`);
    await eventually('the new track', () => trackNames(opened.library).includes('new'));
    expect(left(opened.lines)).toHaveLength(5);
  });

  test('with an empty folder has no tracks, and with none a warning', async () => {
    await using empty = await openLibrary({ folder: newFolder() });
    expect(trackNames(empty.library)).toEqual([]);
    expect(empty.lines).toEqual([]);
    await using missing = await openLibrary({ folder: files.path('not-there') });
    expect(trackNames(missing.library)).toEqual([]);
    expect(missing.lines).toMatchObject([
      { level: 'warn', folder: files.path('not-there'), reason: 'is gone, or is a link to nothing' },
    ]);
  });

  test('takes no more memory than it may; what does not fit is named, and comes when there is room', async () => {
    const folder = newFolder('a.wav', 'b.wav', 'c.wav');
    const ofOne = 2 * (8000 * 4 + 16_000 * 2);
    await using opened = await openLibrary({ folder, memoryMaxBytes: 2 * ofOne + 1000 });
    expect(trackNames(opened.library)).toEqual(['a', 'b']);
    expect(opened.library.status().bytes).toBe(2 * ofOne);
    expect(left(opened.lines)).toMatchObject([
      { file: `${folder}/c.wav`, reason: expect.stringContaining('does not fit into sounds.memory') },
    ]);
    rmSync(`${folder}/a.wav`);
    await eventually('room for the third', () => trackNames(opened.library).join() === 'b,c');
    expect(opened.library.status().bytes).toBe(2 * ofOne);
  });

  test('is cut at the longest track, and the log says so', async () => {
    const folder = newFolder('a.wav');
    await using opened = await openLibrary({ folder, trackMaxMs: 1500 });
    expect(opened.library.shelf('default', 'slin16')?.tracks()[0]?.samples).toHaveLength(24_000);
    expect(opened.lines).toMatchObject([
      { level: 'warn', reason: 'is longer than 1.5 s; the beginning is played', file: `${folder}/a.wav` },
    ]);
  });

  test('has its stream in every format from then on, when it gets one', async () => {
    await using opened = await openLibrary({ folder: newFolder('a.wav') });
    const shelf = opened.library.shelf('default', 'ulaw');
    expect(shelf?.live()).toBeNull();
    const live = {
      kind: 'live',
      name: 'radio',
      samples: new Int16Array(8),
      wire: new Uint8Array(8),
      writtenTo: 0,
      isPlaying: true,
    } satisfies LiveSound;
    opened.library.attachStream('default', (format) => (format === 'ulaw' ? live : null));
    opened.library.attachStream('other', () => live);
    expect(shelf?.live()).toBe(live);
    expect(opened.library.shelf('default', 'alaw')?.live()).toBeNull();
  });
});

describe('While it runs', () => {
  test('a new file is in the programme, a replaced one is heard anew, a removed one is gone; who has it keeps it', async () => {
    const folder = newFolder('a.wav');
    await using opened = await openLibrary({ folder });
    const { library } = opened;
    let changes = 0;
    const end = library.onChange(() => {
      changes += 1;
    });
    const shelf = library.shelf('default', 'ulaw');
    const before = shelf?.tracks();

    copyFileSync(high, `${folder}/b.wav`);
    await eventually('the new file', () => trackNames(library).join() === 'a,b');
    expect(before?.map(({ name }) => name)).toEqual(['a']);
    expect(changes).toBe(1);

    const held = shelf?.tracks()[0];
    copyFileSync(high, `${folder}/a.wav`);
    await eventually('the replaced file', () => shelf?.tracks()[0]?.samples.length === 24_000);
    expect(held?.samples).toHaveLength(16_000);
    expect(held?.name).toBe(shelf?.tracks()[0]?.name);

    rmSync(`${folder}/a.wav`);
    await eventually('the removed file', () => trackNames(library).join() === 'b');
    expect(levelDb(held?.samples ?? new Int16Array(1), { hertz: 440, rate: 8000 })).toBeCloseTo(-9, 0);
    expect(changes).toBe(3);
    end();
    rmSync(`${folder}/b.wav`);
    await eventually('the last one', () => trackNames(library).length === 0);
    expect(changes).toBe(3);
  });

  test('a file is not taken while it is being copied, however slowly', async () => {
    const folder = newFolder('a.wav');
    await using opened = await openLibrary({ folder });
    const bytes = readFileSync(high);
    const piece = Math.ceil(bytes.length / 8);
    for (let from = 0; from < bytes.length; from += piece) {
      appendFileSync(`${folder}/slow.wav`, bytes.subarray(from, from + piece));
      // The copying itself is what takes time here.
      await delay(systemClock, 400);
      if (from + piece < bytes.length) expect(trackNames(opened.library)).toEqual(['a']);
    }
    await eventually('the whole file', () => trackNames(opened.library).join() === 'a,slow');
    expect(opened.library.shelf('default', 'ulaw')?.tracks()[1]?.samples).toHaveLength(24_000);
    expect(opened.lines).toEqual([]);
  });

  test('a track that becomes broken is left out, and comes back when it is mended', async () => {
    const folder = newFolder('a.wav', 'b.wav');
    await using opened = await openLibrary({ folder });
    writeFileSync(`${folder}/a.wav`, 'broken');
    await eventually('the broken one is out', () => trackNames(opened.library).join() === 'b');
    expect(left(opened.lines)).toHaveLength(1);
    copyFileSync(low, `${folder}/a.wav`);
    await eventually('the mended one is back', () => trackNames(opened.library).join() === 'a,b');
    expect(opened.library.status().classes[0]?.broken).toEqual([]);
  });

  test('a prepared file that comes later is the wire of its format', async () => {
    const folder = newFolder('a.wav');
    await using opened = await openLibrary({ folder });
    const bytes = Buffer.alloc(12_345, 0xd5);
    writeFileSync(`${folder}/a.alaw`, bytes);
    const shelf = opened.library.shelf('default', 'alaw');
    await eventually('the prepared file', () => shelf?.tracks()[0]?.wire.length === bytes.length);
    expect(Buffer.from(shelf?.tracks()[0]?.wire ?? [])).toEqual(bytes);
    expect(opened.library.shelf('default', 'ulaw')?.tracks()[0]?.samples).toHaveLength(16_000);
  });

  test('a folder that is made later, removed, made again or put in the place of another is read', async () => {
    const folder = files.path('later');
    await using opened = await openLibrary({ folder });
    mkdirSync(folder);
    copyFileSync(low, `${folder}/a.wav`);
    await eventually('the folder made later', () => trackNames(opened.library).join() === 'a');
    rmSync(folder, { recursive: true });
    await eventually('the folder removed', () => trackNames(opened.library).length === 0);
    mkdirSync(folder);
    copyFileSync(low, `${folder}/b.wav`);
    await eventually('the folder made again', () => trackNames(opened.library).join() === 'b');
    renameSync(folder, `${folder}.old`);
    renameSync(newFolder('c.wav', 'd.wav'), folder);
    await eventually('the folder exchanged', () => trackNames(opened.library).join() === 'c,d');
    copyFileSync(low, `${folder}/e.wav`);
    await eventually('a file in it', () => trackNames(opened.library).join() === 'c,d,e');
    const warnings = opened.lines.filter(({ level }) => level === 'warn');
    expect(warnings.every(({ msg }) => msg.startsWith('A folder of sounds is not there'))).toBe(true);
  });

  test('has a tune before all are read; what nobody waits for comes later, and gives way to others', async () => {
    const promptFolder = newFolder();
    for (const language of ['de', 'en', 'ru']) {
      mkdirSync(`${promptFolder}/${language}/numbers`, { recursive: true });
      for (const name of ['a', 'numbers/1']) copyFileSync(low, `${promptFolder}/${language}/${name}.wav`);
    }
    const adviceFolder = newFolder();
    mkdirSync(`${adviceFolder}/first`);
    copyFileSync(low, `${adviceFolder}/first/a.wav`);
    const { library } = newLibrary({ folder: newFolder('a.wav', 'b.wav', 'c.wav'), adviceFolder, promptFolder });
    const steps: string[] = [];
    const note = () => {
      const { classes, languages } = library.status();
      const words = languages.map(({ language, own }) => `${language} ${own}`).join();
      const [music] = classes;
      const way = threadsGiveWay() ? 'gives way' : 'urgent';
      steps.push(`${words}; tunes ${music?.tracks}, advice ${music?.advice.first}: ${way}`);
      return false;
    };
    const reading = library.start();
    const all = library.untilRead(note);
    await library.untilRead(() => trackNames(library).length > 0);
    const untilATune = [...steps];
    await Promise.all([reading, all]);
    await library.close();
    expect(untilATune).toEqual([
      'de 0,en 1,ru 0; tunes 0, advice 0: urgent',
      'de 0,en 2,ru 0; tunes 0, advice 0: urgent',
      'de 0,en 2,ru 0; tunes 1, advice 0: urgent',
    ]);
    expect(steps.slice(3).every((step) => step.endsWith('gives way'))).toBe(true);
    expect(steps.slice(-4)).toEqual([
      'de 2,en 2,ru 2; tunes 1, advice 0: gives way',
      'de 2,en 2,ru 2; tunes 1, advice 1: gives way',
      'de 2,en 2,ru 2; tunes 2, advice 1: gives way',
      'de 2,en 2,ru 2; tunes 3, advice 1: gives way',
    ]);
    expect(library.untilRead(() => false)).toBeNull();
  });

  test('is closed in the middle of decoding, twice, and nothing is left', async () => {
    const folder = newFolder();
    files.tone('long.flac', { seconds: 120 });
    for (const name of ['a', 'b', 'c']) symlinkSync(files.path('long.flac'), `${folder}/${name}.flac`);
    const handles = () => process.getActiveResourcesInfo().filter((name) => /MessagePort|FSEvent/.test(name));
    const before = handles();
    const timers = new Set<() => void>();
    const clock: Clock = {
      now: () => systemClock.now(),
      after(delayMs, callback) {
        const cancel = systemClock.after(delayMs, () => {
          timers.delete(cancel);
          callback();
        });
        timers.add(cancel);
        return () => {
          timers.delete(cancel);
          cancel();
        };
      },
    };
    const { library, lines } = newLibrary({ folder, clock });
    const starting = library.start();
    await eventually('the decoder has begun', () => timers.size > 0 && handles().includes('MessagePort'));
    await Promise.all([library.close(), library.close(), starting]);
    expect(trackNames(library)).not.toContain('c');
    expect({ handles: handles(), timers: timers.size }).toEqual({ handles: before, timers: 0 });
    expect(lines).toEqual([]);
  });
});

/** Whether a thread of this process has a niceness above ours (the 19th field of proc(5)'s `stat`). */
function threadsGiveWay(): boolean {
  const nices = readdirSync('/proc/self/task').map((thread) => {
    const stat = readFileSync(`/proc/self/task/${thread}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
  });
  return Math.max(...nices) > Math.min(...nices);
}

test('Decoding goes on in another thread: the one that sends the audio has nothing to do with it', async () => {
  const folder = newFolder();
  files.tone('minute.wav', { seconds: 20 });
  for (let index = 0; index < 10; index += 1) symlinkSync(files.path('minute.wav'), `${folder}/${index}.wav`);
  const [ownBefore, allBefore] = [processorTicks(`task/${process.pid}/`), processorTicks()];
  await using opened = await openLibrary({ folder });
  const [own, all] = [processorTicks(`task/${process.pid}/`) - ownBefore, processorTicks() - allBefore];
  expect(trackNames(opened.library)).toHaveLength(10);
  // Minutes of music take seconds of processor time; of these, this thread has the start of the other one and ten messages.
  expect(own / all).toBeLessThan(0.2);
});

/** Processor time that this process has had so far, or its first thread, which is the one of the tests (14th and 15th field of proc(5)'s `stat`). */
function processorTicks(of = ''): number {
  const stat = readFileSync(`/proc/self/${of}stat`, 'latin1');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13);
  return Number(user) + Number(system);
}
