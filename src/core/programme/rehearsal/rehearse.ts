import { G711_DECODING } from '../g711.ts';
import type { NowPlaying, Programme } from '../programme.ts';
import { WIRE, type WireFormat } from '../sound.ts';

/** Something that happens to a caller; the answer is a note for the diary, `null` for none. */
export interface RehearsedEvent {
  readonly atMs: number;
  readonly happens: (programme: Programme, at: number) => string | null;
}

/** What the caller hears from `atMs` on, or a note of what happened. */
export interface DiaryEntry {
  readonly atMs: number;
  readonly text: string;
}

/** Something that was told, for the picture. */
export interface ToldSpan {
  readonly kind: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Rehearsal {
  /** What the caller hears, linear, at the format's rate. */
  readonly samples: Int16Array;
  readonly rate: number;
  readonly diary: readonly DiaryEntry[];
  readonly told: readonly ToldSpan[];
  /** The gain of all music together, every {@link GAIN_STEP_MS}. */
  readonly musicGain: Float32Array;
}

/** Rendered ahead of the ear, as on a real line, and taken back when something happens. */
const LEAD_MS = 200;
export const GAIN_STEP_MS = 20;

/** Renders a call from its beginning. Deterministic, when the programme is. */
export function rehearse(
  programme: Programme,
  { forMs, events }: { readonly forMs: number; readonly events: readonly RehearsedEvent[] },
): Rehearsal {
  const { rate, bytesPerSample } = WIRE[programme.format];
  const samplesOf = (ms: number): number => Math.round((ms * rate) / 1000);
  const length = samplesOf(forMs);
  const heard = new Uint8Array(length * bytesPerSample);
  const log = new Log();
  const waiting = [...events].sort((a, b) => a.atMs - b.atMs);
  const musicGain: number[] = [];
  let rendered = 0;
  for (let atMs = 0; atMs < forMs; atMs += GAIN_STEP_MS) {
    for (let next = waiting[0]; next !== undefined && next.atMs <= atMs; next = waiting[0]) {
      waiting.shift();
      log.note(atMs, next.happens(programme, samplesOf(atMs)));
    }
    rendered = Math.min(rendered, programme.takeChangedFrom());
    const to = Math.min(length, samplesOf(atMs + GAIN_STEP_MS + LEAD_MS));
    if (to > rendered) programme.render(rendered, to - rendered, heard, rendered * bytesPerSample);
    rendered = to;
    const now = programme.nowPlaying(samplesOf(atMs));
    log.hear(atMs, now);
    musicGain.push(now.tunes.reduce((sum, { gain }) => sum + gain, 0));
  }
  log.hear(forMs, { tunes: [], telling: null, recordings: [] });
  return {
    samples: linear(heard, programme.format),
    rate,
    diary: log.entries.filter((entry) => entry.atMs < forMs),
    told: log.told,
    musicGain: Float32Array.from(musicGain),
  };
}

/** Notes only what is new. */
class Log {
  readonly entries: DiaryEntry[] = [];
  readonly told: ToldSpan[] = [];
  #tune: string | null = null;
  #telling: { readonly kind: string; readonly text: string; readonly fromMs: number } | null = null;

  note(atMs: number, text: string | null): void {
    if (text !== null) this.entries.push({ atMs, text });
  }

  hear(atMs: number, { tunes, telling, recordings }: NowPlaying): void {
    const newest = tunes.at(-1);
    const tune = newest === undefined ? null : `${newest.isLive ? 'stream' : 'tune'} ${newest.name}`;
    if (tune !== this.#tune) this.note(atMs, tune ?? 'no music');
    this.#tune = tune;
    const text = telling === null ? null : `${telling}: ${recordings.join(' ')}`;
    if (text === (this.#telling?.text ?? null)) return;
    if (this.#telling !== null) {
      this.told.push({ kind: this.#telling.kind, fromMs: this.#telling.fromMs, toMs: atMs });
      this.note(atMs, `end of ${this.#telling.kind}`);
    }
    this.note(atMs, text);
    this.#telling = telling === null || text === null ? null : { kind: telling, text, fromMs: atMs };
  }
}

function linear(bytes: Uint8Array, format: WireFormat): Int16Array {
  const samples = new Int16Array(bytes.length / WIRE[format].bytesPerSample);
  const table = format === 'ulaw' || format === 'alaw' ? G711_DECODING[format] : null;
  for (let index = 0; index < samples.length; index += 1) {
    samples[index] =
      table?.[bytes[index] as number] ?? (bytes[2 * index] as number) | ((bytes[2 * index + 1] as number) << 8);
  }
  return samples;
}
