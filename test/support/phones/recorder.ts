import { type FSWatcher, watch } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Pcm, parseWav } from '../audio/pcm.ts';
import { type Joined, Timeline } from '../audio/timeline.ts';

const HEADER_BYTES = 44;

interface Source {
  bytes: number;
  header: Buffer;
}

/**
 * Follows the files that baresip's `sndfile` module writes of what it hears, and keeps when each part of them came.
 * The files themselves have no gaps: where Asterisk sends nothing for a while, they simply go on later. Here such a
 * pause becomes silence again, so that places in the recording are times.
 */
export class Recorder {
  readonly #folder: string;
  readonly #watcher: FSWatcher;
  readonly #timeline = new Timeline();
  readonly #sources = new Map<string, Source>();
  readonly #onSound: () => void;
  #reading = Promise.resolve();

  /** Begins to follow the folder; `onSound` is called after every new piece. */
  constructor(folder: string, onSound: () => void) {
    this.#folder = folder;
    this.#onSound = onSound;
    this.#watcher = watch(folder, (_event, file) => {
      if (file?.endsWith('-dec.wav')) this.#enqueue(file);
    });
  }

  /** What was heard from one moment (wall clock, milliseconds) to another, by default until now. */
  async heard(fromMs: number, toMs?: number): Promise<Pcm> {
    await this.#readOn();
    return this.#timeline.heard(fromMs, toMs ?? Date.now());
  }

  /** The same without the pauses in it. */
  async joined(fromMs: number, toMs?: number): Promise<Joined> {
    await this.#readOn();
    return this.#timeline.joined(fromMs, toMs ?? Date.now());
  }

  /** Stops following. */
  async close(): Promise<void> {
    this.#watcher.close();
    await this.#reading;
  }

  // The last piece may have been written after the last look.
  async #readOn(): Promise<void> {
    for (const file of this.#sources.keys()) this.#enqueue(file);
    await this.#reading;
  }

  #enqueue(file: string): void {
    // A file that is gone, because the phone was closed, has nothing more to say.
    this.#reading = this.#reading.then(() => this.#follow(file)).catch(() => {});
  }

  async #follow(file: string): Promise<void> {
    const path = join(this.#folder, file);
    const { size } = await stat(path);
    // Not when the news of it came: this process may have been busy listening since, and sound seems to be ahead of its time.
    const atMs = Date.now();
    let source = this.#sources.get(file);
    // Names have whole seconds: the next call in the same second begins the same file again.
    if (!source || size < source.bytes) {
      source = { bytes: HEADER_BYTES, header: Buffer.alloc(0) };
      this.#sources.set(file, source);
    }
    const length = (size - source.bytes) & ~1;
    if (length <= 0) return;
    const handle = await open(path);
    try {
      if (source.header.length === 0) {
        source.header = (await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)).buffer;
      }
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, source.bytes);
      source.bytes += length;
      this.#timeline.add(file, parseWav(Buffer.concat([source.header, buffer])), atMs);
    } finally {
      await handle.close();
    }
    this.#onSound();
  }
}
