import { z } from 'zod';
import {
  ANNOUNCEMENT_DEFAULTS,
  type AnnouncementSettings,
  PERIODIC_PROMPTS_MAX,
} from '../core/programme/announcement-settings.ts';
import { ROUND_SECONDS } from '../core/queue/hold-time.ts';
import type { AnnouncementPrompts } from '../core/speech/announcer.ts';
import { shown } from './findings.ts';
import { count, duration, durationText, flag, prompt, section } from './values.ts';

const DEFAULTS = ANNOUNCEMENT_DEFAULTS;
/** Of a thousand callers nobody wants to hear the exact place. */
const POSITION_LIMIT_MAX = 1000;
/** Recordings in the place of one of the language's own. */
const RECORDINGS_MAX = 10;
/** A name below the folders of recordings; as the sound library takes it. */
const RECORDING = /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*){0,4}$/;

/** A recording that the programme mixes over the music: no tone and no file by its path. */
const recording = () =>
  z
    .string()
    .max(200)
    .transform((written) => written.replace(/^sound:/, ''))
    .refine((name) => RECORDING.test(name), {
      error: ({ input }) => `expected the name of a recording such as queueapp/stay_on_line, got ${shown(input)}`,
    })
    .meta({ kind: 'name of a recording' });

/** Recordings in the place of one of the language's own; `none` is silence. */
const instead = (own: string) =>
  z
    .union([z.literal('none').transform((): readonly string[] => []), recordings()])
    .optional()
    .meta({ kind: 'recording, list of recordings, or `none`', fallback: own });

const recordings = () =>
  z.preprocess(
    (written) => (typeof written === 'string' ? [written] : written),
    z.array(recording()).max(RECORDINGS_MAX),
  );

/** `yes` and `no` are true and false to YAML. */
function words<Word extends string>(list: readonly Word[], fallback: Word) {
  const known = list.map((word) => `\`${word}\``).join(', ');
  return z
    .union([z.boolean(), z.string()])
    .transform((written, context): Word => {
      const text = typeof written === 'boolean' ? (written ? 'yes' : 'no') : written;
      const word = list.find((each) => each === text);
      if (word !== undefined) return word;
      const message = `expected ${list.join(', ')}, got ${shown(written)}`;
      context.issues.push({ code: 'custom', input: written, message });
      return z.NEVER;
    })
    .prefault(fallback)
    .meta({ kind: known });
}

/** What a queue tells its waiting callers. */
export const announcementFields = section({
  frequency: duration()
    .prefault(0)
    .describe(
      "Place in line and estimated waiting time are told at once, and again after so long (app_queue: `announce-frequency`). 0: they aren't; then `programme.position` says when the place is told.",
    ),
  'min-frequency': duration()
    .prefault(durationText(DEFAULTS.minFrequencyMs))
    .describe('When the place has changed, so long after the last time (`min-announce-frequency`).'),
  position: words(['yes', 'no', 'limit', 'more'], DEFAULTS.position).describe(
    'The place: always, never, up to `position-limit`, or beyond it as “more than ten” (`announce-position`).',
  ),
  'position-limit': count(1, POSITION_LIMIT_MAX)
    .prefault(DEFAULTS.positionLimit)
    .describe('For `limit` and `more` (`announce-position-limit`).'),
  'only-up': flag()
    .prefault(DEFAULTS.onlyUp)
    .describe('Only when the place has become better than the one told last (`announce-position-only-up`).'),
  'hold-time': words(['yes', 'no', 'once'], DEFAULTS.holdTime).describe(
    'The estimated waiting time, when anybody has been answered yet; `once`: with the first announcement only (`announce-holdtime`).',
  ),
  'round-seconds': z
    .literal(ROUND_SECONDS)
    .prefault(DEFAULTS.roundSeconds)
    .meta({ kind: ROUND_SECONDS.map((seconds) => `\`${seconds}\``).join(', ') })
    .describe('Seconds are told, too, rounded down to such steps; 0: minutes alone (`announce-round-seconds`).'),
  'to-first': flag()
    .prefault(DEFAULTS.toFirst)
    .describe(
      'The first in line hears it, too (`announce-to-first-user`, which is `no` there). Nobody waits longer for it: a member who is found interrupts it.',
    ),
  thanks: flag().prefault(DEFAULTS.thanks).describe('A word of thanks behind it, when something was said.'),
  periodic: section({
    prompts: z
      .array(recording())
      .min(1)
      .max(PERIODIC_PROMPTS_MAX)
      .prefault([...DEFAULTS.periodic.prompts])
      .meta({ kind: `list of 1 to ${PERIODIC_PROMPTS_MAX} recordings` })
      .describe('Said one at a time while callers wait (`periodic-announce`).'),
    frequency: duration().prefault(0).describe('One of them every so long; 0: none (`periodic-announce-frequency`).'),
    'start-delay': duration()
      .optional()
      .meta({ fallback: 'periodic.frequency' })
      .describe('The first one (`periodic-announce-startdelay`).'),
    order: z
      .enum(['in-order', 'random'])
      .prefault(DEFAULTS.periodic.order)
      .describe('One after the other, or any (`random-periodic-announce`).'),
    relative: flag()
      .prefault(DEFAULTS.periodic.relative)
      .describe('Counted from the end of the last one, not from its beginning (`relative-periodic-announce`).'),
  }).prefault({}),
  'before-conversation': prompt()
    .prefault([])
    .describe(
      'Said to the caller when a member has answered, before the two talk: the only announcement that somebody waits for (`queue-callerannounce`).',
    ),
  prompts: section({
    'you-are-next': instead('queueapp/position_first').describe('The first in line (`queue-youarenext`).'),
    'there-are': instead('queueapp/position').describe('In front of the place (`queue-thereare`).'),
    'calls-waiting': instead('none').describe('Behind it (`queue-callswaiting`).'),
    quantity1: instead('queueapp/position_more').describe('In front of the limit (`queue-quantity1`).'),
    quantity2: instead('waiting/call_many').describe('Behind it (`queue-quantity2`).'),
    'hold-time': instead('queueapp/hold_time').describe('In front of the waiting time (`queue-holdtime`).'),
    minute: instead('waiting/minute_one').describe('Behind one minute (`queue-minute`).'),
    minutes: instead('waiting/minute_many').describe('Behind more (`queue-minutes`).'),
    seconds: instead('waiting/second_many').describe('Behind seconds (`queue-seconds`).'),
    'thank-you': instead('queueapp/thanks').describe('Behind it all (`queue-thankyou`).'),
    'report-hold': instead('queueapp/caller_waited').describe(
      'For the member, in front of the time that the caller has waited (`queue-reporthold`).',
    ),
  }).prefault({}),
});

/** The same in the application's units. */
export function announcementSettings(written: z.output<typeof announcementFields>): AnnouncementSettings {
  const { periodic } = written;
  return {
    frequencyMs: written.frequency,
    minFrequencyMs: written['min-frequency'],
    position: written.position,
    positionLimit: written['position-limit'],
    onlyUp: written['only-up'],
    holdTime: written['hold-time'],
    roundSeconds: written['round-seconds'],
    toFirst: written['to-first'],
    thanks: written.thanks,
    periodic: {
      prompts: periodic.prompts,
      frequencyMs: periodic.frequency,
      startDelayMs: periodic['start-delay'] ?? null,
      order: periodic.order,
      relative: periodic.relative,
    },
    beforeConversation: written['before-conversation'],
    prompts: prompts(written.prompts),
  };
}

function prompts(written: z.output<typeof announcementFields>['prompts']): AnnouncementPrompts {
  return {
    youAreNext: written['you-are-next'] ?? null,
    thereAre: written['there-are'] ?? null,
    callsWaiting: written['calls-waiting'] ?? null,
    quantity1: written.quantity1 ?? null,
    quantity2: written.quantity2 ?? null,
    holdTime: written['hold-time'] ?? null,
    minute: written.minute ?? null,
    minutes: written.minutes ?? null,
    seconds: written.seconds ?? null,
    thankYou: written['thank-you'] ?? null,
    reportHold: written['report-hold'] ?? null,
  };
}
