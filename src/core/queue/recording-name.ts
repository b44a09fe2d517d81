import type { CallId, ExtensionNumber, QueueName } from '../ids.ts';
import type { Caller, Customer } from '../people.ts';
import type { RecordingPart } from './recording.ts';

/** What a recording's name may tell. Numbers, names and customers come from outside and are not trusted. */
export interface RecordingFacts {
  /** On the clock on the wall, `2026-11-29` and `14-25-36`. */
  readonly date: string;
  readonly time: string;
  readonly queue: QueueName;
  readonly extension: ExtensionNumber;
  readonly callId: CallId;
  /** Asterisk's id of the caller's channel, queue_log's callid. */
  readonly uniqueId: string;
  readonly caller: Caller;
  readonly customer: Customer | null;
}

const FIELDS: Readonly<Record<string, (facts: RecordingFacts) => string>> = {
  date: ({ date }) => date,
  year: ({ date }) => date.slice(0, 4),
  month: ({ date }) => date.slice(5, 7),
  day: ({ date }) => date.slice(8, 10),
  time: ({ time }) => time,
  queue: ({ queue }) => queue,
  extension: ({ extension }) => extension,
  'call-id': ({ callId }) => callId,
  'unique-id': ({ uniqueId }) => uniqueId,
  caller: ({ caller }) => caller.number ?? '',
  'caller-name': ({ caller }) => caller.name ?? '',
  customer: ({ customer }) => customer?.id ?? '',
  'customer-name': ({ customer }) => customer?.name ?? '',
};

/** The fields that a pattern may have. */
export const RECORDING_FIELDS: readonly string[] = Object.keys(FIELDS);

export const RECORDING_PATTERN_LENGTH_MAX = 200;
const DEPTH_MAX = 8;
/** One field's share of a name. */
const VALUE_CHARACTERS_MAX = 40;
/** Of one folder's or file's name: file systems hold 255, and the part, a number and the ending follow. */
const STEP_BYTES_MAX = 200;
/** What a field without a value stands as, so that no step of the path is ever empty. */
const NOTHING = 'none';

/** Why a pattern can't be used, in words for its author; `null`: it can. */
export function patternFault(pattern: string): string | null {
  if (pattern.length > RECORDING_PATTERN_LENGTH_MAX) return `is longer than ${RECORDING_PATTERN_LENGTH_MAX} characters`;
  const unknown = [...pattern.matchAll(/\{([^{}]*)\}/g)]
    .map(([, field = '']) => field)
    .find((field) => !isField(field));
  if (unknown !== undefined) {
    return `there is no field {${unknown}} (there are: ${RECORDING_FIELDS.map((field) => `{${field}}`).join(', ')})`;
  }
  const literal = pattern.replace(/\{[^{}]*\}/g, '0');
  if (!/^[\w.+/-]*$/.test(literal))
    return 'may hold letters, digits, - _ . + and fields in braces, and / between folders';
  const steps = literal.split('/');
  if (steps.some((step) => !/^[\w+]/.test(step)))
    return 'must not have a folder or file that is empty or begins with . or -';
  if (steps.length > DEPTH_MAX) return `has more than ${DEPTH_MAX} folders`;
  return /\{(?:call-id|time)\}/.test(pattern) ? null : 'needs {call-id} or {time}, so that calls have different names';
}

/**
 * The name of a recording below Asterisk's folder of recordings, without its ending. Whatever the facts hold, it stays there: of
 * a value only letters, digits, `+`, `-` and `_` are left, so that no value can add a folder, leave one or hide a file. `count` sets
 * further ones of the same name apart, from 2 on.
 */
export function recordingName(pattern: string, facts: RecordingFacts, part: RecordingPart, count = 1): string {
  const steps = pattern.split('/').map((step) => cut(filled(step, facts), STEP_BYTES_MAX));
  const ending = `${part === 'together' ? '' : `-${part}`}${count > 1 ? `-${count}` : ''}`;
  return steps.join('/') + ending;
}

function filled(step: string, facts: RecordingFacts): string {
  return step.replace(/\{([^{}]*)\}/g, (_, field: string) =>
    isField(field) ? safeValue(FIELDS[field]?.(facts) ?? '') : NOTHING,
  );
}

function isField(field: string): boolean {
  return Object.hasOwn(FIELDS, field);
}

function safeValue(value: string): string {
  const plain = value
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}\p{M}+-]+/gu, '_')
    .replace(/^[^\p{L}\p{N}+]+|_+$/gu, '');
  return [...plain].slice(0, VALUE_CHARACTERS_MAX).join('') || NOTHING;
}

/** As many whole characters as fit into so many bytes of UTF-8. */
function cut(text: string, bytesMax: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += new TextEncoder().encode(character).length;
    if (bytes > bytesMax) break;
    end += character.length;
  }
  return text.slice(0, end);
}
