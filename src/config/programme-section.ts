import { z } from 'zod';
import { mergeProgramme, PROGRAMME_DEFAULTS, type ProgrammeOverrides } from '../core/programme/settings.ts';
import { shown } from './findings.ts';
import { count, duration, durationText, flag, percent, percentText, section } from './values.ts';

const FADE = { minMs: 10, maxMs: 10_000 };
const PAUSE = { maxMs: 3_600_000 };

const DEFAULTS = PROGRAMME_DEFAULTS;

const fade = (defaultMs: number) =>
  duration(FADE)
    .optional()
    .meta({ fallback: durationText(defaultMs) });
const pause = (defaultMs: number) =>
  duration(PAUSE)
    .optional()
    .meta({ fallback: durationText(defaultMs) });
const level = (fallback: number) =>
  percent()
    .optional()
    .meta({ fallback: percentText(fallback) });
const hour = (fallback: number) => count(0, 24).optional().meta({ fallback: fallback });

/** A key of the telephone, or `none`. */
const key = (fallback: string | null) =>
  z
    .union([z.string(), z.int()])
    .transform((written, context): string | null => {
      const text = String(written);
      if (text === 'none') return null;
      if (/^[0-9*#]$/.test(text)) return text;
      context.issues.push({
        code: 'custom',
        input: written,
        message: `expected a key such as '3', or none, got ${shown(written)}`,
      });
      return z.NEVER;
    })
    .optional()
    .meta({ kind: 'key `0` to `9`, `*`, `#`, or `none`', fallback: fallback ?? 'none' });

/** The settings of a programme, each of which may be left out. */
export const programmeFields = section({
  levels: section({
    'music-under-speech': level(DEFAULTS.levels.musicUnderSpeech).describe(
      'How loud the music is while something is said; 10 % is −20 dB.',
    ),
    voice: level(DEFAULTS.levels.voice).describe('How loud it is said.'),
  }).optional(),
  fades: section({
    down: fade(DEFAULTS.fades.downMs).describe('The music goes down, before something is said.'),
    up: fade(DEFAULTS.fades.upMs).describe('And comes back after it.'),
    out: fade(DEFAULTS.fades.outMs).describe('The old tune goes.'),
    'in-delay': duration({ maxMs: FADE.maxMs })
      .optional()
      .meta({ fallback: durationText(DEFAULTS.fades.inDelayMs) })
      .describe('The new one begins so long after the old one has begun to go.'),
    in: fade(DEFAULTS.fades.inMs).describe("And comes. Also the programme's beginning, and its return."),
  }).optional(),
  keys: section({
    'next-tune': key(DEFAULTS.keys.nextTune).describe('The next tune; the choice is remembered for the number.'),
    accounts: key(DEFAULTS.keys.accounts).describe('Personal information, when the queue has an account source.'),
    position: key(DEFAULTS.keys.position).describe('The position in the queue.'),
  }).optional(),
  'key-pauses': section({
    'next-tune': pause(DEFAULTS.keyPauses.nextTuneMs).describe('The key counts again after so long.'),
    accounts: pause(DEFAULTS.keyPauses.accountsMs).describe('… that for personal information.'),
    position: pause(DEFAULTS.keyPauses.positionMs).describe('… that for the position.'),
  }).optional(),
  position: section({
    'on-change': flag().optional().meta({ fallback: DEFAULTS.position.onChange }).describe('Said when it changes.'),
    every: pause(DEFAULTS.position.everyMs).describe('Said again so long after it was said last; 0: not.'),
  }).optional(),
  advice: section({
    'first-after': pause(DEFAULTS.advice.firstAfterMs).describe('Music before the first advice.'),
    pause: pause(DEFAULTS.advice.pauseMs).describe('Music between two of them.'),
    'morning-from': hour(DEFAULTS.advice.morningFrom).describe(
      'From this hour on `firstMorning/` is said, local time.',
    ),
    'day-from': hour(DEFAULTS.advice.dayFrom).describe('… `firstDay/`.'),
    'evening-from': hour(DEFAULTS.advice.eveningFrom).describe('… `firstEvening/`.'),
  }).optional(),
  order: z
    .enum(['alphabetical', 'random'])
    .optional()
    .meta({ fallback: DEFAULTS.order })
    .describe("The tracks' order: by name, or one of the caller's own."),
});

/** A class's or a queue's programme: what differs from what lies below it. */
export const programme = programmeFields.transform((written): ProgrammeOverrides => {
  const { levels, fades, keys, position, advice } = written;
  const pauses = written['key-pauses'];
  return given({
    levels: levels && given({ musicUnderSpeech: levels['music-under-speech'], voice: levels.voice }),
    fades:
      fades &&
      given({
        downMs: fades.down,
        upMs: fades.up,
        outMs: fades.out,
        inDelayMs: fades['in-delay'],
        inMs: fades.in,
      }),
    keys: keys && given({ nextTune: keys['next-tune'], accounts: keys.accounts, position: keys.position }),
    keyPauses:
      pauses && given({ nextTuneMs: pauses['next-tune'], accountsMs: pauses.accounts, positionMs: pauses.position }),
    position: position && given({ onChange: position['on-change'], everyMs: position.every }),
    advice:
      advice &&
      given({
        firstAfterMs: advice['first-after'],
        pauseMs: advice.pause,
        morningFrom: advice['morning-from'],
        dayFrom: advice['day-from'],
        eveningFrom: advice['evening-from'],
      }),
    order: written.order,
  });
});

type Given<Written> = { [Name in keyof Written]?: Exclude<Written[Name], undefined> };

/** Only what was written. */
function given<Written extends object>(written: Written): Given<Written> {
  return Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined)) as Given<Written>;
}

/** What is wrong with a programme as a whole, defaults and class included; `path` begins in `programme`. */
export interface ProgrammeFinding {
  readonly path: readonly string[];
  readonly reason: string;
}

const KEYS = [
  ['nextTune', 'next-tune'],
  ['accounts', 'accounts'],
  ['position', 'position'],
] as const;

/** Two uses of one key, and hours that don't follow each other, whichever of the layers they come from. */
export function programmeFindings(...layers: readonly ProgrammeOverrides[]): ProgrammeFinding[] {
  const written = layers.at(-1) ?? {};
  const { keys, advice } = mergeProgramme(...layers);
  const findings: ProgrammeFinding[] = [];
  for (const [index, [field, name]] of KEYS.entries()) {
    const same = KEYS.find(([other], at) => at !== index && keys[other] !== null && keys[other] === keys[field]);
    // Told once: at the one that stands in this layer, the later one when both do.
    const isTold = written.keys?.[field] !== undefined && same !== undefined;
    const isFirst = isTold && KEYS.indexOf(same) > index && written.keys?.[same[0]] !== undefined;
    if (!isTold || isFirst) continue;
    const reason = `'${keys[field]}' is the key of ${same[1]}, too${written.keys?.[same[0]] === undefined ? '; write another one there, or none' : ''}`;
    findings.push({ path: ['keys', name], reason });
  }
  const { morningFrom, dayFrom, eveningFrom } = advice;
  if (written.advice !== undefined && !(morningFrom < dayFrom && dayFrom < eveningFrom)) {
    const hours = `${morningFrom}, ${dayFrom}, ${eveningFrom}`;
    findings.push({ path: ['advice'], reason: `morning, day and evening must begin one after another, got ${hours}` });
  }
  return findings;
}
