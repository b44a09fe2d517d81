import { type Instrument, SAMPLE_RATE } from './instruments.ts';
import { barCount, chords, melody, type WrittenChord } from './notation.ts';
import { chance } from './numbers.ts';
import { type Hand, leadVoices, nearest, type Voicing } from './voicing.ts';

/** A player: an instrument with its loudness and its share of the hall, and what it plays. */
export interface Part {
  readonly instrument: Instrument;
  /** Loudness in the mix, 1 is full. */
  readonly gain: number;
  /** Share that goes into the hall. */
  readonly hall: number;
  readonly notes: TimedNote[];
}

/** A note with its time as it is played, human slips included. */
export interface TimedNote {
  readonly atSeconds: number;
  readonly seconds: number;
  readonly note: number;
  readonly velocity: number;
}

export interface Feel {
  readonly beatsPerMinute: number;
  readonly beatsPerBar: number;
  /** How much later the second half of a beat comes, in beats: 0 straight, 0.16 triplets. */
  readonly swing?: number;
  readonly seed: number;
}

/** A passage of the piece: its chords, voiced, from its first beat on. */
export interface Passage {
  readonly from: number;
  readonly bars: number;
  readonly row: readonly WrittenChord[];
  readonly voicings: readonly Voicing[];
}

/** Slips of a player's hand: standard of a few milliseconds, a tenth of the strength. */
const SLIP_SECONDS = 0.009;
const VELOCITY_SLIP = 0.09;

/** Writes a piece passage by passage for its players. */
export class Band {
  readonly feel: Feel;
  readonly parts: Part[] = [];
  readonly #random: () => number;
  #beat = 0;

  constructor(feel: Feel) {
    this.feel = feel;
    this.#random = chance(feel.seed);
  }

  /** Length of what was written so far, without what rings on. */
  get seconds(): number {
    return this.#seconds(this.#beat);
  }

  player(instrument: Instrument, { gain, hall = 0.2 }: { gain: number; hall?: number }): Part {
    const part: Part = { instrument, gain, hall, notes: [] };
    this.parts.push(part);
    return part;
  }

  /** Opens the next passage; what is written for it lies over its chords. */
  passage(text: string, hand: Hand): Passage {
    const row = chords(text, this.feel.beatsPerBar);
    const bars = barCount(text);
    const passage = { from: this.#beat, bars, row, voicings: leadVoices(row, hand) };
    this.#beat += bars * this.feel.beatsPerBar;
    return passage;
  }

  /** A written melody; phrases swell to their middle. `beyond` lets notes ring over their end, in beats. */
  sing(part: Part, passage: Passage, text: string, { velocity = 0.75, transpose = 0, beyond = 0 } = {}): void {
    if (barCount(text) !== passage.bars)
      throw new Error(`The melody has ${barCount(text)} bars, its passage ${passage.bars}`);
    const phrase = 4 * this.feel.beatsPerBar;
    for (const { beat, beats, note } of melody(text, this.feel.beatsPerBar)) {
      const place = (beat % phrase) / phrase;
      const swell = 0.9 + 0.4 * place * (1 - place);
      this.#play(part, {
        beat: passage.from + beat,
        beats: beats * 0.96 + beyond,
        note: note + transpose,
        velocity: velocity * swell,
      });
    }
  }

  /**
   * Breaks the chords: `pattern` has the voice for each step, 0 the lowest; `.` rests, a voice above the highest is an
   * octave higher. A pattern for each bar in turn.
   */
  pick(
    part: Part,
    passage: Passage,
    patterns: readonly string[],
    { step = 0.5, velocity = 0.6, beyond = 1 } = {},
  ): void {
    for (const { beat, sign } of this.#stepped(passage, patterns, step)) {
      const note = voiceOf(passage.voicings[chordAt(passage, beat)] ?? [], Number(sign));
      const accent = beat % this.feel.beatsPerBar === 0 ? 1.12 : beat % 1 === 0 ? 1 : 0.88;
      this.#play(part, { beat: passage.from + beat, beats: step + beyond, note, velocity: velocity * accent });
    }
  }

  /** Chords in a rhythm of one or more bars, `offset/length` in beats: `0/1.5 1.5/1`; slightly rolled from below. */
  comp(part: Part, passage: Passage, rhythms: readonly string[], { velocity = 0.55, roll = 0.012 } = {}): void {
    for (const { beat, beats } of this.#struck(passage, rhythms)) {
      const voicing = passage.voicings[chordAt(passage, beat)] ?? [];
      for (const [index, note] of voicing.entries())
        this.#play(part, { beat: passage.from + beat, beats, note, velocity, late: roll * index });
    }
  }

  /** Holds each chord for as long as it lasts. */
  hold(part: Part, passage: Passage, { velocity = 0.6 } = {}): void {
    for (const [index, { beat, beats }] of passage.row.entries()) {
      for (const note of passage.voicings[index] ?? [])
        this.#play(part, { beat: passage.from + beat, beats: beats * 1.02, note, velocity });
    }
  }

  /** The bass under the chords: `R` root, `F` fifth above or below, `T` third, `O` octave, `L` leads by step into the next chord. */
  walk(part: Part, passage: Passage, rhythms: readonly string[], { centre = 43, velocity = 0.75 } = {}): void {
    for (const { beat, beats, sign } of this.#struck(passage, rhythms)) {
      const note = bassNote(passage, chordAt(passage, beat), { sign, centre });
      this.#play(part, { beat: passage.from + beat, beats, note, velocity: sign === 'R' ? velocity : velocity * 0.86 });
    }
  }

  /** Percussion: one bar or more of steps, `x` struck, `X` accented, `o` soft, `.` not. */
  strike(part: Part, passage: Passage, patterns: readonly string[], { step = 0.5, velocity = 0.6 } = {}): void {
    for (const { beat, sign } of this.#stepped(passage, patterns, step)) {
      const strength = { X: 1, x: 0.75, o: 0.45 }[sign] ?? 0;
      this.#play(part, { beat: passage.from + beat, beats: step, note: 60, velocity: velocity * strength });
    }
  }

  *#stepped(passage: Passage, patterns: readonly string[], step: number): Generator<{ beat: number; sign: string }> {
    for (let bar = 0; bar < passage.bars; bar += 1) {
      const pattern = patterns[bar % patterns.length] ?? '';
      for (const [index, sign] of [...pattern].entries()) {
        if (sign !== '.') yield { beat: bar * this.feel.beatsPerBar + index * step, sign };
      }
    }
  }

  *#struck(passage: Passage, rhythms: readonly string[]): Generator<{ beat: number; beats: number; sign: string }> {
    for (let bar = 0; bar < passage.bars; bar += 1) {
      const words = (rhythms[bar % rhythms.length] ?? '').split(/\s+/).filter((word) => word !== '');
      for (const word of words) {
        const [, sign = '', offset = '', length = ''] = /^([A-Z]?)([\d.]+)\/([\d.]+)$/.exec(word) ?? [];
        if (length === '') throw new Error(`${word} is no stroke`);
        yield { beat: bar * this.feel.beatsPerBar + Number(offset), beats: Number(length), sign };
      }
    }
  }

  #play(part: Part, { beat, beats, note, velocity, late = 0 }: Stroke): void {
    const { swing = 0 } = this.feel;
    const swung = beat % 1 === 0.5 ? beat + swing : beat;
    // The mean of three draws: near its middle mostly, as a hand is.
    const slip = (this.#random() + this.#random() + this.#random()) / 1.5 - 1;
    const atSeconds = Math.max(0, this.#seconds(swung) + slip * SLIP_SECONDS + late);
    const strength = velocity * (1 + (this.#random() * 2 - 1) * VELOCITY_SLIP);
    const seconds = this.#seconds(beats);
    part.notes.push({ atSeconds, seconds, note, velocity: Math.min(1, Math.max(0.05, strength)) });
  }

  #seconds(beats: number): number {
    return (beats * 60) / this.feel.beatsPerMinute;
  }
}

interface Stroke {
  readonly beat: number;
  readonly beats: number;
  readonly note: number;
  readonly velocity: number;
  readonly late?: number;
}

function voiceOf(voicing: Voicing, voice: number): number {
  return (voicing[voice % voicing.length] ?? 60) + 12 * Math.floor(voice / Math.max(1, voicing.length));
}

function bassNote({ row }: Passage, index: number, { sign, centre }: { sign: string; centre: number }): number {
  const chord = row[index];
  if (chord === undefined) throw new Error('There is no chord above this bass note');
  const root = nearest(chord.bass, centre);
  if (sign === 'O') return root + 12;
  if (sign === 'F') return nearest((chord.bass + 7) % 12, centre);
  if (sign === 'T') return nearest(chord.tones[1] ?? chord.bass, root);
  if (sign !== 'L') return root;
  const next = nearest((row[index + 1] ?? row[0] ?? chord).bass, root);
  return next > root ? next - 1 : next < root ? next + 1 : next + 2;
}

function chordAt({ row }: Passage, beat: number): number {
  return row.findLastIndex((chord) => chord.beat <= beat + 0.001);
}

/** Adds all that a part plays into `dry`, and its share of the hall into `wet`. */
export function perform(part: Part, dry: Float32Array, wet: Float32Array): void {
  for (const [index, { atSeconds, ...played }] of part.notes.entries()) {
    const sound = part.instrument({ ...played, seed: index * 7919 + played.note });
    const from = Math.round(atSeconds * SAMPLE_RATE);
    for (let i = 0; i < sound.length && from + i < dry.length; i += 1) {
      const value = (sound[i] ?? 0) * part.gain;
      dry[from + i] = (dry[from + i] ?? 0) + value;
      wet[from + i] = (wet[from + i] ?? 0) + value * part.hall;
    }
  }
}
