import { randomUUID } from 'node:crypto';
import type { AnnouncedCall, PutAside } from '../../src/ports/announcer.ts';
import { type Element, xml } from '../client/library.ts';
import { NS } from '../client/namespaces.ts';
import { callElement, NAME_LENGTH_MAX } from './call.ts';
import { oneLine } from './text.ts';

const NUMBER_LENGTH_MAX = 64;

/** `Support: Customer Company 1 (id 1, code 1111), caller 2000, position 1` (contracts, "XMPP"). */
export function enteredText(call: AnnouncedCall, position: number): string {
  return `${title(call)}: ${who(call)}, position ${position}`;
}

/** What the member reads whose phone is about to ring. */
export function chosenText(call: AnnouncedCall): string {
  return `${title(call)}: Your call: ${who(call)}`;
}

/** What the member reads who did not take the call. */
export function missedText(call: AnnouncedCall): string {
  return `${title(call)}: Missed call: ${who(call)}`;
}

/** What the member reads who gets no more calls for it. The time is told as a duration: clocks on walls differ. */
export function asideText(aside: PutAside): string {
  const { how, atMs } = aside;
  if (how.type === 'aside') {
    return `${title(aside)}: You did not answer. No calls for ${minutes(how.untilMs - atMs)}, then they come again by themselves`;
  }
  const where = how.in === 'all' ? ' in all queues' : '';
  return `${title(aside)}: You did not answer. You are paused${where} until you unpause`;
}

/** What those read who were told of a caller that gave up. */
export function gaveUpText(call: AnnouncedCall, waitMs: number): string {
  return `${title(call)}: ${who(call)}, gave up after ${minutes(waitMs)}`;
}

/** A chat message on a caller's entry. */
export function enteredMessage(to: string, call: AnnouncedCall, position: number): Element {
  return message(to, enteredText(call, position), callElement(call, { position }));
}

/** A chat message to the chosen member. */
export function chosenMessage(to: string, call: AnnouncedCall, extension: string): Element {
  return message(to, chosenText(call), callElement(call, { state: 'ringing', extension }));
}

/** A chat message to the member who missed the call. */
export function missedMessage(to: string, call: AnnouncedCall, extension: string): Element {
  return message(to, missedText(call), callElement(call, { state: 'ended', extension }));
}

/** A chat message to the member who was put aside. */
export function asideMessage(to: string, aside: PutAside): Element {
  return message(to, asideText(aside));
}

/** A chat message that the caller gave up. */
export function gaveUpMessage(to: string, call: AnnouncedCall, waitMs: number): Element {
  return message(to, gaveUpText(call, waitMs), callElement(call, { state: 'ended' }));
}

/** RFC 6121 5.2; `<no-store/>` (XEP-0334 4.4) because a call announced tomorrow is of no use and customer data must not lie about. */
function message(to: string, body: string, call?: Element): Element {
  const hint = xml('no-store', { xmlns: NS.hints });
  const children = call === undefined ? [hint] : [call, hint];
  return xml('message', { to, type: 'chat', id: randomUUID() }, xml('body', {}, body), ...children);
}

/** The queue's title in front keeps a name such as `/me …` from being taken for a client's command. */
function title({ queueTitle, queue }: Pick<AnnouncedCall, 'queue' | 'queueTitle'>): string {
  return oneLine(queueTitle || queue, NAME_LENGTH_MAX) || 'Queue';
}

function who({ customer, caller }: AnnouncedCall): string {
  const number = oneLine(caller.number ?? '', NUMBER_LENGTH_MAX) || 'unknown';
  if (!customer) return `Unknown customer, caller ${number}`;
  const name = oneLine(customer.name, NAME_LENGTH_MAX) || 'without name';
  const id = oneLine(customer.id, NAME_LENGTH_MAX);
  const code = customer.code === null ? '' : `, code ${oneLine(customer.code, NAME_LENGTH_MAX)}`;
  return `Customer ${name} (id ${id}${code}), caller ${number}`;
}

/** `0:45`, `12:05`. */
function minutes(waitMs: number): string {
  const seconds = Math.max(0, Math.round(waitMs / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
