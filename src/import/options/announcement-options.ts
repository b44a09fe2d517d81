import { ROUND_SECONDS } from '../../core/queue/hold-time.ts';
import { ANNOUNCER_PROMPTS } from '../../core/speech/announcer-prompts.ts';
import { type Converted, left, type OptionRule, prompts, seconds, whole, yesNo, yesNoOr } from './convert.ts';
import { monitorType } from './general-options.ts';

const DAY = 86_400;
const PERIODIC_MAX = 10;
/** app_queue's own recording. */
const PERIODIC_NAME = 'queue-periodic-announce';
const OWN_RECORDING = 'the recording of this application in its place';

/** A recording in the place of one of the queue's own; empty is silence, app_queue's own name is what is said anyway. */
function recording(name: string, setting: string): OptionRule {
  const convert = (value: string): Converted => {
    if (value === name) return { isSo: OWN_RECORDING };
    return { value: value === '' ? 'none' : value };
  };
  return { names: [name], setting: `announcements.prompts.${setting}`, convert };
}

function roundSeconds(value: string): Converted {
  const number = Number(value);
  if ((ROUND_SECONDS as readonly number[]).includes(number)) return { value: number };
  return { value: 0, note: `Asterisk rounds to ${ROUND_SECONDS.join(', ')} seconds and takes 0 for everything else` };
}

function periodic(value: string): Converted {
  const names = (value.includes(',') ? value.split(/[,|]/) : [value])
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length === 0) return { left: 'is empty: nothing is said' };
  if (names.length === 1 && names[0] === PERIODIC_NAME) return { isSo: OWN_RECORDING };
  const own = names.map((name) => (name === PERIODIC_NAME ? ANNOUNCER_PROMPTS.stayOnLine : name));
  const notes = [
    ...(names.includes(PERIODIC_NAME) ? [`${PERIODIC_NAME} is ${ANNOUNCER_PROMPTS.stayOnLine} here`] : []),
    ...(names.length > PERIODIC_MAX ? [`of ${names.length} recordings the first ${PERIODIC_MAX} are said`] : []),
  ];
  const written = own.slice(0, PERIODIC_MAX);
  return notes.length === 0 ? { value: written } : { value: written, note: notes.join('; ') };
}

const startDelay = (value: string): Converted =>
  Number.parseInt(value, 10) < 0
    ? { isSo: 'the first one comes after periodic.frequency' }
    : seconds({ max: DAY })(value);

function recordingFormat(value: string): Converted {
  const [format = '', ...more] = value.split('|').map((each) => each.trim());
  if (format === '') return { left: 'is empty: nothing is recorded' };
  const notes = [
    // In capital letters it is the ending of the other format's files.
    ...(format === 'WAV' ? ['WAV is the ending of wav49'] : []),
    ...(more.length > 0 ? ['of several formats the first one is recorded'] : []),
  ];
  const written = format === 'WAV' ? 'wav49' : format;
  return notes.length === 0 ? { value: written } : { value: written, note: notes.join('; ') };
}

/** Options of a queue in queues.conf that are about what is said and recorded; in the order of Asterisk's sample. */
export const ANNOUNCEMENT_OPTIONS: readonly OptionRule[] = [
  { names: ['queue-callerannounce'], setting: 'announcements.before-conversation', convert: prompts('&', 20) },
  { names: ['announce-frequency'], setting: 'announcements.frequency', convert: seconds({ max: DAY }) },
  { names: ['min-announce-frequency'], setting: 'announcements.min-frequency', convert: seconds({ max: DAY }) },
  {
    names: ['periodic-announce-frequency'],
    setting: 'announcements.periodic.frequency',
    convert: seconds({ max: DAY }),
  },
  { names: ['periodic-announce-startdelay'], setting: 'announcements.periodic.start-delay', convert: startDelay },
  {
    names: ['random-periodic-announce'],
    setting: 'announcements.periodic.order',
    convert: (value) => inOrder(yesNo(value)),
  },
  { names: ['relative-periodic-announce'], setting: 'announcements.periodic.relative', convert: yesNo },
  { names: ['announce-holdtime'], setting: 'announcements.hold-time', convert: yesNoOr(['once']) },
  { names: ['announce-position'], setting: 'announcements.position', convert: yesNoOr(['limit', 'more']) },
  { names: ['announce-to-first-user'], setting: 'announcements.to-first', convert: yesNo },
  {
    names: ['announce-position-limit'],
    setting: 'announcements.position-limit',
    convert: whole({ min: 1, max: 1000 }),
  },
  { names: ['announce-round-seconds'], setting: 'announcements.round-seconds', convert: roundSeconds },
  { names: ['announce-position-only-up'], setting: 'announcements.only-up', convert: yesNo },
  recording('queue-youarenext', 'you-are-next'),
  recording('queue-thereare', 'there-are'),
  recording('queue-callswaiting', 'calls-waiting'),
  recording('queue-quantity1', 'quantity1'),
  recording('queue-quantity2', 'quantity2'),
  recording('queue-holdtime', 'hold-time'),
  recording('queue-minute', 'minute'),
  recording('queue-minutes', 'minutes'),
  recording('queue-seconds', 'seconds'),
  recording('queue-thankyou', 'thank-you'),
  recording('queue-reporthold', 'report-hold'),
  { names: ['periodic-announce'], setting: 'announcements.periodic.prompts', convert: periodic },
  { names: ['monitor-format'], setting: 'recording.format', convert: recordingFormat },
  { names: ['monitor-type'], setting: null, convert: monitorType },
  {
    names: ['monitor-join'],
    setting: null,
    convert: left('recording.what says whether both sides are in one file, in two, or both'),
  },
];

const inOrder = (converted: Converted): Converted =>
  'value' in converted ? { ...converted, value: converted.value === true ? 'random' : 'in-order' } : converted;
