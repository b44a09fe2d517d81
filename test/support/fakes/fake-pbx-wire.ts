import { AppError } from '../../../src/errors.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import { deferred } from '../../../src/lib/deferred.ts';
import type { Pbx, PbxEvent } from '../../../src/ports/pbx.ts';

export type RequestName = Exclude<keyof Pbx, 'subscribe' | 'isConnected' | 'forgetEnd'>;
type Match = (event: PbxEvent) => boolean;
type Listener = (event: PbxEvent) => void;
type Mischief = 'lose' | 'repeat' | 'delay-by-one';

/** A request as it reached the fake switch, for assertions on order and number. */
export interface SeenRequest {
  readonly name: RequestName;
  readonly atMs: number;
  readonly detail: string;
}

/** What the connection between application and fake switch does: in order and at once, unless told to misbehave. */
export class FakePbxWire {
  readonly requests: SeenRequest[] = [];
  readonly #clock: Clock;
  readonly #listeners = new Set<Listener>();
  readonly #queue: PbxEvent[] = [];
  readonly #mischief: { readonly kind: Mischief; readonly match: Match; left: number }[] = [];
  readonly #refusals: { readonly name: RequestName; left: number }[] = [];
  readonly #pending = new Set<(error: AppError) => void>();
  #held: PbxEvent | undefined;
  #isUp = true;
  #isDraining = false;
  #eventDelayMs = 0;
  #replyDelayMs: { readonly ms: number; readonly name: RequestName | undefined } = { ms: 0, name: undefined };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** How many listen beside the fake itself: zero when everything was let go of. */
  get listenerCount(): number {
    return this.#listeners.size - 1;
  }

  /** Replies come this much later than the effect (and its events); of one kind of request, or of all. */
  delayReplies(ms: number, name?: RequestName): void {
    this.#replyDelayMs = { ms, name };
  }

  /** Events come this much later, so that replies overtake them. */
  delayEvents(ms: number): void {
    this.#eventDelayMs = ms;
  }

  loseEvents(match: Match, times = 1): void {
    this.#mischief.push({ kind: 'lose', match, left: times });
  }

  repeatEvents(match: Match, times = 1): void {
    this.#mischief.push({ kind: 'repeat', match, left: times });
  }

  /** The matching event is delivered after the one that follows it. */
  swapWithNext(match: Match, times = 1): void {
    this.#mischief.push({ kind: 'delay-by-one', match, left: times });
  }

  /** The next requests of that kind are refused (ARI_REFUSED) and have no effect. */
  refuse(name: RequestName, times = 1): void {
    this.#refusals.push({ name, left: times });
  }

  /** Breaks the connection: replies on the way are lost, and so is every event until it is back. */
  goDown(): void {
    this.#isUp = false;
    this.#queue.length = 0;
    this.#held = undefined;
    for (const reject of this.#pending) reject(unavailable());
    this.#pending.clear();
  }

  comeUp(): void {
    this.#isUp = true;
  }

  emit(event: PbxEvent): void {
    if (!this.#isUp) return;
    const kind = this.#takeMischief(event);
    if (kind === 'lose') return;
    if (kind === 'delay-by-one') {
      this.#held = event;
      return;
    }
    this.#send(event);
    if (kind === 'repeat') this.#send(event);
    if (this.#held) {
      this.#send(this.#held);
      this.#held = undefined;
    }
  }

  /** Tells of the connection itself, past all mischief. */
  announce(event: PbxEvent): void {
    this.#queue.push(event);
    this.#drainSoon();
  }

  async request<T>(name: RequestName, detail: string, effect: () => T): Promise<T> {
    this.requests.push({ name, detail, atMs: this.#clock.now() });
    if (!this.#isUp) throw unavailable();
    const refusal = this.#refusals.find((candidate) => candidate.name === name && candidate.left > 0);
    if (refusal) {
      refusal.left--;
      throw new AppError('ARI_REFUSED', `The fake switch refuses ${name} ${detail}`, { details: { request: name } });
    }
    const result = effect();
    await this.#replyLater(name);
    return result;
  }

  async #replyLater(name: RequestName): Promise<void> {
    const reply = deferred<void>();
    this.#pending.add(reply.reject);
    const { ms, name: only } = this.#replyDelayMs;
    if (ms > 0 && (only === undefined || only === name)) this.#clock.after(ms, () => reply.resolve());
    else queueMicrotask(() => reply.resolve());
    try {
      await reply.promise;
    } finally {
      this.#pending.delete(reply.reject);
    }
  }

  #takeMischief(event: PbxEvent): Mischief | undefined {
    const found = this.#mischief.find((candidate) => candidate.left > 0 && candidate.match(event));
    if (found) found.left--;
    return found?.kind;
  }

  #send(event: PbxEvent): void {
    if (this.#eventDelayMs > 0) {
      this.#clock.after(this.#eventDelayMs, () => this.#isUp && this.#deliver(event));
      return;
    }
    this.#queue.push(event);
    this.#drainSoon();
  }

  #drainSoon(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    queueMicrotask(() => {
      this.#isDraining = false;
      for (let event = this.#queue.shift(); event !== undefined; event = this.#queue.shift()) this.#deliver(event);
    });
  }

  #deliver(event: PbxEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}

function unavailable(): AppError {
  return new AppError('ARI_UNAVAILABLE', 'The fake switch is not connected');
}
