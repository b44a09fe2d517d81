import { parseParty, type SipMessage, shownParty } from '../phones/sip-message.ts';

/** How a call ended, as the traced end saw it. */
export interface DialogEnd {
  readonly atMs: number;
  readonly by: 'this end' | 'far end';
  readonly how: 'bye' | 'cancel' | 'refused';
  /** Of a refusal. */
  readonly status?: number;
}

/** One call as the SIP trace of one end tells it. Times are wall clock, milliseconds. */
export interface Dialog {
  readonly callId: string;
  /** Whose call it is: the caller's own number, or the one that a phone shows. */
  readonly caller: string;
  /** The phone that was called; `null`: the trace is the caller's. */
  readonly extension: string | null;
  readonly invitedAtMs: number;
  readonly answeredAtMs: number | null;
  /** This end has sent the other one on (REFER). */
  readonly isSentOn: boolean;
  /** `null`: it goes on. */
  readonly end: DialogEnd | null;
}

/** The calls of a trace, in the order of their INVITEs; what is no call (registrations) is left out. */
export function dialogsOf(messages: readonly SipMessage[]): Dialog[] {
  const byCall = new Map<string, SipMessage[]>();
  for (const message of messages) {
    const known = byCall.get(message.callId);
    if (known === undefined) byCall.set(message.callId, [message]);
    else known.push(message);
  }
  return [...byCall.values()].flatMap((call) => dialogOf(call) ?? []);
}

function dialogOf(messages: readonly SipMessage[]): Dialog | null {
  const invite = messages.find(({ method, status }) => method === 'INVITE' && status === undefined);
  if (invite === undefined) return null;
  const isIncoming = invite.direction === 'in';
  const answered = messages.find(({ method, status }) => method === 'INVITE' && status === 200);
  return {
    callId: invite.callId,
    caller: isIncoming ? shownParty(invite).number : parseParty(invite.headers.get('from') ?? '').number,
    extension: isIncoming ? parseParty(`<${invite.subject}>`).number : null,
    invitedAtMs: invite.atMs,
    answeredAtMs: answered?.atMs ?? null,
    isSentOn: messages.some(
      ({ method, status, direction }) => method === 'REFER' && status === undefined && direction === 'out',
    ),
    end: endOf(messages, answered !== undefined),
  };
}

function endOf(messages: readonly SipMessage[], wasAnswered: boolean): DialogEnd | null {
  for (const { atMs, method, status, direction } of messages) {
    const by = direction === 'in' ? 'far end' : 'this end';
    if (status === undefined && method === 'BYE') return { atMs, by, how: 'bye' };
    if (status === undefined && method === 'CANCEL') return { atMs, by, how: 'cancel' };
    const isFinal = method === 'INVITE' && status !== undefined && status >= 300 && status !== 401 && status !== 407;
    if (isFinal && !wasAnswered) return { atMs, by, how: 'refused', status };
  }
  return null;
}
