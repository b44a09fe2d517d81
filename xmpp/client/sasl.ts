import { XmppFailure } from './failure.ts';
import { type Element, xml } from './library.ts';
import { NS } from './namespaces.ts';
import { type Credentials, ScramExchange } from './scram.ts';
import type { XmppStream } from './stream.ts';

/** Best first. PLAIN sends the password itself and is used over TLS only. */
const MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'] as const;
type Mechanism = (typeof MECHANISMS)[number];

/** Logs in (RFC 6120 section 6); throws `credentials` when the server says no, `server-not-authentic` when it can't prove itself. */
export async function authenticate(stream: XmppStream, features: Element, credentials: Credentials): Promise<void> {
  const mechanism = chooseMechanism(features, stream.isSecure());
  if (mechanism === 'PLAIN') return await authenticatePlain(stream, credentials);
  const scram = new ScramExchange(mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha1', credentials);
  stream.send(xml('auth', { xmlns: NS.sasl, mechanism }, encode(scram.clientFirst())));
  const challenge = await reply(stream, credentials);
  if (!challenge.is('challenge', NS.sasl)) throw unexpected(challenge);
  stream.send(xml('response', { xmlns: NS.sasl }, encode(await scram.clientFinal(decode(challenge)))));
  let last = await reply(stream, credentials);
  // The server's signature comes with success, or as one more challenge (RFC 6120 6.3.10 leaves it open).
  scram.verify(decode(last));
  if (last.is('challenge', NS.sasl)) {
    stream.send(xml('response', { xmlns: NS.sasl }));
    last = await reply(stream, credentials);
  }
  if (!last.is('success', NS.sasl)) throw unexpected(last);
}

/** The strongest mechanism that both sides know. */
export function chooseMechanism(features: Element, isSecure: boolean): Mechanism {
  const offers = features.getChild('mechanisms', NS.sasl)?.getChildren('mechanism') ?? [];
  const offered = new Set(offers.map((offer) => offer.getText().trim()));
  const best = MECHANISMS.find((name) => offered.has(name) && (isSecure || name !== 'PLAIN'));
  if (best) return best;
  const names = [...offered].join(', ') || 'nothing';
  throw new XmppFailure('credentials', `The server offers no way to log in that is safe here: it offers ${names}`);
}

/** RFC 4616: authorization identity (empty), user name and password with NUL between. */
async function authenticatePlain(stream: XmppStream, credentials: Credentials): Promise<void> {
  const message = encode(`\0${credentials.username}\0${credentials.password}`);
  stream.send(xml('auth', { xmlns: NS.sasl, mechanism: 'PLAIN' }, message));
  const last = await reply(stream, credentials);
  if (!last.is('success', NS.sasl)) throw unexpected(last);
}

async function reply(stream: XmppStream, { username }: Credentials): Promise<Element> {
  const element = await stream.next((candidate) => candidate.getNS() === NS.sasl);
  if (!element.is('failure', NS.sasl)) return element;
  const [condition] = element.getChildElements();
  const name = condition?.getName() ?? 'not-authorized';
  if (name === 'temporary-auth-failure') {
    throw new XmppFailure('stream-error', 'The server can check no passwords at present (temporary-auth-failure)');
  }
  throw new XmppFailure('credentials', `The server refused the login of ${username}: ${name}`);
}

function unexpected(element: Element): XmppFailure {
  return new XmppFailure('protocol', `The server answered the login with <${element.getName()}/>`);
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function decode(element: Element): string {
  return Buffer.from(element.getText(), 'base64').toString('utf8');
}
