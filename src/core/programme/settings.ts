/** What a programme does, in the application's units: the class's settings with the queue's own over them. */
export interface ProgrammeSettings {
  readonly levels: {
    /** Gain of the music while something is said; 0.1 is −20 dB. @default 0.1 */
    readonly musicUnderSpeech: number;
    /** Gain of what is said. @default 0.9 */
    readonly voice: number;
  };
  readonly fades: {
    /** The music goes down before something is said. @default 1000 */
    readonly downMs: number;
    /** And comes back after it. @default 1000 */
    readonly upMs: number;
    /** The old tune goes. @default 1000 */
    readonly outMs: number;
    /** The new one begins so long after the old one has begun to go. @default 500 */
    readonly inDelayMs: number;
    /** And comes. Also the beginning of the programme and its return. @default 1000 */
    readonly inMs: number;
  };
  /** Digits `0-9*#`; `null`: not offered. */
  readonly keys: {
    /** @default '3' */
    readonly nextTune: string | null;
    /** @default '2' */
    readonly accounts: string | null;
    /** @default '4' */
    readonly position: string | null;
  };
  /** Least time between two uses of a key; what is pressed earlier is not heard. */
  readonly keyPauses: {
    /** @default 3000 */
    readonly nextTuneMs: number;
    /** @default 15000 */
    readonly accountsMs: number;
    /** @default 8000 */
    readonly positionMs: number;
  };
  readonly position: {
    /** Said when it changes. @default true */
    readonly onChange: boolean;
    /** And so long after it was said last; 0: not. @default 120000 */
    readonly everyMs: number;
  };
  readonly advice: {
    /** Music before the first advice. @default 20000 */
    readonly firstAfterMs: number;
    /** Music between two of them. @default 30000 */
    readonly pauseMs: number;
    /** Hours of the day, local time: `firstMorning` from `morningFrom`, `firstDay` from `dayFrom`, `firstEvening` from `eveningFrom`. @default 0, 10, 21 */
    readonly morningFrom: number;
    readonly dayFrom: number;
    readonly eveningFrom: number;
  };
  /** Tracks follow each other by name, or in an order of the caller's own. @default 'alphabetical' */
  readonly order: 'alphabetical' | 'random';
}

/** Settings of a class or a queue that differ from the defaults: any group, any part of it. */
export type ProgrammeOverrides = {
  readonly [Group in keyof ProgrammeSettings]?: ProgrammeSettings[Group] extends string
    ? ProgrammeSettings[Group]
    : Partial<ProgrammeSettings[Group]>;
};

export const PROGRAMME_DEFAULTS: ProgrammeSettings = {
  levels: { musicUnderSpeech: 0.1, voice: 0.9 },
  fades: { downMs: 1000, upMs: 1000, outMs: 1000, inDelayMs: 500, inMs: 1000 },
  keys: { nextTune: '3', accounts: '2', position: '4' },
  keyPauses: { nextTuneMs: 3000, accountsMs: 15_000, positionMs: 8000 },
  position: { onChange: true, everyMs: 120_000 },
  advice: { firstAfterMs: 20_000, pauseMs: 30_000, morningFrom: 0, dayFrom: 10, eveningFrom: 21 },
  order: 'alphabetical',
};

/** The defaults with these over them, the later ones over the earlier: first the class's, then the queue's. */
export function mergeProgramme(...overrides: readonly ProgrammeOverrides[]): ProgrammeSettings {
  return overrides.reduce<ProgrammeSettings>(
    (settings, over) => ({
      levels: { ...settings.levels, ...over.levels },
      fades: { ...settings.fades, ...over.fades },
      keys: { ...settings.keys, ...over.keys },
      keyPauses: { ...settings.keyPauses, ...over.keyPauses },
      position: { ...settings.position, ...over.position },
      advice: { ...settings.advice, ...over.advice },
      order: over.order ?? settings.order,
    }),
    PROGRAMME_DEFAULTS,
  );
}
