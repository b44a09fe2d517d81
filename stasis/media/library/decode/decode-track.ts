import { encodeG711 } from '../../../../src/core/programme/g711.ts';
import { WIRE, type WireFormat } from '../../../../src/core/programme/sound.ts';
import { UnusableFile } from './audio-file.ts';
import { ChangedFile, decodeFile, formatOf, linear, readPrepared, TooLong } from './decode-file.ts';
import type { DecodedSound, DecodeJob, DecodeResult, FileProblem, SourceEnding, SourceFile } from './job.ts';

/** Which file of a track is decoded for 8 kHz and for 16 kHz: our prompts have one of each, and what was packed with loss comes last. */
const PREFERENCES: Readonly<Record<number, readonly SourceEnding[]>> = {
  8000: ['wav', 'flac', 'wav16', 'sln16', 'sln', 'ogg', 'oga', 'opus', 'mp3', 'alaw', 'pcma', 'ulaw', 'pcmu'],
  16000: ['wav16', 'sln16', 'flac', 'wav', 'ogg', 'oga', 'opus', 'mp3', 'sln', 'alaw', 'pcma', 'ulaw', 'pcmu'],
};

/** Decodes one track for all formats. Files that are unusable are told in the result, and the next best one is taken. */
export async function decodeTrack(job: DecodeJob): Promise<DecodeResult> {
  const track = new Track(job);
  try {
    for (let plan = track.plan(); plan.size > 0; plan = track.plan()) {
      for (const [file, formats] of plan) await track.take(file, formats);
    }
  } catch (error) {
    if (error instanceof ChangedFile) return { type: 'changed' };
    if (error instanceof TooLong) return { type: 'too-big' };
    throw error;
  }
  return track.result();
}

class Track {
  readonly #job: DecodeJob;
  readonly #sounds = new Map<WireFormat, DecodedSound>();
  readonly #broken = new Map<SourceFile, FileProblem>();
  readonly #shortened = new Map<string, FileProblem>();

  constructor(job: DecodeJob) {
    this.#job = job;
  }

  /** The best usable file of each format that is still missing. */
  plan(): Map<SourceFile, WireFormat[]> {
    const plan = new Map<SourceFile, WireFormat[]>();
    for (const format of this.#job.formats) {
      if (this.#sounds.has(format)) continue;
      const file = this.#bestFor(format);
      if (file !== undefined) plan.set(file, [...(plan.get(file) ?? []), format]);
    }
    return plan;
  }

  async take(file: SourceFile, formats: readonly WireFormat[]): Promise<void> {
    try {
      const prepared = formats.filter((format) => formatOf(file.ending) === format);
      for (const format of prepared) this.#takePrepared(file, format);
      const others = formats.filter((format) => !prepared.includes(format));
      if (others.length > 0) await this.#decode(file, others);
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      this.#broken.set(file, { path: file.path, reason: error.message });
    }
  }

  result(): DecodeResult {
    const buffers = new Set([...this.#sounds.values()].flatMap(({ samples, wire }) => [samples.buffer, wire.buffer]));
    const bytes = [...buffers].reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytes > this.#job.maxBytes) return { type: 'too-big' };
    const durations = [...this.#sounds].map(([format, { samples }]) => (1000 * samples.length) / WIRE[format].rate);
    return {
      type: 'decoded',
      sounds: Object.fromEntries(this.#sounds),
      bytes,
      durationMs: Math.max(0, ...durations),
      broken: [...this.#broken.values()],
      shortened: [...this.#shortened.values()],
    };
  }

  #bestFor(format: WireFormat): SourceFile | undefined {
    const usable = this.#job.files.filter((file) => !this.#broken.has(file));
    const order = PREFERENCES[WIRE[format].rate] ?? [];
    const ranked = usable.toSorted((a, b) => order.indexOf(a.ending) - order.indexOf(b.ending));
    return usable.find(({ ending }) => formatOf(ending) === format) ?? ranked[0];
  }

  #takePrepared(file: SourceFile, format: WireFormat): void {
    const { wire, shortened } = readPrepared(file.path, format, this.#job.maxMs);
    this.#sounds.set(format, { wire, samples: linear(wire, format) });
    this.#noteShortened(file, shortened);
  }

  async #decode(file: SourceFile, formats: readonly WireFormat[]): Promise<void> {
    const rates = [...new Set(formats.map((format) => WIRE[format].rate))];
    const { gain, maxMs, leastMs, maxBytes } = this.#job;
    const decoded = await decodeFile(file, rates, { gain, maxMs, leastMs, fitsMs: maxBytes / bytesPerMs(formats) });
    for (const format of formats) {
      const samples = decoded.samples.get(WIRE[format].rate);
      if (samples !== undefined) this.#sounds.set(format, { samples, wire: encoded(samples, format) });
    }
    this.#noteShortened(file, decoded.shortened);
  }

  #noteShortened(file: SourceFile, reason: string | null): void {
    if (reason !== null) this.#shortened.set(file.path, { path: file.path, reason });
  }
}

/** Linear samples once for each rate, and beside them the bytes of G.711. */
function bytesPerMs(formats: readonly WireFormat[]): number {
  const rates = new Set(formats.map((format) => WIRE[format].rate));
  const linearBytes = [...rates].reduce((sum, rate) => sum + (2 * rate) / 1000, 0);
  const g711 = formats.filter((format) => format === 'ulaw' || format === 'alaw');
  return linearBytes + g711.length * 8;
}

/** Linear formats are sent as they are mixed: little-endian, as every processor that Node runs on keeps them. */
function encoded(samples: Int16Array, format: WireFormat): Uint8Array {
  if (format === 'slin' || format === 'slin16') {
    return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  }
  const wire = new Uint8Array(new SharedArrayBuffer(samples.length));
  encodeG711(format, samples, 0, samples.length, wire, 0);
  return wire;
}
