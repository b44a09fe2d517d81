import { z } from 'zod';
import { DIGITS_MAX, IVR_DEFAULTS, RESERVED_TARGETS } from '../core/ivr/flow-definition.ts';
import type { PenaltyRule } from '../core/queue/penalty-rules.ts';
import type { SkillRule } from '../core/queue/skills.ts';
import { language } from './general-sections.ts';
import {
  count,
  dialled,
  duration,
  durationText,
  flag,
  line,
  prompt,
  reference,
  section,
  telephoneKey,
} from './values.ts';

/** The names that a file gives to its things, read before the rest is checked, so that references can be. */
export interface KnownNames {
  readonly steps: readonly string[];
  readonly queues: readonly string[];
  readonly lookups: readonly string[];
  readonly calendars: readonly string[];
  readonly accounts: readonly string[];
  readonly strategies: readonly string[];
  readonly penaltyRules: Readonly<Record<string, PenaltyRule>>;
  readonly skillRules: Readonly<Record<string, SkillRule>>;
}

const MAX_MS = 10 * 60_000;

/** Kinds whose key holds a group of settings of their own. */
export const NESTED_KINDS = ['menu', 'collect', 'dial', 'hours', 'lookup', 'dialplan'] as const;
/** The keys that decide a step's kind. */
export const KINDS = [...NESTED_KINDS, 'queue'] as const;

/** The schemas of all kinds of step, by the key that makes a step one of that kind; `play` is the one with none of them. */
export function stepFields(known: KnownNames) {
  const targets = [...known.steps, ...RESERVED_TARGETS];
  const target = () => reference('step', targets).meta({ kind: 'step, `hangup` or `dialplan`' });
  const lookup = () => reference('lookup', known.lookups);
  return {
    play: playFields(target),
    menu: menuFields(target),
    collect: collectFields(target, lookup),
    dial: dialFields(target),
    hours: hoursFields(target, known.calendars),
    lookup: lookupFields(target, lookup),
    queue: queueFields(target, known.queues),
    dialplan: dialplanFields(),
  };
}

type Reference = () => ReturnType<typeof reference>;

const wait = (defaultMs: number) => duration({ minMs: 100, maxMs: MAX_MS }).prefault(durationText(defaultMs));
const tries = () => count(1, 100).prefault(IVR_DEFAULTS.tries);

function playFields(target: Reference) {
  return section(
    {
      answer: flag().prefault(false).describe('Answers the call first. Without it the prompt is early media.'),
      language: language().optional().describe('The language of all prompts from here on.'),
      silence: duration({ maxMs: MAX_MS }).prefault(0).describe('Silence before the prompt.'),
      play: prompt().prefault([]).describe('What is said; every key cuts it short.'),
      tone: z
        .string()
        .regex(/^[A-Za-z0-9_]{1,40}$/, { error: 'expected the name of a tone of indications.conf, such as congestion' })
        .optional()
        .describe('A tone after it, by its name in indications.conf: `congestion`, `busy`.'),
      'tone-length': wait(IVR_DEFAULTS.toneLengthMs).describe('How long the tone lasts.'),
      next: target().optional().describe('The step that follows. Either this or `hangup`.'),
      hangup: flag().optional().describe('`true` hangs up at the end of the step.'),
    },
    { alsoKnown: KINDS },
  );
}

function menuFields(target: Reference) {
  return section({
    prompt: prompt().describe('The choices. A key counts from the first word on.'),
    wait: wait(IVR_DEFAULTS.menuWaitMs).describe('How long after the prompt a key is waited for.'),
    keys: z
      .record(telephoneKey(), target())
      .refine((keys) => Object.keys(keys).length > 0, { error: 'expected at least one key' })
      .meta({ kind: 'step by key' })
      .describe("Where each key leads: `'1': support`."),
    'wrong-key': prompt()
      .prefault([])
      .describe('Said after a key that `keys` does not have; then comes the menu again.'),
    tries: tries().describe('The wrong key number `tries` counts as if nothing had been pressed.'),
    nothing: target().describe('Where it goes on when nothing was pressed.'),
  });
}

function collectFields(target: Reference, lookup: Reference) {
  return section({
    prompt: prompt().describe('Asks for the code.'),
    digits: count(1, DIGITS_MAX).describe('Length of the code; it is complete with the last digit.'),
    'end-key': z
      .enum(['#', '*', 'none'])
      .prefault(IVR_DEFAULTS.endKey)
      .describe('Ends the code early; `none` when no key does.'),
    'first-digit': wait(IVR_DEFAULTS.firstDigitMs).describe('How long after the prompt the first digit is waited for.'),
    'between-digits': wait(IVR_DEFAULTS.betweenDigitsMs).describe('How long each further digit is waited for.'),
    tries: tries().describe('How many codes may be typed; silence counts as one.'),
    lookup: lookup().describe('The lookup that is asked with the digits.'),
    invalid: prompt().prefault([]).describe('Said after every code that no customer has.'),
    again: prompt().prefault([]).describe('Said after that while there is another try.'),
    found: target().describe('Where a call with a customer goes on.'),
    failed: target().describe('Where it goes on after the last try.'),
    unavailable: target()
      .optional()
      .describe('Where it goes on, without a customer, while the lookup does not answer; by default as `found`.'),
  });
}

function dialFields(target: Reference) {
  return section({
    extension: dialled().describe(
      'The extension that is rung, by its number in the database; otherwise `PJSIP/NUMBER`.',
    ),
    ring: duration({ minMs: 1000, maxMs: MAX_MS })
      .prefault(durationText(IVR_DEFAULTS.ringTimeoutMs))
      .describe('How long it rings.'),
    'no-answer': target().describe('Where it goes on when nobody answers.'),
    busy: target().optional().describe('… when it is busy or rejected; by default as `no-answer`.'),
    unreachable: target().optional().describe('… when no phone is registered; by default as `no-answer`.'),
    ended: target().optional().describe('… when they have talked and the called person hung up; by default `hangup`.'),
  });
}

function hoursFields(target: Reference, calendars: readonly string[]) {
  return section({
    calendar: reference('calendar', calendars).describe('One of `calendars`.'),
    open: target().describe('Where it goes on during the opening hours.'),
    closed: target().describe('… outside them.'),
  });
}

function lookupFields(target: Reference, lookup: Reference) {
  return section({
    by: lookup().describe("The lookup that is asked with the caller's number."),
    found: target().describe('Where a call with a customer goes on.'),
    'not-found': target().describe('… without one, also when the number is withheld.'),
    unavailable: target().optional().describe('… while the lookup does not answer; by default as `not-found`.'),
  });
}

function queueFields(target: Reference, queues: readonly string[]) {
  return section({
    queue: reference('queue', queues).describe('One of `queues`.'),
    prompt: prompt()
      .prefault([])
      .describe(
        'Said to the caller who has taken a place: a member is looked for meanwhile, and an answer cuts it short.',
      ),
    next: target()
      .prefault('dialplan')
      .describe('Where a call goes on that leaves the queue without having been served.'),
  });
}

function dialplanFields() {
  return section({
    context: line(80).describe('The context in extensions.conf.'),
    extension: dialled().describe('The extension in it.'),
    priority: count(1, 10_000).prefault(1).describe('The priority in that.'),
  });
}
