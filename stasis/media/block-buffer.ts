/** Longest block: 1.28 s of 16 kHz linear. */
const BLOCK_BYTES_MAX = 40_960;

/**
 * The one place into which every caller's audio is rendered before it is sent. A block that the kernel has taken at once leaves it free
 * for the next caller, which is nearly always; one that waits keeps it, and the next gets a new one.
 */
export class BlockBuffer {
  #bytes = Buffer.alloc(BLOCK_BYTES_MAX);
  /** Views of it by length: callers have few different ones. */
  readonly #views = new Map<number, Buffer>();

  /** Of `length` bytes, with something old in it. */
  view(length: number): Buffer {
    const known = this.#views.get(length);
    if (known !== undefined) return known;
    const view = this.#bytes.subarray(0, length);
    this.#views.set(length, view);
    return view;
  }

  /** What was rendered last has not been written yet. */
  giveAway(): void {
    this.#bytes = Buffer.alloc(BLOCK_BYTES_MAX);
    this.#views.clear();
  }
}

/** Whole frames that fit into a block. */
export function framesInBlock(frameBytes: number): number {
  return Math.floor(BLOCK_BYTES_MAX / frameBytes);
}
