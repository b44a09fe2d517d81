import { describeSip, type Party, type SipMessage, shownParty } from './sip-message.ts';
import type { Changes } from './waiting.ts';

/** How a call ended: `by` whom; `status` and `reason` when it was refused, cancelled or could not be reached. */
export interface Ended {
  readonly atMs: number;
  readonly by: 'this end' | 'far end';
  readonly how: 'bye' | 'cancel' | 'refused';
  readonly status?: number;
  readonly reason: string;
}

/** A time limit for a wait, in milliseconds. @default 30000 */
export interface Limit {
  readonly limitMs?: number;
}

/** The time limit of a wait that names none. */
const USUAL_LIMIT_MS = 30_000;

/** The SIP messages of an endpoint, growing, and the news that there is another one. */
export interface Line {
  readonly messages: readonly SipMessage[];
  readonly changes: Changes;
}

/** One call of an endpoint, in either direction, as its SIP messages tell it. Times are wall clock, in milliseconds. */
export class CallView {
  readonly callId: string;
  readonly invitedAtMs: number;
  /** The INVITE that began the call, with all header fields. */
  readonly invite: SipMessage;
  readonly #line: Line;

  constructor(line: Line, invite: SipMessage) {
    this.#line = line;
    this.invite = invite;
    this.callId = invite.callId;
    this.invitedAtMs = invite.atMs;
  }

  /** Whether the other side calls us. */
  get isIncoming(): boolean {
    return this.invite.direction === 'in';
  }

  /** Who calls, as the phone shows it: P-Asserted-Identity, else From. */
  get caller(): Party {
    return shownParty(this.invite);
  }

  /** All messages of this call so far. */
  get messages(): SipMessage[] {
    return this.#line.messages.filter((message) => message.callId === this.callId);
  }

  /** Where this end listens for sound, `127.0.0.1:PORT`; fails while it has not told. */
  get soundAddress(): string {
    const bodies = [this.invite, ...this.messages].filter(({ direction, body }) => direction === 'out' && body !== '');
    const port = /m=audio (\d+)/.exec(bodies.at(-1)?.body ?? '')?.[1];
    if (port === undefined) throw new Error(`The call has offered no port for sound${this.story()}`);
    return `127.0.0.1:${port}`;
  }

  /** When it began to ring (180), or early sound was announced (183). */
  get ringingAtMs(): number | undefined {
    return this.messages.find(({ method, status }) => method === 'INVITE' && (status === 180 || status === 183))?.atMs;
  }

  /** When it was answered. */
  get answeredAtMs(): number | undefined {
    return this.messages.find(({ method, status }) => method === 'INVITE' && status === 200)?.atMs;
  }

  /** How it ended; undefined while it goes on. */
  get ending(): Ended | undefined {
    const wasAnswered = this.answeredAtMs !== undefined;
    for (const message of this.messages) {
      const ended = endOf(message, { wasAnswered });
      if (ended) return ended;
    }
    return undefined;
  }

  /** The tag of the other side in the dialog; fails while there is none. */
  get farTag(): string {
    return this.#tagOf(this.isIncoming ? 'from' : 'to');
  }

  /** The tag of this side in the dialog; fails while there is none. */
  get ownTag(): string {
    return this.#tagOf(this.isIncoming ? 'to' : 'from');
  }

  /** Waits until it rings and tells when; fails when it ends before. */
  ringing(limit: Limit = {}): Promise<number> {
    return this.until('ringing', () => this.ringingAtMs ?? this.answeredAtMs ?? this.#failIfEnded('ringing'), limit);
  }

  /** Waits until it is answered and tells when; fails when it ends before. */
  answered(limit: Limit = {}): Promise<number> {
    return this.until('an answer', () => this.answeredAtMs ?? this.#failIfEnded('an answer'), limit);
  }

  /** Waits until it has ended, by whomever. */
  ended(limit: Limit = {}): Promise<Ended> {
    return this.until('the end of the call', () => this.ending, limit);
  }

  /** The call's messages as lines for people, times since the INVITE. */
  story(): string {
    return ['', ...this.messages.map((message) => describeSip(message, this.invitedAtMs))].join('\n');
  }

  /** Waits until `look` finds something; when it does not, the error tells the call's story. */
  protected until<T>(what: string, look: () => T | undefined, { limitMs = USUAL_LIMIT_MS }: Limit): Promise<T> {
    return this.#line.changes.until(look, { what, limitMs }, () => this.story());
  }

  // The INVITE brings the tag of who calls, the answers to it that of who is called.
  #tagOf(header: 'from' | 'to'): string {
    const isAnswer = ({ method, status, direction }: SipMessage): boolean =>
      method === 'INVITE' &&
      status !== undefined &&
      status > 100 &&
      status < 300 &&
      direction !== this.invite.direction;
    const message = header === 'from' ? this.invite : this.messages.find(isAnswer);
    const tag = /;tag=([^;>\s]+)/.exec(message?.headers.get(header) ?? '')?.[1];
    if (tag === undefined) throw new Error(`There is no tag in ${header} yet${this.story()}`);
    return tag;
  }

  #failIfEnded(wanted: string): undefined {
    const { ending } = this;
    if (!ending) return undefined;
    const how = [ending.how, ending.status, ending.reason].filter(Boolean).join(' ');
    throw new Error(`The call ended (${how}, by ${ending.by}) before ${wanted}${this.story()}`);
  }
}

function endOf(message: SipMessage, { wasAnswered }: { wasAnswered: boolean }): Ended | undefined {
  const { atMs, direction, method, status } = message;
  const by = direction === 'in' ? 'far end' : 'this end';
  const reason = message.headers.get('reason') ?? '';
  if (status === undefined && method === 'BYE') return { atMs, by, how: 'bye', reason };
  if (status === undefined && method === 'CANCEL') return { atMs, by, how: 'cancel', reason };
  const isChallenge = status === 401 || status === 407;
  if (method === 'INVITE' && status !== undefined && status >= 300 && !isChallenge && !wasAnswered) {
    return { atMs, by, how: 'refused', status, reason: message.subject };
  }
  return undefined;
}
