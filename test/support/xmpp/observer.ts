import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { XmppConnection } from '../../../xmpp/client/connection.ts';
import { type Element, xml } from '../../../xmpp/client/library.ts';
import { NS } from '../../../xmpp/client/namespaces.ts';
import type { XmppServer } from '../xmpp-server.ts';

const NS_EVENT = 'http://jabber.org/protocol/pubsub#event';
const WAIT_LIMIT_MS = 20_000;
const POLL_MS = 10;

/** What was looked for, or that it is not there yet. */
type Look<T> = T | false | null | undefined;

/** Looks again and again until the condition holds; fails with the description after a generous time. */
export async function eventually<T>(
  look: () => Look<T> | Promise<Look<T>>,
  what: string,
  limitMs = WAIT_LIMIT_MS,
): Promise<T> {
  const untilMs = Date.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) return found;
    if (Date.now() > untilMs) throw new Error(`Waited ${limitMs} ms in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** What happened on a node, as a subscriber saw it. */
export interface NodeEvent {
  readonly node: string;
  readonly kind: 'item' | 'retract' | 'delete';
  readonly id: string | null;
  /** State of the `<call/>`, where there is one. */
  readonly state: string | null;
  readonly payload: Element | null;
}

export interface ObserverOptions {
  readonly server: XmppServer;
  readonly user: string;
  /** Where to connect instead of the server itself. */
  readonly service?: string;
  readonly domain?: string;
  /** Without presence no chat message and no event is delivered. */
  readonly hasPresence?: boolean;
}

/** A logged-in account that writes down what it gets. */
export class XmppObserver {
  readonly stanzas: Element[] = [];
  readonly connection: XmppConnection;
  readonly #hasPresence: boolean;

  private constructor({ server, user, service, domain, hasPresence = true }: ObserverOptions) {
    this.#hasPresence = hasPresence;
    this.connection = new XmppConnection(
      {
        service: service ?? server.service,
        domain: domain ?? server.domain,
        username: user,
        password: `pw-${user}`,
        resource: 'observer',
        tls: { ca: server.ca },
        clock: systemClock,
        random: Math.random,
        log: silentLog(),
      },
      {
        onOnline: (isFresh) => {
          if (isFresh && this.#hasPresence) this.connection.send(xml('presence'));
        },
        onOffline: () => {},
        onStanza: (stanza) => this.stanzas.push(stanza),
      },
    );
  }

  static async connect(options: ObserverOptions): Promise<XmppObserver> {
    const observer = new XmppObserver(options);
    observer.connection.start();
    await eventually(() => observer.connection.isOnline, `${options.user} online`);
    // A round trip after the presence: now the server knows that this account is there.
    await observer.connection.request({
      type: 'get',
      to: options.domain ?? options.server.domain,
      child: xml('ping', { xmlns: NS.ping }),
    });
    return observer;
  }

  /** Bodies of chat messages, oldest first. */
  get chats(): string[] {
    const chats = this.stanzas.filter((stanza) => stanza.is('message') && stanza.attrs['type'] === 'chat');
    return chats.map((stanza) => stanza.getChildText('body')).filter((body) => body !== null);
  }

  /** What happened on the nodes, oldest first. */
  get events(): NodeEvent[] {
    return this.stanzas.flatMap((stanza) => readEvent(stanza));
  }

  /** `ringing`, `connected`, `ended`, `retracted` or `deleted`, in order, of one node. */
  story(node: string): string[] {
    let current: string | null = null;
    return this.events
      .filter((event) => event.node === node)
      .filter((event) => {
        // ejabberd also retracts the item that a newer one has replaced; Prosody says nothing about it.
        const isOfReplaced = event.kind === 'retract' && event.id !== current;
        if (event.kind === 'item') current = event.id;
        return !isOfReplaced;
      })
      .map((event) => tell(event));
  }

  async stop(): Promise<void> {
    await this.connection.stop();
  }
}

function tell({ kind, state }: NodeEvent): string {
  if (kind === 'item') return state ?? 'item';
  return kind === 'retract' ? 'retracted' : 'deleted';
}

function readEvent(stanza: Element): NodeEvent[] {
  const event = stanza.getChild('event', NS_EVENT);
  const deleted = event?.getChild('delete');
  if (deleted) return [{ node: deleted.attrs['node'] ?? '', kind: 'delete', id: null, state: null, payload: null }];
  const items = event?.getChild('items');
  if (!items) return [];
  const node = items.attrs['node'] ?? '';
  return items.getChildElements().map((child) => {
    const payload = child.getChildElements()[0] ?? null;
    const call = payload?.is('call', NS.call) ? payload : payload?.getChild('call', NS.call);
    const kind = child.is('retract') ? 'retract' : 'item';
    return { node, kind, id: child.attrs['id'] ?? null, state: call?.attrs['state'] ?? null, payload };
  });
}
