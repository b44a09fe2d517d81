import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WireFormat } from '../../../src/core/programme/sound.ts';
import { type Clock, systemClock } from '../../../src/lib/clock.ts';
import { createLog, type Logger } from '../../../src/log.ts';
import { Decoder } from '../../../stasis/media/library/decode/decoder.ts';
import type { DecodedTrack, DecodeJob, DecodeResult, SourceEnding } from '../../../stasis/media/library/decode/job.ts';
import { createSoundLibrary, type FolderSoundLibrary } from '../../../stasis/media/library/sound-library.ts';

/** A folder of sound files for one test file, made by sox and opusenc. */
export class SoundFiles implements AsyncDisposable {
  readonly #decoder = new Decoder(systemClock);
  readonly folder = mkdtempSync(join(tmpdir(), 'media-library-'));

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** sox with words; `{}` is the file. Answers with the file's path. */
  sox(name: string, words: string): string {
    const path = this.path(name);
    execFileSync(
      'sox',
      words.split(' ').map((word) => (word === '{}' ? path : word)),
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
    return path;
  }

  /** A tone as any kind of file; words describe the file: `-r 44100 -c 2 -b 16`. */
  tone(name: string, { words = '-r 44100 -c 2', hertz = 1000, seconds = 2, levelDb = -6 } = {}): string {
    return this.sox(name, `-R -n ${words} {} synth ${seconds} sine ${hertz} gain ${levelDb}`);
  }

  /** What sox makes of a file, as 16-bit samples, mono: another decoder and another filter than ours. */
  bySox(path: string, rate: number): Int16Array {
    const words = ['-R', path, '-t', 'raw', '-e', 'signed', '-b', '16', '-c', '1', '-', 'rate', '-v', String(rate)];
    const bytes = execFileSync('sox', words, { maxBuffer: 2 ** 26 });
    return new Int16Array(Uint8Array.from(bytes).buffer);
  }

  opus(name: string, from: string): string {
    execFileSync('opusenc', ['--quiet', '--bitrate', '96', from, this.path(name)], { stdio: 'inherit' });
    return this.path(name);
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }

  /** Decodes files as one track, in the decoder's thread. */
  async decode(paths: readonly string[], changes: Partial<DecodeJob> = {}): Promise<DecodeResult> {
    const files = paths.map((path) => ({ path, ending: path.split('.').at(-1)?.toLowerCase() as SourceEnding }));
    const result = await this.#decoder.decode({ files, ...JOB, ...changes });
    if (result.type === 'failed') throw new Error(result.reason);
    return result;
  }

  /** The same, and it has to be decoded. */
  async decoded(paths: readonly string[], changes: Partial<DecodeJob> = {}): Promise<DecodedTrack> {
    const result = await this.decode(paths, changes);
    if (result.type !== 'decoded') throw new Error(`Not decoded: ${result.type}`);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#decoder.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const JOB = {
  formats: ['ulaw', 'alaw', 'slin16'],
  ...{ gain: 1, maxMs: 600_000, leastMs: 0, maxBytes: 2 ** 30, isUrgent: false },
} as const;

/** Power in dB of full scale; with a frequency, of that tone alone (Goertzel). */
export function levelDb(samples: Int16Array, tone?: { hertz: number; rate: number }): number {
  let power = 0;
  if (tone === undefined) {
    for (const sample of samples) power += sample * sample;
    return 10 * Math.log10(power / samples.length / 32_768 ** 2);
  }
  const coefficient = 2 * Math.cos((2 * Math.PI * tone.hertz) / tone.rate);
  let [last, before] = [0, 0];
  for (const sample of samples) [last, before] = [sample + coefficient * last - before, last];
  power = last * last + before * before - coefficient * last * before;
  return 10 * Math.log10((2 * power) / samples.length ** 2 / 32_768 ** 2);
}

/** How far two sounds differ, in dB below the second one; without their first and last 100 ms, where ours goes up from silence. */
export function differenceDb(ours: Int16Array, reference: Int16Array): number {
  const edge = Math.floor(reference.length / 20);
  let [difference, power] = [0, 0];
  for (let index = edge; index < reference.length - edge; index += 1) {
    const wanted = reference[index] ?? 0;
    difference += ((ours[index] ?? 0) - wanted) ** 2;
    power += wanted ** 2;
  }
  return 10 * Math.log10(difference / power);
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A log whose lines can be looked at. */
export function readableLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line) as LogLine) };
  const log = createLog({ level: 'info', personalData: false }, destination as unknown as NodeJS.WritableStream);
  return { log, lines };
}

export interface LibraryChanges {
  readonly folder?: string | null;
  readonly adviceFolder?: string | null;
  readonly level?: number;
  readonly promptFolder?: string;
  readonly asteriskFolder?: string | null;
  readonly asteriskNames?: readonly string[];
  readonly formats?: readonly WireFormat[];
  readonly trackMaxMs?: number;
  readonly memoryMaxBytes?: number;
  readonly clock?: Clock;
}

export interface OpenLibrary extends AsyncDisposable {
  readonly library: FolderSoundLibrary;
  readonly lines: LogLine[];
}

/** A started library with one class, `default`; without a folder of prompts this one stands for it, which has no language in it. */
export async function openLibrary(changes: LibraryChanges): Promise<OpenLibrary> {
  const { library, lines } = newLibrary(changes);
  await library.start();
  return { library, lines, [Symbol.asyncDispose]: () => library.close() };
}

/** The same, not started. */
export function newLibrary(changes: LibraryChanges): { library: FolderSoundLibrary; lines: LogLine[] } {
  const {
    folder = null,
    adviceFolder = null,
    level = 1,
    promptFolder = import.meta.dirname,
    asteriskFolder = null,
  } = changes;
  const { formats = ['ulaw', 'alaw', 'slin16'], trackMaxMs = 600_000, memoryMaxBytes = 2 ** 28 } = changes;
  const { log, lines } = readableLog();
  const library = createSoundLibrary({
    classes: [{ name: 'default', folder, adviceFolder, stream: null, level, fallback: 'default', programme: {} }],
    sounds: { folder: promptFolder, asteriskFolder, formats, trackMaxMs, memoryMaxBytes },
    defaultLanguage: 'en',
    asteriskNames: changes.asteriskNames ?? [],
    clock: changes.clock ?? systemClock,
    log,
  });
  return { library, lines };
}

export function trackNames(library: FolderSoundLibrary, format: WireFormat = 'ulaw'): string[] {
  return (
    library
      .shelf('default', format)
      ?.tracks()
      .map(({ name }) => name) ?? []
  );
}
