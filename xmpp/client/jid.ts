import { domainToASCII } from 'node:url';

/** RFC 7622 3.1: each part is at most 1023 bytes. */
const PART_BYTES_MAX = 1023;
/** RFC 7622 3.3.1: what a localpart may not contain, and white space and control characters; no domain has them either. */
const FORBIDDEN = /["&'/:<>@\s\p{Cc}\p{Cs}]/u;

/** The bare form of a JID as it came from the wire, lower-cased: the only form in which people are recognised. */
export function bareJid(jid: string): string {
  const slash = jid.indexOf('/');
  return (slash < 0 ? jid : jid.slice(0, slash)).toLowerCase();
}

/** A bare `local@domain` in one spelling, or `null` when it is not one: a wrong JID in a list makes servers refuse the whole list. */
export function parseBareJid(text: string): string | null {
  const [local, domain, ...rest] = text.normalize('NFKC').trim().toLowerCase().split('@');
  if (!local || !domain || rest.length > 0 || FORBIDDEN.test(local + domain)) return null;
  const name = domainToASCII(domain.replace(/\.$/, ''));
  if (!name || Buffer.byteLength(local) > PART_BYTES_MAX || Buffer.byteLength(domain) > PART_BYTES_MAX) return null;
  return `${local}@${domain.replace(/\.$/, '')}`;
}

/** The domain of a bare JID. */
export function domainOf(jid: string): string {
  return jid.slice(jid.indexOf('@') + 1);
}
