import type { Extension } from '../src/core/people.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { OutageStatus } from '../src/lib/outage.ts';
import { within } from '../src/lib/within.ts';
import type { Logger } from '../src/log.ts';
import type { AnnouncedAttempt, AnnouncedCall, Announcer, PublishOutcome, PutAside } from '../src/ports/announcer.ts';
import type { Lease } from '../src/ports/lease.ts';
import { type ConnectionStatus, XmppConnection } from './client/connection.ts';
import { parseBareJid } from './client/jid.ts';
import type { Element } from './client/library.ts';
import { readStanzaError } from './client/stanza-error.ts';
import { LANES_MAX, Nodes } from './nodes.ts';
import { OUTBOX_MAX, Outbox } from './outbox.ts';
import { PresenceBook } from './presence-book.ts';
import { Pubsub } from './pubsub.ts';
import { RESOURCE_DEFAULT, readTlsSettings, type XmppSettings } from './settings.ts';
import { asideMessage, chosenMessage, enteredMessage, gaveUpMessage, missedMessage } from './stanzas/chat.ts';
import { availablePresence, rosterRequest } from './stanzas/presence.ts';

/** How long a login or logout waits for its node, and a reconciliation for all of them; the work goes on after it. */
const NODE_WAIT_MS = 5_000;
const RECONCILE_WAIT_MS = 15_000;
/** How long publications that are under way may hold up the end of the process. */
const STOP_WAIT_MS = 1_000;

export interface AnnouncerOptions {
  readonly settings: XmppSettings;
  readonly log: Logger;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Nothing is sent without it. @default everything may be */
  readonly lease?: Pick<Lease, 'confirm' | 'confirmByDatabase'>;
  /** Whether another process looks after this attempt, whose item is not ours to take away. @default nobody does */
  readonly isHeldElsewhere?: (attemptId: string) => boolean;
}

/** What an operator wants to know about the XMPP connection. */
export interface AnnouncerStatus extends ConnectionStatus {
  readonly jid: string;
  /** Chat messages that wait to be sent. */
  readonly waitingMessages: number;
  /** Nodes of extensions on which something is to be changed. */
  readonly waitingNodes: number;
  /** Most of each. */
  readonly messagesMax: number;
  readonly nodesMax: number;
  /** Chat messages that were dropped since the start: too old, or too many. */
  readonly droppedMessages: number;
  /** Chat messages that came back as errors since the start. */
  readonly bouncedMessages: number;
}

export interface XmppAnnouncer extends Announcer {
  /** Begins to connect and does not wait for it. Throws CONFIG_INVALID when the certificate file can't be read. */
  start(): Promise<void>;
  stop(): Promise<void>;
  status(): AnnouncerStatus;
  /** Since when there is no session, and why; `null` before the start. */
  outage(): OutageStatus | null;
}

/** The announcer over XMPP: chat messages to members, items to the nodes of extensions. */
export function createAnnouncer(options: AnnouncerOptions): XmppAnnouncer {
  return new ConnectedAnnouncer(options);
}

class ConnectedAnnouncer implements XmppAnnouncer {
  readonly #options: AnnouncerOptions;
  readonly #nodes: Nodes;
  readonly #outbox: Outbox;
  readonly #presence: PresenceBook;
  readonly #owner: string;
  #connection: XmppConnection | null = null;
  #droppedMessages = 0;
  #bouncedMessages = 0;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    const { settings, clock, random, log } = options;
    this.#owner = `${settings.username}@${settings.domain}`.toLowerCase();
    const send = (stanza: Element) => this.#connection?.send(stanza) ?? false;
    const pubsub = new Pubsub({
      service: settings.pubsubService,
      owner: this.#owner,
      log,
      request: async (request) => (await this.#connection?.request(request)) ?? { ok: false, reason: 'away' },
    });
    const { isHeldElsewhere = () => false } = options;
    this.#nodes = new Nodes({ pubsub, clock, random, log, isHeldElsewhere, payload: settings.payload ?? 'native' });
    this.#presence = new PresenceBook({ clock, domain: settings.domain, send });
    this.#outbox = new Outbox({
      clock,
      send,
      unackedCount: () => this.#connection?.unackedCount ?? 0,
      isOnline: () => this.isConnected(),
      onDropped: (count) => {
        this.#droppedMessages += count;
      },
    });
  }

  async start(): Promise<void> {
    if (this.#connection) return;
    const { settings, clock, random, log } = this.#options;
    const { service, domain, username, password, resource = RESOURCE_DEFAULT } = settings;
    const tls = await readTlsSettings(settings);
    this.#connection = new XmppConnection(
      { service, domain, username, password, resource, tls, clock, random, log, lease: this.#options.lease },
      {
        onOnline: (isFresh) => this.#onOnline(isFresh),
        waiting: () => ({ messages: this.#outbox.length, nodes: this.#nodes.behind }),
        onOffline: () => this.#nodes.offline(),
        onStanza: (stanza) => this.#onStanza(stanza),
      },
    );
    this.#connection.start();
  }

  async stop(): Promise<void> {
    this.#presence.stop();
    this.#outbox.clear();
    if (this.isConnected()) await within(this.#options.clock, this.#nodes.finished(), STOP_WAIT_MS);
    await this.#connection?.stop();
    this.#nodes.offline();
  }

  isConnected(): boolean {
    return this.#connection?.isOnline ?? false;
  }

  outage(): OutageStatus | null {
    return this.#connection?.outage ?? null;
  }

  status(): AnnouncerStatus {
    const stopped = { state: 'stopped', sinceMs: this.#options.clock.now(), failure: null, retryAtMs: null } as const;
    return {
      ...(this.#connection?.status ?? stopped),
      jid: this.#connection?.jid ?? this.#owner,
      waitingMessages: this.#outbox.length,
      waitingNodes: this.#nodes.behind,
      messagesMax: OUTBOX_MAX,
      nodesMax: LANES_MAX,
      droppedMessages: this.#droppedMessages,
      bouncedMessages: this.#bouncedMessages,
    };
  }

  async memberLoggedIn(extension: Extension): Promise<void> {
    this.#watch(extension);
    await within(this.#options.clock, this.#nodes.open(extension.number, this.#allowed(extension)), NODE_WAIT_MS);
  }

  async memberLoggedOut(extension: Extension): Promise<void> {
    if (extension.jid) this.#presence.remove(extension.jid);
    await within(this.#options.clock, this.#nodes.close(extension.number), NODE_WAIT_MS);
  }

  callEntered(call: AnnouncedCall, position: number, members: readonly Extension[]): void {
    for (const to of this.#reachable(members))
      this.#outbox.push(enteredKey(call, to), enteredMessage(to, call, position));
  }

  memberChosen(call: AnnouncedCall, member: Extension): void {
    for (const to of this.#reachable([member])) {
      this.#outbox.push(`chosen ${call.callId} ${to}`, chosenMessage(to, call, member.number));
    }
  }

  memberMissed(call: AnnouncedCall, member: Extension): void {
    for (const to of this.#reachable([member])) {
      // Who could not be told in time that the call is theirs hears of it as missed only.
      this.#outbox.withdraw(`chosen ${call.callId} ${to}`);
      this.#outbox.push(`missed ${call.callId} ${to}`, missedMessage(to, call, member.number));
    }
  }

  memberPutAside(aside: PutAside, member: Extension): void {
    for (const to of this.#reachable([member]))
      this.#outbox.push(`aside ${aside.queue} ${to}`, asideMessage(to, aside));
  }

  callerGaveUp(call: AnnouncedCall, waitMs: number, members: readonly Extension[]): void {
    for (const to of this.#reachable(members)) {
      // Who was not told of the call yet needs not hear of its end.
      if (this.#outbox.withdraw(enteredKey(call, to))) continue;
      this.#outbox.push(`gave up ${call.callId} ${to}`, gaveUpMessage(to, call, waitMs));
    }
  }

  async publishRinging(attempt: AnnouncedAttempt, limitMs: number): Promise<PublishOutcome> {
    this.#nodes.put(attempt, 'ringing');
    if (!this.isConnected()) return 'away';
    return (await within(this.#options.clock, this.#nodes.acknowledged(attempt), limitMs)) ?? 'timeout';
  }

  publishConnected(attempt: AnnouncedAttempt): void {
    this.#nodes.put(attempt, 'connected');
  }

  publishEnded(attempt: AnnouncedAttempt): void {
    this.#nodes.put(attempt, 'ended');
  }

  async reconcile(loggedIn: readonly Extension[], attempts: readonly AnnouncedAttempt[]): Promise<void> {
    for (const extension of loggedIn) this.#watch(extension);
    const wanted = new Map(loggedIn.map((extension) => [extension.number as string, this.#allowed(extension)]));
    await within(this.#options.clock, this.#nodes.reconcile(wanted, attempts), RECONCILE_WAIT_MS);
  }

  #watch({ jid }: Extension): void {
    const bare = jid === null ? null : parseBareJid(jid);
    if (bare && (this.#options.settings.usePresence ?? true)) this.#presence.add(bare);
  }

  /** Who may subscribe to an extension's node: those of the configuration, of its row, and its own person. */
  #allowed(extension: Extension): readonly (string | null)[] {
    return [...(this.#options.settings.subscribers ?? []), ...extension.subscribers, extension.jid];
  }

  /** Bare JIDs of those who are not known to be offline, each once. */
  #reachable(members: readonly Extension[]): readonly string[] {
    const jids = members.map(({ jid }) => (jid === null ? null : parseBareJid(jid))).filter((jid) => jid !== null);
    return [...new Set(jids)].filter((jid) => this.#presence.whereabouts(jid) !== 'offline');
  }

  #onOnline(isFresh: boolean): void {
    if (isFresh) this.#introduce().catch((error) => this.#options.log.error({ err: error }, 'XMPP presence failed'));
    this.#nodes.online(isFresh);
    this.#outbox.drain();
  }

  /** RFC 6121 2.2: the roster first, then our presence, so that the server's answers can be understood. */
  async #introduce(): Promise<void> {
    this.#presence.begin();
    const connection = this.#connection;
    if (!connection) return;
    const roster = await connection.request({ type: 'get', child: rosterRequest() });
    connection.send(availablePresence());
    if (roster.ok) this.#presence.rosterCame(roster.stanza);
  }

  #onStanza(stanza: Element): void {
    if (stanza.is('presence')) this.#presence.take(stanza);
    else if (stanza.attrs['type'] === 'error') this.#onBounce(stanza);
  }

  /** A member that the server does not know, or who is offline: nothing to be done, and it must not fill the log. */
  #onBounce(stanza: Element): void {
    this.#bouncedMessages += 1;
    const { condition } = readStanzaError(stanza);
    this.#options.log.debug({ condition, pii: { from: stanza.attrs['from'] } }, 'A chat message came back');
  }
}

function enteredKey(call: AnnouncedCall, to: string): string {
  return `entered ${call.callId} ${to}`;
}
