import { shown } from '../../config/findings.ts';
import { STRATEGIES } from '../../core/queue/settings.ts';
import {
  type Converted,
  isTrue,
  left,
  type OptionRule,
  prompts,
  seconds,
  text,
  whole,
  word,
  yesNo,
  yesNoOr,
} from './convert.ts';
import { emptiness } from './empty.ts';

const DAY = 86_400;
const NO_EVENTS = 'there are no manager events; the HTTP API, XMPP and queue_log tell what happens';

function strategy(value: string): Converted {
  const name = value.toLowerCase();
  if ((STRATEGIES as readonly string[]).includes(name)) return { value: name };
  // The name that rrmemory had up to Asterisk 1.4; strategies of that name are still read so.
  if (name === 'roundrobin') return { value: 'rrmemory', note: 'roundrobin is an old name of rrmemory' };
  return { value: 'ringall', note: `there is no strategy ${shown(value)}: Asterisk takes ringall` };
}

/** A yes that adds a word to a list. */
const variable =
  (name: string) =>
  (value: string): Converted =>
    isTrue(value) ? { value: [name] } : { left: 'no is the default' };

/** A yes that stands for one miss, a no for none. */
const misses = (value: string): Converted => ({ value: isTrue(value) ? 1 : 0 });

/** Options of a queue in queues.conf that are about members, places and rings; in the order of Asterisk's sample. */
export const QUEUE_OPTIONS: readonly OptionRule[] = [
  { names: ['musicclass', 'music', 'musiconhold'], setting: 'music-class', convert: text },
  { names: ['announce'], setting: 'member-announce', convert: prompts('&', 20) },
  { names: ['strategy'], setting: 'strategy', convert: strategy },
  { names: ['servicelevel'], setting: 'service-level', convert: seconds({ max: DAY }) },
  { names: ['context'], setting: 'exit-context', convert: text },
  { names: ['penaltymemberslimit'], setting: 'penalty-members-limit', convert: whole({ max: 10_000 }) },
  { names: ['timeout'], setting: 'ring-timeout', convert: seconds({ max: 600, below: 15 }) },
  { names: ['retry'], setting: 'retry', convert: seconds({ min: 1, max: 600, below: 5 }) },
  { names: ['timeoutpriority'], setting: 'timeout-priority', convert: word(['app', 'conf'], 'app') },
  { names: ['weight'], setting: 'weight', convert: whole({ min: -1_000_000, max: 1_000_000 }) },
  { names: ['wrapuptime'], setting: 'wrap-up', convert: seconds({ max: 3600 }) },
  { names: ['autofill'], setting: 'autofill', convert: yesNo },
  { names: ['autopause'], setting: 'autopause', convert: yesNoOr(['all']) },
  { names: ['autopausedelay'], setting: 'autopause-delay', convert: seconds({ max: DAY }) },
  { names: ['autopausebusy'], setting: 'autopause-after.busy', convert: misses },
  { names: ['autopauseunavail'], setting: 'autopause-after.unavailable', convert: misses },
  { names: ['maxlen'], setting: 'max-length', convert: whole({ max: 10_000, below: 0 }) },
  { names: ['setinterfacevar'], setting: 'set-variables', convert: variable('interface') },
  { names: ['setqueueentryvar'], setting: 'set-variables', convert: variable('entry') },
  { names: ['setqueuevar'], setting: 'set-variables', convert: variable('queue') },
  {
    names: ['membergosub', 'membermacro'],
    setting: null,
    convert: left(
      "nothing of the dialplan runs at a member's answer; member-announce, accept and the pubsub item do what it is mostly for",
    ),
  },
  { names: ['joinempty'], setting: 'join-empty', convert: emptiness('joinempty') },
  { names: ['leavewhenempty'], setting: 'leave-when-empty', convert: emptiness('leavewhenempty') },
  { names: ['reportholdtime'], setting: 'report-hold-time', convert: yesNo },
  { names: ['ringinuse'], setting: 'ring-in-use', convert: yesNo },
  { names: ['memberdelay'], setting: 'member-delay', convert: seconds({ max: 60 }) },
  { names: ['timeoutrestart'], setting: 'timeout-restart', convert: yesNo },
  { names: ['defaultrule'], setting: 'penalty-rule', convert: text },
  // Of older versions: their configurations are about, and Asterisk says no more than “unknown keyword”.
  { names: ['eventwhencalled'], setting: null, convert: left(NO_EVENTS) },
  { names: ['eventmemberstatus', 'eventmemberstatusoff'], setting: null, convert: left(NO_EVENTS) },
];
