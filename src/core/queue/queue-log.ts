import type { CallEvent, CallEventName, TransferTarget } from '../events.ts';

/** What one of the columns data1 … data5 holds; seconds are whole and rounded down. */
export type QueueLogField =
  | 'empty'
  | 'callerNumber'
  | 'callerName'
  | 'position'
  | 'originalPosition'
  | 'waitSeconds'
  | 'info'
  | 'key'
  | 'ringMs'
  | 'ringSeconds'
  | 'holdSeconds'
  | 'talkSeconds'
  | 'memberUniqueId'
  | 'extension'
  | 'context'
  | 'transferKind'
  | 'transferTarget'
  | 'wrapUpSeconds'
  | 'dialled'
  | 'topic'
  | 'firstDetail'
  | 'secondDetail'
  | 'paused'
  | 'reason'
  | 'penalty'
  | 'ringInUse';

/** Columns data1 … of each event in order, as app_queue writes them; `empty` of ENTERQUEUE is its URL. */
export const QUEUE_LOG_FIELDS: Readonly<Record<CallEventName, readonly QueueLogField[]>> = {
  ENTERQUEUE: ['empty', 'callerNumber', 'position', 'callerName'],
  ABANDON: ['position', 'originalPosition', 'waitSeconds'],
  EXITWITHTIMEOUT: ['position', 'originalPosition', 'waitSeconds'],
  EXITWITHKEY: ['key', 'position', 'originalPosition', 'waitSeconds'],
  EXITEMPTY: ['position', 'originalPosition', 'waitSeconds'],
  WITHDRAW: ['position', 'originalPosition', 'waitSeconds', 'info'],
  RINGNOANSWER: ['ringMs'],
  RINGCANCELED: ['ringMs'],
  CONNECT: ['holdSeconds', 'memberUniqueId', 'ringSeconds'],
  COMPLETEAGENT: ['holdSeconds', 'talkSeconds', 'originalPosition'],
  COMPLETECALLER: ['holdSeconds', 'talkSeconds', 'originalPosition'],
  BLINDTRANSFER: ['extension', 'context', 'holdSeconds', 'talkSeconds', 'originalPosition'],
  ATTENDEDTRANSFER: ['transferKind', 'transferTarget', 'holdSeconds', 'talkSeconds', 'originalPosition'],
  AGENTDUMP: [],
  CALLERONHOLD: [],
  CALLEROFFHOLD: [],
  WRAPUPSTART: ['wrapUpSeconds'],
  WRAPUPEND: [],
  FULL: [],
  JOINEMPTY: [],
  DID: ['dialled'],
  INFO: ['topic', 'firstDetail', 'secondDetail'],
  ADDMEMBER: ['paused'],
  REMOVEMEMBER: [],
  PAUSE: ['reason'],
  UNPAUSE: ['reason'],
  PAUSEALL: ['reason'],
  UNPAUSEALL: ['reason'],
  PENALTY: ['penalty'],
  RINGINUSE: ['ringInUse'],
  QUEUESTART: [],
  CONFIGRELOAD: [],
};

/** Parameters that a line has only when there is something to say. */
export const OPTIONAL_FIELDS: ReadonlySet<QueueLogField> = new Set(['callerName', 'firstDetail', 'secondDetail']);

/** What queue_log says where there is nothing to say. */
export const QUEUE_LOG_NONE = 'NONE';
/** app_queue cuts the free text of WITHDRAW to this many characters. */
export const WITHDRAW_INFO_CHARACTERS = 40;

/** One line of queue_log in the columns of Asterisk's realtime table. */
export interface QueueLogRow {
  /** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC (as with queue_log_realtime_use_gmt=yes). */
  readonly time: string;
  readonly callid: string;
  readonly queuename: string;
  readonly agent: string;
  readonly event: CallEventName;
  /** data1, data2, …; columns that are not here are empty. */
  readonly data: readonly string[];
}

/** The line that an event makes (queue-semantics c2). */
export function queueLogRow(event: CallEvent): QueueLogRow {
  return {
    time: logTime(event.atMs),
    callid: 'uniqueId' in event ? event.uniqueId : QUEUE_LOG_NONE,
    queuename: 'queue' in event ? event.queue : QUEUE_LOG_NONE,
    agent: agentOf(event),
    event: event.event,
    data: dataOf(event),
  };
}

function agentOf(event: CallEvent): string {
  if ('interface' in event) return ('name' in event ? event.name : undefined) ?? event.interface;
  return ('member' in event ? event.member : undefined) ?? QUEUE_LOG_NONE;
}

function dataOf(event: CallEvent): readonly string[] {
  const fields = QUEUE_LOG_FIELDS[event.event];
  const texts = fields.map((field) => FIELD_TEXT[field](event));
  const last = texts.findLastIndex((each, index) => each !== '' || !OPTIONAL_FIELDS.has(fields[index] ?? 'empty'));
  const data = texts.slice(0, last + 1);
  if (event.event !== 'ATTENDEDTRANSFER' || event.target.type !== 'LINK') return data;
  // One parameter more than there are columns: Asterisk leaves the last two together in data5.
  const [kind = '', , hold = '', talk, position] = data;
  return [kind, ...event.target.channelNames, hold, `${talk}|${position}`];
}

/** The parts of all events side by side, so that one table of fields serves all of them. */
type AnyField = { readonly atMs: number } & {
  readonly [Name in TextField]?: string | null;
} & { readonly [Name in NumberField]?: number } & {
  readonly isPaused?: boolean;
  readonly ringInUse?: boolean;
  readonly details?: readonly string[];
  readonly target?: TransferTarget;
};
type TextField =
  | 'callerNumber'
  | 'callerName'
  | 'info'
  | 'key'
  | 'memberUniqueId'
  | 'extension'
  | 'context'
  | 'dialled'
  | 'topic'
  | 'reason';
type NumberField = 'position' | 'originalPosition' | 'penalty' | 'waitMs' | 'ringMs' | 'holdMs' | 'talkMs' | 'wrapUpMs';

type FieldText = (event: AnyField) => string;

const text =
  (name: TextField): FieldText =>
  (event) =>
    fieldSafe(event[name] ?? '');
const number =
  (name: NumberField): FieldText =>
  (event) =>
    String(event[name] ?? 0);
/** Clocks may step back between two events; a duration never is negative. */
const seconds =
  (name: NumberField): FieldText =>
  (event) =>
    String(Math.max(0, Math.floor((event[name] ?? 0) / 1000)));

const FIELD_TEXT: Readonly<Record<QueueLogField, FieldText>> = {
  empty: () => '',
  callerNumber: text('callerNumber'),
  callerName: text('callerName'),
  position: number('position'),
  originalPosition: number('originalPosition'),
  waitSeconds: seconds('waitMs'),
  info: (event) => [...text('info')(event)].slice(0, WITHDRAW_INFO_CHARACTERS).join(''),
  key: text('key'),
  ringMs: ({ ringMs = 0 }) => String(Math.max(0, Math.trunc(ringMs))),
  ringSeconds: seconds('ringMs'),
  holdSeconds: seconds('holdMs'),
  talkSeconds: seconds('talkMs'),
  memberUniqueId: text('memberUniqueId'),
  extension: text('extension'),
  context: text('context'),
  transferKind: ({ target }) => target?.type ?? '',
  transferTarget: ({ target }) => fieldSafe(transferTarget(target)),
  wrapUpSeconds: seconds('wrapUpMs'),
  dialled: text('dialled'),
  topic: text('topic'),
  firstDetail: ({ details }) => fieldSafe(details?.[0] ?? ''),
  secondDetail: ({ details }) => fieldSafe(details?.[1] ?? ''),
  paused: ({ isPaused }) => (isPaused ? 'PAUSED' : ''),
  reason: text('reason'),
  penalty: number('penalty'),
  ringInUse: ({ ringInUse }) => (ringInUse ? '1' : '0'),
};

function transferTarget(target: TransferTarget | undefined): string {
  if (target?.type === 'BRIDGE') return target.bridgeId;
  return target?.type === 'APP' ? target.application : '';
}

/** What parts fields and lines of the file can't be inside a field (app_queue does this to callers' names only). */
export function fieldSafe(value: string): string {
  return value.replace(/[|\p{Cc}\u2028\u2029]/gu, '_');
}

function logTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, -1).replace('T', ' ')}000`;
}
