import type { CallEvent } from '../../../src/core/events.ts';
import type { Extension, Membership } from '../../../src/core/people.ts';
import type { MissConsequence } from '../../../src/core/queue/misses.ts';
import { type QueueLogRow, queueLogRow } from '../../../src/core/queue/queue-log.ts';
import type {
  EndWrapUpRequest,
  LoginRequest,
  MemberChange,
  PauseRequest,
  PenaltyRequest,
  RingInUseRequest,
} from '../../../src/ports/member-requests.ts';
import type {
  CompleteRequest,
  ConnectRequest,
  LeaveRequest,
  MissRequest,
  NewEntry,
  Presence,
  QueueDefinition,
  QueueFigures,
  QueueStore,
  ReserveRequest,
  ResetRequest,
  StoreChange,
  StoredAttempt,
  StoredEntry,
} from '../../../src/ports/queue-store.ts';
import { MemoryFigures } from './memory-figures.ts';
import { CallFaults, type Held, type StoreMethod } from './memory-store-faults.ts';
import { MemoryMembers } from './memory-store-members.ts';
import { cutToLimits, memberLine, missLines, position } from './memory-store-rules.ts';

export interface MemoryEntry extends Omit<NewEntry, 'maxLength'> {
  readonly originalPosition: number;
  state: StoredEntry['state'] | 'ended';
  outcome: string | null;
  isInLevel?: boolean;
  attempt: MemoryAttempt | null;
}

export interface MemoryAttempt {
  readonly request: ReserveRequest;
  readonly entry: MemoryEntry;
  /** As queue_log names the member. */
  readonly memberName: string;
  state: 'ringing' | 'talking' | 'ended';
  outcome: string | null;
  connectedAtMs: number | null;
  member: ConnectRequest | null;
}

/**
 * The queue store in memory for scenario tests: the same answers as PostgreSQL's (both pass
 * test/contract/queue-store.suite.ts), and failures when a test asks for them.
 */
export class MemoryQueueStore implements QueueStore {
  readonly #queues = new Map<string, string>();
  readonly #figures = new MemoryFigures();
  readonly #members = new MemoryMembers((event) => this.#write(event));
  readonly #entries = new Map<string, MemoryEntry>();
  readonly #attempts = new Map<string, MemoryAttempt>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  readonly #faults = new CallFaults();
  /** Every line of queue_log in the order of writing. */
  readonly log: QueueLogRow[] = [];
  /** The same as events, for tests that read them more easily. */
  readonly events: CallEvent[] = [];

  // What others do with SQL; heard by subscribers, as PostgreSQL's triggers tell it.

  addExtension(extension: Extension): void {
    this.#members.extensions.set(extension.number, extension);
    this.announce({ type: 'membership', extension: extension.number });
  }

  setPaused(queue: string, extension: string, isPaused: boolean): void {
    const membership = this.#members.get(queue, extension);
    if (membership === undefined) throw new Error(`${extension} is not logged in to ${queue}`);
    this.#members.put({ ...membership, isPaused });
    this.announce({ type: 'membership', extension: membership.extension.number });
  }

  /** Tells subscribers of a change, as if another process had made it. */
  announce(change: StoreChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  // Failures on request.

  /** The next `times` calls of the method reject DATABASE_UNAVAILABLE: `unavailable` before, `lost` after the work was done. */
  fail(method: StoreMethod, kind: 'unavailable' | 'lost', times = 1): void {
    this.#faults.fail(method, kind, times);
  }

  /** The next call of the method waits for `release`: its work is done then (`work: 'late'`), or at once and only the answer is late. Release several in another order to have answers out of order. */
  hold(method: StoreMethod, work: 'at-once' | 'late' = 'at-once'): Held {
    return this.#faults.hold(method, work);
  }

  /** While away every call rejects; when it is back subscribers get `{type:'all'}`. */
  setAway(isAway: boolean): void {
    this.#faults.isAway = isAway;
    if (!isAway) this.announce({ type: 'all' });
  }

  // The port.

  defineQueues(queues: readonly QueueDefinition[]): Promise<void> {
    return this.#faults.call('defineQueues', () => {
      for (const queue of queues) {
        this.#queues.set(queue.name, queue.title);
        this.#figures.define(queue);
      }
    });
  }

  extensions(): Promise<readonly Extension[]> {
    return this.#faults.call('extensions', () => [...this.#members.extensions.values()]);
  }

  extensionByInterface(interfaceName: string): Promise<Extension | null> {
    return this.#faults.call('extensionByInterface', () => {
      return [...this.#members.extensions.values()].find((each) => each.interface === interfaceName) ?? null;
    });
  }

  memberships(): Promise<readonly Membership[]> {
    return this.#faults.call('memberships', () => this.#members.all().map((each) => this.#withFigures(each)));
  }

  openAttempts(): Promise<readonly StoredAttempt[]> {
    return this.#faults.call('openAttempts', () => {
      return [...this.#attempts.values()].filter(({ state }) => state !== 'ended').map(storedAttempt);
    });
  }

  openEntries(): Promise<readonly StoredEntry[]> {
    return this.#faults.call('openEntries', () => {
      const open = [...this.#entries.values()].filter(({ state }) => state !== 'ended');
      const rank = (entry: MemoryEntry) => position(entry, open);
      return open.sort((a, b) => (a.queue < b.queue ? -1 : a.queue > b.queue ? 1 : rank(a) - rank(b))).map(storedEntry);
    });
  }

  login(request: LoginRequest): Promise<Membership | 'already' | 'unknown-queue' | 'unknown-extension'> {
    return this.#faults.call('login', () => {
      if (!this.#queues.has(request.queue)) return 'unknown-queue';
      const answer = this.#members.login(request);
      if (answer === 'already' || answer === 'unknown-extension') return answer;
      this.#figures.forget(request.queue, request.extension.number);
      return this.#withFigures(answer);
    });
  }

  logout(request: LoginRequest): Promise<'logged-out' | 'not-logged-in'> {
    return this.#faults.call('logout', () => this.#members.logout(request));
  }

  pause(request: PauseRequest): Promise<MemberChange> {
    return this.#faults.call('pause', () => this.#members.pause(request));
  }

  setPenalty(request: PenaltyRequest): Promise<MemberChange> {
    return this.#faults.call('setPenalty', () => this.#members.setPenalty(request));
  }

  setRingInUse(request: RingInUseRequest): Promise<MemberChange> {
    return this.#faults.call('setRingInUse', () => this.#members.setRingInUse(request));
  }

  endWrapUp(request: EndWrapUpRequest): Promise<'done' | 'already'> {
    return this.#faults.call('endWrapUp', () => this.#members.endWrapUp(request));
  }

  enter(request: NewEntry): Promise<{ readonly position: number } | 'full' | 'unknown-queue'> {
    return this.#faults.call('enter', () => {
      const { maxLength, ...kept } = request;
      if (!this.#queues.has(request.queue)) return 'unknown-queue';
      const known = this.#entries.get(request.entryId);
      if (known !== undefined) return { position: known.originalPosition };
      const line = this.#line(request.queue);
      if (maxLength > 0 && line.length >= maxLength) return 'full';
      const place = 1 + line.filter(({ priority }) => priority >= request.priority).length;
      const entry = {
        ...cutToLimits(kept),
        originalPosition: place,
        state: 'waiting',
        outcome: null,
        attempt: null,
      } as const;
      this.#entries.set(request.entryId, { ...entry });
      const { queue, callId, uniqueId, joinedAtMs: atMs } = request;
      const callerNumber = entry.caller.number;
      this.#write({ event: 'ENTERQUEUE', queue, callId, uniqueId, callerNumber, position: place, atMs });
      return { position: place };
    });
  }

  reserve(request: ReserveRequest): Promise<'reserved' | 'entry-taken' | 'member-taken'> {
    return this.#faults.call('reserve', () => {
      const entry = this.#entries.get(request.entryId);
      if (entry === undefined || entry.state === 'ended' || entry.queue !== request.queue) return 'entry-taken';
      if (entry.attempt?.request.attemptId === request.attemptId) return 'reserved';
      if (entry.state !== 'waiting') return 'entry-taken';
      const membership = this.#members.get(request.queue, request.extension);
      const isHeld = [...this.#attempts.values()].some(
        (each) => each.state !== 'ended' && each.request.extension === request.extension,
      );
      const isUsed = this.#attempts.has(request.attemptId);
      const isAside = (membership?.asideUntilMs ?? 0) > request.atMs;
      if (membership === undefined || membership.isPaused || isAside || isHeld || isUsed) return 'member-taken';
      const state = { state: 'ringing', outcome: null, connectedAtMs: null, member: null } as const;
      const { name, interface: interfaceName } =
        this.#members.extensions.get(request.extension) ?? membership.extension;
      const attempt: MemoryAttempt = { request, entry, memberName: name ?? interfaceName, ...state };
      this.#attempts.set(request.attemptId, attempt);
      entry.state = 'ringing';
      entry.attempt = attempt;
      return 'reserved';
    });
  }

  miss(request: MissRequest): Promise<Presence | MissConsequence> {
    return this.#faults.call('miss', () => {
      const attempt = this.#attempts.get(request.attemptId);
      if (attempt === undefined) return 'gone';
      if (attempt.state !== 'ringing') return attempt.outcome === request.outcome ? 'done' : 'gone';
      attempt.state = 'ended';
      attempt.outcome = request.outcome;
      attempt.entry.state = 'waiting';
      attempt.entry.attempt = null;
      for (const event of missLines(attempt, request)) this.#write(event);
      const { queue, extension } = attempt.request;
      return this.#members.missed({ queue, extension, policy: request.policy, atMs: request.atMs }) ?? 'done';
    });
  }

  connect(request: ConnectRequest): Promise<Presence> {
    return this.#faults.call('connect', () => {
      const attempt = this.#attempts.get(request.attemptId);
      if (attempt?.state === 'talking' && attempt.member?.memberChannelId === request.memberChannelId) return 'done';
      if (attempt?.state !== 'ringing') return 'gone';
      attempt.state = 'talking';
      attempt.member = request;
      attempt.connectedAtMs = request.atMs;
      attempt.entry.state = 'talking';
      this.#members.answered(attempt.request.queue, attempt.request.extension);
      const { ringMs, atMs, answeredAtMs = atMs, memberUniqueId } = request;
      const { queue, joinedAtMs } = attempt.entry;
      attempt.entry.isInLevel = this.#figures.answered(queue, { fromMs: joinedAtMs, toMs: answeredAtMs });
      const holdMs = atMs - joinedAtMs;
      this.#write({ event: 'CONNECT', ...memberLine(attempt), holdMs, memberUniqueId, ringMs, atMs });
      return 'done';
    });
  }

  complete({ attemptId, endedBy, atMs }: CompleteRequest): Promise<Presence> {
    return this.#faults.call('complete', () => {
      const attempt = this.#attempts.get(attemptId);
      const event = endedBy === 'caller' ? 'COMPLETECALLER' : 'COMPLETEAGENT';
      if (attempt?.outcome === event) return 'done';
      if (attempt?.state !== 'talking') return 'gone';
      const { entry, request } = attempt;
      attempt.state = 'ended';
      attempt.outcome = event;
      entry.state = 'ended';
      entry.outcome = event;
      const connectedAtMs = attempt.connectedAtMs ?? atMs;
      const { extension, queue } = request;
      this.#members.hungUp(extension, queue, atMs);
      const { isInLevel = false } = entry;
      this.#figures.completed(queue, { extension, isInLevel, talk: { fromMs: connectedAtMs, toMs: atMs } });
      const times = { holdMs: connectedAtMs - entry.joinedAtMs, talkMs: atMs - connectedAtMs };
      this.#write({ event, ...memberLine(attempt), ...times, originalPosition: entry.originalPosition, atMs });
      return 'done';
    });
  }

  leave({ entryId, outcome, info = '', atMs }: LeaveRequest): Promise<Presence> {
    return this.#faults.call('leave', () => {
      const entry = this.#entries.get(entryId);
      if (entry === undefined || entry.state === 'talking') return 'gone';
      if (entry.state === 'ended') return entry.outcome === outcome ? 'done' : 'gone';
      const { attempt, queue, callId, uniqueId, originalPosition } = entry;
      if (attempt !== null) {
        attempt.state = 'ended';
        attempt.outcome = 'left';
        const ringMs = atMs - attempt.request.atMs;
        if (outcome === 'ABANDON' || outcome === 'EXITWITHKEY')
          this.#write({ event: 'RINGCANCELED', ...memberLine(attempt), ringMs, atMs });
      }
      const place = position(entry, this.#line(queue));
      entry.state = 'ended';
      entry.outcome = outcome;
      const waitMs = atMs - entry.joinedAtMs;
      this.#figures.left(queue, outcome, { fromMs: entry.joinedAtMs, toMs: atMs });
      const line = { queue, callId, uniqueId, position: place, originalPosition, waitMs, atMs };
      this.#writeLeaving(outcome, line, info);
      return 'done';
    });
  }

  #writeLeaving(
    outcome: LeaveRequest['outcome'],
    line: Omit<Extract<CallEvent, { event: 'EXITEMPTY' }>, 'event'>,
    info: string,
  ): void {
    if (outcome === 'WITHDRAW') this.#write({ event: outcome, ...line, info });
    else if (outcome === 'EXITWITHKEY') this.#write({ event: outcome, ...line, key: info });
    else this.#write({ event: outcome, ...line });
  }

  record(event: CallEvent): Promise<void> {
    return this.#faults.call('record', () => {
      const row = JSON.stringify(queueLogRow(event));
      if (!this.log.some((each) => JSON.stringify(each) === row)) this.#write(event);
    });
  }

  figures(): Promise<readonly QueueFigures[]> {
    return this.#faults.call('figures', () =>
      this.#figures.all((queue) =>
        this.#members
          .all()
          .filter((each) => each.queue === queue)
          .map(({ queue: of, extension: { number: extension }, pausedAtMs: lastPausedAtMs }) => ({
            extension,
            ...this.#figures.member(of, extension),
            lastPausedAtMs,
          })),
      ),
    );
  }

  resetFigures({ queue, atMs }: ResetRequest): Promise<void> {
    return this.#faults.call('resetFigures', () => this.#figures.reset(queue, atMs));
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Who waits or rings in a queue. */
  #line(queue: string): MemoryEntry[] {
    return [...this.#entries.values()].filter(
      (each) => each.queue === queue && (each.state === 'waiting' || each.state === 'ringing'),
    );
  }

  #withFigures(membership: Membership): Membership {
    return { ...membership, ...this.#figures.member(membership.queue, membership.extension.number) };
  }

  #write(event: CallEvent): void {
    this.events.push(event);
    this.log.push(queueLogRow(event));
  }
}

function storedAttempt({ request, connectedAtMs, member }: MemoryAttempt): StoredAttempt {
  const { attemptId, entryId, extension, queue, atMs: startedAtMs } = request;
  return {
    attemptId,
    entryId,
    extension,
    queue,
    memberChannelId: member?.memberChannelId ?? null,
    startedAtMs,
    connectedAtMs,
  };
}

function storedEntry({ outcome: _, state, attempt, ...entry }: MemoryEntry): StoredEntry {
  if (state === 'ended') throw new Error(`Entry ${entry.entryId} has ended`);
  return { ...entry, state, attempt: attempt === null ? null : storedAttempt(attempt) };
}
