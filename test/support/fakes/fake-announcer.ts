import { attemptId, callId, extensionNumber, queueName } from '../../../src/core/ids.ts';
import type { Extension } from '../../../src/core/people.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type {
  AnnouncedAttempt,
  AnnouncedCall,
  Announcer,
  PublishOutcome,
  PutAside,
} from '../../../src/ports/announcer.ts';
import { extension } from '../queue-people.ts';

/** One thing that the announcer was told, in order. */
export type Announcement =
  | { readonly what: 'loggedIn' | 'loggedOut'; readonly extension: string }
  | {
      readonly what: 'entered' | 'gaveUp';
      readonly callId: string;
      readonly to: readonly string[];
      readonly value: number;
    }
  | { readonly what: 'chosen' | 'missed'; readonly callId: string; readonly to: readonly string[] }
  | { readonly what: 'putAside'; readonly queue: string; readonly to: readonly string[]; readonly how: PutAside['how'] }
  | {
      readonly what: 'ringing' | 'connected' | 'ended';
      readonly extension: string;
      readonly attemptId: string;
      readonly callId: string;
    }
  | { readonly what: 'reconciled'; readonly extensions: readonly string[]; readonly attempts: readonly string[] };

/** How one `publishRinging` shall go: that outcome, after so long. */
export interface ScriptedOutcome {
  readonly outcome: PublishOutcome;
  /** How long the server takes; a time beyond the caller's limit is a late acknowledgement. @default 0 */
  readonly afterMs?: number;
}

/** What is on the node of an extension. */
export interface FakeItem {
  readonly attemptId: string;
  readonly state: 'ringing' | 'connected' | 'ended';
}

/** An announcer in memory: keeps nodes, items and messages as a server would, and goes wrong when told to. */
export class FakeAnnouncer implements Announcer {
  /** Everything that it was told, oldest first. */
  readonly told: Announcement[] = [];
  /** Nodes that exist, with the item on each. */
  readonly nodes = new Map<string, FakeItem | null>();
  /** What subscribers of a node saw, oldest first: states of items, and `retracted`. */
  readonly seen = new Map<string, string[]>();
  /** Chat messages by bare JID. */
  readonly chats = new Map<string, Announcement[]>();
  readonly #clock: Clock;
  readonly #script: ScriptedOutcome[] = [];
  readonly #wanted = new Set<string>();
  readonly #current = new Map<string, FakeItem>();
  readonly #ended = new Set<string>();
  #isConnected = true;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The next `publishRinging` goes so; without a script it is acknowledged at once. */
  next(outcome: ScriptedOutcome): void {
    this.#script.push(outcome);
  }

  /** The server goes away: nothing more is seen, and nothing is acknowledged. */
  goAway(): void {
    this.#isConnected = false;
  }

  /** The server is back, and the nodes are brought level. */
  comeBack(): void {
    this.#isConnected = true;
    for (const node of [...this.nodes.keys()]) if (!this.#wanted.has(node)) this.nodes.delete(node);
    for (const extension of this.#wanted) {
      if (!this.nodes.has(extension)) this.nodes.set(extension, null);
      this.#level(extension);
    }
  }

  isConnected(): boolean {
    return this.#isConnected;
  }

  async memberLoggedIn(extension: Extension): Promise<void> {
    this.told.push({ what: 'loggedIn', extension: extension.number });
    this.#wanted.add(extension.number);
    if (this.#isConnected && !this.nodes.has(extension.number)) this.nodes.set(extension.number, null);
  }

  async memberLoggedOut(extension: Extension): Promise<void> {
    this.told.push({ what: 'loggedOut', extension: extension.number });
    this.#wanted.delete(extension.number);
    this.#current.delete(extension.number);
    if (this.#isConnected) this.nodes.delete(extension.number);
  }

  callEntered(call: AnnouncedCall, position: number, members: readonly Extension[]): void {
    this.#chat({ what: 'entered', callId: call.callId, to: jids(members), value: position });
  }

  memberChosen(call: AnnouncedCall, member: Extension): void {
    this.#chat({ what: 'chosen', callId: call.callId, to: jids([member]) });
  }

  memberMissed(call: AnnouncedCall, member: Extension): void {
    this.#chat({ what: 'missed', callId: call.callId, to: jids([member]) });
  }

  memberPutAside({ queue, how }: PutAside, member: Extension): void {
    this.#chat({ what: 'putAside', queue, to: jids([member]), how });
  }

  callerGaveUp(call: AnnouncedCall, waitMs: number, members: readonly Extension[]): void {
    this.#chat({ what: 'gaveUp', callId: call.callId, to: jids(members), value: waitMs });
  }

  async publishRinging(attempt: AnnouncedAttempt, limitMs: number): Promise<PublishOutcome> {
    this.#tell('ringing', attempt);
    this.#put(attempt, 'ringing');
    if (!this.#isConnected) return 'away';
    if (!this.#wanted.has(attempt.extension)) return 'refused';
    const { outcome, afterMs = 0 } = this.#script.shift() ?? { outcome: 'acknowledged' };
    if (afterMs > 0) await this.#wait(Math.min(afterMs, limitMs));
    return afterMs > limitMs ? 'timeout' : outcome;
  }

  publishConnected(attempt: AnnouncedAttempt): void {
    this.#tell('connected', attempt);
    this.#put(attempt, 'connected');
  }

  publishEnded(attempt: AnnouncedAttempt): void {
    this.#tell('ended', attempt);
    this.#put(attempt, 'ended');
  }

  async reconcile(loggedIn: readonly Extension[], attempts: readonly AnnouncedAttempt[]): Promise<void> {
    const extensions = loggedIn.map((extension) => extension.number);
    this.told.push({ what: 'reconciled', extensions, attempts: attempts.map((attempt) => attempt.attemptId) });
    this.#wanted.clear();
    for (const number of extensions) this.#wanted.add(number);
    for (const number of [...this.#current.keys()]) {
      if (!attempts.some((attempt) => attempt.attemptId === this.#current.get(number)?.attemptId))
        this.#current.delete(number);
    }
    for (const { extension, attemptId } of attempts) {
      if (this.#current.get(extension)?.attemptId !== attemptId) {
        this.#current.set(extension, this.#onNode(extension, attemptId) ?? { attemptId, state: 'ringing' });
      }
    }
    if (this.#isConnected) this.comeBack();
  }

  #onNode(extension: string, attempt: string): FakeItem | null {
    const item = this.nodes.get(extension);
    return item?.attemptId === attempt ? item : null;
  }

  #chat(announcement: Announcement & { readonly to: readonly string[] }): void {
    this.told.push(announcement);
    if (!this.#isConnected) return;
    for (const jid of announcement.to) this.chats.set(jid, [...(this.chats.get(jid) ?? []), announcement]);
  }

  #tell(what: 'ringing' | 'connected' | 'ended', { extension, attemptId, call }: AnnouncedAttempt): void {
    this.told.push({ what, extension, attemptId, callId: call.callId });
  }

  #put({ extension, attemptId }: AnnouncedAttempt, state: FakeItem['state']): void {
    const current = this.#current.get(extension);
    const isOlder = state === 'ended' && current !== undefined && current.attemptId !== attemptId;
    const isOver = this.#ended.has(attemptId);
    if (state === 'ended') this.#ended.add(attemptId);
    if (!this.#wanted.has(extension) || isOver || isOlder) return;
    this.#current.set(extension, { attemptId, state });
    if (this.#isConnected) this.#level(extension);
  }

  #level(extension: string): void {
    const wanted = this.#current.get(extension) ?? null;
    const there = this.nodes.get(extension) ?? null;
    if (wanted && (wanted.attemptId !== there?.attemptId || wanted.state !== there.state)) {
      this.nodes.set(extension, wanted);
      this.#see(extension, wanted.state);
    }
    if (wanted?.state !== 'ended' && (wanted || !there)) return;
    this.#current.delete(extension);
    this.nodes.set(extension, null);
    this.#see(extension, 'retracted');
  }

  #see(extension: string, what: string): void {
    this.seen.set(extension, [...(this.seen.get(extension) ?? []), what]);
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(delayMs, resolve));
  }
}

function jids(members: readonly Extension[]): readonly string[] {
  return [...new Set(members.map((member) => member.jid).filter((jid) => jid !== null))];
}

/** An extension as the directory would give it. */
export function sampleExtension(number: string, jid: string | null, subscribers: readonly string[] = []): Extension {
  return extension(number, { jid, subscribers });
}

/** A call in the queue `support`, from 2000, of customer Company 1. */
export function sampleCall(id: string, changes: Partial<AnnouncedCall> = {}): AnnouncedCall {
  return {
    callId: callId(id),
    queue: queueName('support'),
    queueTitle: 'Support',
    caller: { number: '2000', name: null },
    customer: { id: '1', name: 'Company 1', code: '1111', fields: {} },
    enteredAtMs: Date.UTC(2026, 10, 20, 12, 0, 0),
    ...changes,
  };
}

/** An offer of a call to an extension. */
export function sampleAttempt(id: string, extension: string, call: AnnouncedCall): AnnouncedAttempt {
  return {
    call,
    attemptId: attemptId(id),
    extension: extensionNumber(extension),
    changedAtMs: call.enteredAtMs + 31_250,
  };
}
