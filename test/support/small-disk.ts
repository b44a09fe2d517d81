import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Written at a time. */
const PIECE = Buffer.alloc(64 * 1024, 1);

/** A disk of its own for a folder (tmpfs, so it needs root), which a file of ours can fill to the last byte. */
export class SmallDisk {
  readonly #folder: string;
  readonly #filler: string;
  readonly #unmountAtExit = () => this.unmount();
  #isMounted = true;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#filler = join(folder, 'filler');
  }

  static mount(folder: string, megabytes: number): SmallDisk {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'queueapp-test', folder]);
    const disk = new SmallDisk(folder);
    process.once('exit', disk.#unmountAtExit);
    return disk;
  }

  /** Takes all that is left. */
  fill(): void {
    const file = openSync(this.#filler, 'a');
    for (const piece of [PIECE, PIECE.subarray(0, 4096)]) while (wasWritten(file, piece));
    closeSync(file);
  }

  /** Makes room again. */
  clear(): void {
    rmSync(this.#filler, { force: true });
  }

  /** Whatever is still open there. */
  unmount(): void {
    if (!this.#isMounted) return;
    this.#isMounted = false;
    process.removeListener('exit', this.#unmountAtExit);
    execFileSync('umount', ['--lazy', this.#folder]);
  }
}

function wasWritten(file: number, piece: Buffer): boolean {
  try {
    return writeSync(file, piece) > 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
