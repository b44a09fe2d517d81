import type { Haystack } from './correlate.ts';
import { durationMs, type Pcm, slice } from './pcm.ts';

/** How far a part of a sound may lie from its place. */
export const SLIP_MS = 150;
/** How often the sound may slip: on a busy machine a beat of 20 ms is lost, or comes twice, in the middle of a word. */
const SLIPS_MAX = 2;
/** A slip is looked for between frames of this length. */
const FRAME_MS = 20;
/** Pieces by which is found how far the sound has slipped; shorter ones fit anywhere. */
const PIECE_MS = 400;
/** A piece that fits less well says nothing. */
const PIECE_SCORE = 0.6;

/**
 * How alike a sound is to what is heard at `offsetMs`, 0 to 1, when parts of it may lie up to `SLIP_MS` early or late: a beat that was lost in the middle
 * takes every sample after it from its place, though every word was heard. All of the sound counts, what was lost, too; a wrong word does not become
 * right by lying elsewhere.
 */
export function scoreWithSlips(haystack: Haystack, wanted: Pcm, offsetMs: number): number {
  const { sampleRate } = wanted;
  const at = (ms: number) => Math.round((ms * sampleRate) / 1000);
  const lags = [...new Set([offsetMs, ...slippedTo(haystack, wanted, offsetMs)].map(at))];
  const frame = at(FRAME_MS);
  const frames = Math.ceil(wanted.samples.length / frame);
  // best[changes][lag]: the best way to the end of the frame, which lies at this lag.
  let best: (Way | null)[][] = Array.from({ length: SLIPS_MAX + 1 }, (_, changes) =>
    lags.map(() => (changes === 0 ? NOTHING : null)),
  );
  for (let index = 0; index < frames; index += 1) {
    const part = wanted.samples.subarray(index * frame, (index + 1) * frame);
    const likenesses = lags.map((lag) => likeness(part, haystack.samples, lag + index * frame));
    best = best.map((ways, changes) =>
      ways.map((straight, lag) => {
        const before = changes === 0 ? [] : (best[changes - 1] ?? []).filter((_, other) => other !== lag);
        const from = [straight, ...before].reduce((a, b) =>
          b !== null && (a === null || b.product > a.product) ? b : a,
        );
        return from === null ? null : longer(from, likenesses[lag] ?? NOTHING);
      }),
    );
  }
  return Math.max(...best.flat().map((way) => (way === null ? 0 : scoreOf(way))));
}

/** Sums over samples: of the products, and of the squares of what was wanted and of what was heard. */
interface Way {
  readonly product: number;
  readonly wanted: number;
  readonly heard: number;
}

const NOTHING: Way = { product: 0, wanted: 0, heard: 0 };

/** Where the sound would begin by the places at which its pieces are heard. */
function slippedTo(haystack: Haystack, wanted: Pcm, offsetMs: number): number[] {
  const places: number[] = [];
  for (let fromMs = 0; fromMs + PIECE_MS <= durationMs(wanted); fromMs += PIECE_MS / 2) {
    const piece = slice(wanted, fromMs, fromMs + PIECE_MS);
    const found = haystack
      .find(piece, { threshold: PIECE_SCORE })
      .find((match) => Math.abs(match.offsetMs - fromMs - offsetMs) <= SLIP_MS);
    if (found !== undefined) places.push(found.offsetMs - fromMs);
  }
  return places;
}

function likeness(wanted: Float32Array, heard: Float32Array, at: number): Way {
  let [product, wantedSquares, heardSquares] = [0, 0, 0];
  for (let index = 0; index < wanted.length; index += 1) {
    const [one, other] = [wanted[index] ?? 0, heard[at + index] ?? 0];
    product += one * other;
    wantedSquares += one * one;
    heardSquares += other * other;
  }
  return { product, wanted: wantedSquares, heard: heardSquares };
}

function longer(way: Way, by: Way): Way {
  return { product: way.product + by.product, wanted: way.wanted + by.wanted, heard: way.heard + by.heard };
}

function scoreOf({ product, wanted, heard }: Way): number {
  return wanted === 0 || heard === 0 ? 0 : Math.max(0, product / Math.sqrt(wanted * heard));
}
