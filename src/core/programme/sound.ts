/** What goes over the wire to Asterisk, by Asterisk's names; `slin` is 8 kHz, `slin16` 16 kHz linear, little-endian. */
export const WIRE_FORMATS = ['ulaw', 'alaw', 'slin', 'slin16'] as const;
export type WireFormat = (typeof WIRE_FORMATS)[number];

/** Samples per second and bytes per sample of each format. */
export const WIRE = {
  ulaw: { rate: 8000, bytesPerSample: 1 },
  alaw: { rate: 8000, bytesPerSample: 1 },
  slin: { rate: 8000, bytesPerSample: 2 },
  slin16: { rate: 16_000, bytesPerSample: 2 },
} as const satisfies Record<WireFormat, { rate: number; bytesPerSample: number }>;

/** A decoded recording in one wire format, mono; shared by all callers and never changed. */
export interface Sound {
  readonly kind: 'file';
  /** Stays the same when the file is decoded again: `bossa` for `bossa.wav` of a music folder, `first/welcome` of advice, `queueapp/welcome` of a prompt. */
  readonly name: string;
  /** Linear, at the format's rate: what is mixed. */
  readonly samples: Int16Array;
  /** The same in the wire's format: sent as it is while nothing is mixed. */
  readonly wire: Uint8Array;
}

/** A live stream in one wire format, as far as it has been decoded: a ring that all its listeners read. */
export interface LiveSound {
  readonly kind: 'live';
  readonly name: string;
  /** Sample `i` of the stream stands at `i % samples.length`, for the newest `samples.length` of them. */
  readonly samples: Int16Array;
  readonly wire: Uint8Array;
  /** How many samples have been decoded since the stream's first; grows. */
  readonly writtenTo: number;
  /** `false` while the stream is lost or silent: its listeners go over to the class's own files. */
  readonly isPlaying: boolean;
}

export type Music = Sound | LiveSound;

/** When advice of a folder may be said (E5). */
export const ADVICE_FOLDERS = ['first', 'firstMorning', 'firstDay', 'firstEvening', 'middle', 'last'] as const;
export type AdviceFolder = (typeof ADVICE_FOLDERS)[number];

/**
 * What a music class has to play now, in one wire format: a view that changes when files come and go, or a stream begins. The
 * lists are replaced, never changed; sorted by name.
 */
export interface Shelf {
  tracks(): readonly Sound[];
  /** The class's stream; `null` when it has none. */
  live(): LiveSound | null;
  advice(folder: AdviceFolder): readonly Sound[];
}
