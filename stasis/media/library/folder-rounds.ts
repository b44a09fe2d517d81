import { type FSWatcher, watch } from 'node:fs';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import { errorCode } from './decode/audio-file.ts';
import { type Scan, SETTLE_MS, type TrackFolder } from './track-folder.ts';

/** After a sign that something happened; further signs come together with it. */
const HINT_MS = 300;
/** A folder that is not there. */
const ABSENT_MS = 2000;
/** Every folder, whatever happened: network file systems give no sign, nor do the targets of links. */
const SWEEP_MS = 30_000;

/** When a folder is looked at. */
export interface ReadingTurn {
  /** Of several that are due the one with the least is looked at first. */
  readonly order: number;
  /** What somebody may wait for at the start: how much of it is read, when, and at once. `null`: nothing. */
  readonly begins: { readonly order: number; readonly tracksMost: number } | null;
}

export interface FolderRoundsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Told after each track that was read. */
  readonly onTrack: () => void;
  /** Told after a look at a folder; new folders may be added. */
  readonly onScan: (folder: TrackFolder, scan: Scan) => Promise<void>;
  /** Nothing is left to be read for now. */
  readonly onIdle: () => Promise<void>;
}

interface Watched {
  readonly folder: TrackFolder;
  turn: ReadingTurn;
  /** All that lay there at the first look has been read. */
  wasRead: boolean;
  dueMs: number;
  watcher: FSWatcher | null;
  identity: string;
}

/**
 * Looks at folders: at once, when the file system tells of a change, and from time to time all the same. One folder after the other, so that
 * two looks never meet.
 */
export class FolderRounds {
  readonly #options: FolderRoundsOptions;
  readonly #watched = new Map<TrackFolder, Watched>();
  readonly #closing = new AbortController();
  #cancelTimer: () => void = () => {};
  /** The round that is going on; it never rejects. */
  #round: Promise<void> | null = null;
  #saysNoWatch = false;

  constructor(options: FolderRoundsOptions) {
    this.#options = options;
  }

  add(folder: TrackFolder, turn: ReadingTurn): void {
    const dueMs = this.#options.clock.now();
    this.#watched.set(folder, { folder, turn, wasRead: false, dueMs, watcher: null, identity: '' });
  }

  /** Its tracks are forgotten. */
  remove(folder: TrackFolder): void {
    this.#watched.get(folder)?.watcher?.close();
    this.#watched.delete(folder);
    folder.clear();
  }

  /** While all is read for the first time: so many tracks of a folder are wanted, and read next. */
  hurry(folder: TrackFolder, tracksMost: number): void {
    const watched = this.#watched.get(folder);
    if (watched === undefined || watched.wasRead) return;
    watched.turn = { ...watched.turn, begins: { order: Number.NEGATIVE_INFINITY, tracksMost } };
    watched.dueMs = this.#options.clock.now();
  }

  /** Reads everything that is there; afterwards folders are looked at by themselves. */
  async start(): Promise<void> {
    this.#round = this.#goRound(true);
    await this.#round;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#cancelTimer();
    for (const { watcher } of this.#watched.values()) watcher?.close();
    await this.#round;
  }

  #arm(): void {
    this.#cancelTimer();
    if (this.#closing.signal.aborted || this.#round !== null || this.#watched.size === 0) return;
    const { clock } = this.#options;
    const nextMs = Math.min(...[...this.#watched.values()].map(({ dueMs }) => dueMs));
    this.#cancelTimer = clock.after(nextMs - clock.now(), () => {
      this.#round = this.#goRound(false);
    });
  }

  async #goRound(isStart: boolean): Promise<void> {
    try {
      for (let next = this.#due(); next !== undefined; next = this.#due()) await this.#look(next, isStart);
      if (!this.#closing.signal.aborted) await this.#options.onIdle();
    } catch (err) {
      this.#options.log.error({ err }, 'Folders of sounds could not be looked at; they are tried again');
    }
    this.#round = null;
    this.#arm();
  }

  #due(): Watched | undefined {
    if (this.#closing.signal.aborted) return undefined;
    const nowMs = this.#options.clock.now();
    const due = [...this.#watched.values()].filter(({ dueMs }) => dueMs <= nowMs);
    const order = ({ turn }: Watched) => turn.begins?.order ?? turn.order;
    return due.sort((a, b) => order(a) - order(b))[0];
  }

  async #look(watched: Watched, isStart: boolean): Promise<void> {
    const { clock, onTrack, onScan } = this.#options;
    const { begins } = watched.turn;
    // A sign that comes meanwhile makes it due again; and so it will be, should the look fail.
    watched.dueMs = clock.now() + SWEEP_MS;
    this.#watch(watched);
    watched.turn = { ...watched.turn, begins: null };
    const scan = await watched.folder.scan({
      trust: isStart && !watched.wasRead,
      tracksMost: begins?.tracksMost ?? Number.POSITIVE_INFINITY,
      isUrgent: isStart && begins !== null,
      nowMs: clock.now(),
      signal: this.#closing.signal,
      onTrack,
    });
    if (this.#closing.signal.aborted || !this.#watched.has(watched.folder)) return;
    watched.wasRead ||= !scan.isCutShort;
    if (scan.identity !== watched.identity) this.#rewatch(watched, scan);
    const pauseMs = scan.isCutShort ? 0 : scan.isUnsettled ? SETTLE_MS : scan.isThere ? SWEEP_MS : ABSENT_MS;
    watched.dueMs = Math.min(watched.dueMs, clock.now() + pauseMs);
    await onScan(watched.folder, scan);
  }

  /** The folder is another one than before: what happened between the look and the new watch is found by another look. */
  #rewatch(watched: Watched, { identity, isThere }: Scan): void {
    const isFirst = watched.identity === '' && watched.watcher !== null;
    watched.identity = identity;
    if (isFirst) return;
    watched.watcher?.close();
    watched.watcher = null;
    if (!isThere) return;
    this.#watch(watched);
    watched.dueMs = Math.min(watched.dueMs, this.#options.clock.now() + HINT_MS);
  }

  #watch(watched: Watched): void {
    if (watched.watcher !== null) return;
    try {
      const watcher = watch(watched.folder.folder, { persistent: false });
      watched.watcher = watcher;
      watcher.on('change', () => this.#hint(watched));
      watcher.on('error', (err) => this.#watchFailed(watched, err));
    } catch (err) {
      this.#watchFailed(watched, err);
    }
  }

  #hint(watched: Watched): void {
    watched.dueMs = Math.min(watched.dueMs, this.#options.clock.now() + HINT_MS);
    this.#arm();
  }

  #watchFailed(watched: Watched, err: unknown): void {
    watched.watcher?.close();
    watched.watcher = null;
    if (errorCode(err) === 'ENOENT' || this.#saysNoWatch) return;
    this.#saysNoWatch = true;
    const { folder } = watched.folder;
    const seconds = SWEEP_MS / 1000;
    this.#options.log.warn(
      { err, folder, seconds },
      'The system tells nothing of changes in a folder; it is looked at from time to time',
    );
  }
}
