import type { Dialog } from './dialogs.ts';
import { type EntryRow, type LogRow, type Observation, timeOf, type Violation } from './observation.ts';

const CLOSING: ReadonlySet<string> = new Set([
  ...['ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'EXITWITHKEY', 'WITHDRAW'],
  ...['COMPLETEAGENT', 'COMPLETECALLER', 'BLINDTRANSFER', 'ATTENDEDTRANSFER'],
]);
const NEEDS_CONNECT: ReadonlySet<string> = new Set([
  'COMPLETEAGENT',
  'COMPLETECALLER',
  'BLINDTRANSFER',
  'ATTENDEDTRANSFER',
]);
/** Who hung up first is not judged when both did within this: which of the two Asterisk saw first is its own affair. */
const AT_ONCE_MS = 1_000;

/** Each caller's lines: ENTERQUEUE, CONNECT at most once, one closing event; and the entry says the same. */
export function wrongClosings({ log, entries }: Observation): Violation[] {
  const byCall = new Map<string, LogRow[]>();
  for (const row of log) byCall.set(row.callid, [...(byCall.get(row.callid) ?? []), row]);
  const inLog = [...byCall].flatMap(([callid, rows]) => {
    const events = rows.map(({ event }) => event).filter((event) => isOfInterest(event));
    const fault = faultOf(events);
    return fault === null ? [] : [`${callid}: ${fault} (${events.join(', ')})`];
  });
  const inRows = entries.flatMap((entry) => {
    const fault = faultOfEntry(entry, byCall.get(entry.uniqueId) ?? []);
    return fault === null ? [] : [`entry ${entry.entryId} of ${entry.callerNumber}: ${fault}`];
  });
  return [...inLog, ...inRows].map((what) => ({ invariant: 'closed-once', what }));
}

function isOfInterest(event: string): boolean {
  return event === 'ENTERQUEUE' || event === 'CONNECT' || CLOSING.has(event);
}

/** Where a call is that has had these lines so far. */
type Stay = 'out' | 'waiting' | 'talking';

function faultOf(events: readonly string[]): string | null {
  let stay: Stay = 'out';
  for (const event of events) {
    const next = after(stay, event);
    if (next === null) return wordsOf(stay, event);
    stay = next;
  }
  return stay === 'out' ? null : 'was never closed';
}

/** `null`: this event makes no sense there. */
function after(stay: Stay, event: string): Stay | null {
  if (event === 'ENTERQUEUE') return stay === 'out' ? 'waiting' : null;
  if (event === 'CONNECT') return stay === 'waiting' ? 'talking' : null;
  return stay === (NEEDS_CONNECT.has(event) ? 'talking' : 'waiting') ? 'out' : null;
}

function wordsOf(stay: Stay, event: string): string {
  if (event === 'ENTERQUEUE') return 'entered again before it was closed';
  return `${event} of a call that is ${stay === 'out' ? 'not in the queue' : stay}`;
}

function faultOfEntry({ state, outcome }: EntryRow, rows: readonly LogRow[]): string | null {
  if (state !== 'ended') return `is ${state} still`;
  return rows.some(({ event }) => event === outcome) ? null : `ended with ${outcome}, which queue_log does not have`;
}

/** Who ended it, as both ends' phones saw it, is what the entry says. */
export function wrongEvents({ callers, phones, entries }: Observation): Violation[] {
  const byNumber = new Map(callers.map((dialog) => [dialog.caller, dialog]));
  return entries.flatMap(({ callerNumber, outcome, entryId }) => {
    const caller = byNumber.get(callerNumber);
    if (caller === undefined || outcome === null) return [];
    const talked = phones.filter((phone) => phone.caller === callerNumber && phone.answeredAtMs !== null);
    // Others may have been answered before: cut off beside the one that talked, or hung up while nobody was there who could have connected them.
    const phone = talked.toSorted((a, b) => endedAt(a) - endedAt(b)).at(-1);
    const fault = faultOfOutcome(outcome, caller, phone);
    return fault === null
      ? []
      : [
          {
            invariant: 'right-event',
            what: `${callerNumber}: ${outcome}, though ${fault} (entry ${entryId})`,
          } as const,
        ];
  });
}

function faultOfOutcome(outcome: string, caller: Dialog, phone: Dialog | undefined): string | null {
  const callerLeftAtMs = hungUpAt(caller);
  const memberLeftAtMs = phone === undefined ? null : hungUpAt(phone);
  if (outcome === 'ABANDON') return callerLeftAtMs === null ? 'the caller did not hang up' : null;
  if (outcome !== 'COMPLETECALLER' && outcome !== 'COMPLETEAGENT') return null;
  if (phone === undefined) return 'no phone was answered';
  const [first, other] =
    outcome === 'COMPLETECALLER' ? [callerLeftAtMs, memberLeftAtMs] : [memberLeftAtMs, callerLeftAtMs];
  const who = outcome === 'COMPLETECALLER' ? ['the caller', 'the member'] : ['the member', 'the caller'];
  if (first === null) return `${who[0]} did not hang up`;
  if (other !== null && first - other > AT_ONCE_MS)
    return `${who[1]} hung up first, at ${timeOf(other)}, and ${who[0]} at ${timeOf(first)}`;
  return null;
}

function endedAt({ end }: Dialog): number {
  return end?.atMs ?? Number.POSITIVE_INFINITY;
}

/** When this end hung up by itself. */
function hungUpAt({ end }: Dialog): number | null {
  return end?.by === 'this end' && end.how !== 'refused' ? end.atMs : null;
}
