import { codecByBytes, type StreamCodec } from './content.ts';

/** A piece for the decoder: little enough that a low bit rate does not become many seconds of sound at once. */
const PIECE_BYTES_MAX = 2048;
/** Bytes received and not decoded; beyond it nothing is read from the network. */
const WAITING_BYTES_MAX = 256 * 1024;
/** Enough to tell a codec by its first bytes. */
const SAMPLE_BYTES = 4;

/** Sound that was received and waits for the decoder. */
export class Feed {
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes >= WAITING_BYTES_MAX;
  }

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
  }

  /** The codec that the first bytes show; `undefined` while they are too few, `null` when they are none that we know. */
  codec(): StreamCodec | null | undefined {
    if (this.#bytes < SAMPLE_BYTES) return undefined;
    return codecByBytes(Buffer.concat(this.#waiting.slice(0, SAMPLE_BYTES)).subarray(0, SAMPLE_BYTES));
  }

  /** The next piece, a copy of its own; `null` when nothing waits. */
  take(): Uint8Array | null {
    const first = this.#waiting[0];
    if (first === undefined) return null;
    const piece = first.slice(0, PIECE_BYTES_MAX);
    if (piece.length === first.length) this.#waiting.shift();
    else this.#waiting[0] = first.subarray(piece.length);
    this.#bytes -= piece.length;
    return piece;
  }
}
