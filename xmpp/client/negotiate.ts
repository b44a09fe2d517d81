import { randomUUID } from 'node:crypto';
import { XmppFailure } from './failure.ts';
import { type Element, xml } from './library.ts';
import { NS } from './namespaces.ts';
import { authenticate } from './sasl.ts';
import type { Credentials } from './scram.ts';
import { readStanzaError } from './stanza-error.ts';
import type { XmppStream } from './stream.ts';
import type { StreamManagement } from './stream-management.ts';

export interface NegotiateOptions {
  readonly credentials: Credentials;
  readonly resource: string;
  /** Whether a stream without encryption is refused. */
  readonly requireTls: boolean;
  readonly session: StreamManagement;
}

/** How the session began: the former one goes on (`resumed` is the server's answer), or a new one has this full JID. */
export type Negotiated =
  | { readonly kind: 'resumed'; readonly resumed: Element }
  | { readonly kind: 'fresh'; readonly jid: string };

/** Takes a new stream to a session, in the order of RFC 6120 section 4.3.7: TLS, SASL, resumption or binding, stream management. */
export async function negotiate(stream: XmppStream, options: NegotiateOptions): Promise<Negotiated> {
  const offered = await secure(stream, await stream.open(), options.requireTls);
  await authenticate(stream, offered, options.credentials);
  const features = await stream.restart();
  const hasManagement = features.getChild('sm', NS.sm) !== undefined;
  const { session } = options;
  if (hasManagement && session.isResumable) {
    const resumed = await resume(stream, session);
    if (resumed) return { kind: 'resumed', resumed };
  }
  session.lost();
  const jid = await bind(stream, options.resource);
  if (hasManagement) await enable(stream, session);
  return { kind: 'fresh', jid };
}

/** STARTTLS (RFC 6120 5.4). Of a clear-text feature list nothing but the offer of TLS is believed. */
async function secure(stream: XmppStream, features: Element, requireTls: boolean): Promise<Element> {
  if (stream.isSecure()) return features;
  if (!features.getChild('starttls', NS.tls)) {
    if (!requireTls) return features;
    throw new XmppFailure('tls-required', 'The server offers no TLS, and this connection must have it');
  }
  stream.send(xml('starttls', { xmlns: NS.tls }));
  const answer = await stream.next((element) => element.getNS() === NS.tls);
  if (!answer.is('proceed', NS.tls)) throw new XmppFailure('tls-required', 'The server refused to start TLS');
  await stream.upgrade();
  return await stream.restart();
}

/** XEP-0198 section 5; `null` when the server does not know the session any more. */
async function resume(stream: XmppStream, session: StreamManagement): Promise<Element | null> {
  stream.send(session.resumeRequest());
  const answer = await stream.next((element) => element.is('resumed', NS.sm) || element.is('failed', NS.sm));
  return answer.is('resumed', NS.sm) ? answer : null;
}

/** RFC 6120 section 7. */
async function bind(stream: XmppStream, resource: string): Promise<string> {
  const id = randomUUID();
  const child = xml('bind', { xmlns: NS.bind }, xml('resource', {}, resource));
  stream.send(xml('iq', { type: 'set', id }, child));
  const answer = await stream.next((element) => element.is('iq') && element.attrs['id'] === id);
  if (answer.attrs['type'] === 'error') {
    const { condition } = readStanzaError(answer);
    const kind = condition === 'conflict' ? 'conflict' : 'stream-error';
    throw new XmppFailure(kind, `The server refused to bind resource ${resource}: ${condition}`);
  }
  const jid = answer.getChild('bind', NS.bind)?.getChildText('jid');
  if (!jid) throw new XmppFailure('protocol', 'The server bound no JID');
  return jid;
}

/** XEP-0198 section 3: only after binding. A refusal leaves a session without stream management. */
async function enable(stream: XmppStream, session: StreamManagement): Promise<void> {
  stream.send(session.enableRequest());
  const answer = await stream.next((element) => element.is('enabled', NS.sm) || element.is('failed', NS.sm));
  if (answer.is('enabled', NS.sm)) session.enabled(answer);
}
