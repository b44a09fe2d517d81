import type { Datagram } from '../../support/audio/pcap.ts';
import { parseSip, type SipMessage } from '../../support/phones/sip-message.ts';

/** A SIP message as captured, with where it went. */
export interface TracedMessage extends SipMessage {
  readonly from: string;
  readonly to: string;
}

/** The SIP messages among captured datagrams that came from or went to Asterisk's SIP address (`127.0.0.1:5060`). */
export function tracedMessages(datagrams: readonly Datagram[], asterisk: string): readonly TracedMessage[] {
  return datagrams.flatMap(({ atMs, from, to, payload }) => {
    if (from !== asterisk && to !== asterisk) return [];
    const message = parseSip(payload.toString('utf8'), { atMs, direction: from === asterisk ? 'out' : 'in' });
    return message ? [{ ...message, from, to }] : [];
  });
}

/** First INVITEs from Asterisk to phones: not those within a call (To has a tag then), and none that was sent again. */
export function firstInvites(messages: readonly TracedMessage[]): readonly TracedMessage[] {
  const seen = new Set<string>();
  return messages.filter(({ method, status, direction, callId, headers }) => {
    const isFirst = method === 'INVITE' && status === undefined && direction === 'out' && !seen.has(callId);
    if (!isFirst || /;\s*tag=/.test(headers.get('to') ?? '')) return false;
    seen.add(callId);
    return true;
  });
}

/** The user part of a request's URI: which phone is meant. */
export function userOf({ subject }: SipMessage): string {
  return /^sips?:([^@;>]+)@/.exec(subject)?.[1] ?? '';
}
