import type { Clock } from '../src/lib/clock.ts';
import type { Logger } from '../src/log.ts';
import type { AnnouncedAttempt, PublishOutcome } from '../src/ports/announcer.ts';
import { parseBareJid } from './client/jid.ts';
import { NodeLane } from './node-lane.ts';
import type { Pubsub, PubsubOutcome } from './pubsub.ts';
import { type CallState, type PayloadKind, payload } from './stanzas/call.ts';
import { Turnstile } from './turnstile.ts';

/** Nodes that are looked after at one time; more extensions than that get none, and the log says so. */
export const LANES_MAX = 5_000;
/** Nodes that are created, deleted or read at one time; publications don't wait behind them. */
const HOUSEKEEPING_MAX = 8;
/** JIDs that may have access to one node. */
const ALLOWED_MAX = 200;
/** What our nodes are called (contracts, "XMPP"). */
const OWN_NODE = /^extension([0-9A-Za-z*#+._-]{1,40})$/;

export interface NodesOptions {
  readonly pubsub: Pubsub;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly payload: PayloadKind;
  /** Whether an item is that of an attempt which another process looks after. */
  readonly isHeldElsewhere: (attemptId: string) => boolean;
}

/** All extensions' nodes: one lane each. */
export class Nodes {
  readonly #options: NodesOptions;
  readonly #lanes = new Map<string, NodeLane>();
  readonly #turnstile = new Turnstile(HOUSEKEEPING_MAX);
  #isOnline = false;
  /** Whether we were ever told who is logged in; before that no node may be taken for a left-over. */
  #isInformed = false;

  constructor(options: NodesOptions) {
    this.#options = options;
  }

  /** The node of `number` shall exist for these JIDs; what is no JID is left out and logged. */
  async open(number: string, jids: readonly (string | null)[]): Promise<void> {
    const lane = this.#lane(number);
    lane?.open(this.#allowed(number, jids));
    await lane?.settled();
  }

  async close(number: string): Promise<void> {
    const lane = this.#lane(number);
    lane?.close();
    await lane?.settled();
    this.#forgetIdle(number);
  }

  put(attempt: AnnouncedAttempt, state: CallState): void {
    this.#lanes.get(attempt.extension)?.put(attempt, state);
  }

  /** The outcome of the attempt that was put last. */
  acknowledged(attempt: AnnouncedAttempt): Promise<PublishOutcome> {
    return this.#lanes.get(attempt.extension)?.acknowledged(attempt) ?? Promise.resolve('refused');
  }

  online(isFresh: boolean): void {
    this.#isOnline = true;
    for (const lane of this.#lanes.values()) lane.online(isFresh);
    if (isFresh && this.#isInformed)
      this.sweep().catch((error) => this.#options.log.error({ err: error }, 'Sweep failed'));
  }

  offline(): void {
    this.#isOnline = false;
    for (const lane of this.#lanes.values()) lane.offline();
  }

  /** Nodes on which something is still to be changed. */
  get behind(): number {
    return [...this.#lanes.values()].filter((lane) => lane.isBehind).length;
  }

  /** The process ends: settles when every lane has done what it can, also what would have had time. */
  async finished(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.finished()));
  }

  /** Settles when every lane has done what it can for now. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lanes.values()].map((lane) => lane.settled()));
  }

  /** What is true now: these nodes and no others; on them these attempts and nothing else. */
  async reconcile(
    wanted: ReadonlyMap<string, readonly (string | null)[]>,
    attempts: readonly AnnouncedAttempt[],
  ): Promise<void> {
    this.#isInformed = true;
    const byExtension = new Map<string, AnnouncedAttempt>(attempts.map((attempt) => [attempt.extension, attempt]));
    for (const number of this.#lanes.keys()) {
      if (!wanted.has(number)) this.#lanes.get(number)?.close();
    }
    for (const [number, jids] of wanted) {
      const lane = this.#lane(number);
      lane?.open(this.#allowed(number, jids));
      lane?.adopt(byExtension.get(number) ?? null);
    }
    await this.sweep();
    await this.settled();
    for (const number of [...this.#lanes.keys()]) this.#forgetIdle(number);
  }

  /** Deletes nodes of ours that a former run left and that nobody wants. */
  async sweep(): Promise<void> {
    if (!this.#isOnline) return;
    const names = await this.#options.pubsub.nodeNames();
    if (typeof names === 'string') return;
    const numbers = names.map((name) => OWN_NODE.exec(name)?.[1]).filter((number) => number !== undefined);
    await Promise.all(numbers.filter((number) => !this.#lanes.has(number)).map((number) => this.close(number)));
  }

  #lane(number: string): NodeLane | null {
    const existing = this.#lanes.get(number);
    if (existing) return existing;
    if (this.#lanes.size >= LANES_MAX) {
      this.#options.log.error({ extension: number, limit: LANES_MAX }, 'Too many extensions for pubsub nodes');
      return null;
    }
    const { pubsub, clock, random, payload: kind, isHeldElsewhere } = this.#options;
    const lane = new NodeLane({
      node: `extension${number}`,
      title: `Extension ${number}`,
      pubsub,
      clock,
      random,
      isHeldElsewhere,
      isOnline: this.#isOnline,
      payload: (attempt, state) => payload(attempt, state, kind),
      housekeeping: (task: () => Promise<PubsubOutcome>) => this.#turnstile.pass(task),
    });
    this.#lanes.set(number, lane);
    return lane;
  }

  #allowed(number: string, jids: readonly (string | null)[]): readonly string[] {
    const given = jids.filter((jid) => jid !== null);
    const parsed = new Set(given.map((jid) => parseBareJid(jid)).filter((jid) => jid !== null));
    if (parsed.size > ALLOWED_MAX || given.some((jid) => parseBareJid(jid) === null)) {
      this.#options.log.warn(
        { extension: number, limit: ALLOWED_MAX },
        'Some subscribers of a node are no JIDs, or too many',
      );
    }
    return [...parsed].slice(0, ALLOWED_MAX);
  }

  #forgetIdle(number: string): void {
    if (this.#lanes.get(number)?.isIdle) this.#lanes.delete(number);
  }
}
