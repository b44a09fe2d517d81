import { randomUUID } from 'node:crypto';
import { isAppError } from '../src/errors.ts';
import { type Clock, systemClock } from '../src/lib/clock.ts';
import { type FailureKind, failureFrom, XmppFailure } from './client/failure.ts';
import { type Element, xml } from './client/library.ts';
import { NS } from './client/namespaces.ts';
import { negotiate } from './client/negotiate.ts';
import { readStanzaError } from './client/stanza-error.ts';
import { XmppStream } from './client/stream.ts';
import { StreamManagement } from './client/stream-management.ts';
import { isLoopback } from './client/tls.ts';
import { readTlsSettings, type XmppSettings } from './settings.ts';
import { createNode, deleteNode } from './stanzas/pubsub.ts';

/** How long login, and each question after it, may take. */
const STEP_LIMIT_MS = 10_000;

/** Something that is wrong, and what to do about it. */
export interface Finding {
  readonly what: string;
  readonly mend: string;
}

export interface CheckResult {
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

/**
 * Tries everything that the announcer needs: name, port, TLS, password, pubsub service, and really creates and deletes a
 * node. Stops at the first fault that hides the rest. Never rejects.
 */
export async function checkXmpp(settings: XmppSettings, clock: Clock = systemClock): Promise<CheckResult> {
  const findings = await collect(settings, clock);
  return { ok: findings.length === 0, findings };
}

async function collect(settings: XmppSettings, clock: Clock): Promise<readonly Finding[]> {
  let stream: XmppStream | null = null;
  try {
    const tls = await readTlsSettings(settings);
    const { service, domain } = settings;
    stream = new XmppStream({ service, domain, tls, clock });
    await logIn(stream, settings, tls.requireTls ?? !isLoopback(service), clock);
    return await checkPubsub(stream, settings, clock);
  } catch (error) {
    if (isAppError(error, 'CONFIG_INVALID'))
      return [{ what: error.message, mend: 'Correct the path, or let the application read the file' }];
    return [describe(failureFrom(error), settings)];
  } finally {
    await stream?.close();
  }
}

async function logIn(stream: XmppStream, settings: XmppSettings, requireTls: boolean, clock: Clock): Promise<void> {
  const { username, password } = settings;
  const cancel = limit(stream, clock, 'No login');
  try {
    // A resource of its own, so that a running application is not thrown out.
    const resource = `check-${randomUUID()}`;
    await negotiate(stream, {
      credentials: { username, password },
      resource,
      requireTls,
      session: new StreamManagement(),
    });
  } finally {
    cancel();
  }
}

async function checkPubsub(stream: XmppStream, settings: XmppSettings, clock: Clock): Promise<readonly Finding[]> {
  const { pubsubService, username, domain } = settings;
  const jid = `${username}@${domain}`;
  const ask = (type: 'get' | 'set', child: Element) => request(stream, clock, { type, to: pubsubService, child });
  const info = await ask('get', xml('query', { xmlns: NS.discoInfo }));
  const identities = info.getChild('query', NS.discoInfo)?.getChildren('identity') ?? [];
  if (!identities.some((identity) => identity.attrs['category'] === 'pubsub')) {
    return [
      {
        what: `There is no pubsub service ${pubsubService}${conditionOf(info)}`,
        mend: `Load the pubsub component in the XMPP server (Prosody: Component "${pubsubService}" "pubsub"; ejabberd: mod_pubsub with host ${pubsubService}), or correct XMPP_PUBSUB`,
      },
    ];
  }
  const node = `queueapp-check-${randomUUID()}`;
  const created = await ask('set', createNode(node, 'Check'));
  if (created.attrs['type'] === 'error') {
    return [
      {
        what: `${jid} may not create nodes on ${pubsubService}${conditionOf(created)}`,
        mend: `Give it the right (Prosody: admins = { "${jid}" } in the component; ejabberd: access_createnode of mod_pubsub)`,
      },
    ];
  }
  const deleted = await ask('set', deleteNode(node));
  if (deleted.attrs['type'] !== 'error') return [];
  return [
    {
      what: `${jid} may not delete its node ${node}${conditionOf(deleted)}`,
      mend: 'Delete the node by hand and make the account its owner',
    },
  ];
}

async function request(
  stream: XmppStream,
  clock: Clock,
  { type, to, child }: { type: 'get' | 'set'; to: string; child: Element },
): Promise<Element> {
  const id = randomUUID();
  const cancel = limit(stream, clock, `No answer from ${to}`);
  stream.send(xml('iq', { type, to, id }, child));
  try {
    return await stream.next((element) => element.is('iq') && element.attrs['id'] === id);
  } finally {
    cancel();
  }
}

function limit(stream: XmppStream, clock: Clock, what: string): () => void {
  return clock.after(STEP_LIMIT_MS, () =>
    stream.fail(new XmppFailure('timeout', `${what} within ${STEP_LIMIT_MS} ms`)),
  );
}

function conditionOf(stanza: Element): string {
  return stanza.attrs['type'] === 'error' ? ` (the server says: ${readStanzaError(stanza).condition})` : '';
}

function describe(failure: XmppFailure, settings: XmppSettings): Finding {
  const { hostname, host } = new URL(settings.service);
  const account = `${settings.username}@${settings.domain}`;
  const findings: Readonly<Record<FailureKind, Finding>> = {
    unresolved: {
      what: `The host name ${hostname} of the XMPP server does not resolve`,
      mend: 'Correct XMPP_SERVICE, or the name service of this machine',
    },
    'connection-refused': {
      what: `Nothing listens at ${host}`,
      mend: 'Start the XMPP server, or correct host and port in XMPP_SERVICE (5222 with STARTTLS, 5223 direct TLS)',
    },
    unreachable: { what: `${host} can't be reached: ${failure.message}`, mend: 'Look at the network and the firewall' },
    timeout: {
      what: `${host}: ${failure.message}`,
      mend: 'Look whether this is an XMPP server, and whether a firewall swallows packets',
    },
    'tls-untrusted': {
      what: `The certificate of ${host} is not trusted: ${failure.message}`,
      mend: `Give the server a certificate for ${settings.domain} from a known authority, or name its authority's file in xmpp.ca`,
    },
    'tls-required': {
      what: `${host} offers no encryption`,
      mend: 'Switch TLS on in the XMPP server; only on loopback it may be left out',
    },
    credentials: {
      what: `The XMPP server refused the login of ${account}: ${failure.message}`,
      mend: 'Correct XMPP_JID and XMPP_PASSWORD, or make the account',
    },
    'server-not-authentic': {
      what: failure.message,
      mend: 'Somebody may sit between this machine and the server: do not use this connection',
    },
    conflict: { what: failure.message, mend: 'Stop the other process that uses this account and resource' },
    'host-unknown': {
      what: `The XMPP server does not serve ${settings.domain}`,
      mend: 'Correct the domain in XMPP_JID, or add it to the server',
    },
    'stream-error': { what: failure.message, mend: "Look into the XMPP server's log" },
    protocol: {
      what: `${host} does not speak XMPP as expected: ${failure.message}`,
      mend: 'Look whether XMPP_SERVICE leads to an XMPP port for clients; xmpps:// is for direct TLS only',
    },
    closed: {
      what: `The connection to ${host} was closed: ${failure.message}`,
      mend: "Look into the XMPP server's log",
    },
    stopped: { what: failure.message, mend: 'Try again' },
  };
  return findings[failure.kind];
}
