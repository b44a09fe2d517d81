import type { CallEvent } from '../../../src/core/events.ts';
import {
  type AttemptId,
  type ChannelId,
  type EntryId,
  type ExtensionNumber,
  type QueueName,
  queueName,
  type SwitchName,
  switchName,
} from '../../../src/core/ids.ts';
import type { Extension, Membership } from '../../../src/core/people.ts';
import type { MissConsequence } from '../../../src/core/queue/misses.ts';
import { type QueueLogRow, queueLogRow } from '../../../src/core/queue/queue-log.ts';
import type { SwitchLease } from '../../../src/core/switches/switch-life.ts';
import type {
  EndWrapUpRequest,
  LoginRequest,
  MemberChange,
  PauseRequest,
  PenaltyRequest,
  Placing,
  PriorityRequest,
  RingInUseRequest,
  WithdrawalRequest,
} from '../../../src/ports/member-requests.ts';
import type {
  AnswerRequest,
  CompleteRequest,
  ConnectRequest,
  EndedEntry,
  EnteredPlace,
  EnterOptions,
  HeardSoFar,
  KeptHeard,
  LateEnds,
  LateEndsRequest,
  LeaveRequest,
  MissRequest,
  NewEntry,
  Presence,
  QueueDefinition,
  QueueFigures,
  QueueMemory,
  QueueStore,
  ReserveRequest,
  ResetRequest,
  StoreChange,
  StoredAttempt,
  StoredEntry,
} from '../../../src/ports/queue-store.ts';
import type { RecordingQuery, StoredRecording } from '../../../src/ports/recordings.ts';
import type { SaveDevicesRequest, SwitchDevice } from '../../../src/ports/switch-store.ts';
import { type MemoryAttempt, MemoryCalls } from './memory-calls.ts';
import { MemoryFigures } from './memory-figures.ts';
import { MemoryRecordings } from './memory-recordings.ts';
import { CallFaults, type Failure, type Held, type StoreMethod } from './memory-store-faults.ts';
import { MemoryMembers } from './memory-store-members.ts';
import { MemorySwitches } from './memory-switches.ts';

/**
 * The queue store in memory for scenario tests: the same answers as PostgreSQL's (both pass
 * test/contract/queue-store.suite.ts), and failures when a test asks for them.
 */
export class MemoryQueueStore implements QueueStore {
  readonly #queues = new Map<string, string>();
  readonly #figures = new MemoryFigures();
  readonly #members = new MemoryMembers((event) => this.#write(event));
  readonly #recordings = new MemoryRecordings();
  readonly #heard = new Map<EntryId, HeardSoFar>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  readonly #faults = new CallFaults();
  /** What the processes of several switches tell each other. */
  readonly switches = new MemorySwitches();
  /** Every line of queue_log in the order of writing. */
  readonly log: QueueLogRow[] = [];
  /** Where new entries' channels are. */
  switchName = switchName('main');
  /** The clock of what others do. */
  now = () => 0;
  /** The same as events, for tests that read them more easily. */
  readonly events: CallEvent[] = [];

  readonly #calls = new MemoryCalls({
    hasQueue: (queue) => this.#queues.has(queue),
    members: this.#members,
    figures: this.#figures,
    write: (event) => this.#write(event),
    log: this.log,
  });

  // What others do with SQL; heard by subscribers, as PostgreSQL's triggers tell it.

  addExtension(extension: Extension): void {
    this.#members.extensions.set(extension.number, extension);
    this.announce({ type: 'membership', extension: extension.number });
  }

  setPaused(queue: string, extension: string, isPaused: boolean, reason = ''): void {
    const membership = this.#members.get(queue, extension);
    if (membership === undefined) throw new Error(`${extension} is not logged in to ${queue}`);
    const { extension: member, asideUntilMs } = membership;
    this.#members.pause({ extension: member, queue: membership.queue, isPaused, reason, atMs: this.now() });
    this.#members.put({ ...(this.#members.get(queue, extension) ?? membership), asideUntilMs });
    this.announce({ type: 'membership', extension: member.number });
  }

  logIn(queue: string, extension: Extension, pausedReason?: string): void {
    const paused = pausedReason === undefined ? {} : { pausedReason };
    this.#members.login({ queue: queueName(queue), extension, uniqueId: 'REALTIME', atMs: this.now(), ...paused });
    this.announce({ type: 'membership', extension: extension.number });
  }

  logOut(queue: string, extension: Extension): void {
    this.#members.logout({ queue: queueName(queue), extension, uniqueId: 'REALTIME', atMs: this.now() });
    this.announce({ type: 'membership', extension: extension.number });
  }

  /** All that is open is on this switch now. */
  moveTo(name: SwitchName): void {
    this.#calls.moveTo(name);
  }

  /** Tells subscribers of a change, as if another process had made it. */
  announce(change: StoreChange): void {
    for (const listener of this.#listeners) listener(change);
  }

  // Failures on request.

  /** The next `times` calls of the method reject DATABASE_UNAVAILABLE: `unavailable` before, `lost` after the work was done. */
  fail(method: StoreMethod, kind: Failure, times = 1): void {
    this.#faults.fail(method, kind, times);
  }

  /** How often a method was called. */
  asked(method: StoreMethod): number {
    return this.#faults.counts.get(method) ?? 0;
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

  extensions(numbers?: readonly ExtensionNumber[]): Promise<readonly Extension[]> {
    const isMeant = ({ number }: Extension) => numbers?.includes(number) ?? true;
    return this.#faults.call('extensions', () => [...this.#members.extensions.values()].filter(isMeant));
  }

  extensionByInterface(interfaceName: string): Promise<Extension | null> {
    return this.#faults.call('extensionByInterface', () => {
      return [...this.#members.extensions.values()].find((each) => each.interface === interfaceName) ?? null;
    });
  }

  memberships(numbers?: readonly ExtensionNumber[]): Promise<readonly Membership[]> {
    const isMeant = ({ extension }: Membership) => numbers?.includes(extension.number) ?? true;
    return this.#faults.call('memberships', () =>
      this.#members
        .all()
        .filter(isMeant)
        .map((each) => this.#withFigures(each)),
    );
  }

  openAttempts(): Promise<readonly StoredAttempt[]> {
    return this.#faults.call('openAttempts', () => this.#calls.openAttempts());
  }

  openEntries(): Promise<readonly StoredEntry[]> {
    return this.#faults.call('openEntries', () => this.#calls.open());
  }

  entries(entryIds: readonly EntryId[]): Promise<readonly StoredEntry[]> {
    return this.#faults.call('entries', () => this.#calls.open().filter(({ entryId }) => entryIds.includes(entryId)));
  }

  /** As if a dump had been restored that does not know the entry. */
  forget(entryId: EntryId): void {
    this.#calls.forget(entryId);
  }

  closedAmong(entryIds: readonly EntryId[]): Promise<readonly EntryId[]> {
    const isClosed = (entryId: EntryId) => this.#calls.entry(entryId)?.state === 'ended';
    return this.#faults.call('closedAmong', () => entryIds.filter(isClosed));
  }

  switchLeases(): Promise<readonly SwitchLease[]> {
    return this.#faults.call('switchLeases', () => this.switches.leases());
  }

  switchDevices(): Promise<readonly SwitchDevice[]> {
    return this.#faults.call('switchDevices', () => this.switches.devices());
  }

  saveDevices(request: SaveDevicesRequest): Promise<void> {
    return this.#faults.call('saveDevices', () => this.switches.saveDevices(request));
  }

  endedEntries(channelIds: readonly ChannelId[]): Promise<readonly EndedEntry[]> {
    return this.#faults.call('endedEntries', () => this.#calls.endedEntries(channelIds, this.switchName));
  }

  lateEnds(request: LateEndsRequest): Promise<LateEnds> {
    return this.#faults.call('lateEnds', () => this.#calls.lateEnds(request, this.switchName));
  }

  keepHeard(kept: readonly KeptHeard[]): Promise<void> {
    return this.#faults.call('keepHeard', () => {
      for (const { entryId, ...heard } of kept) {
        if ((this.#heard.get(entryId)?.atMs ?? 0) < heard.atMs && this.#calls.entry(entryId) !== undefined)
          this.#heard.set(entryId, heard);
      }
    });
  }

  heard(): Promise<ReadonlyMap<EntryId, HeardSoFar>> {
    return this.#faults.call('heard', () => {
      return new Map([...this.#heard].filter(([entryId]) => this.#calls.entry(entryId)?.state !== 'ended'));
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

  queueMemories(): Promise<readonly QueueMemory[]> {
    return this.#faults.call('queueMemories', () =>
      [...this.#queues.keys()].map((queue) => ({
        queue: queueName(queue),
        lastRung: this.#calls.lastRung(queue),
      })),
    );
  }

  enter(request: NewEntry, options: EnterOptions): Promise<EnteredPlace | 'full' | 'unknown-queue'> {
    const { switchName: on } = this;
    return this.#faults.call('enter', () => this.#calls.enter(request, options, on));
  }

  reserve(request: ReserveRequest): Promise<readonly AttemptId[] | 'entry-taken'> {
    return this.#faults.call('reserve', () => this.#calls.reserve(request));
  }

  miss(request: MissRequest): Promise<Presence | MissConsequence> {
    return this.#faults.call('miss', () => this.#calls.miss(request));
  }

  answer(request: AnswerRequest): Promise<Presence> {
    return this.#faults.call('answer', () => this.#calls.answer(request));
  }

  connect(request: ConnectRequest): Promise<Presence> {
    return this.#faults.call('connect', () => this.#calls.connect(request));
  }

  complete(request: CompleteRequest): Promise<Presence> {
    return this.#faults.call('complete', () => this.#calls.complete(request));
  }

  changePriority(request: PriorityRequest): Promise<Placing | 'gone'> {
    return this.#faults.call('changePriority', () => this.#calls.changePriority(request));
  }

  wantWithdrawal(request: WithdrawalRequest): Promise<Presence> {
    return this.#faults.call('wantWithdrawal', () => this.#calls.wantWithdrawal(request));
  }

  leave(request: LeaveRequest): Promise<Presence> {
    return this.#faults.call('leave', () => this.#calls.leave(request));
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

  saveRecording(recording: StoredRecording): Promise<void> {
    return this.#faults.call('saveRecording', () => this.#recordings.save(recording));
  }

  openRecordings(): Promise<readonly StoredRecording[]> {
    return this.#faults.call('openRecordings', () => this.#recordings.open());
  }

  recordings(query: RecordingQuery): Promise<readonly StoredRecording[]> {
    return this.#faults.call('recordings', () => this.#recordings.list(query));
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For whoever stands between a process and the store. */
  attempt(attemptId: AttemptId): MemoryAttempt | undefined {
    return this.#calls.attempt(attemptId);
  }

  queueOf(entryId: EntryId): QueueName | undefined {
    return this.#calls.entry(entryId)?.queue;
  }

  #withFigures(membership: Membership): Membership {
    return { ...membership, ...this.#figures.member(membership.queue, membership.extension.number) };
  }

  #write(event: CallEvent): void {
    this.events.push(event);
    this.log.push(queueLogRow(event));
  }
}
