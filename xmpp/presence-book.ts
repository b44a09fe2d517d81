import type { Clock } from '../src/lib/clock.ts';
import { bareJid, domainOf } from './client/jid.ts';
import type { Element } from './client/library.ts';
import { readRoster, type SubscriptionStanza, subscriptionPresence } from './stanzas/presence.ts';

/** Clients of one person that are remembered. */
const RESOURCES_MAX = 16;
/** People whose presence is kept. */
const PEOPLE_MAX = 5_000;
/**
 * After our own presence the server sends everybody's who is there. Who is on our own server and has not been heard of
 * after this time is offline: ejabberd sends nothing for those.
 */
const SETTLE_MS = 5_000;
/** One request for presence per interval: Debian's ejabberd lets 5 a minute through and drops the rest silently. */
export const ASK_INTERVAL_MS = 15_000;
/** Requests for our presence by people who are no members are answered at most so often. */
const DENY_INTERVAL_MS = 1_000;

export type Whereabouts = 'available' | 'offline' | 'unknown';

export interface PresenceBookOptions {
  readonly clock: Clock;
  /** Our domain: only for people on it silence means offline. */
  readonly domain: string;
  readonly send: (stanza: Element) => boolean;
}

/** Which members are there, as far as their servers tell (RFC 6121 sections 3 and 4). Strangers are ignored. */
export class PresenceBook {
  readonly #options: PresenceBookOptions;
  readonly #members = new Set<string>();
  /** Bare JID → resources that are available; an empty set is somebody who is known to be offline. */
  readonly #present = new Map<string, Set<string>>();
  /** Members whose presence the server sends us. */
  #seen = new Set<string>();
  #asked = new Set<string>();
  #toAsk: string[] = [];
  #hasRoster = false;
  #settledAtMs = Number.POSITIVE_INFINITY;
  #lastDenialAtMs = Number.NEGATIVE_INFINITY;
  #cancelAsking: (() => void) | null = null;

  constructor(options: PresenceBookOptions) {
    this.#options = options;
  }

  /** Whose presence counts from now on. */
  add(jid: string): void {
    const bare = bareJid(jid);
    if (this.#members.has(bare) || this.#members.size >= PEOPLE_MAX) return;
    this.#members.add(bare);
    this.#askFor(bare);
  }

  remove(jid: string): void {
    const bare = bareJid(jid);
    this.#members.delete(bare);
    this.#toAsk = this.#toAsk.filter((one) => one !== bare);
  }

  /** A fresh session: nothing is known until the server has said it. */
  begin(): void {
    this.#present.clear();
    this.#hasRoster = false;
    this.#settledAtMs = Number.POSITIVE_INFINITY;
  }

  /** The roster came, and our presence was sent after it. */
  rosterCame(result: Element): void {
    const { seen, asked } = readRoster(result);
    this.#seen = new Set(seen.map((jid) => bareJid(jid)).slice(0, PEOPLE_MAX));
    this.#asked = new Set(asked.map((jid) => bareJid(jid)).slice(0, PEOPLE_MAX));
    this.#hasRoster = true;
    this.#settledAtMs = this.#options.clock.now() + SETTLE_MS;
    for (const jid of this.#members) this.#askFor(jid);
  }

  whereabouts(jid: string): Whereabouts {
    const bare = bareJid(jid);
    const resources = this.#present.get(bare);
    if (resources) return resources.size > 0 ? 'available' : 'offline';
    const isSilent = this.#seen.has(bare) && domainOf(bare) === this.#options.domain.toLowerCase();
    return isSilent && this.#options.clock.now() >= this.#settledAtMs ? 'offline' : 'unknown';
  }

  /** Takes a presence stanza. */
  take(stanza: Element): void {
    const from = stanza.attrs['from'] ?? '';
    const bare = bareJid(from);
    const type = stanza.attrs['type'];
    if (type === 'subscribe') this.#answer(bare);
    // Also of those who only share their presence with us: they may log in later, and the server says it only once.
    if (!this.#members.has(bare) && !this.#seen.has(bare)) return;
    if (type === undefined) this.#arrived(bare, from);
    else if (type === 'unavailable') this.#left(bare, from);
    else if (type === 'subscribed') this.#seen.add(bare);
    else if (type === 'unsubscribed') this.#refused(bare);
    // Their server can't be reached or does not know them: that is no knowledge about the person.
    else if (type === 'error') this.#present.delete(bare);
  }

  stop(): void {
    this.#cancelAsking?.();
    this.#cancelAsking = null;
    this.#toAsk = [];
  }

  #arrived(bare: string, from: string): void {
    const resources = this.#present.get(bare) ?? new Set<string>();
    if (resources.size < RESOURCES_MAX) resources.add(from);
    this.#present.set(bare, resources);
  }

  #left(bare: string, from: string): void {
    const resources = this.#present.get(bare) ?? new Set<string>();
    // `unavailable` from the bare JID speaks for all clients (an answer to a probe).
    if (from === bare) resources.clear();
    resources.delete(from);
    // Prosody says `unavailable` to everybody whose request for presence is still open, and who sent directed presence
    // need not do so again: only from those who let us see them is it knowledge.
    if (resources.size > 0 || this.#seen.has(bare)) this.#present.set(bare, resources);
    else this.#present.delete(bare);
  }

  #refused(bare: string): void {
    this.#seen.delete(bare);
    this.#present.delete(bare);
  }

  #answer(bare: string): void {
    if (this.#members.has(bare)) {
      this.#sendSubscription(bare, 'subscribed');
      return;
    }
    const now = this.#options.clock.now();
    if (now - this.#lastDenialAtMs < DENY_INTERVAL_MS) return;
    this.#lastDenialAtMs = now;
    this.#sendSubscription(bare, 'unsubscribed');
  }

  #askFor(bare: string): void {
    if (!this.#hasRoster || this.#seen.has(bare) || this.#asked.has(bare) || this.#toAsk.includes(bare)) return;
    this.#toAsk.push(bare);
    if (!this.#cancelAsking) this.#askNext();
  }

  #askNext(): void {
    const bare = this.#toAsk.shift();
    if (bare === undefined) return;
    this.#asked.add(bare);
    this.#sendSubscription(bare, 'subscribe');
    this.#cancelAsking = this.#options.clock.after(ASK_INTERVAL_MS, () => {
      this.#cancelAsking = null;
      this.#askNext();
    });
  }

  #sendSubscription(to: string, type: SubscriptionStanza): void {
    // Not sent while away: the roster of the next session shows that it is still to be done.
    this.#options.send(subscriptionPresence(to, type));
  }
}
