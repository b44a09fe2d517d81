import type { RoundSeconds } from '../queue/hold-time.ts';
import { type AnnouncementPrompts, OWN_WORDS } from '../speech/announcer.ts';
import { ANNOUNCER_PROMPTS } from '../speech/announcer-prompts.ts';

/** What a queue tells its waiting callers of their place and their wait, and whatever else it has to say; app_queue's announcements, milliseconds. */
export interface AnnouncementSettings {
  /** Place and waiting time are told again after so long (`announce-frequency`); 0: none of it, and the programme's own rules hold. @default 0 */
  readonly frequencyMs: number;
  /** And no sooner than so long after the last time began, when the place has changed (`min-announce-frequency`). @default 15 s */
  readonly minFrequencyMs: number;
  /** Whether the place is told (`announce-position`): `limit` up to `positionLimit`, `more` beyond it as "more than". @default 'yes' */
  readonly position: 'yes' | 'no' | 'limit' | 'more';
  /** `announce-position-limit`. @default 10 */
  readonly positionLimit: number;
  /** Only when the place has become better than the one told last (`announce-position-only-up`). @default false */
  readonly onlyUp: boolean;
  /** The estimated waiting time (`announce-holdtime`); `once`: with the first announcement. @default 'yes' */
  readonly holdTime: 'yes' | 'no' | 'once';
  /** `announce-round-seconds`. @default 0 */
  readonly roundSeconds: RoundSeconds;
  /** Whether the first in line is told, too (`announce-to-first-user`, which is no by default there). @default true */
  readonly toFirst: boolean;
  /** A word of thanks behind it, when something was said (`queue-thankyou`). @default true */
  readonly thanks: boolean;
  readonly periodic: PeriodicSettings;
  /** Media played to the caller when a member has answered, before the two talk (`queue-callerannounce`). @default none */
  readonly beforeConversation: readonly string[];
  /** Recordings in the place of the language's own words. */
  readonly prompts: AnnouncementPrompts;
}

/** What is said again and again while callers wait (`periodic-announce`). */
export interface PeriodicSettings {
  /** Names of recordings, one at a time, at most {@link PERIODIC_PROMPTS_MAX}. @default the request to stay on the line */
  readonly prompts: readonly string[];
  /** `periodic-announce-frequency`; 0: nothing. @default 0 */
  readonly frequencyMs: number;
  /** The first one (`periodic-announce-startdelay`); `null`: after the frequency. @default null */
  readonly startDelayMs: number | null;
  /** `random-periodic-announce`. @default 'in-order' */
  readonly order: 'in-order' | 'random';
  /** The pause counts from the end of the last one, not from its beginning (`relative-periodic-announce`). @default false */
  readonly relative: boolean;
}

/** app_queue's limit. */
export const PERIODIC_PROMPTS_MAX = 10;

/** app_queue's defaults, but for {@link AnnouncementSettings.toFirst}. */
export const ANNOUNCEMENT_DEFAULTS: AnnouncementSettings = {
  frequencyMs: 0,
  minFrequencyMs: 15_000,
  position: 'yes',
  positionLimit: 10,
  onlyUp: false,
  holdTime: 'yes',
  roundSeconds: 0,
  toFirst: true,
  thanks: true,
  periodic: {
    prompts: [ANNOUNCER_PROMPTS.stayOnLine],
    frequencyMs: 0,
    startDelayMs: null,
    order: 'in-order',
    relative: false,
  },
  beforeConversation: [],
  prompts: OWN_WORDS,
};
