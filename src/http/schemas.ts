import { DEVICE_STATES } from '../core/device-state.ts';

/** A part of a JSON schema. */
export type Schema = Readonly<Record<string, unknown>>;

export const text = (description: string): Schema => ({ type: 'string', description });
export const textOrNull = (description: string): Schema => ({ type: ['string', 'null'], description });
export const whole = (description: string): Schema => ({ type: 'integer', minimum: 0, description });
export const wholeOrNull = (description: string): Schema => ({ ...whole(description), type: ['integer', 'null'] });
export const flag = (description: string): Schema => ({ type: 'boolean', description });
export const time = (description: string): Schema => ({ type: 'string', format: 'date-time', description });
export const timeOrNull = (description: string): Schema => ({
  type: ['string', 'null'],
  format: 'date-time',
  description,
});
export const oneOf = (values: readonly string[], description: string): Schema => ({
  type: 'string',
  enum: values,
  description,
});
export const listOf = (items: Schema): Schema => ({ type: 'array', items });

/** All properties are required: what is unknown is `null`, never absent. */
export function group(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', additionalProperties: false, required: Object.keys(properties), properties };
}

const finding = group({
  file: text('The file, `environment`, or `queue.settings` in the database'),
  line: { type: ['integer', 'null'], description: 'null where there are no lines' },
  column: { type: ['integer', 'null'], description: 'null where there are no lines' },
  path: { type: 'array', items: { type: ['string', 'integer'] }, description: 'The setting, from the top' },
  reason: text('What is wrong with it'),
});
const error = group({
  code: text('Stable name, explained in src/errors.md'),
  message: text('What happened, for people'),
  findings: { ...listOf(finding), description: 'With CONFIG_INVALID: everything that is wrong' },
});

export const errorSchema = group({ error: { ...error, required: ['code', 'message'] } });

export const aliveSchema = group({ alive: flag('Always true: the process answers') });

const numberOrNull = (description: string): Schema => ({ type: ['number', 'null'], description });

/** What is counted of a queue; `null` while the database is away. */
const figuresSchema = {
  ...group({
    completed: whole('Conversations that have ended'),
    abandoned: whole('Callers who left unserved, for whatever reason but a key'),
    completedInLevel: whole('Conversations that were answered within the service level'),
    abandonedInLevel: whole('Callers who left unserved within the service level'),
    serviceLevelSeconds: { type: 'number', description: 'The service level' },
    inLevelPercent: numberOrNull('completedInLevel of completed (app_queue: SL); null before the first'),
    inLevelOfAllPercent: numberOrNull('Both in level of both (app_queue: SL2); null before the first'),
    holdSeconds: numberOrNull('Moving average of the wait until the answer; null before the first'),
    talkSeconds: numberOrNull('Moving average of talking; null before the first'),
    since: time('Since when is counted'),
  }),
  type: ['object', 'null'],
};

export const queuesSchema = listOf(
  group({
    queue: text('Its name'),
    title: text('As people read it'),
    strategy: text('Who is rung first'),
    waiting: whole('Callers who wait and for whom no phone rings'),
    ringing: whole('Callers for whom a phone rings'),
    talking: whole('Callers who talk with a member'),
    members: whole('Members who are logged in'),
    available: whole('Members who would be rung now'),
    oldestJoined: timeOrNull('When the longest waiting caller came; null when nobody waits'),
    figures: figuresSchema,
  }),
);

const memberTimes = {
  lastCall: timeOrNull('When the last conversation of this queue ended; null: none since the login'),
  lastPaused: timeOrNull('When the last pause began, also after it; null: none since the login'),
};

export const membersSchema = listOf(
  group({
    extension: text('Number of the extension'),
    interface: text('What is rung'),
    jid: textOrNull('XMPP address of the person'),
    deviceState: oneOf(DEVICE_STATES, "Asterisk's state of the phone, or of `state_interface`"),
    activity: oneOf(['idle', 'ringing', 'talking', 'wrap-up'], 'What the member does for a queue now'),
    wrapUpUntil: timeOrNull('When the wrap-up is over; null: none'),
    lastHangup: timeOrNull('When the last queue call ended'),
    queues: listOf(
      group({
        queue: text('Name of a queue in which the extension is logged in'),
        penalty: whole('Lower is asked first'),
        paused: flag('Whether the member is paused'),
        pausedReason: textOrNull('Why; null when none was given'),
        pausedSince: timeOrNull('Since when; null when not paused'),
        asideUntil: timeOrNull('Put aside for not having answered, until then; null: not'),
        ringInUse: { type: ['boolean', 'null'], description: "The member's own; null: as the queue says" },
        calls: whole('Answered calls since the login'),
        ...memberTimes,
        loggedIn: time('Since when'),
      }),
    ),
  }),
);

const party = group({ number: textOrNull('null when withheld'), name: textOrNull('null when withheld') });
const customer = {
  ...group({ id: text('Id'), name: text('Name'), code: textOrNull('What the caller typed') }),
  type: ['object', 'null'],
};

export const callsSchema = listOf(
  group({
    callId: text('Id of the call, as in every line of the log'),
    switch: text('Name of the switch that the call is on; calls of other processes are those in a queue'),
    phase: oneOf(['ivr', 'waiting', 'ringing', 'talking', 'leaving'], 'Where the call is'),
    caller: party,
    customer,
    queue: textOrNull('Name of the queue; null when in none'),
    position: { type: ['integer', 'null'], minimum: 1, description: 'Place in the queue, from 1' },
    extension: textOrNull('The member that is rung or talked to; of several the first'),
    extensions: { type: 'array', items: { type: 'string' }, description: 'All of them: ringall rings several at once' },
    hears: textOrNull(
      "What a waiting caller hears: tune, stream, `moh:` and a class of Asterisk's, what is said over it",
    ),
    started: time('When the call came in'),
    since: time('Since when the phase lasts'),
  }),
);

export const logSchema = listOf(
  group({
    id: text('Number of the line, growing'),
    time: time('When it happened'),
    callid: text("uniqueid of the caller's channel, or who asked"),
    queue: text('Name of the queue, or NONE'),
    agent: text("The member's name or interface, or NONE"),
    event: text('ENTERQUEUE and so on'),
    data: listOf(text('data1 to data5')),
  }),
);
