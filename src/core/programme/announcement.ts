import type { AnnouncementSettings } from './announcement-settings.ts';
import type { Position } from './position.ts';
import { REPEAT_MS_MIN } from './timing.ts';

/** What a queue can say to a waiting caller, as recordings in one language: to be mixed, or to be played by Asterisk. */
export interface AnnouncementVoice<Recording> {
  position(place: number): readonly Recording[];
  moreThan(places: number): readonly Recording[];
  /** Empty: there is no estimate. Asked when the saying begins. @param at the sample at which it begins */
  holdTime(at: number): readonly Recording[];
  thanks(): readonly Recording[];
  /** One recording of the periodic ones. */
  periodic(name: string): readonly Recording[];
}

/** Times of the announcements, in samples. */
export interface AnnouncementTiming {
  readonly frequency: number;
  readonly minFrequency: number;
  readonly periodicFirst: number;
  readonly periodicEvery: number;
}

/** An announcement of one caller's place and wait comes in parts, of which some may be left out. */
export interface AnnouncementPart<Recording> {
  readonly kind: 'position' | 'hold-time' | 'thanks';
  readonly recordings: readonly Recording[];
}

const NEVER = Number.POSITIVE_INFINITY;

/** @param waitedMs how long the caller has been waiting when the first sample is heard */
export function announcementTiming(
  { frequencyMs, minFrequencyMs, periodic }: AnnouncementSettings,
  { rate, waitedMs }: { readonly rate: number; readonly waitedMs: number },
): AnnouncementTiming {
  const samples = (ms: number): number => Math.round((Math.max(0, ms) * rate) / 1000);
  const minMs = Math.max(REPEAT_MS_MIN, minFrequencyMs);
  const isPeriodic = periodic.frequencyMs > 0 && periodic.prompts.length > 0;
  return {
    frequency: frequencyMs > 0 ? samples(Math.max(minMs, frequencyMs)) : NEVER,
    minFrequency: samples(minMs),
    periodicFirst: isPeriodic ? samples((periodic.startDelayMs ?? periodic.frequencyMs) - waitedMs) : NEVER,
    periodicEvery: isPeriodic ? samples(Math.max(REPEAT_MS_MIN, periodic.frequencyMs)) : NEVER,
  };
}

/**
 * The sample from which on place and waiting time are to be told, which may be past; Infinity: they aren't. At once when there is a
 * place, then after `frequency`, counted from the beginning of the last time; when the place has changed after `minFrequency`.
 */
export function announcementDueAt(
  { place, knownSince, told }: Position,
  { frequencyMs, toFirst, onlyUp }: AnnouncementSettings,
  timing: AnnouncementTiming,
): number {
  if (frequencyMs === 0 || place === null || (place === 1 && !toFirst)) return NEVER;
  if (told === null) return knownSince;
  if (onlyUp && place >= told.place) return NEVER;
  return told.at + (place === told.place ? timing.frequency : timing.minFrequency);
}

/** What is told of a place now, in order. Who is next is not told how long it takes; thanks are said for what was said. */
export function announcementParts<Recording>(
  { place, isFirst, at }: { readonly place: number; readonly isFirst: boolean; readonly at: number },
  settings: AnnouncementSettings,
  say: AnnouncementVoice<Recording>,
): readonly AnnouncementPart<Recording>[] {
  const position = sayPlace(place, settings, say);
  const isNext = place === 1 && position.length > 0;
  const isTimeTold = settings.holdTime === 'yes' || (settings.holdTime === 'once' && isFirst);
  const holdTime = isTimeTold && !isNext ? say.holdTime(at) : [];
  const isSaid = position.length + holdTime.length > 0;
  const parts: readonly AnnouncementPart<Recording>[] = [
    { kind: 'position', recordings: position },
    { kind: 'hold-time', recordings: holdTime },
    { kind: 'thanks', recordings: settings.thanks && isSaid ? say.thanks() : [] },
  ];
  return parts.filter(({ recordings }) => recordings.length > 0);
}

function sayPlace<Recording>(
  place: number,
  { position, positionLimit }: AnnouncementSettings,
  say: AnnouncementVoice<Recording>,
): readonly Recording[] {
  switch (position) {
    case 'no':
      return [];
    case 'yes':
      return say.position(place);
    case 'limit':
      return place <= positionLimit ? say.position(place) : [];
    case 'more':
      return place <= positionLimit ? say.position(place) : say.moreThan(positionLimit);
    default:
      return position satisfies never;
  }
}
