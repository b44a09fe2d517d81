import type { Clock } from '../src/lib/clock.ts';
import type { Element } from './client/library.ts';

/** A chat message that could not be sent for so long tells old news and is dropped. */
export const ANNOUNCEMENT_AGE_MAX_MS = 10_000;
/** Messages that wait; beyond it the oldest is dropped. */
export const OUTBOX_MAX = 2_000;
/** Stanzas that the server has not confirmed; above it messages wait, so that publications always find room. */
const WINDOW = 500;
/** How soon a full window is looked at again; also how soon too old messages leave the memory. */
const RETRY_MS = 100;

export interface OutboxOptions {
  readonly clock: Clock;
  readonly send: (stanza: Element) => boolean;
  readonly unackedCount: () => number;
  readonly isOnline: () => boolean;
  /** Told when a message was dropped. */
  readonly onDropped: (count: number) => void;
}

interface Entry {
  /** Which announcement it is: a withdrawn one is not sent. */
  readonly key: string;
  readonly stanza: Element;
  readonly queuedAtMs: number;
}

/** Chat messages on their way out: bounded, in order, and never older than the limit. */
export class Outbox {
  readonly #options: OutboxOptions;
  #entries: Entry[] = [];
  #cancel: (() => void) | null = null;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#entries.length;
  }

  push(key: string, stanza: Element): void {
    this.#entries.push({ key, stanza, queuedAtMs: this.#options.clock.now() });
    if (this.#entries.length > OUTBOX_MAX) {
      this.#entries.shift();
      this.#options.onDropped(1);
    }
    this.drain();
  }

  /** Takes back what was not sent yet; says whether there was anything. */
  withdraw(key: string): boolean {
    const kept = this.#entries.filter((entry) => entry.key !== key);
    const isAny = kept.length < this.#entries.length;
    this.#entries = kept;
    return isAny;
  }

  /** Sends what may be sent now. */
  drain(): void {
    this.#dropOld();
    const { isOnline, send, unackedCount } = this.#options;
    let sent = 0;
    for (const entry of this.#entries) {
      if (!isOnline() || unackedCount() >= WINDOW || !send(entry.stanza)) break;
      sent += 1;
    }
    this.#entries.splice(0, sent);
    if (this.#entries.length > 0) this.#wait();
  }

  /** Forgets everything. */
  clear(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#entries = [];
  }

  #dropOld(): void {
    const oldest = this.#options.clock.now() - ANNOUNCEMENT_AGE_MAX_MS;
    const kept = this.#entries.filter((entry) => entry.queuedAtMs >= oldest);
    const dropped = this.#entries.length - kept.length;
    this.#entries = kept;
    if (dropped > 0) this.#options.onDropped(dropped);
  }

  #wait(): void {
    this.#cancel ??= this.#options.clock.after(RETRY_MS, () => {
      this.#cancel = null;
      this.drain();
    });
  }
}
