import { createReadStream } from 'node:fs';
import { appendFile, mkdir, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import type { Logger } from '../src/log.ts';

/** Most lines in the file; at some 300 bytes each about 300 MB. Beyond it lines are refused. */
export const LINES_MAX = 1_000_000;

/**
 * A file of JSON lines that are still to be written to the database: appended in order, read from the first that is not
 * done, removed when all are done. After a crash everything in it is read again; the statements bear repetition.
 */
export class OutboxJournal {
  readonly #path: string;
  readonly #log: Logger;
  #lines = 0;
  #done = 0;
  /** A write failed half-way: nothing more goes into this file until it is removed. */
  #isBroken = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /** Counts what an earlier process left. */
  async open(): Promise<number> {
    await mkdir(dirname(this.#path), { recursive: true });
    await this.#endLastLine();
    this.#lines = 0;
    for await (const _line of this.#read()) this.#lines++;
    return this.#lines;
  }

  /** Adds one line at the end; false when the file is full or the disk refuses (logged). */
  async append(value: unknown): Promise<boolean> {
    if (this.#isBroken || this.#lines >= LINES_MAX) return false;
    this.#lines++;
    const line = `${JSON.stringify(value)}\n`;
    const writing = this.#writing.then(() => appendFile(this.#path, line, { mode: 0o600 }));
    this.#writing = writing.catch(() => undefined);
    try {
      await writing;
      return true;
    } catch (error) {
      this.#lines--;
      this.#isBroken = true;
      this.#log.error({ err: error, file: this.#path }, 'The outbox can not be written');
      return false;
    }
  }

  /** The next lines that are not done, at most `limit`; `null` stands for a line that was torn by a crash (logged). */
  async next(limit: number): Promise<unknown[]> {
    await this.#writing;
    const values: unknown[] = [];
    let index = 0;
    for await (const line of this.#read()) {
      if (index++ < this.#done) continue;
      values.push(this.#parse(line));
      if (values.length === limit) break;
    }
    return values;
  }

  /** The first line that was not done is done; the file goes when it was the last. */
  async markDone(): Promise<void> {
    this.#done++;
    if (this.#done < this.#lines) return;
    this.#lines = 0;
    this.#done = 0;
    this.#isBroken = false;
    this.#writing = this.#writing.then(() => rm(this.#path, { force: true })).catch(() => undefined);
    await this.#writing;
  }

  #parse(line: string): unknown {
    try {
      return JSON.parse(line);
    } catch {
      this.#log.error({ file: this.#path }, 'A line of the outbox is torn and was left out');
      return null;
    }
  }

  /** A crash in the middle of a line must not spoil the next one. */
  async #endLastLine(): Promise<void> {
    const file = await open(this.#path, 'r').catch(() => null);
    if (file === null) return;
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      if (size > 0 && last.toString() !== '\n') await appendFile(this.#path, '\n');
    } finally {
      await file.close();
    }
  }

  async *#read(): AsyncGenerator<string> {
    const stream = createReadStream(this.#path, 'utf8');
    const isMissing = await new Promise<boolean>((resolve, reject) => {
      stream.once('open', () => resolve(false));
      stream.once('error', (error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? resolve(true) : reject(error)));
    });
    if (isMissing) return;
    try {
      yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
    } finally {
      stream.destroy();
    }
  }
}
