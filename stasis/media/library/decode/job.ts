import type { WireFormat } from '../../../../src/core/programme/sound.ts';

/** Endings that are taken as they are for one format: raw samples, as Asterisk writes them. */
export const PREPARED_ENDINGS = {
  ulaw: 'ulaw',
  pcmu: 'ulaw',
  alaw: 'alaw',
  pcma: 'alaw',
  sln: 'slin',
  sln16: 'slin16',
} as const satisfies Record<string, WireFormat>;

/** Endings of files that are decoded; what is really in them is told by their first bytes. */
export const AUDIO_ENDINGS = ['wav', 'wav16', 'flac', 'ogg', 'oga', 'opus', 'mp3'] as const;

export type SourceEnding = keyof typeof PREPARED_ENDINGS | (typeof AUDIO_ENDINGS)[number];

/** One file of a track: `bossa.wav` beside `bossa.ulaw`. */
export interface SourceFile {
  readonly path: string;
  readonly ending: SourceEnding;
}

/** Files of one track, to be decoded into the formats. */
export interface DecodeJob {
  readonly files: readonly SourceFile[];
  readonly formats: readonly WireFormat[];
  /** Applied to everything but prepared files. */
  readonly gain: number;
  /** Of a longer file the beginning is decoded. */
  readonly maxMs: number;
  /** A shorter one is broken: a tune of no length would begin again and again. 0 for what is spoken. */
  readonly leastMs: number;
  /** The track is given up when its sounds would take more. */
  readonly maxBytes: number;
  /** Somebody waits for it: it does not give way to other programs. */
  readonly isUrgent: boolean;
}

/** Both arrays lie in shared memory. */
export interface DecodedSound {
  readonly samples: Int16Array;
  readonly wire: Uint8Array;
}

export interface FileProblem {
  readonly path: string;
  /** A phrase that goes on after the file's name: `holds no sound`. */
  readonly reason: string;
}

export interface DecodedTrack {
  readonly type: 'decoded';
  /** Formats that no file could give are missing. */
  readonly sounds: Partial<Record<WireFormat, DecodedSound>>;
  /** Shared memory taken. */
  readonly bytes: number;
  readonly durationMs: number;
  /** Files that gave nothing. */
  readonly broken: readonly FileProblem[];
  /** Files that gave something, though not all of it: damaged, or cut at the time limit. */
  readonly shortened: readonly FileProblem[];
}

/** `changed`: somebody writes to a file; it is to be read again later. */
export type DecodeResult = DecodedTrack | { readonly type: 'too-big' } | { readonly type: 'changed' };
