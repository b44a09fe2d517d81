import { z } from 'zod';
import { queueName } from '../core/ids.ts';
import { RESERVED_TARGETS } from '../core/ivr/flow-definition.ts';
import { EMPTY_CONDITIONS, type EmptyCondition, type QueueSettings, STRATEGIES } from '../core/queue/settings.ts';
import { announcementFields, announcementSettings } from './announcement-section.ts';
import { shown } from './findings.ts';
import { programme } from './programme-section.ts';
import { recordingFields, recordingSettings } from './recording-section.ts';
import { className } from './sound-section.ts';
import type { KnownNames } from './step-fields.ts';
import { count, dialled, duration, flag, line, prompt, reference, section, telephoneKey } from './values.ts';

const MINUTE_MS = 60_000;
const MISSES_MAX = 100;

/** What app_queue's words for `joinempty` and `leavewhenempty` stand for; only `yes` and `no` differ. */
const STRICT: readonly EmptyCondition[] = ['penalty', 'paused', 'invalid', 'unavailable'];
const SOFT: readonly EmptyCondition[] = ['penalty', 'paused', 'invalid'];
const LOOSE: readonly EmptyCondition[] = ['penalty', 'invalid'];

/** A word of app_queue's, or a list of conditions. */
function emptiness(words: { readonly yes: readonly EmptyCondition[]; readonly no: readonly EmptyCondition[] }) {
  const known: Readonly<Record<string, readonly EmptyCondition[]>> = { ...words, strict: STRICT, loose: LOOSE };
  const names = [...Object.keys(known), ...EMPTY_CONDITIONS].join(', ');
  return z
    .union([z.boolean(), z.string(), z.array(z.string()).max(20)])
    .transform((written, context): readonly EmptyCondition[] => {
      const word = typeof written === 'boolean' ? (written ? 'yes' : 'no') : written;
      if (typeof word === 'string' && Object.hasOwn(known, word)) return known[word] ?? [];
      const list = typeof word === 'string' ? word.split(',').map((each) => each.trim()) : word;
      const wrong = list.find((each) => !(EMPTY_CONDITIONS as readonly string[]).includes(each));
      if (wrong === undefined) return list as EmptyCondition[];
      context.issues.push({
        code: 'custom',
        input: written,
        message: `there is no ${shown(wrong)} (there are: ${names})`,
      });
      return z.NEVER;
    })
    .meta({ kind: '`yes`, `no`, `strict`, `loose`, or a list of conditions' });
}

/** What queues refer to. */
type QueueNames = Pick<KnownNames, 'accounts' | 'steps' | 'penaltyRules' | 'skillRules' | 'strategies'>;

/** One queue; its name is its key, put in by {@link queueSettings}. */
export const queueFields = (known: QueueNames) =>
  section({
    ...ringFields(known),
    ...placeFields(known),
    ...emptyFields,
    ...memberFields,
    ...callerFields(known),
  });

/** Who is rung, and how long. */
const ringFields = ({ strategies }: Pick<QueueNames, 'strategies'>) => ({
  title: line(80)
    .optional()
    .describe('As people read it in messages and on phones; by default the name with a capital letter.'),
  strategy: z
    .enum([...STRATEGIES, ...strategies])
    .prefault('leastrecent')
    .meta({ kind: `${STRATEGIES.map((name) => `\`${name}\``).join(', ')}, or a name of \`strategies\`` })
    .describe(
      'Who is rung first (app_queue: `strategy`): `leastrecent`, whose last conversation ended longest ago; `fewestcalls`, who had the fewest; `rrmemory` and `rrordered`, the one after the member rung last; `linear`, in the order of their positions; `random`; `wrandom`, where a low penalty is a better chance; `ringall`, all at once.',
    ),
  'ring-timeout': duration({ maxMs: 10 * MINUTE_MS })
    .refine((ms) => ms === 0 || ms >= 1000, { error: 'expected 0, or at least 1s: Asterisk rings in whole seconds' })
    .prefault('15s')
    .describe("How long one member's phone rings (app_queue: `timeout`); 0 is as long as the caller may wait."),
  'timeout-priority': z
    .enum(['app', 'conf'])
    .prefault('app')
    .describe(
      "`app`: a ring ends with the caller's longest wait; `conf`: it lasts `ring-timeout` all the same (app_queue: `timeoutpriority`).",
    ),
  'timeout-restart': flag()
    .prefault(false)
    .describe('The next member has the full ring time when one is busy or rejects (app_queue: `timeoutrestart`).'),
  retry: duration({ maxMs: 10 * MINUTE_MS })
    .prefault('5s')
    .describe('Least time before the same member is rung again for the same caller (app_queue: `retry`).'),
  'one-pass': flag()
    .prefault(false)
    .describe('The caller leaves when every member was rung once, QUEUESTATUS=TIMEOUT (Queue(): option `n`).'),
  weight: count(-1_000_000, 1_000_000)
    .prefault(0)
    .describe('A member of several queues is left to the one that weighs more (app_queue: `weight`).'),
  autofill: flag()
    .prefault(true)
    .describe('Callers are served side by side; `false`: only the first in line is (app_queue: `autofill`).'),
  'ring-in-use': flag()
    .prefault(false)
    .describe(
      'A member who talks or rings is rung, too (app_queue: `ringinuse`). A member may have a value of their own.',
    ),
  'wrap-up': duration({ maxMs: 60 * MINUTE_MS })
    .prefault(0)
    .describe(
      'Time after a conversation in which the member is not rung (app_queue: `wrapuptime`). A member may have a value of their own.',
    ),
});

/** Whose turn it is, and who may be rung for them. */
const placeFields = ({ penaltyRules, skillRules }: Pick<QueueNames, 'penaltyRules' | 'skillRules'>) => ({
  'penalty-members-limit': count(0, 10_000)
    .prefault(0)
    .describe('With at most so many members penalties do not count (app_queue: `penaltymemberslimit`).'),
  'penalty-rule': reference('penalty rule', Object.keys(penaltyRules))
    .optional()
    .describe("One of `penalty-rules`: how a caller's penalty limits change with waiting (app_queue: `defaultrule`)."),
  'skill-rule': reference('skill rule', Object.keys(skillRules))
    .optional()
    .describe('One of `skill-rules`: what members must be able to do, and how that relaxes with waiting.'),
  'age-weight': duration()
    .prefault(0)
    .describe('One point of priority is worth so much waiting; 0: a higher priority always goes first.'),
  'resume-within': duration({ maxMs: 60 * MINUTE_MS })
    .prefault('60s')
    .describe('A caller who was cut off and calls again within this time has the old place; 0: not.'),
  'known-member': section({
    by: z
      .union([z.literal('last-call'), z.object({ field: line(64) }).strict()])
      .describe(
        "`last-call`: who talked to the customer last; `{ field: NAME }`: the customer's field NAME holds the extension's number.",
      ),
    exclusive: duration()
      .prefault('20s')
      .describe('So long nobody else is rung, while that member is logged in and not paused.'),
  })
    .optional()
    .describe('Who knows the customer is rung first.'),
  'max-wait': duration()
    .prefault(0)
    .describe('Longest wait of a caller, then QUEUESTATUS=TIMEOUT and on in the dialplan; 0 is without limit.'),
  'max-length': count(0, 10_000)
    .prefault(0)
    .describe(
      'Most callers who may wait, a further one leaves with QUEUESTATUS=FULL; 0 is without limit (app_queue: `maxlen`).',
    ),
});

/** What becomes of callers whom nobody can answer. */
const emptyFields = {
  'join-empty': emptiness({ yes: [], no: SOFT })
    .prefault('yes')
    .describe(
      'A caller is refused, QUEUESTATUS=JOINEMPTY, while every member meets one of these conditions (app_queue: `joinempty`): `paused`, `penalty`, `inuse`, `ringing`, `unavailable`, `invalid`, `unknown`, `wrapup`. `yes`: never.',
    ),
  'leave-when-empty': emptiness({ yes: SOFT, no: [] })
    .prefault('no')
    .describe('And leaves, QUEUESTATUS=LEAVEEMPTY (app_queue: `leavewhenempty`). `no`: never.'),
  'when-nobody': z
    .enum(['wait', 'leave'])
    .prefault('wait')
    .describe(
      'What becomes of a caller while no member is logged in: `wait`, or hear `nobody-prompt` and `leave` with QUEUESTATUS=JOINEMPTY or LEAVEEMPTY.',
    ),
  'nobody-prompt': prompt()
    .prefault('queueapp/nobody_available')
    .describe('Said before a caller leaves because nobody can answer.'),
};

/** What the member hears, and what becomes of one who does not answer. */
const memberFields = {
  autopause: z
    .union([z.boolean(), z.enum(['no', 'yes', 'all'])])
    .prefault('no')
    .meta({ kind: '`no`, `yes`, `all`' })
    .describe('A member who does not answer is paused in this queue, or in `all` (app_queue: `autopause`).'),
  'autopause-delay': duration()
    .prefault(0)
    .describe("Not so soon after the member's last conversation (app_queue: `autopausedelay`)."),
  'autopause-after': section({
    'no-answer': count(0, MISSES_MAX)
      .prefault(1)
      .describe(
        'So many calls in a row not answered, or answered and not accepted; 0: that never pauses. An answered call begins the count anew.',
      ),
    busy: count(0, MISSES_MAX).prefault(0).describe('So many in a row found busy (app_queue: `autopausebusy`).'),
    rejected: count(0, MISSES_MAX).prefault(0).describe('So many in a row rejected.'),
    unavailable: count(0, MISSES_MAX)
      .prefault(0)
      .describe('So many in a row for which the phone could not be reached (app_queue: `autopauseunavail`).'),
  }).prefault({}),
  'notpresent-penalty': duration()
    .prefault(0)
    .describe(
      'A member who did not answer, did not accept or could not be reached is put aside for so long, in this queue, and comes back without doing anything; 0: not. Who is busy or rejects is not put aside.',
    ),
  'member-delay': duration({ maxMs: MINUTE_MS })
    .prefault(0)
    .describe('Silence for the member between the answer and the conversation (app_queue: `memberdelay`).'),
  'member-announce': prompt()
    .prefault([])
    .describe(
      'Said to the member before the conversation, for example `queueapp/call_from_queue` (app_queue: `announce`).',
    ),
  'report-hold-time': flag()
    .prefault(false)
    .describe('The member is told how long the caller has waited (app_queue: `reportholdtime`).'),
  accept: section({
    key: telephoneKey().prefault('1').describe('The key.'),
    prompt: prompt().prefault('queueapp/accept_call').describe('Said to the member, until the key is pressed.'),
    timeout: duration({ minMs: 1000, maxMs: MINUTE_MS })
      .prefault('10s')
      .describe('Without the key the call goes on to the next member.'),
  })
    .optional()
    .describe('The member has to accept the call with a key.'),
};

/** What the caller hears and can do. */
const callerFields = ({ accounts, steps }: QueueNames) => ({
  'service-level': duration()
    .prefault(0)
    .describe('Calls answered within this time count as in level (app_queue: `servicelevel`).'),
  'set-variables': z
    .array(z.enum(['interface', 'entry', 'queue']))
    .prefault([])
    .describe(
      "Variables of the caller's channel that are set at the answer, as app_queue's `setinterfacevar`, `setqueueentryvar` and `setqueuevar` do.",
    ),
  'music-class': className()
    .prefault('default')
    .describe(
      "What the waiting caller hears: one of `music-classes`, with the caller's own programme; else a class of Asterisk's musiconhold.conf, which Asterisk plays by itself.",
    ),
  accounts: reference('account source', accounts)
    .optional()
    .describe('One of `accounts`, asked when a caller wants personal information. Without it none is offered.'),
  programme: programme
    .optional()
    .meta({ kind: 'as in [programme](#programme)' })
    .describe("What differs from the class's programme."),
  announcements: announcementFields
    .prefault({})
    .meta({ kind: 'as in [announcements](#announcements)' })
    .describe('What callers are told while they wait, as app_queue tells it.'),
  'exit-keys': z
    .record(
      telephoneKey(),
      reference('step', [...steps, ...RESERVED_TARGETS]).meta({ kind: 'step, `hangup` or `dialplan`' }),
    )
    .prefault({})
    .meta({ kind: 'keys with the step that each leads to' })
    .describe(
      'Keys that lead a waiting caller out of the queue (app_queue: `context`). They go before the keys of the programme.',
    ),
  'exit-context': dialled()
    .optional()
    .describe(
      'A context of the dialplan: an extension of it, typed while waiting, leads there (app_queue: `context`).',
    ),
  recording: recordingFields.optional().describe('How conversations are recorded; without it they are not.'),
  'after-conversation': z
    .enum(['hangup', 'dialplan'])
    .prefault('hangup')
    .describe('What becomes of the caller when the member has hung up.'),
});

/** What the file says of one queue, with its name, in the application's units. */
export function queueSettings(
  name: string,
  written: z.output<ReturnType<typeof queueFields>>,
  { penaltyRules, skillRules }: Pick<KnownNames, 'penaltyRules' | 'skillRules'>,
): QueueSettings {
  const after = written['autopause-after'];
  return {
    name: queueName(name),
    title: written.title ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    strategy: written.strategy,
    ringTimeoutMs: written['ring-timeout'],
    timeoutPriority: written['timeout-priority'],
    timeoutRestart: written['timeout-restart'],
    retryMs: written.retry,
    onePass: written['one-pass'],
    maxWaitMs: written['max-wait'],
    maxLength: written['max-length'],
    weight: written.weight,
    autofill: written.autofill,
    ringInUse: written['ring-in-use'],
    wrapUpMs: written['wrap-up'],
    penaltyMembersLimit: written['penalty-members-limit'],
    penaltyRule: penaltyRules[written['penalty-rule'] ?? ''] ?? [],
    skillRule: skillRules[written['skill-rule'] ?? ''] ?? [],
    ageWeightMs: written['age-weight'],
    resumeWithinMs: written['resume-within'],
    knownMember: knownMember(written['known-member']),
    whenNobody: written['when-nobody'],
    joinEmpty: written['join-empty'],
    leaveWhenEmpty: written['leave-when-empty'],
    nobodyPrompt: written['nobody-prompt'],
    autopause: typeof written.autopause === 'boolean' ? (written.autopause ? 'yes' : 'no') : written.autopause,
    autopauseDelayMs: written['autopause-delay'],
    autopauseAfter: {
      noAnswer: after['no-answer'],
      busy: after.busy,
      rejected: after.rejected,
      unavailable: after.unavailable,
    },
    notPresentPenaltyMs: written['notpresent-penalty'],
    memberDelayMs: written['member-delay'],
    memberAnnounce: written['member-announce'],
    reportHoldTime: written['report-hold-time'],
    acceptByKey: acceptByKey(written.accept),
    serviceLevelMs: written['service-level'],
    setVariables: written['set-variables'],
    musicClass: written['music-class'],
    programme: written.programme ?? {},
    announcements: announcementSettings(written.announcements),
    accounts: written.accounts ?? null,
    exitKeys: written['exit-keys'],
    exitContext: written['exit-context'] ?? null,
    recording: recordingSettings(written.recording),
    afterConversation: written['after-conversation'],
  };
}

type Written = z.output<ReturnType<typeof queueFields>>;

function knownMember(written: Written['known-member']): QueueSettings['knownMember'] {
  return written === undefined ? null : { by: written.by, exclusiveMs: written.exclusive };
}

function acceptByKey(written: Written['accept']): QueueSettings['acceptByKey'] {
  return written === undefined ? null : { key: written.key, prompt: written.prompt, timeoutMs: written.timeout };
}
