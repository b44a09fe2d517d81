import { fieldSafe, OPTIONAL_FIELDS, QUEUE_LOG_FIELDS, type QueueLogField } from './queue-log.ts';

/** A line of table queue_log, whoever wrote it: any text may be anything, or missing. */
export interface StoredLogLine {
  /** Place in the table, a whole number. */
  readonly lineId: string;
  readonly atMs: number;
  readonly callid: string;
  readonly queuename: string;
  readonly agent: string;
  readonly event: string;
  /** data1 … data5; empty text where there is nothing. */
  readonly data: readonly string[];
}

/** How lines are written into the file. */
export interface LineStyle {
  /** With log-caller-id-name ENTERQUEUE has the name's place, also when there is none. */
  readonly hasCallerName: boolean;
  /** After each line of a transfer the TRANSFER that Asterisk 11 wrote, for readers that know no other. */
  readonly hasLegacyTransfer: boolean;
}

/**
 * The line as Asterisk's file has it (queue-semantics c1): `epoch|callid|queue|agent|EVENT|p1|p2…` and a line feed. After the event
 * there is always a `|`; what is missing before it is NONE.
 */
export function queueLogText(line: StoredLogLine, style: LineStyle): string {
  const text = lineText(line, line.event, parametersOf(line, style));
  return style.hasLegacyTransfer ? text + legacyTransfer(line) : text;
}

function lineText({ atMs, callid, queuename, agent }: StoredLogLine, event: string, data: readonly string[]): string {
  const parts = [callid, queuename, agent, event].map((part) => fieldSafe(part) || 'NONE');
  const last = data.length - 1;
  // The last column may hold two parameters (ATTENDEDTRANSFER LINK).
  const parameters = data.map((text, index) => (index === last ? lineSafe(text) : fieldSafe(text)));
  return `${Math.floor(atMs / 1000)}|${parts.join('|')}|${parameters.join('|')}\n`;
}

/** As many parameters as the event has; of events that others write, up to the last that is not empty. */
function parametersOf({ event, data }: StoredLogLine, { hasCallerName }: LineStyle): readonly string[] {
  const fields = Object.hasOwn(QUEUE_LOG_FIELDS, event) ? (QUEUE_LOG_FIELDS as Fields)[event] : undefined;
  const isLeftOut = (field: QueueLogField) => OPTIONAL_FIELDS.has(field) && !(hasCallerName && field === 'callerName');
  const always = fields?.filter((field) => !isLeftOut(field)).length ?? 0;
  const used = data.findLastIndex((text) => text !== '') + 1;
  return data.slice(0, Math.max(always, used));
}

type Fields = Readonly<Record<string, readonly QueueLogField[]>>;

/** `extension|context|hold|talk|position`; an attended transfer has the other side in place of the extension. */
function legacyTransfer(line: StoredLogLine): string {
  const { event, data } = line;
  if (event === 'BLINDTRANSFER') return lineText(line, 'TRANSFER', data);
  if (event !== 'ATTENDEDTRANSFER') return '';
  const [kind = '', target = '', ...rest] = data.join('|').split('|');
  const times = kind === 'LINK' ? rest.slice(1) : rest;
  return lineText(line, 'TRANSFER', [target, kind, ...times]);
}

/** Nothing in a line ends it. */
function lineSafe(text: string): string {
  return text.split('|').map(fieldSafe).join('|');
}
