/** One note of a written line: where it begins and how long it lasts, in beats from the line's beginning. */
export interface WrittenNote {
  readonly beat: number;
  readonly beats: number;
  /** MIDI number; 60 is middle C. */
  readonly note: number;
}

/** A chord with its place. */
export interface WrittenChord {
  readonly beat: number;
  readonly beats: number;
  /** Pitch classes, 0 is C, the root first. */
  readonly tones: readonly number[];
  /** Pitch class of the bass. */
  readonly bass: number;
}

const STEPS: Readonly<Record<string, number>> = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };
const ACCIDENTALS: Readonly<Record<string, number>> = { '': 0, '#': 1, b: -1 };

/** Intervals above the root; chords of five tones go without their fifth. */
const QUALITIES: Readonly<Record<string, readonly number[]>> = {
  '': [0, 4, 7],
  m: [0, 3, 7],
  6: [0, 4, 7, 9],
  m6: [0, 3, 7, 9],
  7: [0, 4, 7, 10],
  m7: [0, 3, 7, 10],
  maj7: [0, 4, 7, 11],
  add9: [0, 4, 7, 2],
  maj9: [0, 4, 11, 2],
  m9: [0, 3, 10, 2],
  9: [0, 4, 10, 2],
  13: [0, 4, 10, 9],
  '7sus4': [0, 5, 7, 10],
  '7b9': [4, 7, 10, 1],
  m7b5: [0, 3, 6, 10],
};

/**
 * Reads a melody: `F#5/1.5` is a note with its length in beats, `-/1` a rest, `|` the end of a bar. A bar that is not
 * full is an error: a slip of the pen would shift all that follows.
 */
export function melody(text: string, beatsPerBar: number): WrittenNote[] {
  const notes: WrittenNote[] = [];
  for (const [bar, words] of bars(text).entries()) {
    let beat = 0;
    for (const word of words) {
      const [, name = '', length = ''] = /^([^/]+)\/([\d.]+)$/.exec(word) ?? [];
      const beats = Number(length);
      if (!(beats > 0)) throw new Error(`Bar ${bar + 1}: ${word} is no note`);
      if (name !== '-') notes.push({ beat: bar * beatsPerBar + beat, beats, note: noteNumber(name) });
      beat += beats;
    }
    if (beat !== beatsPerBar)
      throw new Error(`Bar ${bar + 1} has ${beat} beats, not ${beatsPerBar}: ${words.join(' ')}`);
  }
  return notes;
}

/** Reads chords: `Dmaj7 | A7sus4 A7 | D/F#`; several in a bar share it evenly. */
export function chords(text: string, beatsPerBar: number): WrittenChord[] {
  return bars(text).flatMap((words, bar) =>
    words.map((word, index) => {
      const beats = beatsPerBar / words.length;
      return { beat: bar * beatsPerBar + index * beats, beats, ...chordTones(word) };
    }),
  );
}

/** How many bars a line has. */
export function barCount(text: string): number {
  return bars(text).length;
}

function bars(text: string): string[][] {
  return text.split('|').map((bar) => bar.trim().split(/\s+/));
}

function noteNumber(name: string): number {
  const [, step = '', accidental = '', octave = ''] = /^([A-G])([#b]?)(\d)$/.exec(name) ?? [];
  if (octave === '') throw new Error(`${name} is no note`);
  return 12 * (Number(octave) + 1) + pitchClass(step, accidental);
}

function pitchClass(step: string, accidental: string): number {
  return (STEPS[step] ?? 0) + (ACCIDENTALS[accidental] ?? 0);
}

function chordTones(word: string): Pick<WrittenChord, 'tones' | 'bass'> {
  const [, step = '', accidental = '', quality = '', bassStep = '', bassAccidental = ''] =
    /^([A-G])([#b]?)([^/]*)(?:\/([A-G])([#b]?))?$/.exec(word) ?? [];
  const intervals = QUALITIES[quality];
  if (step === '' || intervals === undefined) throw new Error(`${word} is no chord`);
  const root = pitchClass(step, accidental);
  const bass = bassStep === '' ? root : pitchClass(bassStep, bassAccidental);
  return { tones: intervals.map((interval) => (root + interval + 12) % 12), bass: (bass + 12) % 12 };
}
