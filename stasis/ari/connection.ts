import { AppError } from '../../src/errors.ts';
import { backoffMs } from '../../src/lib/backoff.ts';
import { type Clock, delay } from '../../src/lib/clock.ts';
import { deferred } from '../../src/lib/deferred.ts';
import { Outage, type OutageStatus, type OutageWords } from '../../src/lib/outage.ts';
import type { Logger } from '../../src/log.ts';
import { refused } from './answers.ts';
import { type AriClient, connectAriClient } from './ari-client.ts';
import { AriLink, type AriMessage } from './ari-link.ts';
import { filterEvents } from './event-filter.ts';
import { HttpRequests } from './http-requests.ts';
import { type AriRequest, type AriResponse, type SendRequest, unavailable } from './request-table.ts';
import { ARI_LIMITS, type AriLimits, type AriSettings, baseUrl } from './settings.ts';

/** What the connection tells, in order. Events of Asterisk come after `connected` only. */
export interface ConnectionListener {
  /**
   * The socket is open: restores subscriptions by `request`. Rejecting makes the attempt fail and the next one start.
   * Events that arrive meanwhile are held and follow `connected`, with what `tell` is given among them in order.
   */
  restore(request: (request: AriRequest) => Promise<AriResponse>, tell: (message: AriMessage) => void): Promise<void>;
  /** `awayMs`: how long it was lost; `null` at the start. */
  connected(awayMs: number | null): void;
  disconnected(): void;
  replaced(): void;
  event(message: AriMessage): void;
}

interface ConnectionOptions {
  readonly settings: AriSettings;
  readonly limits?: Partial<AriLimits>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly listener: ConnectionListener;
}

const AWAY: OutageWords = {
  lost: 'Asterisk is out of reach: calls go on there, nothing new begins until it is back',
  still: 'Asterisk is still out of reach',
  // Told when calls are level with it again, with what was found.
  back: null,
};

/** `up` again and again, until `closed` (asked) or `replaced` (another process has the application's name). */
export type ConnectionState = 'idle' | 'connecting' | 'up' | 'replaced' | 'closed';

/** The connection to one Asterisk: event socket of ari-client, requests over it, reconnecting for ever. */
export class AriConnection {
  readonly #settings: AriSettings;
  readonly #limits: AriLimits;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: Logger;
  readonly #listener: ConnectionListener;
  readonly #http: HttpRequests;
  readonly #closing = new AbortController();
  readonly #outage: Outage;
  #state: ConnectionState = 'idle';
  #client: AriClient | undefined;
  #link: AriLink | undefined;
  #send: SendRequest | undefined;
  #held: AriMessage[] | undefined;
  #running: Promise<void> | undefined;

  constructor({ settings, limits, clock, random, log, listener }: ConnectionOptions) {
    this.#settings = { ...settings, url: baseUrl(settings.url) };
    this.#limits = { ...ARI_LIMITS, ...limits };
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#listener = listener;
    this.#outage = new Outage({ power: 'asterisk', words: AWAY, clock, log });
    this.#http = new HttpRequests(this.#settings, clock);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Since when it is out of reach, and why. */
  get outage(): OutageStatus {
    return this.#outage.status;
  }

  /** Starts connecting, for ever. */
  start(): void {
    if (this.#state !== 'idle') throw new Error(`The connection was started before (${this.#state})`);
    this.#state = 'connecting';
    this.#running = this.#run();
  }

  /** Sends a request over the way that this Asterisk offers. @throws AppError ARI_UNAVAILABLE */
  request(request: AriRequest): Promise<AriResponse> {
    if (this.#state !== 'up' || !this.#send) {
      return Promise.reject(unavailable(request, `there is no connection to Asterisk (${this.#state})`));
    }
    return this.#send(request, this.#limits.requestTimeoutMs);
  }

  /** Ends the connection for good; what waits is rejected. */
  async close(): Promise<void> {
    if (this.#state !== 'closed') {
      this.#state = 'closed';
      this.#closing.abort();
      this.#link?.end('we closed it');
      this.#http.close();
      this.#outage.close();
    }
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; this.#state === 'connecting'; attempt++) {
      try {
        const { ended } = await this.#connect();
        attempt = 0;
        const reason = await ended;
        if (this.#state !== 'connecting') return;
        this.#log.debug({ reason }, 'Lost the connection to Asterisk');
      } catch (error) {
        if (this.#state !== 'connecting') return;
        this.#link?.end('the attempt failed');
        this.#outage.lost('connection', error instanceof Error ? error.message : String(error));
        this.#log.debug({ err: error, attempt }, 'Can not connect to Asterisk');
      }
      const waitMs = backoffMs(attempt, this.#limits.backoff, this.#random);
      await delay(this.#clock, waitMs, signal).catch(() => undefined);
    }
  }

  /** One attempt; `ended` settles with the reason when the connection that was made is over. */
  async #connect(): Promise<{ readonly ended: Promise<string> }> {
    // Asked first: ari-client has no time limits, and no words for what went wrong.
    const greeting = { method: 'GET', address: 'asterisk/ping' } as const;
    const hello = await this.#http.send(greeting, this.#limits.requestTimeoutMs);
    if (hello.status !== 200) throw refused(greeting, hello);
    this.#client ??= await this.#withTimeLimit(connectAriClient(this.#settings));
    this.#closing.signal.throwIfAborted();
    this.#held = [];
    const end = deferred<string>();
    const link = new AriLink({
      socket: this.#client.openSocket(this.#settings.application),
      clock: this.#clock,
      limits: this.#limits,
      onMessage: (message) => this.#receive(message),
      onEnd: (reason) => {
        this.#down(reason);
        end.resolve(reason);
      },
    });
    this.#link = link;
    await link.opened;
    const send = await this.#chooseWay(link);
    await this.#filter(send);
    const request = (what: AriRequest) => send(what, this.#limits.requestTimeoutMs);
    await this.#listener.restore(request, (message) => this.#receive(message));
    this.#up(send);
    return { ended: end.promise };
  }

  /** Asks over the socket; an Asterisk before 20.14 and 22.4 does not answer, and is asked over HTTP from then on. */
  async #chooseWay(link: AriLink): Promise<SendRequest> {
    const probe = { method: 'GET', address: 'asterisk/ping' } as const;
    const overSocket: SendRequest = (request, timeoutMs) => link.send(request, timeoutMs);
    const overHttp: SendRequest = (request, timeoutMs) => this.#http.send(request, timeoutMs);
    if (this.#limits.probeTimeoutMs > 0 && (await this.#answers(overSocket, probe))) return overSocket;
    const answer = await overHttp(probe, this.#limits.requestTimeoutMs);
    if (answer.status !== 200) throw refused(probe, answer);
    this.#log.warn(
      'This Asterisk has no REST over WebSocket (before 20.14 and 22.4): requests go over HTTP, at five times the cost',
    );
    return overHttp;
  }

  async #answers(send: SendRequest, probe: AriRequest): Promise<boolean> {
    try {
      return (await send(probe, this.#limits.probeTimeoutMs)).status === 200;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return false;
    }
  }

  async #filter(send: SendRequest): Promise<void> {
    const result = await filterEvents(send, this.#settings.application, this.#limits.requestTimeoutMs);
    if (result !== 'done') this.#log.warn({ status: result.status }, 'Asterisk filters no events: calls cost more');
  }

  #up(send: SendRequest): void {
    if (this.#state !== 'connecting') throw new AppError('ARI_UNAVAILABLE', `The connection is ${this.#state}`);
    this.#send = send;
    this.#state = 'up';
    const held = this.#held ?? [];
    this.#held = undefined;
    const awayMs = this.#outage.back('connection');
    if (awayMs === null) this.#log.info({ application: this.#settings.application }, 'Connected to Asterisk');
    this.#listener.connected(awayMs);
    for (const message of held) this.#receive(message);
  }

  #down(reason: string): void {
    if (!this.#send) return;
    this.#send = undefined;
    if (this.#state === 'up') this.#state = 'connecting';
    if (this.#state === 'connecting') this.#outage.lost('connection', reason);
    if (this.#state !== 'replaced') this.#listener.disconnected();
  }

  #receive(message: AriMessage): void {
    if (message.type === 'ApplicationReplaced') {
      this.#replaced();
      return;
    }
    if (this.#state === 'replaced' || this.#state === 'closed') return;
    if (this.#held === undefined) this.#listener.event(message);
    else if (this.#held.length < this.#limits.heldEventsMax) this.#held.push(message);
    else this.#link?.end(`more than ${this.#limits.heldEventsMax} events before the subscriptions were restored`);
  }

  /** To reconnect would take the name back from the process that has it now, and so on for ever. */
  #replaced(): void {
    if (this.#state === 'closed' || this.#state === 'replaced') return;
    this.#state = 'replaced';
    this.#log.error(
      { application: this.#settings.application },
      'Another process has taken the name of the application: stopped acting',
    );
    this.#link?.end('replaced');
    this.#listener.replaced();
  }

  async #withTimeLimit<T>(promise: Promise<T>): Promise<T> {
    let cancel: () => void = () => undefined;
    const limit = new Promise<never>((_, reject) => {
      const error = new AppError(
        'ARI_UNAVAILABLE',
        `Asterisk did not give its API description within ${this.#limits.connectTimeoutMs} ms`,
      );
      cancel = this.#clock.after(this.#limits.connectTimeoutMs, () => reject(error));
    });
    try {
      return await Promise.race([promise, limit]);
    } finally {
      cancel();
    }
  }
}
