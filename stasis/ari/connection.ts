import { AppError, isAppError } from '../../src/errors.ts';
import { backoffMs } from '../../src/lib/backoff.ts';
import { type Clock, delay } from '../../src/lib/clock.ts';
import { deferred } from '../../src/lib/deferred.ts';
import { Gate } from '../../src/lib/gate.ts';
import { Outage, type OutageStatus, type OutageWords } from '../../src/lib/outage.ts';
import type { Logger } from '../../src/log.ts';
import type { Lease, SwitchWord } from '../../src/ports/lease.ts';
import { refused } from './answers.ts';
import { type AriClient, connectAriClient } from './ari-client.ts';
import { AriLink, type AriMessage } from './ari-link.ts';
import { filterEvents } from './event-filter.ts';
import { HttpRequests } from './http-requests.ts';
import { type AriRequest, type AriResponse, type SendRequest, unavailable } from './request-table.ts';
import { ARI_LIMITS, type AriLimits, type AriSettings, baseUrl } from './settings.ts';

/** Longest wait for Asterisk's word on who acts; without it it counts as out of reach. */
const ROUND_TRIP_LIMIT_MS = 1_000;
/** Pause before the application's name is taken back; a process that lost the lease and woke up has ended by then. */
const TAKE_BACK_AFTER_MS = 3_000;
/** How often that is done in the life of a process. */
const TAKE_BACKS_MAX = 3;

/** What the connection tells, in order. Events of Asterisk come after `connected` only. */
export interface ConnectionListener {
  /**
   * The socket is open: restores subscriptions by `request`. Rejecting makes the attempt fail and the next one start.
   * Events that arrive meanwhile are held and follow `connected`, with what `tell` is given among them in order.
   */
  restore(request: (request: AriRequest) => Promise<AriResponse>, tell: (message: AriMessage) => void): Promise<void>;
  /** `awayMs`: how long it was lost, for the line that tells so; `null`: at the start, or while it comes and goes. */
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
  /** Nothing is sent, and no event is told, without it. @default everything may pass */
  readonly lease?: Pick<Lease, 'confirm' | 'confirmByDatabase'>;
}

const AWAY: OutageWords = {
  lost: 'Asterisk is out of reach: calls go on there, nothing new begins until it is back',
  still: 'Asterisk is still out of reach',
  // Told when calls are level with it again, with what was found.
  back: null,
  steady: 'Asterisk, which came and went, has stayed for a minute',
};

/** `up` again and again, until `closed` (asked); `replaced` while another process has the application's name. */
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
  readonly #lease: Pick<Lease, 'confirm' | 'confirmByDatabase'> | undefined;
  readonly #gate: Gate<AriMessage>;
  readonly #closing = new AbortController();
  readonly #outage: Outage;
  #state: ConnectionState = 'idle';
  #isSuccessorExpected = false;
  #client: AriClient | undefined;
  #link: AriLink | undefined;
  #send: SendRequest | undefined;
  #held: AriMessage[] | undefined;
  #takeBacks = 0;
  #running: Promise<void> | undefined;

  constructor({ settings, limits, clock, random, log, listener, lease }: ConnectionOptions) {
    this.#settings = { ...settings, url: baseUrl(settings.url) };
    this.#limits = { ...ARI_LIMITS, ...limits };
    this.#clock = clock;
    this.#random = random;
    this.#log = log;
    this.#listener = listener;
    this.#outage = new Outage({ power: 'asterisk', words: AWAY, clock, log });
    this.#http = new HttpRequests(this.#settings, clock);
    this.#lease = lease;
    this.#gate = new Gate({
      confirm: () => lease?.confirm(),
      pass: (message) => this.#tell(message),
      heldMax: this.#limits.heldEventsMax,
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  expectSuccessor(): void {
    this.#isSuccessorExpected = true;
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

  /** Sends a request over the way that this Asterisk offers, while this process may act. @throws AppError ARI_UNAVAILABLE, LEASE_LOST */
  request(request: AriRequest): Promise<AriResponse> {
    const confirmed = this.#lease?.confirm();
    return confirmed === undefined ? this.#sendNow(request) : confirmed.then(() => this.#sendNow(request));
  }

  /** What Asterisk says of who has the application: it tells so before it answers. */
  async whoActs(): Promise<SwitchWord> {
    const isAnswered = this.#state === 'up' && (await this.#link?.answers(ROUND_TRIP_LIMIT_MS));
    if (this.#state === 'replaced') return 'replaced';
    return isAnswered ? 'ours' : 'away';
  }

  #sendNow(request: AriRequest): Promise<AriResponse> {
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
    for (let attempt = 0; this.#state === 'connecting' || (await this.#takesBack()); attempt++) {
      try {
        const { ended } = await this.#connect();
        attempt = 0;
        const reason = await ended;
        if (this.#state !== 'connecting') continue;
        this.#log.debug({ reason }, 'Lost the connection to Asterisk');
      } catch (error) {
        if (isAppError(error, 'LEASE_LOST')) return;
        if (this.#state !== 'connecting') continue;
        this.#link?.end('the attempt failed');
        this.#outage.lost('connection', error instanceof Error ? error.message : String(error));
        this.#log.debug({ err: error, attempt }, 'Can not connect to Asterisk');
      }
      const waitMs = backoffMs(attempt, this.#limits.backoff, this.#random);
      await delay(this.#clock, waitMs, signal).catch(() => undefined);
    }
  }

  /**
   * Whether the name is taken back from a process that took it although the lease is ours: it stood still when it lost the lease, and finds
   * out by now. Not without end, because it may be one with another database.
   */
  async #takesBack(): Promise<boolean> {
    if (this.#state !== 'replaced' || this.#lease === undefined || this.#takeBacks >= TAKE_BACKS_MAX) return false;
    if (this.#isSuccessorExpected) return false;
    const { signal } = this.#closing;
    try {
      await delay(this.#clock, TAKE_BACK_AFTER_MS, signal);
      await this.#lease.confirmByDatabase(signal);
    } catch (error) {
      if (signal.aborted || isAppError(error, 'LEASE_LOST')) return false;
      throw error;
    }
    this.#takeBacks++;
    this.#state = 'connecting';
    return true;
  }

  /** One attempt; `ended` settles with the reason when the connection that was made is over. */
  async #connect(): Promise<{ readonly ended: Promise<string> }> {
    // Asked first: ari-client has no time limits, and no words for what went wrong.
    const greeting = { method: 'GET', address: 'asterisk/ping' } as const;
    await this.#lease?.confirmByDatabase(this.#closing.signal);
    const hello = await this.#http.send(greeting, this.#limits.requestTimeoutMs);
    if (hello.status !== 200) throw refused(greeting, hello);
    this.#client ??= await this.#withTimeLimit(connectAriClient(this.#settings));
    this.#closing.signal.throwIfAborted();
    // The socket takes the application from whoever has it.
    await this.#lease?.confirmByDatabase(this.#closing.signal);
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
    this.#listener.connected(this.#outage.isUnsteady ? null : awayMs);
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
    if (this.#held === undefined) this.#letPass(message);
    else if (this.#held.length < this.#limits.heldEventsMax) this.#held.push(message);
    else this.#link?.end(`more than ${this.#limits.heldEventsMax} events before the subscriptions were restored`);
  }

  /** Holds it while it is asked whether this process may still act. */
  #letPass(message: AriMessage): void {
    if (this.#gate.take(message)) return;
    this.#link?.end(`more than ${this.#limits.heldEventsMax} events before the lease was confirmed`);
  }

  #tell(message: AriMessage): void {
    if (this.#state !== 'replaced' && this.#state !== 'closed') this.#listener.event(message);
  }

  /** To reconnect would take the name back from the process that has it now, and so on for ever. */
  #replaced(): void {
    if (this.#state === 'closed' || this.#state === 'replaced') return;
    this.#state = 'replaced';
    const { application } = this.#settings;
    if (this.#isSuccessorExpected) this.#log.info({ application }, 'The next process has taken over');
    else this.#log.error({ application }, 'Another process has taken the name of the application: stopped acting');
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
