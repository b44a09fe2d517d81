import { randomUUID } from 'node:crypto';
import type { Clock } from '../../src/lib/clock.ts';
import { bareJid } from './jid.ts';
import { type Element, xml } from './library.ts';
import { readStanzaError, type StanzaError } from './stanza-error.ts';

/** Requests that may be without an answer at one time. */
export const REQUESTS_MAX = 1000;
/** How long an answer is waited for. */
export const REQUEST_LIMIT_MS = 10_000;

/** What became of a request. `away`: no session, or it ended; `busy`: too much waits already, nothing was sent. */
export type IqResult =
  | { readonly ok: true; readonly stanza: Element }
  | { readonly ok: false; readonly reason: 'error'; readonly error: StanzaError }
  | { readonly ok: false; readonly reason: 'timeout' | 'away' | 'busy' };

export interface IqRequest {
  readonly type: 'get' | 'set';
  /** Absent for the own account. */
  readonly to?: string;
  readonly child: Element;
  readonly limitMs?: number;
}

interface Pending {
  readonly to: string | undefined;
  readonly settle: (result: IqResult) => void;
}

/** Who asks: an answer without `from` is the own account's (RFC 6120 8.1.2.1). */
export interface Self {
  /** Full JID. */
  readonly jid: string;
  readonly domain: string;
}

/** Requests and their answers (RFC 6120 8.2.3): each has a time limit, and only the addressee's answer counts. */
export class IqTable {
  readonly #clock: Clock;
  readonly #pending = new Map<string, Pending>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes the stanza, hands it to `send`, and settles with the answer. Never rejects. */
  request(
    { type, to, child, limitMs = REQUEST_LIMIT_MS }: IqRequest,
    send: (stanza: Element) => boolean,
  ): Promise<IqResult> {
    if (this.#pending.size >= REQUESTS_MAX) return Promise.resolve({ ok: false, reason: 'busy' });
    // Not to be guessed, so that nobody can answer in the addressee's place.
    const id = randomUUID();
    return new Promise((resolve) => {
      const cancel = this.#clock.after(limitMs, () => settle({ ok: false, reason: 'timeout' }));
      const settle = (result: IqResult) => {
        cancel();
        this.#pending.delete(id);
        resolve(result);
      };
      this.#pending.set(id, { to, settle });
      if (!send(xml('iq', { type, to, id }, child))) settle({ ok: false, reason: 'busy' });
    });
  }

  /** Takes an answer; says whether the stanza was one, wanted or not. */
  take(stanza: Element, self: Self): boolean {
    const { type, id = '' } = stanza.attrs;
    if (!stanza.is('iq') || (type !== 'result' && type !== 'error')) return false;
    const pending = this.#pending.get(id);
    if (!pending || !isFromAddressee(stanza.attrs['from'], pending.to, self)) return true;
    if (type === 'result') pending.settle({ ok: true, stanza });
    else pending.settle({ ok: false, reason: 'error', error: readStanzaError(stanza) });
    return true;
  }

  /** Whether somebody still waits for the answer of this request. */
  isWaiting(id: string): boolean {
    return this.#pending.has(id);
  }

  /** Ends all with `away`: the session that carried them is gone. */
  abandonAll(): void {
    for (const { settle } of [...this.#pending.values()]) settle({ ok: false, reason: 'away' });
  }
}

function isFromAddressee(from: string | undefined, to: string | undefined, { jid, domain }: Self): boolean {
  const own = bareJid(jid);
  if (to !== undefined && to.toLowerCase() !== own) return from?.toLowerCase() === to.toLowerCase();
  return from === undefined || [own, jid.toLowerCase(), domain.toLowerCase()].includes(from.toLowerCase());
}
