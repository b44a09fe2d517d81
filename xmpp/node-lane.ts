import { type BackoffOptions, backoffMs } from '../src/lib/backoff.ts';
import type { Clock } from '../src/lib/clock.ts';
import type { AnnouncedAttempt, PublishOutcome } from '../src/ports/announcer.ts';
import type { Element } from './client/library.ts';
import type { Pubsub, PubsubOutcome } from './pubsub.ts';
import type { CallState } from './stanzas/call.ts';

/** A server that refused, or did not answer in time, is asked again after this. */
const RETRY: BackoffOptions = { firstMs: 2_000, maxMs: 60_000 };
/** Ended attempts that are remembered, so that a late `connected` does not bring one back. */
const ENDED_MAX = 16;
/** Calls that may wait for one node's acknowledgement; an extension has one attempt at a time, so more is a fault. */
const WAITERS_MAX = 16;
/**
 * An ended item is taken away so long after the server has it. The next call of a busy member comes sooner: its item takes the place then, and does not wait
 * behind a retraction.
 */
const RETRACT_DELAY_MS = 500;

export interface LaneOptions {
  readonly node: string;
  readonly title: string;
  readonly pubsub: Pubsub;
  readonly clock: Clock;
  readonly random: () => number;
  readonly payload: (attempt: AnnouncedAttempt, state: CallState) => Element;
  /** Whether an item is that of an attempt which another process looks after. */
  readonly isHeldElsewhere: (attemptId: string) => boolean;
  /** Whether there is a session at present. */
  readonly isOnline: boolean;
  /** Runs slow housekeeping, a bounded number at a time; publications do not go through it. */
  readonly housekeeping: (task: () => Promise<PubsubOutcome>) => Promise<PubsubOutcome>;
}

interface Item {
  readonly attempt: AnnouncedAttempt;
  readonly state: CallState;
  /** After a restart: the state on the server is newer than what is known here, so an item with this id is left alone. */
  readonly isAdopted: boolean;
}

/** What the server has, as far as it has told us. */
interface Known {
  node: 'present' | 'absent' | 'unknown';
  /** The access list that was set last. */
  access: string;
  /** The item on the node; `unknown` after a new session. */
  item: { readonly id: string; readonly state: CallState | 'foreign' } | null | 'unknown';
}

type Step =
  | { readonly kind: 'ensure' | 'delete' | 'fetch' }
  | { readonly kind: 'publish'; readonly item: Item }
  | { readonly kind: 'retract'; readonly itemId: string };

/**
 * One extension's node. It holds what is wanted and what the server has, and takes one step after the other towards it:
 * so order is kept, memory is constant, and when the server is behind only the newest state is ever sent.
 */
export class NodeLane {
  readonly #options: LaneOptions;
  #access: readonly string[] | null = null;
  #item: Item | null = null;
  #known: Known = { node: 'unknown', access: '', item: 'unknown' };
  #isOnline: boolean;
  #running: Promise<void> | null = null;
  #failures = 0;
  #cancelRetry: (() => void) | null = null;
  /** An ended item is left for now. */
  #cancelRetract: (() => void) | null = null;
  #isEnding = false;
  #ended: string[] = [];
  #waiters: { readonly id: string; readonly settle: (outcome: PublishOutcome) => void }[] = [];

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#isOnline = options.isOnline;
  }

  /** Whether nothing is wanted and nothing is left to do: the lane may be forgotten. */
  get isIdle(): boolean {
    return this.#access === null && this.#known.node === 'absent' && this.#running === null;
  }

  /** Whether the server does not have yet what is wanted. */
  get isBehind(): boolean {
    return this.#nextStep() !== null;
  }

  /** The node shall exist, open to these bare JIDs. */
  open(allowed: readonly string[]): void {
    this.#access = allowed;
    this.#wake();
  }

  /** The node shall not exist. */
  close(): void {
    this.#access = null;
    this.#endDelay();
    this.#item = null;
    this.#settleAll('refused');
    this.#wake();
  }

  /** The item shall be there in this state; an attempt that ended does not come back. */
  put(attempt: AnnouncedAttempt, state: CallState): void {
    const isKnownEnd = this.#ended.includes(attempt.attemptId);
    const isOlder = state === 'ended' && this.#item !== null && this.#item.attempt.attemptId !== attempt.attemptId;
    if (state === 'ended' && !isKnownEnd) this.#ended = [...this.#ended, attempt.attemptId].slice(-ENDED_MAX);
    // The newer attempt's item has taken the place of the older one's, or is about to.
    if (this.#access === null || isKnownEnd || isOlder) return;
    const isNew = this.#item?.attempt.attemptId !== attempt.attemptId;
    this.#item = { attempt, state, isAdopted: false };
    if (isNew) this.#endDelay();
    this.#supersede(attempt.attemptId);
    // A call is worth a try at once, whatever the last one's fate was.
    if (isNew) this.#stopWaiting();
    this.#wake();
  }

  /** What may be on the node after a restart of ours: this attempt, or nothing. */
  adopt(attempt: AnnouncedAttempt | null): void {
    if (attempt?.attemptId === this.#item?.attempt.attemptId) return;
    this.#item = attempt && { attempt, state: 'ringing', isAdopted: true };
    this.#endDelay();
    this.#supersede(attempt?.attemptId ?? '');
    this.#wake();
  }

  /** Settles when the attempt is on the server, or with the reason why not. The caller sets the time limit. */
  acknowledged(attempt: AnnouncedAttempt): Promise<PublishOutcome> {
    if (this.#access === null || this.#item?.attempt.attemptId !== attempt.attemptId) return Promise.resolve('refused');
    if (!this.#isOnline) return Promise.resolve('away');
    if (this.#waiters.length >= WAITERS_MAX) return Promise.resolve('timeout');
    return new Promise((settle) => this.#waiters.push({ id: attempt.attemptId, settle }));
  }

  /** A session is up. Of a fresh one nothing is known: what is on the server is looked at again. */
  online(isFresh: boolean): void {
    this.#isOnline = true;
    this.#failures = 0;
    this.#stopWaiting();
    if (isFresh) this.#known = { node: 'unknown', access: '', item: 'unknown' };
    this.#wake();
  }

  offline(): void {
    this.#isOnline = false;
    this.#endDelay();
    this.#stopWaiting();
    this.#settleAll('away');
  }

  /** Settles when the lane has done what it can for now. */
  async settled(): Promise<void> {
    await this.#running;
  }

  /** The process ends: settles when the lane has done what it can, also what would have had time. */
  async finished(): Promise<void> {
    this.#isEnding = true;
    this.#endDelay();
    this.#wake();
    await this.#running;
  }

  #endDelay(): void {
    this.#cancelRetract?.();
    this.#cancelRetract = null;
  }

  #retractLater(): void {
    if (this.#isEnding) return;
    this.#cancelRetract = this.#options.clock.after(RETRACT_DELAY_MS, () => {
      this.#cancelRetract = null;
      this.#wake();
    });
  }

  #stopWaiting(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  #wake(): void {
    if (!this.#isOnline || this.#running || this.#cancelRetry) return;
    if (!this.#nextStep()) return;
    this.#running = this.#run().finally(() => {
      this.#running = null;
      // Something may have been wanted between the last look and this turn.
      this.#wake();
    });
  }

  async #run(): Promise<void> {
    for (let step = this.#nextStep(); step && this.#isOnline; step = this.#nextStep()) {
      const outcome = await this.#perform(step);
      const isDone = this.#learn(step, outcome);
      if (!isDone) {
        this.#giveUpForNow(outcome);
        return;
      }
    }
    if (!this.#nextStep()) this.#failures = 0;
  }

  /** The whole rule: what is the first difference between what is wanted and what is known? */
  #nextStep(): Step | null {
    const { node, access, item } = this.#known;
    if (this.#access === null) return node === 'absent' ? null : { kind: 'delete' };
    if (node !== 'present' || access !== accessKey(this.#access)) return { kind: 'ensure' };
    if (item === 'unknown') return { kind: 'fetch' };
    const wanted = this.#item;
    if (!wanted) return item ? { kind: 'retract', itemId: item.id } : null;
    const isThere = item?.id === wanted.attempt.attemptId && (item.state === wanted.state || wanted.isAdopted);
    if (!isThere) return { kind: 'publish', item: wanted };
    return wanted.state === 'ended' && this.#cancelRetract === null ? { kind: 'retract', itemId: item.id } : null;
  }

  #perform(step: Step): Promise<PubsubOutcome> {
    const { node, title, pubsub, housekeeping, payload } = this.#options;
    switch (step.kind) {
      case 'ensure':
        return housekeeping(() => this.#ensure(title));
      case 'delete':
        return housekeeping(() => pubsub.deleteNode(node));
      case 'fetch':
        return housekeeping(() => this.#fetch());
      case 'publish':
        return pubsub.publish(node, step.item.attempt.attemptId, payload(step.item.attempt, step.item.state));
      case 'retract':
        return pubsub.retract(node, step.itemId);
      default:
        return step satisfies never;
    }
  }

  async #ensure(title: string): Promise<PubsubOutcome> {
    const access = this.#access ?? [];
    const outcome = await this.#options.pubsub.ensureNode(this.#options.node, title, access);
    if (outcome === 'done' || outcome === 'exists') {
      // A node that is new has no item; of one that existed nobody knows.
      const item = outcome === 'done' ? null : this.#known.item;
      this.#known = { node: 'present', access: accessKey(access), item };
    }
    return outcome === 'exists' ? 'done' : outcome;
  }

  async #fetch(): Promise<PubsubOutcome> {
    const ids = await this.#options.pubsub.itemIds(this.#options.node);
    if (typeof ids === 'string') return ids;
    const [id] = ids;
    // What another process has put there is nothing of ours: it stays until that one takes it away, or a newer one takes its place.
    const isOurs = id !== undefined && !this.#options.isHeldElsewhere(id);
    this.#known = { ...this.#known, item: isOurs ? { id, state: 'foreign' } : null };
    return 'done';
  }

  /** Writes down what an outcome says about the server; `false` when the step must be tried again later. */
  #learn(step: Step, outcome: PubsubOutcome): boolean {
    if (outcome === 'missing') return this.#learnMissing(step);
    if (outcome !== 'done') return false;
    if (step.kind === 'delete') this.#known = { node: 'absent', access: '', item: null };
    if (step.kind === 'publish') this.#learnPublished(step.item);
    if (step.kind === 'retract') this.#learnRetracted(step.itemId);
    return true;
  }

  #learnMissing(step: Step): boolean {
    if (step.kind === 'delete') this.#known = { node: 'absent', access: '', item: null };
    else if (step.kind === 'retract') this.#learnRetracted(step.itemId);
    // Somebody deleted the node under us: it is made again, but not without end.
    else this.#known = { node: 'absent', access: '', item: null };
    this.#failures += 1;
    return this.#failures <= 3;
  }

  #learnPublished({ attempt, state }: Item): void {
    this.#known = { ...this.#known, item: { id: attempt.attemptId, state } };
    const isWanted = this.#item?.attempt.attemptId === attempt.attemptId;
    if (state === 'ended' && isWanted) this.#retractLater();
    this.#settle(attempt.attemptId, 'acknowledged');
  }

  #learnRetracted(itemId: string): void {
    this.#known = { ...this.#known, item: null };
    if (this.#item?.state === 'ended' && this.#item.attempt.attemptId === itemId) this.#item = null;
  }

  #giveUpForNow(outcome: PubsubOutcome): void {
    this.#settleAll(outcome === 'away' ? 'away' : outcome === 'timeout' ? 'timeout' : 'refused');
    if (outcome === 'away') return;
    const { clock, random } = this.#options;
    const waitMs = backoffMs(this.#failures, RETRY, random);
    this.#failures += 1;
    // After a time limit nobody knows what the server did.
    if (this.#known.item !== 'unknown') this.#known = { ...this.#known, item: 'unknown' };
    this.#cancelRetry = clock.after(waitMs, () => {
      this.#cancelRetry = null;
      this.#wake();
    });
  }

  /** Those who wait for another attempt wait in vain: its place is taken. */
  #supersede(id: string): void {
    for (const waiter of this.#waiters.filter((one) => one.id !== id)) this.#settle(waiter.id, 'refused');
  }

  #settle(id: string, outcome: PublishOutcome): void {
    const mine = this.#waiters.filter((waiter) => waiter.id === id);
    this.#waiters = this.#waiters.filter((waiter) => waiter.id !== id);
    for (const { settle } of mine) settle(outcome);
  }

  #settleAll(outcome: PublishOutcome): void {
    const all = this.#waiters;
    this.#waiters = [];
    for (const { settle } of all) settle(outcome);
  }
}

function accessKey(access: readonly string[]): string {
  return [...access].sort().join(' ');
}
