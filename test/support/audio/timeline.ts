import { concat, durationMs, type Pcm } from './pcm.ts';

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

interface Placed {
  readonly atMs: number;
  readonly samples: Float32Array;
}

/** Sound as it came, one piece after another without the pauses, and where its pieces were heard. */
export class Joined {
  readonly pcm: Pcm;
  /** Ascending: a place in `pcm`, and when that was heard, both in milliseconds. */
  readonly #marks: readonly { readonly atMs: number; readonly heardMs: number }[];

  constructor(pcm: Pcm, marks: readonly { readonly atMs: number; readonly heardMs: number }[]) {
    this.pcm = pcm;
    this.#marks = marks;
  }

  /**
   * The same with so much silence in front: the first packets of a call come before a phone that is held up has begun to listen, and what lacks its
   * beginning begins before the first sound.
   */
  led(ms: number): Joined {
    const { sampleRate } = this.pcm;
    const silence = { sampleRate, samples: new Float32Array(Math.round((ms * sampleRate) / 1000)) };
    const [first] = this.#marks;
    const lead = { atMs: 0, heardMs: Math.max(0, (first?.heardMs ?? 0) - ms) };
    return new Joined(concat(silence, this.pcm), [
      lead,
      ...this.#marks.map(({ atMs, heardMs }) => ({ atMs: atMs + durationMs(silence), heardMs })),
    ]);
  }

  /** When a place of `pcm` was heard, in milliseconds from where the recording begins. */
  heardMs(atMs: number): number {
    const mark = this.#marks.findLast((each) => each.atMs <= atMs) ?? this.#marks[0];
    return mark === undefined ? atMs : mark.heardMs + atMs - mark.atMs;
  }

  /** The first place of `pcm` that was heard at this time or later. */
  placeMs(heardMs: number): number {
    const last = this.#marks.findLastIndex((each) => each.heardMs <= heardMs);
    const mark = this.#marks[last];
    if (mark === undefined) return 0;
    return Math.min(mark.atMs + heardMs - mark.heardMs, this.#marks[last + 1]?.atMs ?? durationMs(this.pcm));
  }
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

  /**
   * The same without the pauses. When the whole machine stands still, Asterisk goes on afterwards where it was: what was being said is later, and
   * not less. Streams are one after the other in the order in which they began.
   */
  joined(fromMs: number, toMs: number): Joined {
    const streams = [...this.#sources.values()].map((source) => this.#placed(source));
    const pieces = streams.sort((a, b) => (a[0]?.atMs ?? 0) - (b[0]?.atMs ?? 0)).flat();
    const marks: { atMs: number; heardMs: number }[] = [];
    const parts: Pcm[] = [];
    let lengthMs = 0;
    const at = (ms: number, before: number): number =>
      Math.max(0, Math.round(((ms - before) * this.#sampleRate) / 1000));
    for (const { atMs, samples } of pieces) {
      const part = { sampleRate: this.#sampleRate, samples: samples.subarray(at(fromMs, atMs), at(toMs, atMs)) };
      if (part.samples.length === 0) continue;
      marks.push({ atMs: lengthMs, heardMs: Math.max(0, atMs - fromMs) });
      parts.push(part);
      lengthMs += durationMs(part);
    }
    return new Joined(
      parts.length === 0 ? { sampleRate: this.#sampleRate, samples: new Float32Array() } : concat(...parts),
      marks,
    );
  }

  // A piece may be late, because the machine was busy, but never early: so none was shifted more than any later one, and
  // the least shift of all that follow is the best that can be known.
  #placed({ chunks }: Source): Placed[] {
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
