import { firstOf } from './order.ts';
import type { ProgrammeSettings } from './settings.ts';
import type { AdviceFolder, Shelf, Sound } from './sound.ts';

/** Spoken files, each once per call (E5). */
export interface Advice {
  /** `folder/name` of what has been said. */
  readonly said: readonly string[];
  /** When the next one is due. */
  readonly dueAt: number;
}

/** The local time of day at a sample, in hours from 0 to 24. */
export interface TimeOfDay {
  readonly hour: number;
  readonly minute: number;
}

/** Advice said in one call. */
const ADVICE_SAID_MAX = 500;

/** A piece of advice and the key by which it is remembered. */
export interface ChosenAdvice {
  readonly key: string;
  readonly sound: Sound;
}

/**
 * The next advice: first/ by name, the folder of the hour by name, middle/ in an order of the caller's own, last/ by name. The folders are looked at
 * anew each time: what was added to an earlier one comes next. `null`: all has been said.
 */
export function chooseAdvice(
  shelf: Shelf,
  { said }: Advice,
  { settings, hour, seed }: { readonly settings: ProgrammeSettings; readonly hour: number; readonly seed: number },
): ChosenAdvice | null {
  if (said.length >= ADVICE_SAID_MAX) return null;
  for (const folder of ['first', folderOfHour(settings, hour), 'middle', 'last'] as const) {
    const unsaid = shelf
      .advice(folder)
      .filter(({ name, samples }) => samples.length > 0 && !said.includes(keyOf(folder, name)));
    const sound = firstOf(unsaid, folder === 'middle' ? { seed } : 'alphabetical');
    if (sound !== undefined) return { key: keyOf(folder, sound.name), sound };
  }
  return null;
}

/** The folder whose hour began last; before the first of them it is still that of the evening before. */
export function folderOfHour({ advice }: ProgrammeSettings, hour: number): AdviceFolder {
  const begun = [
    { folder: 'firstMorning', from: advice.morningFrom },
    { folder: 'firstDay', from: advice.dayFrom },
    { folder: 'firstEvening', from: advice.eveningFrom },
  ] as const;
  const latest = (candidates: readonly (typeof begun)[number][]) =>
    candidates.reduce<(typeof begun)[number] | undefined>(
      (a, b) => (a !== undefined && a.from > b.from ? a : b),
      undefined,
    );
  return (latest(begun.filter(({ from }) => from <= hour)) ?? latest(begun))?.folder ?? 'firstDay';
}

/** The hour, with its part, at `since` samples after a time of day. */
export function hourAfter({ hour, minute }: TimeOfDay, since: number, rate: number): number {
  return (hour + minute / 60 + since / rate / 3600) % 24;
}

function keyOf(folder: AdviceFolder, name: string): string {
  return `${folder}/${name}`;
}
