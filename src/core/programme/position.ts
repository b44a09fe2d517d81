import type { ProgrammeSettings } from './settings.ts';
import type { Timing } from './timing.ts';

/** A caller's place in line, and what of it has been said (E4). When it is due again is computed, not kept. */
export interface Position {
  /** `null`: the caller has none now, and nothing is said about it. */
  readonly place: number | null;
  /** Since when there is a place. */
  readonly knownSince: number;
  /** The place said last, and when its saying began; `null`: none yet. */
  readonly told: { readonly place: number; readonly at: number } | null;
  /** The key was pressed. */
  readonly isAsked: boolean;
}

export const NO_POSITION: Position = { place: null, knownSince: 0, told: null, isAsked: false };

const NEVER = Number.POSITIVE_INFINITY;

/** The sample from which on the position is to be said, which may be past; Infinity: it isn't. */
export function positionDueAt(position: Position, settings: ProgrammeSettings, timing: Timing): number {
  const { place, knownSince, told, isAsked } = position;
  if (place === null) return NEVER;
  if (isAsked) return knownSince;
  // Changes within the pause are one change: what is said is the place at the end of it.
  if (settings.position.onChange && place !== told?.place)
    return told === null ? knownSince : told.at + timing.positionPause;
  return (told?.at ?? knownSince) + timing.positionEvery;
}

/** What is not a place, from 1 on, is none. */
export function atPlace(position: Position, place: number | null, at: number): Position {
  if (place === null || !Number.isSafeInteger(place) || place < 1) return { ...position, place: null, isAsked: false };
  return { ...position, place, knownSince: position.place === null ? at : position.knownSince };
}
