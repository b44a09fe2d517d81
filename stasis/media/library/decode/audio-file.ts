import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

/** Bytes read at a time. */
const CHUNK_BYTES = 64 * 1024;

/** Why a file gives no sound; the message goes on after the file's name. */
export class UnusableFile extends Error {
  override readonly name = 'UnusableFile';
}

/** An open file of the decoder's thread, read in pieces, so that its length doesn't matter. */
export class AudioFile {
  readonly size: number;
  readonly #descriptor: number;
  readonly #path: string;
  readonly #before: Stats;

  /** Throws UnusableFile. Without O_NONBLOCK a named pipe would hold the thread for ever. */
  constructor(path: string) {
    this.#path = path;
    this.#descriptor = told(() => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    this.#before = fstatSync(this.#descriptor);
    this.size = this.#before.size;
    if (!this.#before.isFile()) {
      this.close();
      throw new UnusableFile(this.#before.isDirectory() ? 'is a folder' : 'is no regular file');
    }
  }

  /** Up to `length` bytes from `position` on; fewer at the end. */
  read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = told(() => readSync(this.#descriptor, bytes, filled, length - filled, position + filled));
      if (count === 0) break;
      filled += count;
    }
    return filled === length ? bytes : bytes.slice(0, filled);
  }

  *chunks(from: number, to = Number.POSITIVE_INFINITY): Generator<Uint8Array> {
    for (let position = from; position < to; position += CHUNK_BYTES) {
      const chunk = this.read(position, Math.min(CHUNK_BYTES, to - position));
      if (chunk.length > 0) yield chunk;
      if (chunk.length < CHUNK_BYTES) return;
    }
  }

  /** Whether somebody wrote to the file while it was read. */
  hasChanged(): boolean {
    const now = fstatSync(this.#descriptor);
    return now.size !== this.#before.size || now.mtimeMs !== this.#before.mtimeMs;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  toString(): string {
    return this.#path;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'may not be read by this process',
  EPERM: 'may not be read by this process',
  ELOOP: 'is a link that leads to itself',
  ENOENT: 'is gone, or is a link to nothing',
  EISDIR: 'is a folder',
  ENXIO: 'is no regular file',
  EIO: 'lies on a disk that reports a fault',
};

/** The file system's refusal in words. */
export function refusalReason(error: unknown): string {
  const code = errorCode(error);
  return REASONS[code] ?? `can't be read (${code || String(error)})`;
}

/** Node's name for a failure, `ENOENT`; empty when it has none. */
export function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw new UnusableFile(refusalReason(error), { cause: error });
  }
}
