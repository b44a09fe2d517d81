import type { Pcm } from './pcm.ts';

/** A pause longer than this becomes silence; less is the jitter of a busy machine. */
const GAP_MS = 200;

interface Chunk {
  readonly samples: Float32Array;
  /** When it came, less all that its source had sent by then: its place, if it came at once. */
  readonly shiftMs: number;
}

interface Source {
  readonly chunks: Chunk[];
  lengthMs: number;
}

/**
 * Sound that comes in pieces, put where it was heard by the time at which each piece came. Pieces that follow each other are
 * joined without a seam; a pause of more than 200 ms becomes silence. Places are exact to those 200 ms.
 */
export class Timeline {
  readonly #sources = new Map<string, Source>();
  #sampleRate = 8000;

  /** Adds a piece of a source's sound that had wholly come at `atMs` (wall clock, milliseconds). */
  add(sourceName: string, { sampleRate, samples }: Pcm, atMs: number): void {
    this.#sampleRate = sampleRate;
    const source = this.#sources.get(sourceName) ?? { chunks: [], lengthMs: 0 };
    this.#sources.set(sourceName, source);
    source.lengthMs += (samples.length * 1000) / sampleRate;
    source.chunks.push({ samples, shiftMs: atMs - source.lengthMs });
  }

  /** What was heard from one moment to another (wall clock, milliseconds), at most to the end of the last piece; sources are mixed. */
  heard(fromMs: number, toMs: number): Pcm {
    const at = (ms: number): number => Math.round(((ms - fromMs) * this.#sampleRate) / 1000);
    const placed = [...this.#sources.values()].flatMap((source) => this.#placed(source));
    const last = placed.reduce((end, { atMs, samples }) => Math.max(end, at(atMs) + samples.length), 0);
    const heard = new Float32Array(Math.max(0, Math.min(last, at(toMs))));
    for (const { atMs, samples } of placed) {
      const start = at(atMs);
      for (let index = Math.max(0, -start); index < samples.length && start + index < heard.length; index += 1) {
        heard[start + index] = (heard[start + index] ?? 0) + (samples[index] ?? 0);
      }
    }
    return { sampleRate: this.#sampleRate, samples: heard };
  }

  // A piece may be late, because the machine was busy, but never early: so none was shifted more than any later one, and
  // the least shift of all that follow is the best that can be known.
  #placed({ chunks }: Source): { atMs: number; samples: Float32Array }[] {
    const shifts = chunks.map(({ shiftMs }) => shiftMs);
    for (let index = shifts.length - 2; index >= 0; index -= 1) {
      shifts[index] = Math.min(shifts[index] ?? 0, shifts[index + 1] ?? 0);
    }
    let sent = 0;
    let shiftMs = Number.NEGATIVE_INFINITY;
    return chunks.map(({ samples }, index) => {
      const wantedMs = shifts[index] ?? 0;
      if (wantedMs - shiftMs > GAP_MS) shiftMs = wantedMs;
      const atMs = shiftMs + (sent * 1000) / this.#sampleRate;
      sent += samples.length;
      return { atMs, samples };
    });
  }
}
