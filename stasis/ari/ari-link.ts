import { AppError } from '../../src/errors.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { deferred } from '../../src/lib/deferred.ts';
import type { AriSocket } from './ari-client.ts';
import { type AriRequest, type AriResponse, RequestTable, type RestResponse } from './request-table.ts';
import type { AriLimits } from './settings.ts';

/** A message of the event socket; `type` is the only field that every one has. */
export interface AriMessage {
  readonly type: string;
  readonly [field: string]: unknown;
}

interface LinkOptions {
  readonly socket: AriSocket;
  readonly clock: Clock;
  readonly limits: AriLimits;
  readonly onMessage: (message: AriMessage) => void;
  /** Called once, after the socket was open, when it ends for whatever reason. */
  readonly onEnd: (reason: string) => void;
}

/** One life of the event socket: requests and events over it, pings, its end told once. */
export class AriLink {
  readonly #socket: AriSocket;
  readonly #clock: Clock;
  readonly #limits: AriLimits;
  readonly #onMessage: (message: AriMessage) => void;
  readonly #onEnd: (reason: string) => void;
  readonly #table: RequestTable;
  readonly #opened = deferred<void>();
  readonly #cancelOpening: () => void;
  #state: 'opening' | 'open' | 'ended' = 'opening';
  #lastSignMs = 0;
  #isGathering = false;
  #cancelPing: () => void = () => undefined;
  /** Round trips that are under way, by what their ping holds. */
  readonly #roundTrips = new Map<string, (isAnswered: boolean) => void>();
  #roundTripCount = 0;

  constructor({ socket, clock, limits, onMessage, onEnd }: LinkOptions) {
    this.#socket = socket;
    this.#clock = clock;
    this.#limits = limits;
    this.#onMessage = onMessage;
    this.#onEnd = onEnd;
    this.#table = new RequestTable({ clock, pendingMax: limits.pendingRequestsMax });
    this.#opened.promise.catch(() => undefined);
    this.#cancelOpening = clock.after(limits.connectTimeoutMs, () => this.end('it did not open in time'));
    socket.on('open', () => this.#open());
    socket.on('message', (data) => this.#receive(data));
    socket.on('pong', (data) => this.#ponged(String(data)));
    socket.on('error', (error) => this.#ended(error.message));
    socket.on('close', (code, reason) => this.#ended(`closed with ${code} ${reason}`.trimEnd()));
  }

  /** Settles when the socket is open; rejects when it ends before. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  send(request: AriRequest, timeoutMs: number): Promise<AriResponse> {
    return this.#table.send(request, timeoutMs, (text) => {
      this.#gatherThisTurn();
      this.#socket.send(text, (error) => {
        if (error) this.end(error.message);
      });
    });
  }

  /** Whether Asterisk answers in time: whatever it had sent before is received then. */
  answers(limitMs: number): Promise<boolean> {
    if (this.#state !== 'open') return Promise.resolve(false);
    const name = `round trip ${++this.#roundTripCount}`;
    return new Promise((resolve) => {
      const settle = (isAnswered: boolean) => {
        cancel();
        this.#roundTrips.delete(name);
        resolve(isAnswered);
      };
      const cancel = this.#clock.after(limitMs, () => settle(false));
      this.#roundTrips.set(name, settle);
      this.#socket.ping(name);
    });
  }

  #ponged(name: string): void {
    this.#alive();
    this.#roundTrips.get(name)?.(true);
  }

  /** Requests of one turn go out in one write: a write costs more than all else about a request. */
  #gatherThisTurn(): void {
    const below = this.#socket._socket;
    if (this.#isGathering || below === undefined) return;
    this.#isGathering = true;
    below.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      below.uncork();
    });
  }

  /** Ends the socket at once. */
  end(reason: string): void {
    this.#ended(reason);
    this.#socket.terminate();
  }

  #open(): void {
    if (this.#state !== 'opening') return;
    this.#cancelOpening();
    this.#state = 'open';
    this.#alive();
    this.#schedulePing();
    this.#opened.resolve();
  }

  #ended(reason: string): void {
    if (this.#state === 'ended') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'ended';
    this.#cancelOpening();
    this.#cancelPing();
    for (const settle of [...this.#roundTrips.values()]) settle(false);
    this.#table.close(`the connection was lost (${reason})`);
    this.#opened.reject(new AppError('ARI_UNAVAILABLE', `The event socket of Asterisk ended: ${reason}`));
    if (wasOpen) this.#onEnd(reason);
  }

  #alive(): void {
    this.#lastSignMs = this.#clock.now();
  }

  #receive(data: string | Buffer): void {
    if (this.#state === 'ended') return;
    this.#alive();
    const message = parse(data);
    if (message === undefined) return;
    if (message.type === 'RESTResponse') this.#table.settle(message as unknown as RestResponse);
    else this.#onMessage(message);
  }

  /** A frozen Asterisk keeps the TCP connection: only a ping that nobody answers tells. */
  #schedulePing(): void {
    const { pingIntervalMs, silenceMs } = this.#limits;
    const dueMs = this.#clock.now() + pingIntervalMs;
    this.#cancelPing = this.#clock.after(pingIntervalMs, () => {
      const nowMs = this.#clock.now();
      // We ourselves stood still, and what Asterisk said meanwhile has not been read yet.
      if (nowMs - dueMs > pingIntervalMs) this.#alive();
      const silentMs = nowMs - this.#lastSignMs;
      if (silentMs >= silenceMs) {
        this.end(`no sign of life for ${silentMs} ms`);
        return;
      }
      this.#socket.ping();
      this.#schedulePing();
    });
  }
}

function parse(data: string | Buffer): AriMessage | undefined {
  try {
    const value: unknown = JSON.parse(typeof data === 'string' ? data : data.toString('utf8'));
    if (typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string') {
      return value as AriMessage;
    }
  } catch {
    // Asterisk sent something that is no JSON: nothing can be done with it.
  }
  return undefined;
}
