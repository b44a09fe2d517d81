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
import { MemoryFigures } from './memory-figures.ts';
import { CallFaults, type Failure, type Held, type StoreMethod } from './memory-store-faults.ts';
import { MemoryMembers } from './memory-store-members.ts';
import {
  cutToLimits,
  endingOf,
  leavingLine,
  memberLine,
  missLines,
  newPlacing,
  placeInLine,
  position,
} from './memory-store-rules.ts';
import { MemorySwitches } from './memory-switches.ts';

export interface MemoryEntry extends Omit<NewEntry, keyof Placing>, Writable<Placing> {
  readonly originalPosition: number;
  switchName: SwitchName;
  endedAtMs: number | null;
  withdrawalWanted: string | null;
  isResumed: boolean;
  /** The member who had the conversation. */
  answeredBy: ExtensionNumber | null;
  state: StoredEntry['state'] | 'ended';
  outcome: string | null;
  isInLevel?: boolean;
}

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

export interface MemoryAttempt {
  readonly attemptId: AttemptId;
  readonly extension: ExtensionNumber;
  readonly startedAtMs: number;
  readonly isExclusive: boolean;
  readonly entry: MemoryEntry;
  /** As queue_log names the member. */
  readonly memberName: string;
  state: 'ringing' | 'talking' | 'ended';
  outcome: string | null;
  connectedAtMs: number | null;
  endedAtMs: number | null;
  isAnswered?: boolean;
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
  readonly #lastRung = new Map<string, ExtensionNumber>();
  readonly #entries = new Map<string, MemoryEntry>();
  readonly #attempts = new Map<string, MemoryAttempt>();
  readonly #recordings = new Map<string, StoredRecording>();
  readonly #heard = new Map<EntryId, HeardSoFar>();
  readonly #listeners = new Set<(change: StoreChange) => void>();
  readonly #faults = new CallFaults();
  /** What the processes of several switches tell each other. */
  readonly switches = new MemorySwitches();
  /** Every line of queue_log in the order of writing. */
  readonly log: QueueLogRow[] = [];
  /** Where new entries' channels are. */
  switchName = switchName('main');
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

  /** All that is open is on this switch now. */
  moveTo(name: SwitchName): void {
    for (const entry of this.#entries.values()) entry.switchName = name;
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
    return this.#faults.call('openAttempts', () => {
      return [...this.#attempts.values()].filter(({ state }) => state !== 'ended').map(storedAttempt);
    });
  }

  openEntries(): Promise<readonly StoredEntry[]> {
    return this.#faults.call('openEntries', () => this.#open());
  }

  entries(entryIds: readonly EntryId[]): Promise<readonly StoredEntry[]> {
    return this.#faults.call('entries', () => this.#open().filter(({ entryId }) => entryIds.includes(entryId)));
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
    return this.#faults.call('endedEntries', () => {
      const last = new Map([...this.#entries.values()].map((entry) => [entry.channelId, entry]));
      const ended = channelIds.flatMap((channelId) => last.get(channelId) ?? []);
      return ended
        .filter(({ state, switchName }) => state === 'ended' && switchName === this.switchName)
        .map((entry) => this.#endedEntry(entry));
    });
  }

  lateEnds({ withinMs, countMax }: LateEndsRequest): Promise<LateEnds> {
    return this.#faults.call('lateEnds', () => {
      const isOurs = ({ switchName }: MemoryEntry) => switchName === this.switchName;
      const newest = <Ended extends { readonly endedAtMs: number | null }>(all: readonly Ended[]) =>
        all
          .filter(({ endedAtMs }) => endedAtMs !== null)
          .sort((a, b) => Number(b.endedAtMs) - Number(a.endedAtMs))
          .slice(0, countMax);
      const entries = newest([...this.#entries.values()].filter(isOurs));
      const attempts = newest([...this.#attempts.values()].filter(({ entry }) => isOurs(entry)));
      const sinceMs = Math.max(...[...entries, ...attempts].map(({ endedAtMs }) => Number(endedAtMs))) - withinMs;
      const isLate = ({ endedAtMs }: { readonly endedAtMs: number | null }) => Number(endedAtMs) >= sinceMs;
      return {
        channelIds: entries.filter(isLate).map(({ channelId }) => channelId),
        attemptIds: attempts.filter(isLate).map(({ attemptId }) => attemptId),
      };
    });
  }

  keepHeard(kept: readonly KeptHeard[]): Promise<void> {
    return this.#faults.call('keepHeard', () => {
      for (const { entryId, ...heard } of kept) {
        if ((this.#heard.get(entryId)?.atMs ?? 0) < heard.atMs && this.#entries.has(entryId))
          this.#heard.set(entryId, heard);
      }
    });
  }

  heard(): Promise<ReadonlyMap<EntryId, HeardSoFar>> {
    return this.#faults.call('heard', () => {
      return new Map([...this.#heard].filter(([entryId]) => this.#entries.get(entryId)?.state !== 'ended'));
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
        lastRung: this.#lastRung.get(queue) ?? null,
      })),
    );
  }

  enter(request: NewEntry, options: EnterOptions): Promise<EnteredPlace | 'full' | 'unknown-queue'> {
    const { switchName: on } = this;
    return this.#faults.call('enter', () => {
      if (!this.#queues.has(request.queue)) return 'unknown-queue';
      const known = this.#entries.get(request.entryId);
      if (known !== undefined) return entered(known);
      const line = this.#line(request.queue);
      if (options.maxLength > 0 && line.length >= options.maxLength) return 'full';
      const placed = placeInLine(cutToLimits(request), options, [...this.#entries.values()]);
      const entry: MemoryEntry = { ...placed, originalPosition: 0, state: 'waiting', ...OPEN, switchName: on };
      const place = { ...entry, originalPosition: position(entry, line) };
      this.#entries.set(request.entryId, place);
      const { queue, callId, uniqueId, joinedAtMs: atMs } = request;
      const callerNumber = options.isNumberHidden ? null : entry.caller.number;
      const callerName = options.loggedName === null ? {} : { callerName: options.loggedName };
      const said = { callerNumber, ...callerName, position: place.originalPosition };
      this.#write({ event: 'ENTERQUEUE', queue, callId, uniqueId, ...said, atMs });
      return entered(place);
    });
  }

  reserve(request: ReserveRequest): Promise<readonly AttemptId[] | 'entry-taken'> {
    return this.#faults.call('reserve', () => {
      const { entryId, queue, offers, isExclusive, isRemembered, atMs } = request;
      const entry = this.#entries.get(entryId);
      if (entry === undefined || entry.queue !== queue) return 'entry-taken';
      const again = this.#live(entry).filter(({ attemptId }) => offers.some((offer) => offer.attemptId === attemptId));
      if (again.length > 0) return again.map(({ attemptId }) => attemptId);
      if (entry.state !== 'waiting') return 'entry-taken';
      const made = offers.filter((offer) => this.#isFree(request, offer));
      for (const { attemptId, extension } of made) {
        const known = this.#members.extensions.get(extension);
        const memberName = known?.name ?? known?.interface ?? '';
        const state = { state: 'ringing', outcome: null, connectedAtMs: null, endedAtMs: null, member: null } as const;
        const who = { attemptId, extension, memberName, isExclusive, startedAtMs: atMs };
        this.#attempts.set(attemptId, { ...who, entry, ...state });
      }
      if (made.length > 0) entry.state = 'ringing';
      if (isRemembered && made[0] !== undefined) this.#lastRung.set(queue, made[0].extension);
      return made.map(({ attemptId }) => attemptId);
    });
  }

  #isFree(
    { queue, isExclusive, atMs }: ReserveRequest,
    { attemptId, extension }: ReserveRequest['offers'][number],
  ): boolean {
    const membership = this.#members.get(queue, extension);
    const held = [...this.#attempts.values()].filter((each) => each.state !== 'ended' && each.extension === extension);
    if (membership === undefined || membership.isPaused || (membership.asideUntilMs ?? 0) > atMs) return false;
    if (this.#attempts.has(attemptId)) return false;
    return !isExclusive || held.length === 0;
  }

  miss(request: MissRequest): Promise<Presence | MissConsequence> {
    return this.#faults.call('miss', () => {
      const attempt = this.#attempts.get(request.attemptId);
      if (attempt === undefined) return 'gone';
      if (attempt.state !== 'ringing') return attempt.outcome === request.outcome ? 'done' : 'gone';
      end(attempt, request.outcome, request.atMs);
      if (this.#live(attempt.entry).length === 0) attempt.entry.state = 'waiting';
      for (const event of missLines(attempt, request)) this.#write(event);
      const { extension, entry } = attempt;
      return (
        this.#members.missed({ queue: entry.queue, extension, policy: request.policy, atMs: request.atMs }) ?? 'done'
      );
    });
  }

  answer({ attemptId, atMs }: AnswerRequest): Promise<Presence> {
    return this.#faults.call('answer', () => {
      const attempt = this.#attempts.get(attemptId);
      if (attempt?.state !== 'ringing') return 'gone';
      for (const other of this.#live(attempt.entry)) if (other !== attempt) end(other, 'answered-elsewhere', atMs);
      attempt.isAnswered = true;
      return 'done';
    });
  }

  connect(request: ConnectRequest): Promise<Presence> {
    return this.#faults.call('connect', () => {
      const attempt = this.#attempts.get(request.attemptId);
      if (attempt?.state === 'talking' && attempt.member?.memberChannelId === request.memberChannelId) return 'done';
      if (attempt?.state !== 'ringing') return 'gone';
      for (const other of this.#live(attempt.entry)) end(other, 'answered-elsewhere', request.atMs);
      attempt.state = 'talking';
      attempt.outcome = null;
      attempt.member = request;
      attempt.connectedAtMs = request.atMs;
      attempt.entry.state = 'talking';
      this.#members.answered(attempt.entry.queue, attempt.extension);
      const { ringMs, atMs, answeredAtMs = atMs, memberUniqueId } = request;
      const { queue, joinedAtMs } = attempt.entry;
      attempt.entry.isInLevel = this.#figures.answered(queue, { fromMs: joinedAtMs, toMs: answeredAtMs });
      const holdMs = atMs - joinedAtMs;
      this.#write({ event: 'CONNECT', ...memberLine(attempt), holdMs, memberUniqueId, ringMs, atMs });
      return 'done';
    });
  }

  complete(request: CompleteRequest): Promise<Presence> {
    return this.#faults.call('complete', () => {
      const { attemptId, atMs } = request;
      const attempt = this.#attempts.get(attemptId);
      const ending = endingOf(request);
      const { event } = ending;
      if (attempt?.outcome === event) return 'done';
      if (attempt?.state !== 'talking') return 'gone';
      const { entry, extension } = attempt;
      end(attempt, event, atMs);
      close(entry, event, atMs);
      entry.answeredBy = (request.transfer ?? null) === null ? extension : null;
      const connectedAtMs = attempt.connectedAtMs ?? atMs;
      const { queue, isInLevel = false } = entry;
      this.#members.hungUp(extension, queue, atMs);
      this.#figures.completed(queue, { extension, isInLevel, talk: { fromMs: connectedAtMs, toMs: atMs } });
      const times = { holdMs: connectedAtMs - entry.joinedAtMs, talkMs: atMs - connectedAtMs };
      this.#write({ ...ending, ...memberLine(attempt), ...times, originalPosition: entry.originalPosition, atMs });
      const wrapUpMs = this.#members.get(queue, extension)?.wrapUpMs || request.wrapUpMs;
      if (wrapUpMs) this.#write({ event: 'WRAPUPSTART', ...memberLine(attempt), wrapUpMs, atMs });
      return 'done';
    });
  }

  changePriority(request: PriorityRequest): Promise<Placing | 'gone'> {
    return this.#faults.call('changePriority', () => {
      const entry = this.#entries.get(request.entryId);
      if (entry === undefined || (entry.state !== 'waiting' && entry.state !== 'ringing')) return 'gone';
      const placing = newPlacing(request, entry, this.#line(entry.queue));
      Object.assign(entry, placing);
      return placing;
    });
  }

  wantWithdrawal({ entryId, info }: WithdrawalRequest): Promise<Presence> {
    return this.#faults.call('wantWithdrawal', () => {
      const entry = this.#entries.get(entryId);
      if (entry === undefined || (entry.state !== 'waiting' && entry.state !== 'ringing')) return 'gone';
      entry.withdrawalWanted = info;
      return 'done';
    });
  }

  leave({ entryId, outcome, info = '', atMs }: LeaveRequest): Promise<Presence> {
    return this.#faults.call('leave', () => {
      const entry = this.#entries.get(entryId);
      if (entry === undefined || entry.state === 'talking') return 'gone';
      if (entry.state === 'ended') return entry.outcome === outcome ? 'done' : 'gone';
      const { queue, callId, uniqueId, originalPosition } = entry;
      const attempts = this.#live(entry);
      const answered = attempts.find(({ isAnswered }) => isAnswered);
      for (const attempt of attempts) {
        end(attempt, 'left', atMs);
        const ringMs = atMs - attempt.startedAtMs;
        if (attempt !== answered && (outcome === 'ABANDON' || outcome === 'EXITWITHKEY'))
          this.#write({ event: 'RINGCANCELED', ...memberLine(attempt), ringMs, atMs });
      }
      const place = position(entry, this.#line(queue));
      close(entry, outcome, atMs);
      const waitMs = atMs - entry.joinedAtMs;
      this.#figures.left(queue, outcome, { fromMs: entry.joinedAtMs, toMs: atMs });
      const line = { queue, callId, uniqueId, position: place, originalPosition, waitMs, atMs };
      this.#write(leavingLine(outcome, line, { info, member: answered?.memberName }));
      return 'done';
    });
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
    return this.#faults.call('saveRecording', () => {
      const known = this.#recordings.get(recording.recordingId);
      if (known === undefined) this.#recordings.set(recording.recordingId, recording);
      else if (known.endedAtMs === null) {
        const { state, endedAtMs, error } = recording;
        this.#recordings.set(recording.recordingId, { ...known, state, endedAtMs, error });
      }
    });
  }

  openRecordings(): Promise<readonly StoredRecording[]> {
    return this.#faults.call('openRecordings', () =>
      [...this.#recordings.values()]
        .filter(({ endedAtMs }) => endedAtMs === null)
        .sort((a, b) => a.startedAtMs - b.startedAtMs || (a.recordingId < b.recordingId ? -1 : 1)),
    );
  }

  recordings({ callId, limit }: RecordingQuery): Promise<readonly StoredRecording[]> {
    return this.#faults.call('recordings', () =>
      [...this.#recordings.values()]
        .filter((recording) => callId === undefined || recording.callId === callId)
        .sort((a, b) => b.startedAtMs - a.startedAtMs || (a.recordingId < b.recordingId ? -1 : 1))
        .slice(0, limit),
    );
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** For whoever stands between a process and the store. */
  attempt(attemptId: AttemptId): MemoryAttempt | undefined {
    return this.#attempts.get(attemptId);
  }

  queueOf(entryId: EntryId): QueueName | undefined {
    return this.#entries.get(entryId)?.queue;
  }

  #open(): StoredEntry[] {
    const open = [...this.#entries.values()].filter(({ state }) => state !== 'ended');
    const rank = (entry: MemoryEntry) => position(entry, open);
    const inOrder = open.sort((a, b) => (a.queue < b.queue ? -1 : a.queue > b.queue ? 1 : rank(a) - rank(b)));
    return inOrder.map((entry) => storedEntry(entry, this.#live(entry)));
  }

  #endedEntry({
    entryId,
    callId,
    queue,
    channelId,
    uniqueId,
    joinedAtMs,
    endedAtMs,
    ...entry
  }: MemoryEntry): EndedEntry {
    const talk = [...this.#attempts.values()].findLast(
      (each) => each.entry.entryId === entryId && each.connectedAtMs !== null,
    );
    const line = this.log.findLast(
      (row) => row.callid === uniqueId && row.queuename === queue && row.event === entry.outcome,
    );
    const outcome = entry.outcome as EndedEntry['outcome'];
    const info = (outcome === 'EXITWITHKEY' ? line?.data[0] : outcome === 'WITHDRAW' ? line?.data[3] : null) ?? '';
    const waitMs = (talk?.connectedAtMs ?? endedAtMs ?? joinedAtMs) - joinedAtMs;
    return { entryId, callId, queue, channelId, outcome, info, waitMs, customer: entry.customer };
  }

  /** Attempts that ring or talk for an entry. */
  #live(entry: MemoryEntry): MemoryAttempt[] {
    return [...this.#attempts.values()].filter((each) => each.entry === entry && each.state !== 'ended');
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

const OPEN = { withdrawalWanted: null, outcome: null, endedAtMs: null, isResumed: false, answeredBy: null } as const;

function end(attempt: MemoryAttempt, outcome: string, atMs: number): void {
  attempt.state = 'ended';
  attempt.outcome = outcome;
  attempt.endedAtMs = atMs;
}

function close(entry: MemoryEntry, outcome: string, atMs: number): void {
  entry.state = 'ended';
  entry.outcome = outcome;
  entry.endedAtMs = atMs;
}

const entered = ({ originalPosition, placedPriority, placedAtMs, knownExtension }: MemoryEntry): EnteredPlace => ({
  position: originalPosition,
  placedPriority,
  placedAtMs,
  knownExtension,
});

function storedAttempt({
  entry,
  attemptId,
  extension,
  startedAtMs,
  connectedAtMs,
  member,
}: MemoryAttempt): StoredAttempt {
  const { entryId, queue } = entry;
  const memberChannelId = member?.memberChannelId ?? null;
  return { attemptId, entryId, extension, queue, memberChannelId, startedAtMs, connectedAtMs };
}

function storedEntry(entry: MemoryEntry, live: readonly MemoryAttempt[]): StoredEntry {
  const { outcome: _outcome, endedAtMs: _ended, isResumed: _resumed, answeredBy: _by, state, ...kept } = entry;
  if (state === 'ended') throw new Error('An ended entry is not open');
  return { ...kept, state, attempts: live.map(storedAttempt) };
}
