import { XmppFailure } from './failure.ts';
import { type Element, xml } from './library.ts';
import { NS } from './namespaces.ts';

/** Stanzas that may be unacknowledged; beyond it nothing more is taken. ejabberd closes the session at 5000 of its own. */
export const UNACKED_MAX = 2000;
/** After so many stanzas an acknowledgement is asked for, so that the queue stays short under load. */
const REQUEST_EVERY = 50;
/** Counters wrap at 32 bits (XEP-0198 section 4). */
const WRAP = 2 ** 32;

interface Unacked {
  readonly stanza: Element;
  readonly sentAtMs: number;
}

/** The bookkeeping of XEP-0198 for one session, which may outlive several streams. Sends nothing itself. */
export class StreamManagement {
  #sessionId: string | null = null;
  #isEnabled = false;
  /** Stanzas received in this session: what `h` says. */
  #inbound = 0;
  /** The last `h` of the server. */
  #acked = 0;
  #unacked: Unacked[] = [];
  #sinceRequest = 0;

  get isEnabled(): boolean {
    return this.#isEnabled;
  }

  get isResumable(): boolean {
    return this.#sessionId !== null;
  }

  get unackedCount(): number {
    return this.#unacked.length;
  }

  /** Must see every element of the stream in its order: replies to requests count like all stanzas (fault 1). */
  received(element: Element): void {
    const name = element.getName();
    if (name === 'enabled' && element.is('enabled', NS.sm)) {
      // Here and not where the promise settles: a stanza may follow in the same read (fault 2).
      this.#inbound = 0;
    } else if (name === 'iq' || name === 'message' || name === 'presence') {
      this.#inbound = (this.#inbound + 1) % WRAP;
    }
  }

  /** Section 3: asks for a session that can be resumed. */
  enableRequest(): Element {
    this.#acked = 0;
    this.#unacked = [];
    this.#sinceRequest = 0;
    return xml('enable', { xmlns: NS.sm, resume: 'true' });
  }

  /** The server's answer to `enableRequest`. */
  enabled(element: Element): void {
    this.#isEnabled = true;
    const canResume = /^(true|1)$/.test(element.attrs['resume'] ?? '');
    this.#sessionId = canResume ? (element.attrs['id'] ?? null) : null;
  }

  /** Section 5: asks to go on with the session. */
  resumeRequest(): Element {
    return xml('resume', { xmlns: NS.sm, h: this.#inbound, previd: this.#sessionId ?? '' });
  }

  /** The session goes on: returns the stanzas that the server has not seen and that `keep` still wants sent. */
  resumed(element: Element, keep: (stanza: Element, sentAtMs: number) => boolean): Unacked[] {
    this.acknowledged(element);
    this.#isEnabled = true;
    const again = this.#unacked.filter(({ stanza, sentAtMs }) => keep(stanza, sentAtMs));
    this.#unacked = [];
    return again;
  }

  /** The stream broke; counters and queue wait for a resumption. */
  suspended(): void {
    this.#isEnabled = false;
    if (this.#sessionId === null) this.lost();
  }

  /** The session can't be resumed: everything of it is forgotten. */
  lost(): void {
    this.#isEnabled = false;
    this.#sessionId = null;
    this.#inbound = 0;
    this.#acked = 0;
    this.#unacked = [];
  }

  /** Remembers a stanza that is being sent; says whether an `<r/>` is due after it. */
  sent(stanza: Element, nowMs: number): boolean {
    if (!this.#isEnabled) return false;
    this.#unacked.push({ stanza, sentAtMs: nowMs });
    this.#sinceRequest += 1;
    if (this.#sinceRequest < REQUEST_EVERY) return false;
    this.#sinceRequest = 0;
    return true;
  }

  /** Section 4: forgets what the server has handled. An `h` beyond what was sent is an error of the server. */
  acknowledged(element: Element): void {
    const h = Number(element.attrs['h']);
    const count = (h - this.#acked + WRAP) % WRAP;
    if (!Number.isInteger(h) || h < 0 || h >= WRAP || count > this.#unacked.length) {
      throw new XmppFailure('protocol', `The server acknowledges ${element.attrs['h']} stanzas, more than were sent`);
    }
    this.#acked = h;
    this.#unacked.splice(0, count);
  }

  acknowledgement(): Element {
    return xml('a', { xmlns: NS.sm, h: this.#inbound });
  }

  request(): Element {
    return xml('r', { xmlns: NS.sm });
  }
}
