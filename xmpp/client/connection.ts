import { isAppError } from '../../src/errors.ts';
import { type Clock, delay } from '../../src/lib/clock.ts';
import { Gate } from '../../src/lib/gate.ts';
import { Outage, type OutageStatus, type OutageWords } from '../../src/lib/outage.ts';
import type { Logger } from '../../src/log.ts';
import type { Lease } from '../../src/ports/lease.ts';
import { type FailureKind, failureFrom, isRefusal, XmppFailure } from './failure.ts';
import { answerRequest } from './incoming.ts';
import { type IqRequest, type IqResult, IqTable } from './iq.ts';
import type { Element } from './library.ts';
import { type Liveness, watchLiveness } from './liveness.ts';
import { NS } from './namespaces.ts';
import { type Negotiated, negotiate } from './negotiate.ts';
import { retryDelayMs, STEADY_MS } from './retry.ts';
import { stopped, XmppStream } from './stream.ts';
import { StreamManagement, UNACKED_MAX } from './stream-management.ts';
import { isLoopback, type TlsSettings } from './tls.ts';

/** How long one attempt may take from the first packet to the session. */
export const ATTEMPT_LIMIT_MS = 15_000;
/** Messages and presence that were sent before a cut and are older than this are not sent again on resumption. */
export const RESEND_AGE_MAX_MS = 10_000;
/** How long a server waits at most for the acknowledgement that it asks for. */
const ACKNOWLEDGE_AFTER_MS = 50;

export interface ConnectionOptions {
  /** `xmpp://host:port` (STARTTLS) or `xmpps://host:port` (direct TLS). */
  readonly service: string;
  readonly domain: string;
  readonly username: string;
  readonly password: string;
  readonly resource: string;
  readonly tls: TlsSettings;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly log: Logger;
  /** Nothing is sent without it. @default everything may be */
  readonly lease?: Pick<Lease, 'confirm' | 'confirmByDatabase'> | undefined;
}

/** What the owner of a connection hears. */
export interface ConnectionEvents {
  /** A session is up; `isFresh` unless the former one was resumed with nothing lost. */
  onOnline(isFresh: boolean): void;
  /** What waits to be told, for the line that says that the connection is there again. */
  waiting?(): Readonly<Record<string, number>>;
  onOffline(failure: XmppFailure): void;
  /** Messages, presence and nothing else. */
  onStanza(stanza: Element): void;
}

const AWAY: OutageWords = {
  lost: 'XMPP is away: calls go on, members and CRM software are not told of them until it is back',
  still: 'XMPP is still away',
  back: 'XMPP is there again',
};

export interface ConnectionStatus {
  readonly state: 'stopped' | 'connecting' | 'online' | 'waiting';
  readonly sinceMs: number;
  readonly failure: { readonly kind: FailureKind; readonly message: string } | null;
  /** When it is tried again, Unix milliseconds. */
  readonly retryAtMs: number | null;
}

/** One account's connection: logs in, stays, comes back after a break, and says what it is doing. */
export class XmppConnection {
  readonly #options: ConnectionOptions;
  readonly #events: ConnectionEvents;
  readonly #session = new StreamManagement();
  readonly #requests: IqTable;
  readonly #stop = new AbortController();
  readonly #outage: Outage;
  readonly #gate: Gate<Element>;
  /** The refusal that was told last. */
  #refusal: FailureKind | null = null;
  #running: Promise<void> | null = null;
  #stream: XmppStream | null = null;
  #liveness: Liveness | null = null;
  #cancelAcknowledging: (() => void) | null = null;
  #isOnline = false;
  #jid: string;
  #status: ConnectionStatus;

  constructor(options: ConnectionOptions, events: ConnectionEvents) {
    this.#options = options;
    this.#events = events;
    this.#requests = new IqTable(options.clock);
    this.#gate = new Gate({
      confirm: () => options.lease?.confirm(),
      pass: (stanza) => this.#sendNow(stanza),
      heldMax: UNACKED_MAX,
    });
    this.#outage = new Outage({ power: 'xmpp', words: AWAY, clock: options.clock, log: options.log });
    this.#jid = `${options.username}@${options.domain}/${options.resource}`;
    this.#status = { state: 'stopped', sinceMs: options.clock.now(), failure: null, retryAtMs: null };
  }

  /** Begins to connect, and goes on until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends the stream politely and all waiting requests with `away`. */
  async stop(): Promise<void> {
    this.#stop.abort(stopped());
    // Otherwise the server has what came last for lost, and sends it again to whoever logs in next (XEP-0198 section 4).
    if (this.#isOnline && this.#session.isEnabled) this.#stream?.send(this.#session.acknowledgement());
    await (this.#isOnline ? this.#stream?.close() : this.#stream?.fail(stopped()));
    this.#requests.abandonAll();
    await this.#running;
    this.#outage.close();
    this.#setStatus('stopped', null, null);
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  /** The full JID that the server bound. */
  get jid(): string {
    return this.#jid;
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** Since when there is no session, and why. */
  get outage(): OutageStatus {
    return this.#outage.status;
  }

  /** Stanzas that the server has not confirmed: the measure for those who send many. */
  get unackedCount(): number {
    return this.#session.unackedCount;
  }

  /** Sends a stanza; `false` when there is no session or too much is unacknowledged: then nothing was sent. */
  send(stanza: Element): boolean {
    if (!this.#stream || !this.#isOnline || this.#session.unackedCount >= UNACKED_MAX) return false;
    return this.#gate.take(stanza);
  }

  /** What was held while the connection was lost is lost with it, as if it had been on its way. */
  #sendNow(stanza: Element): void {
    if (!this.#stream || !this.#isOnline) return;
    this.#stream.send(stanza);
    if (this.#session.sent(stanza, this.#options.clock.now())) this.#liveness?.ask();
  }

  /** Sends a request and waits for its answer; never rejects. */
  request(request: IqRequest): Promise<IqResult> {
    if (!this.#isOnline) return Promise.resolve({ ok: false, reason: 'away' });
    return this.#requests.request(request, (stanza) => this.send(stanza));
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    const { signal } = this.#stop;
    let attempt = 0;
    while (!signal.aborted) {
      this.#setStatus('connecting', this.#status.failure, null);
      // The session takes the account's resource from whoever has it.
      if (!(await this.#mayConnect())) break;
      const { failure, onlineMs } = await this.#connectOnce();
      if (signal.aborted) break;
      if (onlineMs >= STEADY_MS) attempt = 0;
      const waitMs = retryDelayMs(failure.kind, attempt, random);
      attempt += 1;
      this.#tellLoss(failure, waitMs);
      this.#setStatus('waiting', failure, clock.now() + waitMs);
      await delay(clock, waitMs, signal).catch(() => {});
    }
  }

  async #mayConnect(): Promise<boolean> {
    try {
      await this.#options.lease?.confirmByDatabase(this.#stop.signal);
      return true;
    } catch (error) {
      if (this.#stop.signal.aborted || isAppError(error, 'LEASE_LOST')) return false;
      throw error;
    }
  }

  /** Once for a loss; a refusal in the course of it is another thing, for which somebody has to act. */
  #tellLoss({ kind, message: reason }: XmppFailure, waitMs: number): void {
    const { log } = this.#options;
    const wasLost = this.#outage.isLost('session');
    this.#outage.lost('session', `${reason} (${kind})`, isRefusal(kind) ? 'error' : 'warn');
    log.debug({ kind, reason, waitMs }, 'No XMPP session');
    if (!isRefusal(kind)) return;
    if (wasLost && kind !== this.#refusal) log.error({ kind, reason }, 'XMPP refused: somebody has to act');
    this.#refusal = kind;
  }

  /** One stream from its opening to its end; never rejects. */
  async #connectOnce(): Promise<{ failure: XmppFailure; onlineMs: number }> {
    const { clock, service, domain, tls } = this.#options;
    const stream = new XmppStream({ service, domain, tls, clock });
    stream.onReceived = (element) => this.#session.received(element);
    this.#stream = stream;
    const cancel = clock.after(ATTEMPT_LIMIT_MS, () =>
      stream.fail(new XmppFailure('timeout', `No session within ${ATTEMPT_LIMIT_MS} ms`)),
    );
    try {
      const { username, password, resource } = this.#options;
      const requireTls = tls.requireTls ?? !isLoopback(service);
      const credentials = { username, password };
      const negotiated = await negotiate(stream, { credentials, resource, requireTls, session: this.#session });
      cancel();
      return await this.#live(stream, negotiated);
    } catch (error) {
      const failure = failureFrom(error);
      stream.fail(failure);
      return { failure, onlineMs: 0 };
    } finally {
      cancel();
      this.#stream = null;
      this.#session.suspended();
      if (!this.#session.isResumable) this.#requests.abandonAll();
    }
  }

  async #live(stream: XmppStream, negotiated: Negotiated): Promise<{ failure: XmppFailure; onlineMs: number }> {
    const { clock, log, domain } = this.#options;
    const startedAtMs = clock.now();
    const isFresh = negotiated.kind === 'fresh';
    if (isFresh) {
      this.#requests.abandonAll();
      this.#jid = negotiated.jid;
    }
    this.#isOnline = true;
    this.#liveness = watchLiveness({
      clock,
      stream,
      session: this.#session,
      ping: (ping) => this.#requests.request({ type: 'get', to: domain, child: ping }, (stanza) => this.send(stanza)),
    });
    if (!isFresh) this.#resend(negotiated.resumed);
    this.#setStatus('online', null, null);
    this.#refusal = null;
    const session = { jid: this.#jid, isResumed: !isFresh, isEncrypted: stream.isSecure() };
    const awayMs = this.#outage.back('session', { ...session, ...this.#events.waiting?.() });
    if (awayMs === null) log.info(session, 'XMPP connected');
    stream.deliverTo((element) => this.#onElement(stream, element));
    this.#guarded(() => this.#events.onOnline(isFresh));
    const failure = await stream.closed;
    this.#isOnline = false;
    this.#liveness.end();
    this.#cancelAcknowledging?.();
    this.#cancelAcknowledging = null;
    this.#guarded(() => this.#events.onOffline(failure));
    return { failure, onlineMs: clock.now() - startedAtMs };
  }

  /** XEP-0198 section 5: sends again what the server has not seen, but nothing that would come too late. */
  #resend(resumed: Element): void {
    const now = this.#options.clock.now();
    const again = this.#session.resumed(resumed, (stanza, sentAtMs) =>
      stanza.is('iq')
        ? stanza.attrs['type'] === 'result' ||
          stanza.attrs['type'] === 'error' ||
          this.#requests.isWaiting(stanza.attrs['id'] ?? '')
        : now - sentAtMs <= RESEND_AGE_MAX_MS,
    );
    for (const { stanza } of again) this.send(stanza);
  }

  #onElement(stream: XmppStream, element: Element): void {
    this.#guarded(() => {
      if (element.is('r', NS.sm)) this.#acknowledgeSoon(stream);
      else if (element.is('a', NS.sm)) this.#onAcknowledged(stream, element);
      else if (element.is('iq')) this.#onIq(element);
      else if (element.is('message') || element.is('presence')) this.#events.onStanza(element);
    });
  }

  /** Servers ask after every stanza of theirs; one answer for all of a moment saves half of our writes under load. */
  #acknowledgeSoon(stream: XmppStream): void {
    this.#cancelAcknowledging ??= this.#options.clock.after(ACKNOWLEDGE_AFTER_MS, () => {
      this.#cancelAcknowledging = null;
      stream.send(this.#session.acknowledgement());
    });
  }

  #onAcknowledged(stream: XmppStream, element: Element): void {
    try {
      this.#session.acknowledged(element);
    } catch (error) {
      this.#session.lost();
      stream.fail(failureFrom(error));
    }
  }

  #onIq(stanza: Element): void {
    if (this.#requests.take(stanza, { jid: this.#jid, domain: this.#options.domain })) return;
    const answer = answerRequest(stanza);
    if (answer) this.send(answer);
  }

  /** An error of ours in a handler must not end the stream that carries everybody's announcements. */
  #guarded(handle: () => void): void {
    try {
      handle();
    } catch (error) {
      this.#options.log.error({ err: error }, 'A handler of XMPP stanzas threw');
    }
  }

  #setStatus(state: ConnectionStatus['state'], failure: ConnectionStatus['failure'], retryAtMs: number | null): void {
    const words = failure && { kind: failure.kind, message: failure.message };
    this.#status = { state, sinceMs: this.#options.clock.now(), failure: words, retryAtMs };
  }
}
