import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type LineStyle, queueLogText, type StoredLogLine } from '../core/queue/queue-log-line.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../log.ts';
import type { LogCursor } from '../ports/queue-log.ts';
import type { LogSink } from './log-tail.ts';

/** When the file is put aside as FILE.1, FILE.1 as FILE.2 and so on. */
export interface Rotation {
  /** From this size on; 0 never. */
  readonly bytes: number;
  /** With the first line of a day. */
  readonly isDaily: boolean;
  /** How many of those are kept. */
  readonly keep: number;
}

export interface LogFileOptions {
  readonly path: string;
  readonly rotation: Rotation;
  readonly style: LineStyle;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What the file FILE.position says: up to where lines are in the file for certain. */
interface Position {
  readonly cursor: LogCursor;
  readonly bytes: number;
  /** Which file that was; another one has the name after a rotation. */
  readonly inode: number;
}

const NOWHERE = { bytes: 0, inode: -1 };
/** Owner and group read: the file holds numbers of callers. */
const MODE = 0o640;

/**
 * queue_log as the file that reporting programs follow. The file is opened for each batch, so that whoever moves it away (logrotate) needs to tell
 * nobody. Lines first, then the position: after a crash between the two, lines that are found in the file already are not written again.
 */
export class LogFile implements LogSink {
  readonly #options: LogFileOptions;
  #position: Position | null = null;

  constructor(options: LogFileOptions) {
    this.#options = options;
  }

  async cursor(): Promise<LogCursor | null> {
    this.#position = await this.#readPosition();
    return this.#position?.cursor ?? null;
  }

  async write(lines: readonly StoredLogLine[], cursor: LogCursor): Promise<void> {
    const { path, style } = this.#options;
    const text = Buffer.from(lines.map((line) => queueLogText(line, style)).join(''));
    await mkdir(dirname(path), { recursive: true });
    if (text.length > 0) await this.#rotateWhenDue();
    const file = await open(path, 'a+', MODE);
    try {
      await this.#append(file, text);
      const { size: bytes, ino: inode } = await file.stat();
      await this.#keepPosition({ cursor, bytes, inode });
    } finally {
      await file.close();
    }
  }

  async #append(file: FileHandle, text: Buffer): Promise<void> {
    const there = await this.#uncertain(file, text.length);
    const isOurs = text.subarray(0, there.length).equals(there);
    if (!isOurs) this.#options.log.warn({ file: this.#options.path }, 'Somebody else writes into the queue_log file');
    const isTorn = !isOurs && there.at(-1) !== LINE_FEED;
    const rest = isOurs ? text.subarray(there.length) : text;
    if (rest.length === 0) return;
    await file.appendFile(isTorn ? Buffer.concat([Buffer.of(LINE_FEED), rest]) : rest);
    await file.datasync();
  }

  /** What stands in the file after the place that is certain: a batch that was begun, by this process or by one that died. */
  async #uncertain(file: FileHandle, bytesMax: number): Promise<Buffer> {
    const { size, ino } = await file.stat();
    const { bytes, inode } = this.#position ?? NOWHERE;
    const from = this.#position === null ? size : ino === inode && size >= bytes ? bytes : 0;
    const there = Buffer.alloc(Math.min(bytesMax, size - from));
    await file.read(there, 0, there.length, from);
    return there;
  }

  async #rotateWhenDue(): Promise<void> {
    const { path, rotation, clock } = this.#options;
    const now = await stat(path).catch(() => null);
    if (now === null || now.size === 0) return;
    const isNewDay = rotation.isDaily && dayOf(now.mtimeMs) !== dayOf(clock.now());
    if (!isNewDay && (rotation.bytes === 0 || now.size < rotation.bytes)) return;
    // A batch that was begun is finished in the file where it began.
    if (now.ino === this.#position?.inode && now.size !== this.#position.bytes) return;
    await rm(`${path}.${rotation.keep}`, { force: true });
    for (let number = rotation.keep - 1; number >= 1; number--) {
      await rename(`${path}.${number}`, `${path}.${number + 1}`).catch(ignoreMissing);
    }
    await rename(path, `${path}.1`);
  }

  async #readPosition(): Promise<Position | null> {
    const file = this.#positionFile;
    const text = await readFile(file, 'utf8').catch(ignoreMissing);
    if (text === undefined) return null;
    const position = parsedPosition(text);
    if (position === null) this.#options.log.error({ file }, 'Not readable: queue_log goes on in its file from here');
    return position;
  }

  async #keepPosition(position: Position): Promise<void> {
    const fresh = `${this.#positionFile}.new`;
    await writeFile(fresh, `${JSON.stringify(position)}\n`, { mode: MODE, flush: true });
    await rename(fresh, this.#positionFile);
    this.#position = position;
  }

  get #positionFile(): string {
    return `${this.#options.path}.position`;
  }
}

const LINE_FEED = 0x0a;

/** The day at this machine. */
const dayOf = (ms: number) => new Date(ms).toDateString();

function parsedPosition(text: string): Position | null {
  try {
    const { cursor, bytes, inode } = JSON.parse(text) as Position;
    const isWhole = /^\d+$/.test(cursor.transaction) && /^\d+$/.test(cursor.lineId);
    return isWhole && Number.isSafeInteger(bytes) && Number.isSafeInteger(inode) ? { cursor, bytes, inode } : null;
  } catch {
    return null;
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
