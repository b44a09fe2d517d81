import type { QueueName } from '../ids.ts';

/*
 * The configured IVR as the machine reads it: named steps that form a graph. Configuration checks the YAML shape, turns
 * seconds into milliseconds and kebab-case into camelCase, fills in IVR_DEFAULTS, and produces these types exactly;
 * whether names point at something is validate.ts's business. The YAML of each step stands above its type; a key with
 * `?` may be left out. A step is of the kind whose key it has (`menu`, `collect`, `dial`, `hours`, `lookup`, `queue`,
 * `dialplan`); with none of these it is a play step. Two kinds in one step are an error.
 *
 *   calendars?: { NAME: CALENDAR }
 *   ivr: { start: STEP, steps: { NAME: STEP } }
 */

/** The whole IVR. `start` is entered by `Stasis(queueapp)`, any other step by `Stasis(queueapp,menu,NAME)`. */
export interface IvrDefinition {
  readonly start: string;
  readonly steps: Readonly<Record<string, IvrStep>>;
  readonly calendars: Readonly<Record<string, Calendar>>;
}

/**
 * Where a call goes next: the name of a step, or one of RESERVED_TARGETS. `hangup` hangs up, `dialplan` goes on at the
 * dialplan's next priority. No step may have a reserved name.
 */
export type Target = string;

/** Targets that are no steps. */
export const RESERVED_TARGETS = ['hangup', 'dialplan'] as const;

/** What configuration fills in where the administrator says nothing. */
export const IVR_DEFAULTS = {
  menuWaitMs: 3_000,
  tries: 3,
  endKey: '#',
  firstDigitMs: 5_000,
  betweenDigitsMs: 3_000,
  ringTimeoutMs: 30_000,
  toneLengthMs: 4_000,
} as const;

/** Media as ARI's play takes it, one after another: `sound:queueapp/welcome`, `digits:42`, `tone:busy`. */
export type Prompt = readonly string[];

const MEDIA_SCHEME = /^(sound|recording|number|digits|characters|tone):/;

/** Turns a prompt as administrators write it into media: `queueapp/x` → `sound:queueapp/x`; what names its kind passes. */
export function promptMedia(prompt: string): string {
  return MEDIA_SCHEME.test(prompt) ? prompt : `sound:${prompt}`;
}

export type IvrStep = PlayStep | MenuStep | CollectStep | DialStep | HoursStep | LookupStep | QueueStep | DialplanStep;

/**
 * Says something and goes on. A key cuts it short (see flow.ts for when that key counts for the next step).
 *
 *   welcome: { answer?: true, language?: en, silence?: 1s, play?: [PROMPT…], next: TARGET }
 *   goodbye: { play: [PROMPT…], tone?: congestion, tone-length?: 4s, hangup: true }
 *
 * Exactly one of `next` and `hangup: true`, which is the same as `next: hangup`.
 */
export interface PlayStep {
  readonly kind: 'play';
  /** Answers first, unless that has happened. Without it the prompt is early media. */
  readonly answer: boolean;
  /** Speaks this language from here on (CHANNEL(language)); `null` leaves it. */
  readonly language: string | null;
  /** Silence before the prompt; 0 for none. */
  readonly silenceMs: number;
  readonly prompt: Prompt;
  /** A tone after the prompt, by its name in indications.conf (`congestion`, `busy`); keys do not cut it. */
  readonly tone: { readonly name: string; readonly lengthMs: number } | null;
  readonly next: Target;
}

/**
 * Lets the caller choose by one key, at any time from the prompt's first word on. Answers, if that has not happened.
 *
 *   main: { menu: { prompt: [PROMPT…], wait?: 3s, keys: { '1': TARGET, … }, wrong-key?: [PROMPT…], tries?: 3, nothing: TARGET } }
 */
export interface MenuStep {
  readonly kind: 'menu';
  readonly prompt: Prompt;
  /** How long to wait for a key, from the end of the prompt. */
  readonly waitMs: number;
  /** By key: one of `0-9 * # A-D`. At least one. */
  readonly keys: Readonly<Record<string, Target>>;
  /** Said after a key that `keys` does not have; then the menu again. */
  readonly wrongKey: Prompt;
  /** The wrong key number `tries` (≥ 1) leads to `nothing`. */
  readonly tries: number;
  /** Nothing was pressed, or too many wrong keys. */
  readonly nothing: Target;
}

/**
 * Asks for a code and looks the customer up by it. Answers, if that has not happened.
 *
 *   support: { collect: { prompt: [PROMPT…], digits: 4, end-key?: '#', first-digit?: 5s, between-digits?: 3s, tries?: 3,
 *              lookup: LOOKUP, invalid?: [PROMPT…], again?: [PROMPT…], found: TARGET, failed: TARGET, unavailable?: TARGET } }
 */
export interface CollectStep {
  readonly kind: 'collect';
  readonly prompt: Prompt;
  /** The code is complete at this many digits (1 to DIGITS_MAX). */
  readonly digits: number;
  /** Ends the code early; `null` (YAML `end-key: none`) when there is no such key. */
  readonly endKey: string | null;
  /** Longest wait for the first digit, from the end of the prompt. */
  readonly firstDigitMs: number;
  /** Longest wait for each further digit; then the code is taken as typed. */
  readonly betweenDigitsMs: number;
  /** How many codes may be typed (≥ 1); silence counts as one. */
  readonly tries: number;
  /** The name of a lookup, which is asked with the digits. */
  readonly lookup: string;
  /** Said after every code that is not found. */
  readonly invalid: Prompt;
  /** Said after `invalid` while there is another try; the prompt follows. */
  readonly again: Prompt;
  readonly found: Target;
  /** After the last try. */
  readonly failed: Target;
  /** The lookup's source is down: the call goes on without a customer. By default the same as `found`. */
  readonly unavailable: Target;
}

/** The most digits one collect step may ask for. */
export const DIGITS_MAX = 32;

/**
 * Rings one extension.
 *
 *   sales: { dial: { extension: '2000', ring?: 30s, no-answer: TARGET, busy?: TARGET, unreachable?: TARGET, ended?: TARGET } }
 *
 * `busy` and `unreachable` are by default the same as `no-answer`; `ended` is by default `hangup`.
 */
export interface DialStep {
  readonly kind: 'dial';
  readonly extension: string;
  readonly ringTimeoutMs: number;
  readonly noAnswer: Target;
  /** Also when the call was rejected at the phone. */
  readonly busy: Target;
  /** No phone is registered, or the network refused. */
  readonly unreachable: Target;
  /** They talked and the called person hung up. */
  readonly ended: Target;
}

/**
 * Branches by a calendar.
 *
 *   office: { hours: { calendar: NAME, open: TARGET, closed: TARGET } }
 */
export interface HoursStep {
  readonly kind: 'hours';
  readonly calendar: string;
  readonly open: Target;
  readonly closed: Target;
}

/**
 * Looks the customer up by the caller's number; a withheld number is not found.
 *
 *   who: { lookup: { by: LOOKUP, found: TARGET, not-found: TARGET, unavailable?: TARGET } }
 *
 * `unavailable` is by default the same as `not-found`.
 */
export interface LookupStep {
  readonly kind: 'lookup';
  /** The name of a lookup. */
  readonly by: string;
  readonly found: Target;
  readonly notFound: Target;
  readonly unavailable: Target;
}

/**
 * Gives the caller a place in a queue.
 *
 *   support-queue: { queue: NAME, prompt?: [PROMPT…], next?: TARGET }
 */
export interface QueueStep {
  readonly kind: 'queue';
  readonly queue: QueueName;
  /** Said to the caller who is in the queue already: a member is looked for meanwhile, and an answer cuts it. */
  readonly prompt: Prompt;
  /** Where a call goes that leaves the queue without having been served; by default `dialplan`. */
  readonly next: Target;
}

/**
 * Sends the call to an extension of the dialplan: voicemail, another application, another switch.
 *
 *   voicemail: { dialplan: { context: voicemail, extension: '1000', priority?: 1 } }
 */
export interface DialplanStep {
  readonly kind: 'dialplan';
  readonly target: { readonly context: string; readonly extension: string; readonly priority: number };
}

/**
 * When somebody is there, by the clocks of one place.
 *
 *   calendars:
 *     office:
 *       time-zone: Europe/Berlin
 *       week: { monday-thursday: ['08:00-12:00', '13:00-17:30'], friday: ['22:00-06:00'] }
 *       holidays?: ['12-25', '2026-05-14']
 *
 * Ranges are read by parseOpeningRange, holidays by parseHoliday (opening-hours.ts). A day that is not named is closed.
 */
export interface Calendar {
  /** IANA name; checked by isTimeZone (opening-hours.ts). */
  readonly timeZone: string;
  readonly week: Readonly<Record<Weekday, readonly OpeningRange[]>>;
  readonly holidays: readonly Holiday[];
}

export const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'] as const;

export type Weekday = (typeof WEEKDAYS)[number];

/** Minutes of the day by the wall clock, 0 to 1440, `to` excluded. With `to` at or before `from` it ends on the next day. */
export interface OpeningRange {
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** A day on which nothing begins; each year's when `year` is `null`. `month` and `day` count from 1. */
export interface Holiday {
  readonly year: number | null;
  readonly month: number;
  readonly day: number;
}
