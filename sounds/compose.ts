import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { md5Of, streamInfo, wavFile } from './composer/flac.ts';
import { SAMPLE_RATE } from './composer/instruments.ts';
import { master } from './composer/master.ts';
import { PIECES } from './composer/pieces.ts';

const HELP = `Usage: sounds/compose [--only NAME]... [--check] [--wav FOLDER]

Plays the pieces of sounds/composer and writes sounds/music/NAME.flac (${SAMPLE_RATE / 1000} kHz, mono) where they differ.
The same pieces give the same samples every time.

  --only NAME    only this piece (${Object.keys(PIECES).join(', ')}); may be repeated
  --check        write nothing; tell which files are as played; exit status 1 when one is not
  --wav FOLDER   write NAME.wav into this folder instead, to listen to
  --help         this text

Exit status: 0 done, 1 failed, 2 wrong usage.`;

function main(): number {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      check: { type: 'boolean', default: false },
      wav: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const names = values.only ?? Object.keys(PIECES);
  const unknown = names.filter((name) => !Object.hasOwn(PIECES, name));
  if (unknown.length > 0) {
    console.error(`There is no piece ${unknown.join(', ')}; there are ${Object.keys(PIECES).join(', ')}`);
    return 2;
  }
  const done = names.map((name) => deliver(name, values));
  return done.every((isFine) => isFine) ? 0 : 1;
}

/** Plays one piece and writes or compares it; `false` when it should stand and does not. */
function deliver(name: string, { wav, check }: { wav?: string | undefined; check: boolean }): boolean {
  const band = PIECES[name]?.();
  if (band === undefined) return false;
  const samples = master(band);
  const length = `${(samples.length / SAMPLE_RATE).toFixed(1)} s`;
  if (wav !== undefined) {
    mkdirSync(wav, { recursive: true });
    writeFileSync(join(wav, `${name}.wav`), wavFile(samples, SAMPLE_RATE));
    console.log(`${name}: ${length}`);
    return true;
  }
  const file = join(import.meta.dirname, 'music', `${name}.flac`);
  const isAsPlayed = existsSync(file) && streamInfo(readFileSync(file)).md5 === md5Of(samples);
  if (!isAsPlayed && !check) encode(samples, file);
  console.log(`${name}: ${length}, ${isAsPlayed ? 'as played' : check ? 'differs' : 'written'}`);
  return isAsPlayed || !check;
}

/** Compresses without loss, whole or not at all. */
function encode(samples: Int16Array, file: string): void {
  const work = mkdtempSync(join(import.meta.dirname, 'music', '.compose-'));
  try {
    const wav = join(work, 'played.wav');
    const flac = join(work, 'played.flac');
    writeFileSync(wav, wavFile(samples, SAMPLE_RATE));
    const { status, error, stderr } = spawnSync(
      'flac',
      ['--silent', '-8', '-e', '-p', '--no-padding', '-o', flac, wav],
      { encoding: 'utf8' },
    );
    if (error || status !== 0)
      throw new Error(`flac failed (apt-get install flac): ${error?.message ?? stderr}`, { cause: error });
    renameSync(flac, file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

try {
  process.exitCode = main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  const isUsage = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (isUsage) console.error('Try: sounds/compose --help');
  process.exitCode = isUsage ? 2 : 1;
}
