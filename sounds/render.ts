import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Lock, promptFile, promptState, readLock, strayFiles, writeLock } from './lock.ts';
import {
  type Manifest,
  type PromptText,
  promptNames,
  promptTexts,
  readManifest,
  sha256,
  sourceHash,
} from './manifest.ts';
import { missingPackages, PEAK_DBFS, RECIPE, RMS_DBFS, render } from './speech.ts';

const HELP = `Usage: sounds/render [--language LANGUAGE] [--only NAME]... [--check] [--force] [--folder FOLDER]

Speaks the prompts of sounds/manifest.yaml with a synthesiser and writes sounds/LANGUAGE/NAME.wav (8 kHz) and
NAME.wav16 (16 kHz): what is missing, and what was rendered from a text or voice that has changed since.
A recording that was not made by this script is kept.

  --language LANGUAGE  only this language (en, ru, pt_BR, ...)
  --only NAME          only this prompt; may be repeated
  --check              write nothing; tell how every prompt stands; exit status 1 when one is missing or outdated
  --force              render the chosen prompts whatever stands there, recordings too
  --folder FOLDER      the folder with manifest.yaml (default: the one this script lies in)
  --help               this text

Loudness: ${RMS_DBFS} dBFS root mean square, no peak above ${PEAK_DBFS} dBFS. Exit status: 0 done, 1 failed, 2 wrong usage.`;

class UsageError extends Error {}

function main(): number {
  const { values } = parseArgs({
    options: {
      language: { type: 'string' },
      only: { type: 'string', multiple: true },
      check: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      folder: { type: 'string', default: import.meta.dirname },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const manifest = readManifest(join(values.folder, 'manifest.yaml'));
  refuseUnknown(manifest, values);
  const prompts = promptTexts(manifest, { language: values.language, names: values.only });
  if (prompts.length === 0) console.log(`No prompt has a text in ${values.language ?? 'any language'} yet.`);
  if (values.check) return check(values.folder, manifest, prompts);
  return renderAll(values.folder, prompts, { force: values.force });
}

function refuseUnknown(
  manifest: Manifest,
  wanted: { language?: string | undefined; only?: string[] | undefined },
): void {
  if (wanted.language !== undefined && !(wanted.language in manifest.languages)) {
    throw new UsageError(
      `The manifest has no language ${wanted.language}; it has ${Object.keys(manifest.languages).join(', ')}`,
    );
  }
  for (const name of wanted.only ?? []) {
    if (!promptNames(manifest).includes(name)) throw new UsageError(`The manifest has no prompt ${name}`);
  }
}

function check(folder: string, manifest: Manifest, prompts: readonly PromptText[]): number {
  const lock = readLock(join(folder, 'manifest.lock'));
  let wrong = 0;
  for (const prompt of prompts) {
    const state = promptState(folder, prompt, lock);
    if (state !== 'up to date' && state !== 'replaced') wrong += 1;
    console.log(`${prompt.language}/${prompt.name}: ${state}`);
  }
  for (const language of new Set(prompts.map((prompt) => prompt.language))) {
    for (const file of strayFiles(folder, language, promptNames(manifest)))
      console.log(`${language}/${file}: not in the manifest`);
  }
  console.log(
    wrong === 0
      ? `All ${prompts.length} prompts are there.`
      : `${wrong} of ${prompts.length} prompts need sounds/render, or the other sample rate of a recording.`,
  );
  return wrong === 0 ? 0 : 1;
}

function renderAll(folder: string, prompts: readonly PromptText[], { force }: { force: boolean }): number {
  const lockFile = join(folder, 'manifest.lock');
  const lock = readLock(lockFile);
  const due = prompts.filter((prompt) => isDue(folder, prompt, lock, force));
  if (due.length === 0) {
    console.log(`Nothing to render: ${prompts.length} prompts stand as they should.`);
    return 0;
  }
  const missing = missingPackages(due);
  if (missing.length > 0) {
    console.error(`Not installed: ${missing.join(', ')}. Run: apt-get install ${missing.join(' ')}`);
    return 1;
  }
  for (const [index, prompt] of due.entries()) {
    console.log(
      `[${index + 1}/${due.length}] ${prompt.language}/${prompt.name}: ${prompt.text || `a pause of ${prompt.pauseMs} ms`}`,
    );
    mkdirSync(dirname(promptFile(folder, prompt, 'wav')), { recursive: true });
    render(prompt, (format) => promptFile(folder, prompt, format));
    lock[`${prompt.language}/${prompt.name}`] = {
      source: sourceHash(prompt, RECIPE),
      wav: sha256(readFileSync(promptFile(folder, prompt, 'wav'))),
      wav16: sha256(readFileSync(promptFile(folder, prompt, 'wav16'))),
    };
    // After every prompt: an interrupted run must not leave files that look like somebody's recording.
    writeLock(lockFile, lock);
  }
  return 0;
}

function isDue(folder: string, prompt: PromptText, lock: Lock, force: boolean): boolean {
  const state = promptState(folder, prompt, lock);
  if (force || state === 'missing' || state === 'outdated') return true;
  if (state === 'replaced' || state === 'partly replaced')
    console.log(
      `${prompt.language}/${prompt.name}: kept, ${state} by a recording not made here (--force overwrites it)`,
    );
  return false;
}

try {
  process.exitCode = main();
} catch (error) {
  const isUsage =
    error instanceof UsageError ||
    (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  console.error(error instanceof Error ? error.message : error);
  if (isUsage) console.error('Try: sounds/render --help');
  process.exitCode = isUsage ? 2 : 1;
}
