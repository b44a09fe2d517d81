import type { CallEvent } from '../../../src/core/events.ts';
import type { AttemptId, ChannelId, EntryId, ExtensionNumber, SwitchName } from '../../../src/core/ids.ts';
import type { MissConsequence } from '../../../src/core/queue/misses.ts';
import type { QueueLogRow } from '../../../src/core/queue/queue-log.ts';
import type { Placing, PriorityRequest, WithdrawalRequest } from '../../../src/ports/member-requests.ts';
import type {
  AnswerRequest,
  CompleteRequest,
  ConnectRequest,
  EndedEntry,
  EnteredPlace,
  EnterOptions,
  LateEnds,
  LateEndsRequest,
  LeaveRequest,
  MissRequest,
  NewEntry,
  Presence,
  ReserveRequest,
  StoredAttempt,
  StoredEntry,
} from '../../../src/ports/queue-store.ts';
import type { MemoryFigures } from './memory-figures.ts';
import type { MemoryMembers } from './memory-store-members.ts';
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

export interface MemoryCallsDeps {
  hasQueue(queue: string): boolean;
  readonly members: MemoryMembers;
  readonly figures: MemoryFigures;
  readonly write: (event: CallEvent) => void;
  /** What was written. */
  readonly log: readonly QueueLogRow[];
}

/**
 * Callers' places and what rings and talks for them, in memory: every transition decides by what is there, as PostgreSQL's statements do,
 * and writes its lines.
 */
export class MemoryCalls {
  readonly #deps: MemoryCallsDeps;
  readonly #lastRung = new Map<string, ExtensionNumber>();
  readonly #entries = new Map<string, MemoryEntry>();
  readonly #attempts = new Map<string, MemoryAttempt>();

  constructor(deps: MemoryCallsDeps) {
    this.#deps = deps;
  }

  attempt(attemptId: AttemptId): MemoryAttempt | undefined {
    return this.#attempts.get(attemptId);
  }

  entry(entryId: EntryId): MemoryEntry | undefined {
    return this.#entries.get(entryId);
  }

  /** As if a dump had been restored that does not know the entry. */
  forget(entryId: EntryId): void {
    this.#entries.delete(entryId);
  }

  lastRung(queue: string): ExtensionNumber | null {
    return this.#lastRung.get(queue) ?? null;
  }

  /** All that is open is on this switch now. */
  moveTo(name: SwitchName): void {
    for (const entry of this.#entries.values()) entry.switchName = name;
  }

  open(): StoredEntry[] {
    const open = [...this.#entries.values()].filter(({ state }) => state !== 'ended');
    const rank = (entry: MemoryEntry) => position(entry, open);
    const inOrder = open.sort((a, b) => (a.queue < b.queue ? -1 : a.queue > b.queue ? 1 : rank(a) - rank(b)));
    return inOrder.map((entry) => storedEntry(entry, this.#live(entry)));
  }

  openAttempts(): StoredAttempt[] {
    return [...this.#attempts.values()].filter(({ state }) => state !== 'ended').map(storedAttempt);
  }

  endedEntries(channelIds: readonly ChannelId[], on: SwitchName): readonly EndedEntry[] {
    const last = new Map([...this.#entries.values()].map((entry) => [entry.channelId, entry]));
    const ended = channelIds.flatMap((channelId) => last.get(channelId) ?? []);
    return ended
      .filter(({ state, switchName }) => state === 'ended' && switchName === on)
      .map((entry) => this.#endedEntry(entry));
  }

  lateEnds({ withinMs, countMax }: LateEndsRequest, on: SwitchName): LateEnds {
    const isOurs = ({ switchName }: MemoryEntry) => switchName === on;
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
  }

  enter(request: NewEntry, options: EnterOptions, on: SwitchName): EnteredPlace | 'full' | 'unknown-queue' {
    if (!this.#deps.hasQueue(request.queue)) return 'unknown-queue';
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
    this.#deps.write({ event: 'ENTERQUEUE', queue, callId, uniqueId, ...said, atMs });
    return entered(place);
  }

  reserve(request: ReserveRequest): readonly AttemptId[] | 'entry-taken' {
    const { entryId, queue, offers, isExclusive, isRemembered, atMs } = request;
    const entry = this.#entries.get(entryId);
    if (entry === undefined || entry.queue !== queue) return 'entry-taken';
    const again = this.#live(entry).filter(({ attemptId }) => offers.some((offer) => offer.attemptId === attemptId));
    if (again.length > 0) return again.map(({ attemptId }) => attemptId);
    if (entry.state !== 'waiting') return 'entry-taken';
    const made = offers.filter((offer) => this.#isFree(request, offer));
    for (const { attemptId, extension } of made) {
      const known = this.#deps.members.extensions.get(extension);
      const memberName = known?.name ?? known?.interface ?? '';
      const state = { state: 'ringing', outcome: null, connectedAtMs: null, endedAtMs: null, member: null } as const;
      const who = { attemptId, extension, memberName, isExclusive, startedAtMs: atMs };
      this.#attempts.set(attemptId, { ...who, entry, ...state });
    }
    if (made.length > 0) entry.state = 'ringing';
    if (isRemembered && made[0] !== undefined) this.#lastRung.set(queue, made[0].extension);
    return made.map(({ attemptId }) => attemptId);
  }

  miss(request: MissRequest): Presence | MissConsequence {
    const attempt = this.#attempts.get(request.attemptId);
    if (attempt === undefined) return 'gone';
    if (attempt.state !== 'ringing') return attempt.outcome === request.outcome ? 'done' : 'gone';
    end(attempt, request.outcome, request.atMs);
    if (this.#live(attempt.entry).length === 0) attempt.entry.state = 'waiting';
    for (const event of missLines(attempt, request)) this.#deps.write(event);
    const { extension, entry } = attempt;
    return (
      this.#deps.members.missed({ queue: entry.queue, extension, policy: request.policy, atMs: request.atMs }) ?? 'done'
    );
  }

  answer({ attemptId, atMs }: AnswerRequest): Presence {
    const attempt = this.#attempts.get(attemptId);
    if (attempt?.state !== 'ringing') return 'gone';
    for (const other of this.#live(attempt.entry)) if (other !== attempt) end(other, 'answered-elsewhere', atMs);
    attempt.isAnswered = true;
    return 'done';
  }

  connect(request: ConnectRequest): Presence {
    const attempt = this.#attempts.get(request.attemptId);
    if (attempt?.state === 'talking' && attempt.member?.memberChannelId === request.memberChannelId) return 'done';
    if (attempt?.state !== 'ringing') return 'gone';
    for (const other of this.#live(attempt.entry)) end(other, 'answered-elsewhere', request.atMs);
    attempt.state = 'talking';
    attempt.outcome = null;
    attempt.member = request;
    attempt.connectedAtMs = request.atMs;
    attempt.entry.state = 'talking';
    this.#deps.members.answered(attempt.entry.queue, attempt.extension);
    const { ringMs, atMs, answeredAtMs = atMs, memberUniqueId } = request;
    const { queue, joinedAtMs } = attempt.entry;
    attempt.entry.isInLevel = this.#deps.figures.answered(queue, { fromMs: joinedAtMs, toMs: answeredAtMs });
    const holdMs = atMs - joinedAtMs;
    this.#deps.write({ event: 'CONNECT', ...memberLine(attempt), holdMs, memberUniqueId, ringMs, atMs });
    return 'done';
  }

  complete(request: CompleteRequest): Presence {
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
    this.#deps.members.hungUp(extension, queue, atMs);
    this.#deps.figures.completed(queue, { extension, isInLevel, talk: { fromMs: connectedAtMs, toMs: atMs } });
    const times = { holdMs: connectedAtMs - entry.joinedAtMs, talkMs: atMs - connectedAtMs };
    this.#deps.write({ ...ending, ...memberLine(attempt), ...times, originalPosition: entry.originalPosition, atMs });
    const wrapUpMs = this.#deps.members.get(queue, extension)?.wrapUpMs || request.wrapUpMs;
    if (wrapUpMs) this.#deps.write({ event: 'WRAPUPSTART', ...memberLine(attempt), wrapUpMs, atMs });
    return 'done';
  }

  changePriority(request: PriorityRequest): Placing | 'gone' {
    const entry = this.#entries.get(request.entryId);
    if (entry === undefined || (entry.state !== 'waiting' && entry.state !== 'ringing')) return 'gone';
    const placing = newPlacing(request, entry, this.#line(entry.queue));
    Object.assign(entry, placing);
    return placing;
  }

  wantWithdrawal({ entryId, info }: WithdrawalRequest): Presence {
    const entry = this.#entries.get(entryId);
    if (entry === undefined || (entry.state !== 'waiting' && entry.state !== 'ringing')) return 'gone';
    entry.withdrawalWanted = info;
    return 'done';
  }

  leave({ entryId, outcome, info = '', atMs }: LeaveRequest): Presence {
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
        this.#deps.write({ event: 'RINGCANCELED', ...memberLine(attempt), ringMs, atMs });
    }
    const place = position(entry, this.#line(queue));
    close(entry, outcome, atMs);
    const waitMs = atMs - entry.joinedAtMs;
    this.#deps.figures.left(queue, outcome, { fromMs: entry.joinedAtMs, toMs: atMs });
    const line = { queue, callId, uniqueId, position: place, originalPosition, waitMs, atMs };
    this.#deps.write(leavingLine(outcome, line, { info, member: answered?.memberName }));
    return 'done';
  }

  #isFree(
    { queue, isExclusive, atMs }: ReserveRequest,
    { attemptId, extension }: ReserveRequest['offers'][number],
  ): boolean {
    const membership = this.#deps.members.get(queue, extension);
    const held = [...this.#attempts.values()].filter((each) => each.state !== 'ended' && each.extension === extension);
    if (membership === undefined || membership.isPaused || (membership.asideUntilMs ?? 0) > atMs) return false;
    if (this.#attempts.has(attemptId)) return false;
    return !isExclusive || held.length === 0;
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
    const line = this.#deps.log.findLast(
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
