import { type FSWatcher, watch } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Pcm, parseWav } from '../audio/pcm.ts';

/** A pause of the far end longer than this becomes silence in the recording; less is jitter. */
const GAP_MS = 80;
const HEADER_BYTES = 44;

interface Chunk {
  readonly atMs: number;
  readonly samples: Float32Array;
}

interface Source {
  bytes: number;
  header: Buffer;
  /** Where the next sample belongs, in milliseconds of the wall clock. */
  cursorMs: number;
}

/**
 * Follows the files that baresip's `sndfile` module writes of what it hears, and keeps when each part of them came.
 * The files themselves have no gaps: where Asterisk sends nothing for a while, they simply go on later. Here such a
 * pause becomes silence again, so that places in the recording are times.
 */
export class Recorder {
  readonly #folder: string;
  readonly #startedAtMs: number;
  readonly #watcher: FSWatcher;
  readonly #sources = new Map<string, Source>();
  readonly #chunks: Chunk[] = [];
  readonly #onSound: () => void;
  #sampleRate = 8000;
  #reading = Promise.resolve();

  /** Begins to follow the folder; `onSound` is called after every new piece. */
  constructor(folder: string, onSound: () => void) {
    this.#folder = folder;
    this.#startedAtMs = Date.now();
    this.#onSound = onSound;
    this.#watcher = watch(folder, (_event, file) => {
      const atMs = Date.now();
      if (file?.endsWith('-dec.wav')) this.#enqueue(file, atMs);
    });
  }

  /** What was heard from one moment (wall clock, milliseconds) to another, gaps as silence. */
  async heard(fromMs = this.#startedAtMs, toMs = Date.now()): Promise<Pcm> {
    // The last piece may have been written after the last look.
    for (const file of this.#sources.keys()) this.#enqueue(file, Date.now());
    await this.#reading;
    const at = (ms: number): number => Math.round(((ms - fromMs) * this.#sampleRate) / 1000);
    const last = this.#chunks.reduce((end, { atMs, samples }) => Math.max(end, at(atMs) + samples.length), 0);
    const heard = new Float32Array(Math.max(0, Math.min(last, at(toMs))));
    for (const { atMs, samples } of this.#chunks) {
      const start = at(atMs);
      for (let index = Math.max(0, -start); index < samples.length && start + index < heard.length; index += 1) {
        heard[start + index] = (heard[start + index] ?? 0) + (samples[index] ?? 0);
      }
    }
    return { sampleRate: this.#sampleRate, samples: heard };
  }

  /** Stops following. */
  async close(): Promise<void> {
    this.#watcher.close();
    await this.#reading;
  }

  #enqueue(file: string, atMs: number): void {
    this.#reading = this.#reading.then(() => this.#follow(file, atMs)).catch(() => {});
  }

  async #follow(file: string, atMs: number): Promise<void> {
    const path = join(this.#folder, file);
    const { size } = await stat(path);
    let source = this.#sources.get(file);
    // Names have whole seconds: the next call in the same second begins the same file again.
    if (!source || size < source.bytes) {
      source = { bytes: HEADER_BYTES, header: Buffer.alloc(0), cursorMs: 0 };
      this.#sources.set(file, source);
    }
    const length = (size - source.bytes) & ~1;
    if (length <= 0) return;
    const handle = await open(path);
    try {
      if (source.header.length === 0)
        source.header = (await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0)).buffer;
      const { buffer } = await handle.read(Buffer.alloc(length), 0, length, source.bytes);
      source.bytes += length;
      this.#place(source, buffer, atMs);
    } finally {
      await handle.close();
    }
  }

  #place(source: Source, data: Buffer, atMs: number): void {
    const { sampleRate, samples } = parseWav(Buffer.concat([source.header, data]));
    this.#sampleRate = sampleRate;
    const durationMs = (samples.length * 1000) / sampleRate;
    const cameMs = atMs - durationMs;
    if (cameMs > source.cursorMs + GAP_MS) source.cursorMs = cameMs;
    this.#chunks.push({ atMs: source.cursorMs, samples });
    source.cursorMs += durationMs;
    this.#onSound();
  }
}
