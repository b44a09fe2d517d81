import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { refusalReason } from './decode/audio-file.ts';
import { AUDIO_ENDINGS, type FileProblem, PREPARED_ENDINGS, type SourceEnding, type SourceFile } from './decode/job.ts';

/** Entries of one folder that are looked at; further ones are left out and named. */
export const ENTRIES_MAX = 5000;

/** A sound file as the folder shows it. */
export interface FoundFile extends SourceFile {
  /** File name without its ending: what makes several files one track. */
  readonly base: string;
  /** Changes when the file does. */
  readonly fingerprint: string;
}

export interface Listing {
  readonly type: 'there';
  readonly files: readonly FoundFile[];
  /** Names of the folders in it. */
  readonly folders: readonly string[];
  /** Entries that can't be sound, though their names say so. */
  readonly problems: readonly FileProblem[];
  /** Another one when the folder was removed and made again, though the file system may give it the same number. */
  readonly identity: string;
}

export interface NoListing {
  readonly type: 'absent';
  readonly reason: string;
}

const ENDINGS: ReadonlySet<string> = new Set<string>([...AUDIO_ENDINGS, ...Object.keys(PREPARED_ENDINGS)]);
/** Sound that people put into music folders, and that we don't read. */
const FOREIGN_ENDINGS: ReadonlySet<string> = new Set(
  'm4a m4b mp4 aac wma aif aiff ape wv mka webm amr gsm g722 g729 mid mod'.split(' '),
);

/**
 * Lists the sound files of a folder; links are followed, files whose names begin with a dot are somebody's work in progress. Everything else
 * that is no sound by its name is not our business. One entry is looked at after the other: nobody waits for it, and the audio of calls does not.
 */
export async function listFolder(folder: string): Promise<Listing | NoListing> {
  try {
    const { ino, birthtimeMs } = await stat(folder);
    const names = await readdir(folder, { encoding: 'buffer' });
    const listing = new ListingMaker(folder);
    for (const name of names.slice(0, ENTRIES_MAX)) await listing.add(name);
    if (names.length > ENTRIES_MAX) {
      listing.problems.push({
        path: folder,
        reason: `holds ${names.length} entries; the first ${ENTRIES_MAX} are read`,
      });
    }
    return {
      type: 'there',
      files: listing.files,
      folders: listing.folders,
      problems: listing.allProblems,
      identity: `${ino} ${birthtimeMs}`,
    };
  } catch (error) {
    return { type: 'absent', reason: refusalReason(error) };
  }
}

class ListingMaker {
  readonly files: FoundFile[] = [];
  readonly folders: string[] = [];
  readonly problems: FileProblem[] = [];
  readonly #folder: string;
  /** Base names of files that we don't read. */
  readonly #foreign = new Map<string, FileProblem>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `bossa.g722` beside `bossa.wav` is no fault. */
  get allProblems(): readonly FileProblem[] {
    const bases = new Set(this.files.map(({ base }) => base));
    return [...this.problems, ...[...this.#foreign].filter(([base]) => !bases.has(base)).map(([, problem]) => problem)];
  }

  async add(rawName: Buffer): Promise<void> {
    const name = rawName.toString('utf8');
    if (name.startsWith('.')) return;
    const path = join(this.#folder, name);
    const ending = extname(name).slice(1).toLowerCase();
    const isSound = ENDINGS.has(ending);
    if (isSound && !Buffer.from(name, 'utf8').equals(rawName)) {
      this.problems.push({ path, reason: 'has a name that is not UTF-8; give it another one' });
      return;
    }
    if (FOREIGN_ENDINGS.has(ending)) {
      const reason = 'is of a kind that is not read; WAV, FLAC, Ogg Vorbis, Ogg Opus and MP3 are';
      this.#foreign.set(name.slice(0, -ending.length - 1), { path, reason });
      return;
    }
    const found = await statOf(path);
    if (typeof found !== 'string') this.#addFound(found, { path, name, ending, isSound });
    else if (isSound) this.problems.push({ path, reason: found });
  }

  #addFound(found: Stats, entry: { path: string; name: string; ending: string; isSound: boolean }): void {
    const { path, name, ending, isSound } = entry;
    if (found.isDirectory()) this.folders.push(name);
    if (!isSound) return;
    if (!found.isFile()) {
      this.problems.push({ path, reason: found.isDirectory() ? 'is a folder' : 'is no regular file' });
      return;
    }
    this.files.push({
      path,
      ending: ending as SourceEnding,
      base: name.slice(0, -ending.length - 1),
      fingerprint: `${name} ${found.size} ${found.mtimeMs} ${found.ino}`,
    });
  }
}

/** The reason in words when the file system refuses. */
async function statOf(path: string): Promise<Stats | string> {
  try {
    return await stat(path);
  } catch (error) {
    return refusalReason(error);
  }
}
