import type { AnnouncedAttempt, AnnouncedCall } from '../../src/ports/announcer.ts';
import { type Element, xml } from '../client/library.ts';
import { NS } from '../client/namespaces.ts';
import { oneLine } from './text.ts';

/** Lengths of what comes from outside, in characters; longer is cut with `…`. */
export const NAME_LENGTH_MAX = 100;
const ID_LENGTH_MAX = 100;
const NUMBER_LENGTH_MAX = 64;
const FIELD_LENGTH_MAX = 500;
/** Fields of the lookup that are passed on: together they stay far below the 256 KiB that servers take as a stanza. */
const FIELDS_MAX = 40;

/** Where the offered call is: the `state` of an item. */
export type CallState = 'ringing' | 'connected' | 'ended';

/** What the item of a node looks like: ours, the older program's, or the older one with ours inside. */
export type PayloadKind = 'native' | 'legacy' | 'hybrid';

/** What `<call/>` says beside the call itself. In chat there is no attempt, and before a member is chosen no extension. */
export interface CallDetails {
  readonly attemptId?: string;
  readonly state?: CallState;
  readonly extension?: string;
  readonly changedAtMs?: number;
  readonly position?: number;
}

/** `<call xmlns='urn:queueapp:call:1'/>` as docs/call.xsd has it. */
export function callElement(call: AnnouncedCall, details: CallDetails = {}): Element {
  const { attemptId, state, extension, changedAtMs, position } = details;
  const attributes = {
    xmlns: NS.call,
    id: call.callId,
    attempt: attemptId,
    state,
    queue: oneLine(call.queue, NAME_LENGTH_MAX),
    extension,
    entered: isoTime(call.enteredAtMs),
    changed: changedAtMs === undefined ? undefined : isoTime(changedAtMs),
    position,
  };
  return xml('call', attributes, callerElement(call), customerElement(call));
}

/** The one payload element of an item (both servers refuse two). */
export function payload(attempt: AnnouncedAttempt, state: CallState, kind: PayloadKind): Element {
  const { call, attemptId, extension, changedAtMs } = attempt;
  const native = callElement(call, { attemptId, state, extension, changedAtMs });
  if (kind === 'native') return native;
  const text = legacyText(call);
  return kind === 'legacy' ? xml('test', { xmlns: NS.legacy }, text) : xml('test', { xmlns: NS.legacy }, text, native);
}

/** `ID|NAME`: old software splits at the first bar, so the id must have none. Without a customer the id is empty. */
export function legacyText({ customer, caller }: AnnouncedCall): string {
  if (!customer) return `|${oneLine(caller.number ?? 'unknown', NUMBER_LENGTH_MAX)}`;
  return `${oneLine(customer.id, ID_LENGTH_MAX).replaceAll('|', '/')}|${oneLine(customer.name, NAME_LENGTH_MAX)}`;
}

function callerElement({ caller }: AnnouncedCall): Element {
  const number = caller.number === null ? undefined : oneLine(caller.number, NUMBER_LENGTH_MAX);
  const name = caller.name === null ? undefined : oneLine(caller.name, NAME_LENGTH_MAX);
  return xml('caller', { number, name });
}

function customerElement({ customer }: AnnouncedCall): Element | null {
  if (!customer) return null;
  const code = customer.code === null ? undefined : oneLine(customer.code, ID_LENGTH_MAX);
  const fields = Object.entries(customer.fields).slice(0, FIELDS_MAX);
  return xml(
    'customer',
    { id: oneLine(customer.id, ID_LENGTH_MAX), code },
    xml('name', {}, oneLine(customer.name, NAME_LENGTH_MAX)),
    ...fields.map(([name, value]) =>
      xml('field', { var: oneLine(name, NAME_LENGTH_MAX) }, oneLine(value, FIELD_LENGTH_MAX)),
    ),
  );
}

/** RFC 3339 in UTC with milliseconds. A time that no calendar has (a fault of ours) becomes the epoch and harms no call. */
function isoTime(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}
