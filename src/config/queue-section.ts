import { z } from 'zod';
import { queueName } from '../core/ids.ts';
import { RESERVED_TARGETS } from '../core/ivr/flow-definition.ts';
import { type QueueSettings, STRATEGIES } from '../core/queue/settings.ts';
import { programme } from './programme-section.ts';
import { className } from './sound-section.ts';
import type { KnownNames } from './step-fields.ts';
import { count, duration, line, prompt, reference, section, telephoneKey } from './values.ts';

const MINUTE_MS = 60_000;

/** One queue; its name is its key, put in by {@link queueSettings}. */
export const queueFields = ({ accounts, steps }: Pick<KnownNames, 'accounts' | 'steps'>) =>
  section({
    title: line(80)
      .optional()
      .describe('As people read it in messages and on phones; by default the name with a capital letter.'),
    strategy: z
      .enum(STRATEGIES)
      .prefault('leastrecent')
      .describe('Who is rung first: `leastrecent` is the member whose last conversation ended longest ago.'),
    'ring-timeout': duration({ minMs: 1000, maxMs: 10 * MINUTE_MS })
      .prefault('15s')
      .describe("How long one member's phone rings (app_queue: `timeout`)."),
    retry: duration({ maxMs: 10 * MINUTE_MS })
      .prefault('5s')
      .describe('Least time before the same member is rung again for the same caller (app_queue: `retry`).'),
    'max-wait': duration()
      .prefault(0)
      .describe('Longest wait of a caller, then QUEUESTATUS=TIMEOUT and on in the dialplan; 0 is without limit.'),
    'max-length': count(0, 10_000)
      .prefault(0)
      .describe(
        'Most callers who may wait, a further one leaves with QUEUESTATUS=FULL; 0 is without limit (app_queue: `maxlen`).',
      ),
    'wrap-up': duration({ maxMs: 60 * MINUTE_MS })
      .prefault(0)
      .describe('Time after a conversation in which the member is not rung (app_queue: `wrapuptime`).'),
    'when-nobody': z
      .enum(['wait', 'leave'])
      .prefault('wait')
      .describe(
        'What becomes of a caller while no member is logged in: `wait`, or hear `nobody-prompt` and `leave` with QUEUESTATUS=JOINEMPTY or LEAVEEMPTY.',
      ),
    'nobody-prompt': prompt()
      .prefault('queueapp/nobody_available')
      .describe('Said before a caller leaves because nobody is logged in.'),
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
    'after-conversation': z
      .enum(['hangup', 'dialplan'])
      .prefault('hangup')
      .describe('What becomes of the caller when the member has hung up.'),
  });

/** What the file says of one queue, with its name, in the application's units. */
export function queueSettings(name: string, written: z.output<ReturnType<typeof queueFields>>): QueueSettings {
  return {
    name: queueName(name),
    title: written.title ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    strategy: written.strategy,
    ringTimeoutMs: written['ring-timeout'],
    retryMs: written.retry,
    maxWaitMs: written['max-wait'],
    maxLength: written['max-length'],
    wrapUpMs: written['wrap-up'],
    whenNobody: written['when-nobody'],
    nobodyPrompt: written['nobody-prompt'],
    musicClass: written['music-class'],
    programme: written.programme ?? {},
    accounts: written.accounts ?? null,
    exitKeys: written['exit-keys'],
    afterConversation: written['after-conversation'],
  };
}
