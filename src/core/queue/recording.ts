/** Formats in which Asterisk writes a conversation; app_queue's words. `wav16` has 16,000 samples a second. */
export const RECORDING_FORMATS = ['wav', 'wav16', 'wav49', 'gsm'] as const;
export type RecordingFormat = (typeof RECORDING_FORMATS)[number];

/** How Asterisk ends the names of the files of each format. */
export const RECORDING_ENDING: Readonly<Record<RecordingFormat, string>> = {
  wav: 'wav',
  wav16: 'wav16',
  wav49: 'WAV',
  gsm: 'gsm',
};

/** What a second takes on the disk; all formats have a constant rate. The view report_recording has the same figures. */
export const RECORDING_BYTES_PER_SECOND: Readonly<Record<RecordingFormat, number>> = {
  wav: 16_000,
  wav16: 32_000,
  wav49: 1_625,
  gsm: 1_650,
};

/** About how large a file is; `null`: its ending is none of ours, because it has been removed. */
export function recordingBytes(file: string, lengthMs: number): number | null {
  const format = RECORDING_FORMATS.find((each) => file.endsWith(`.${RECORDING_ENDING[each]}`));
  return format === undefined ? null : Math.round((Math.max(0, lengthMs) / 1_000) * RECORDING_BYTES_PER_SECOND[format]);
}

/** What one file holds: both people, or one of them alone. */
export const RECORDING_PARTS = ['together', 'caller', 'member'] as const;
export type RecordingPart = (typeof RECORDING_PARTS)[number];

/** Which files a conversation gives. */
export const RECORDING_KINDS = ['together', 'apart', 'both'] as const;
export type RecordingKind = (typeof RECORDING_KINDS)[number];

/** How a queue's conversations are recorded. */
export interface RecordingSettings {
  /** `on-demand`: somebody has to ask for it, call by call. @default 'at-connect' */
  readonly start: 'at-connect' | 'on-demand';
  /** @default 'together' */
  readonly what: RecordingKind;
  /** app_queue `monitor-format`. @default 'wav' */
  readonly format: RecordingFormat;
  /** Pattern of the files' names, below Asterisk's folder of recordings; see recording-name.ts. */
  readonly name: string;
  /** Nothing is recorded before the caller has heard this to its end; empty: nothing is said. */
  readonly consent: readonly string[];
  /** Silence is written while the member has put the caller on hold. @default true */
  readonly pauseOnHold: boolean;
}

export const RECORDING_DEFAULTS: RecordingSettings = {
  start: 'at-connect',
  what: 'together',
  format: 'wav',
  name: '{queue}/{date}/{time}-{extension}-{call-id}',
  consent: [],
  pauseOnHold: true,
};

/** The files of a conversation. */
export function partsOf(kind: RecordingKind): readonly RecordingPart[] {
  switch (kind) {
    case 'together':
      return ['together'];
    case 'apart':
      return ['caller', 'member'];
    case 'both':
      return RECORDING_PARTS;
    default:
      return kind satisfies never;
  }
}

/** The file's path below Asterisk's folder of recordings, of its name without ending. */
export function recordingFile(name: string, format: RecordingFormat): string {
  return `${name}.${RECORDING_ENDING[format]}`;
}
