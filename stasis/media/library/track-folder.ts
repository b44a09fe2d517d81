import type { Sound, WireFormat } from '../../../src/core/programme/sound.ts';
import type { Logger } from '../../../src/log.ts';
import type { Decoder } from './decode/decoder.ts';
import type { DecodedTrack, FileProblem } from './decode/job.ts';
import { type FoundFile, type Listing, listFolder } from './folder-listing.ts';
import type { SoundMemory } from './memory.ts';

export interface TrackFolderSettings {
  readonly folder: string;
  /** What stands before a track's base name: `''` for music, `first/` for advice, `queueapp/` for prompts. */
  readonly prefix: string;
  readonly formats: readonly WireFormat[];
  readonly gain: number;
  readonly maxMs: number;
  readonly leastMs: number;
  /** Base names that count; `null`: all. */
  readonly only: ReadonlySet<string> | null;
  /** Whether it is worth a warning that the folder isn't there. */
  readonly isExpected: boolean;
}

export interface TrackFolderDeps {
  readonly decoder: Decoder;
  readonly memory: SoundMemory;
  readonly log: Logger;
}

/** A track that was read: with sounds, or with what is wrong with it. */
interface Entry {
  readonly fingerprint: string;
  readonly sounds: ReadonlyMap<WireFormat, Sound>;
  readonly bytes: number;
  readonly broken: readonly FileProblem[];
  /** Free memory when the track did not fit; it is tried again when there is more. `null`: not for want of memory. */
  readonly lackedAt: number | null;
}

export interface Scan {
  /** Whether the lists changed. */
  readonly hasChanged: boolean;
  /** There is more to be read than was allowed. */
  readonly isCutShort: boolean;
  /** Something is being copied: look again soon. */
  readonly isUnsettled: boolean;
  readonly isThere: boolean;
  /** Another one when the folder was made anew; empty when there is none. */
  readonly identity: string;
  readonly folders: readonly string[];
}

export interface ScanOptions {
  /** Whatever lies there is taken as complete: at the start. */
  readonly trust: boolean;
  /** So many tracks are read at most. */
  readonly tracksMost: number;
  /** Somebody waits for it. */
  readonly isUrgent: boolean;
  readonly nowMs: number;
  readonly signal: AbortSignal;
  /** Told after each track that was read. */
  readonly onTrack: () => void;
}

/** A file that looks the same for so long is complete. */
export const SETTLE_MS = 1000;

/**
 * The tracks of one folder. Files with one base name are one track: `bossa.wav` and `bossa.ulaw`. A file is read when two looks at it,
 * {@link SETTLE_MS} apart, showed the same, so that nothing is played that is still being copied; at the start at once.
 */
export class TrackFolder {
  readonly #settings: TrackFolderSettings;
  readonly #deps: TrackFolderDeps;
  readonly #entries = new Map<string, Entry>();
  /** What the last look showed of tracks that are not read so far. */
  readonly #unsettled = new Map<string, { readonly fingerprint: string; readonly sinceMs: number }>();
  #listProblems: readonly FileProblem[] = [];
  #absentReason: string | null = null;
  #lists = new Map<WireFormat, readonly Sound[]>();
  /** Base names of tracks that are read before others. */
  readonly #preferred = new Set<string>();

  constructor(settings: TrackFolderSettings, deps: TrackFolderDeps) {
    this.#settings = settings;
    this.#deps = deps;
  }

  get folder(): string {
    return this.#settings.folder;
  }

  /** Sorted by name; replaced when something changes. */
  list(format: WireFormat): readonly Sound[] {
    return this.#lists.get(format) ?? NOTHING;
  }

  get(base: string, format: WireFormat): Sound | undefined {
    return this.#entries.get(base)?.sounds.get(format);
  }

  get size(): number {
    return [...this.#entries.values()].filter(({ sounds }) => sounds.size > 0).length;
  }

  get bytes(): number {
    return [...this.#entries.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get broken(): readonly FileProblem[] {
    const absent = this.#absentReason === null ? [] : [{ path: this.folder, reason: this.#absentReason }];
    return [...absent, ...this.#listProblems, ...[...this.#entries.values()].flatMap(({ broken }) => broken)];
  }

  /** A track that is wanted before others. Answers how many of them are not read. */
  prefer(base: string): number {
    if (!this.#entries.has(base)) this.#preferred.add(base);
    return this.#preferred.size;
  }

  /** Looks at the folder and reads what is new. */
  async scan({ trust, tracksMost, isUrgent, nowMs, signal, onTrack }: ScanOptions): Promise<Scan> {
    const listing = await listFolder(this.folder);
    if (signal.aborted) return NOT_LOOKED;
    if (listing.type === 'absent') return this.#becomeAbsent(listing.reason);
    this.#noteListing(listing);
    const tracks = this.#tracksOf(listing);
    let hasChanged = this.#forgetAllBut(tracks);
    let isCutShort = false;
    let count = 0;
    const isPreferred = ([base]: readonly [string, unknown]) => this.#preferred.has(base);
    const inOrder = [...tracks].sort((a, b) => Number(isPreferred(b)) - Number(isPreferred(a)));
    this.#preferred.clear();
    for (const [base, files] of inOrder) {
      if (!this.#isDue(fingerprintOf(files), { base, trust, nowMs })) continue;
      isCutShort = count === tracksMost;
      if (isCutShort) break;
      count++;
      hasChanged = (await this.#read(base, files, { isUrgent, signal })) || hasChanged;
      if (signal.aborted) return NOT_LOOKED;
      onTrack();
    }
    const { folders, identity } = listing;
    return { hasChanged, isCutShort, isUnsettled: this.#unsettled.size > 0, isThere: true, folders, identity };
  }

  /** Gives back what it holds; its lists are empty afterwards. */
  clear(): void {
    this.#unsettled.clear();
    this.#forgetAllBut(new Map());
  }

  #becomeAbsent(reason: string): Scan {
    if (this.#settings.isExpected && this.#absentReason !== reason) {
      this.#deps.log.warn(
        { folder: this.folder, reason },
        'A folder of sounds is not there; it is looked for until it is',
      );
    }
    this.#absentReason = this.#settings.isExpected ? reason : null;
    this.#listProblems = [];
    this.#unsettled.clear();
    const hasChanged = this.#forgetAllBut(new Map());
    return { hasChanged, isCutShort: false, isUnsettled: false, isThere: false, folders: [], identity: '' };
  }

  #noteListing({ problems }: Listing): void {
    if (this.#absentReason !== null) this.#deps.log.info({ folder: this.folder }, 'A folder of sounds is there again');
    this.#absentReason = null;
    const known = new Set(this.#listProblems.map(({ path, reason }) => `${path} ${reason}`));
    this.#listProblems = this.#settings.only === null ? problems : [];
    for (const problem of this.#listProblems) {
      if (!known.has(`${problem.path} ${problem.reason}`)) this.#tellBroken(problem);
    }
  }

  #tracksOf({ files }: Listing): Map<string, FoundFile[]> {
    const tracks = new Map<string, FoundFile[]>();
    for (const file of files) {
      if (this.#settings.only?.has(file.base) === false) continue;
      tracks.set(file.base, [...(tracks.get(file.base) ?? []), file]);
    }
    return new Map([...tracks].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #isDue(fingerprint: string, { base, trust, nowMs }: { base: string; trust: boolean; nowMs: number }): boolean {
    const entry = this.#entries.get(base);
    if (entry?.fingerprint === fingerprint) {
      this.#unsettled.delete(base);
      return entry.lackedAt !== null && this.#deps.memory.freeBytes > entry.lackedAt;
    }
    if (trust) return true;
    const seen = this.#unsettled.get(base);
    if (seen?.fingerprint === fingerprint) return nowMs - seen.sinceMs >= SETTLE_MS;
    this.#unsettled.set(base, { fingerprint, sinceMs: nowMs });
    return false;
  }

  /** Answers whether the lists changed. */
  async #read(
    base: string,
    files: readonly FoundFile[],
    { isUrgent, signal }: Pick<ScanOptions, 'isUrgent' | 'signal'>,
  ): Promise<boolean> {
    const { formats, gain, maxMs, leastMs } = this.#settings;
    const { decoder, memory } = this.#deps;
    const before = this.#entries.get(base);
    const freeBytes = memory.freeBytes + (before?.bytes ?? 0);
    const sources = files.map(({ path, ending }) => ({ path, ending }));
    const result = await decoder.decode({
      files: sources,
      formats,
      gain,
      maxMs,
      leastMs,
      maxBytes: freeBytes,
      isUrgent,
    });
    if (signal.aborted) return false;
    if (result.type === 'changed') {
      this.#unsettled.set(base, { fingerprint: '', sinceMs: 0 });
      return false;
    }
    this.#unsettled.delete(base);
    const path = files[0]?.path ?? this.folder;
    const fingerprint = fingerprintOf(files);
    if (result.type === 'decoded') this.#keep(base, fingerprint, result);
    else if (result.type === 'failed')
      this.#keepBroken(base, { fingerprint, lackedAt: null, path, reason: result.reason });
    else {
      const reason = `does not fit into sounds.memory (${Math.round(memory.maxBytes / 2 ** 20)} MB)`;
      this.#keepBroken(base, { fingerprint, lackedAt: freeBytes, path, reason });
    }
    return true;
  }

  #keep(base: string, fingerprint: string, { sounds: decoded, bytes, broken, shortened }: DecodedTrack): void {
    const name = `${this.#settings.prefix}${base}`;
    const sounds = new Map<WireFormat, Sound>();
    for (const format of this.#settings.formats) {
      const sound = decoded[format];
      if (sound !== undefined) sounds.set(format, Object.freeze({ kind: 'file', name, ...sound }));
    }
    this.#replace(base, { fingerprint, sounds, bytes, broken, lackedAt: null });
    for (const problem of broken) this.#tellBroken(problem);
    for (const { path, reason } of shortened) {
      this.#deps.log.warn({ file: path, reason }, 'Not all of a sound file is played');
    }
  }

  #keepBroken(base: string, problem: FileProblem & { fingerprint: string; lackedAt: number | null }): void {
    const { fingerprint, lackedAt, path, reason } = problem;
    const wasTold = this.#entries.get(base)?.broken.some((told) => told.reason === reason) ?? false;
    this.#replace(base, { fingerprint, sounds: new Map(), bytes: 0, broken: [{ path, reason }], lackedAt });
    if (!wasTold) this.#tellBroken({ path, reason });
  }

  #replace(base: string, entry: Entry): void {
    this.#deps.memory.giveBack(this.#entries.get(base)?.bytes ?? 0);
    this.#deps.memory.take(entry.bytes);
    this.#entries.set(base, entry);
    this.#publish();
  }

  #forgetAllBut(tracks: ReadonlyMap<string, unknown>): boolean {
    for (const base of this.#unsettled.keys()) if (!tracks.has(base)) this.#unsettled.delete(base);
    const gone = [...this.#entries.keys()].filter((base) => !tracks.has(base));
    for (const base of gone) {
      this.#deps.memory.giveBack(this.#entries.get(base)?.bytes ?? 0);
      this.#entries.delete(base);
    }
    if (gone.length > 0) this.#publish();
    return gone.length > 0;
  }

  #publish(): void {
    const entries = [...this.#entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
    this.#lists = new Map(
      this.#settings.formats.map((format) => [format, entries.flatMap(({ sounds }) => sounds.get(format) ?? [])]),
    );
  }

  #tellBroken({ path, reason }: FileProblem): void {
    this.#deps.log.warn(
      { file: path, reason },
      'A sound file is left out; replace or remove it, and it is read anew without a restart',
    );
  }
}

const NOTHING: readonly Sound[] = [];
const NOT_LOOKED: Scan = {
  hasChanged: false,
  isCutShort: false,
  isUnsettled: false,
  isThere: true,
  folders: [],
  identity: '',
};

function fingerprintOf(files: readonly FoundFile[]): string {
  return files
    .map(({ fingerprint }) => fingerprint)
    .sort()
    .join('\n');
}
