import type { Dialog } from './dialogs.ts';
import { type Observation, timeOf, type Violation } from './observation.ts';

/**
 * Whom the switch hung up on has been served to the end: a member's phone showed their number, was answered, and hung up or sent them
 * on. Who was refused, or waited in vain, is lost.
 */
export function lostCallers({ callers, phones, isPatient }: Observation): Violation[] {
  const served = new Set(phones.filter((phone) => hasParted(phone)).map(({ caller }) => caller));
  return callers.flatMap((dialog) => {
    const why = whyLost(dialog, { isServed: served.has(dialog.caller), isPatient: isPatient(dialog.caller) });
    return why === null ? [] : [{ invariant: 'caller-lost', what: `${dialog.caller} ${why}` }];
  });
}

/** Calls that nobody has ended, at either end. */
export function openDialogs({ callers, phones }: Observation): Violation[] {
  return [...callers, ...phones]
    .filter(({ end }) => end === null)
    .map(({ callId, caller, extension, invitedAtMs }) => {
      const whose = extension === null ? `the call of ${caller}` : `the call of ${caller} at ${extension}`;
      return { invariant: 'dialog-open', what: `${whose}, begun at ${timeOf(invitedAtMs)}, is not ended (${callId})` };
    });
}

function hasParted({ answeredAtMs, end, isSentOn }: Dialog): boolean {
  return answeredAtMs !== null && (isSentOn || (end?.by === 'this end' && end.how === 'bye'));
}

function whyLost(
  { end }: Dialog,
  { isServed, isPatient }: { readonly isServed: boolean; readonly isPatient: boolean },
): string | null {
  if (end === null) return null;
  const at = `at ${timeOf(end.atMs)}`;
  if (end.by === 'this end') return isPatient ? `has waited in vain until ${timeOf(end.atMs)}` : null;
  if (end.how === 'refused') return `was refused with ${end.status} ${at}`;
  return isServed ? null : `was hung up on ${at}, and no member had hung up`;
}
