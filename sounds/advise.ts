import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { ADVICE_FOLDERS } from '../src/core/programme/sound.ts';
import { type Lock, readLock, writeLock } from './lock.ts';
import { type PromptText, readManifest, sha256, sourceHash } from './manifest.ts';
import { FORMATS, type Format, missingPackages, RECIPE, render } from './speech.ts';

const HELP = `Usage: sounds/advise [--check]

Speaks the texts of sounds/advice/advice.yaml, with the voices and the processing of sounds/render, and writes
sounds/advice/LANGUAGE/FOLDER/NAME.wav (8 kHz) and NAME.wav16 (16 kHz): what is missing or has another text by now.
A recording that was not made by this script is kept.

  --check   write nothing; tell how every advice stands; exit status 1 when one is missing or outdated
  --help    this text

Exit status: 0 done, 1 failed, 2 wrong usage.`;

const FILE_NAME = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'a file is named with a-z, 0-9 and -');
const Advice = z.record(
  z.string(),
  z.partialRecord(z.enum(ADVICE_FOLDERS), z.record(FILE_NAME, z.string().min(1).max(1000))),
);

type State = 'up to date' | 'missing' | 'outdated' | 'replaced';

function main(): number {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const folder = join(import.meta.dirname, 'advice');
  const lockFile = join(folder, 'advice.lock');
  const lock = readLock(lockFile);
  const all = readAdvice(join(folder, 'advice.yaml'));
  const states = all.map((advice) => ({ advice, state: stateOf(folder, advice, lock) }));
  const due = states.filter(({ state }) => state === 'missing' || state === 'outdated');
  if (values.check) {
    for (const { advice, state } of states) console.log(`${advice.language}/${advice.name}: ${state}`);
    return due.length === 0 ? 0 : 1;
  }
  const missing = missingPackages(due.map(({ advice }) => advice));
  if (missing.length > 0) {
    console.error(`Not installed: ${missing.join(', ')}. Run: apt-get install ${missing.join(' ')}`);
    return 1;
  }
  for (const { advice } of due) {
    console.log(`${advice.language}/${advice.name}: ${advice.text}`);
    speak(folder, advice, lock);
    // After every one: an interrupted run must not leave files that look like somebody's recording.
    writeLock(lockFile, lock);
  }
  console.log(`${due.length} spoken, ${all.length - due.length} stand as they are.`);
  return 0;
}

/** Reads the texts; an advice's name is FOLDER/NAME. The languages' voices are those of manifest.yaml. */
function readAdvice(path: string): PromptText[] {
  const { languages } = readManifest(join(import.meta.dirname, 'manifest.yaml'));
  const texts = Advice.parse(parse(readFileSync(path, 'utf8')));
  return Object.entries(texts).flatMap(([language, folders]) => {
    const speaker = languages[language];
    if (speaker === undefined) throw new Error(`${path}: manifest.yaml has no language ${language}`);
    return Object.entries(folders).flatMap(([folder, files]) =>
      Object.entries(files).map(([file, text]) => ({ language, name: `${folder}/${file}`, text, speaker })),
    );
  });
}

function stateOf(folder: string, advice: PromptText, lock: Lock): State {
  const files = FORMATS.map((format) => fileOf(folder, advice, format));
  if (!files.every((file) => existsSync(file))) return 'missing';
  const locked = lock[`${advice.language}/${advice.name}`];
  const isOurs = FORMATS.every((format, index) => sha256(readFileSync(files[index] ?? '')) === locked?.[format]);
  if (!isOurs) return 'replaced';
  return locked?.source === sourceHash(advice, RECIPE) ? 'up to date' : 'outdated';
}

function speak(folder: string, advice: PromptText, lock: Lock): void {
  const fileIn = (format: Format) => fileOf(folder, advice, format);
  mkdirSync(dirname(fileIn('wav')), { recursive: true });
  render(advice, fileIn);
  lock[`${advice.language}/${advice.name}`] = {
    source: sourceHash(advice, RECIPE),
    wav: sha256(readFileSync(fileIn('wav'))),
    wav16: sha256(readFileSync(fileIn('wav16'))),
  };
}

function fileOf(folder: string, { language, name }: PromptText, format: Format): string {
  return join(folder, language, `${name}.${format}`);
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (isUsage) console.error('Try: sounds/advise --help');
  process.exitCode = isUsage ? 2 : 1;
}
