import type { CallEvent, CallEventName } from '../events.ts';

/** What one of the columns data1 … data5 holds; seconds are whole and rounded down. */
export type QueueLogField =
  | 'empty'
  | 'callerNumber'
  | 'position'
  | 'originalPosition'
  | 'waitSeconds'
  | 'info'
  | 'key'
  | 'ringMs'
  | 'ringSeconds'
  | 'holdSeconds'
  | 'talkSeconds'
  | 'memberUniqueId';

/** Columns data1 … of each event in order, as app_queue writes them; `empty` of ENTERQUEUE is its URL. */
export const QUEUE_LOG_FIELDS: Readonly<Record<CallEventName, readonly QueueLogField[]>> = {
  ENTERQUEUE: ['empty', 'callerNumber', 'position'],
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
  FULL: [],
  JOINEMPTY: [],
  ADDMEMBER: ['empty'],
  REMOVEMEMBER: [],
  QUEUESTART: [],
};

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
    data: QUEUE_LOG_FIELDS[event.event].map((field) => fieldText(event, field)),
  };
}

function agentOf(event: CallEvent): string {
  if ('interface' in event) return event.interface;
  return ('member' in event ? event.member : undefined) ?? QUEUE_LOG_NONE;
}

/** The parts of all events side by side, so that one table of fields serves all of them. */
type AnyField = { readonly atMs: number } & {
  readonly [Name in 'callerNumber' | 'info' | 'key' | 'memberUniqueId']?: string | null;
} & { readonly [Name in 'position' | 'originalPosition' | 'waitMs' | 'ringMs' | 'holdMs' | 'talkMs']?: number };

function fieldText(event: AnyField, field: QueueLogField): string {
  switch (field) {
    case 'empty':
      return '';
    case 'callerNumber':
    case 'memberUniqueId':
    case 'key':
      return event[field] ?? '';
    case 'info':
      return [...(event.info ?? '')].slice(0, WITHDRAW_INFO_CHARACTERS).join('');
    case 'position':
    case 'originalPosition':
      return String(event[field] ?? 0);
    case 'ringMs':
      return String(Math.max(0, Math.trunc(event.ringMs ?? 0)));
    case 'ringSeconds':
      return wholeSeconds(event.ringMs);
    case 'waitSeconds':
      return wholeSeconds(event.waitMs);
    case 'holdSeconds':
      return wholeSeconds(event.holdMs);
    case 'talkSeconds':
      return wholeSeconds(event.talkMs);
    default:
      return field satisfies never;
  }
}

/** Clocks may step back between two events; a duration never is negative. */
function wholeSeconds(durationMs = 0): string {
  return String(Math.max(0, Math.floor(durationMs / 1000)));
}

function logTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, -1).replace('T', ' ')}000`;
}
