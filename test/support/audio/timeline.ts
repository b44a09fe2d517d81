import type { Pcm } from './pcm.ts';

/** A pause longer than this becomes silence; less is the jitter of a busy machine. */
const GAP_MS = 200;

interface Chunk {
  readonly source: string;
  readonly samples: Float32Array;
  atMs: number;
}

interface Source {
  /** Where the next sample belongs, in milliseconds of the wall clock. */
  cursorMs: number;
  /** How much silence was put before the chunks from `gapIndex` on. */
  gapMs: number;
  gapIndex: number;
}

/**
 * Sound that comes in pieces, put where it was heard by the time at which each piece came. Pieces that follow each other are
 * joined without a seam; a pause of more than 200 ms becomes silence. Places are exact to those 200 ms.
 */
export class Timeline {
  readonly #chunks: Chunk[] = [];
  readonly #sources = new Map<string, Source>();
  #sampleRate = 8000;

  /** Adds a piece of a source's sound that had wholly come at `atMs` (wall clock, milliseconds). */
  add(sourceName: string, { sampleRate, samples }: Pcm, atMs: number): void {
    this.#sampleRate = sampleRate;
    const durationMs = (samples.length * 1000) / sampleRate;
    const source = this.#sources.get(sourceName) ?? { cursorMs: 0, gapMs: 0, gapIndex: 0 };
    this.#sources.set(sourceName, source);
    const lateMs = atMs - durationMs - source.cursorMs;
    if (lateMs > GAP_MS) {
      source.cursorMs += lateMs;
      source.gapMs = lateMs;
      source.gapIndex = this.#chunks.length;
    }
    this.#chunks.push({ source: sourceName, atMs: source.cursorMs, samples });
    source.cursorMs += durationMs;
    this.#closeGap(sourceName, source, source.cursorMs - atMs);
  }

  /** What was heard from one moment to another (wall clock, milliseconds), at most to the end of the last piece; sources are mixed. */
  heard(fromMs: number, toMs: number): Pcm {
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

  // Sound cannot have come before it was played. When it seems so, packets came in a burst after a standstill, and what
  // looked like silence before them was shorter, or none.
  #closeGap(sourceName: string, source: Source, aheadMs: number): void {
    const backMs = Math.min(aheadMs, source.gapMs);
    if (backMs <= 0) return;
    for (const chunk of this.#chunks.slice(source.gapIndex)) {
      if (chunk.source === sourceName) chunk.atMs -= backMs;
    }
    source.cursorMs -= backMs;
    source.gapMs -= backMs;
  }
}
