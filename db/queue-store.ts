import type { CallEvent } from '../src/core/events.ts';
import {
  type AttemptId,
  attemptId,
  type ChannelId,
  type EntryId,
  type ExtensionNumber,
  extensionNumber,
  queueName,
  channelId as toChannelId,
  entryId as toEntryId,
} from '../src/core/ids.ts';
import type { Extension, Membership } from '../src/core/people.ts';
import type { MissConsequence } from '../src/core/queue/misses.ts';
import { queueLogRow } from '../src/core/queue/queue-log.ts';
import type { SwitchLease } from '../src/core/switches/switch-life.ts';
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
} from '../src/ports/member-requests.ts';
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
} from '../src/ports/queue-store.ts';
import type { RecordingQuery, StoredRecording } from '../src/ports/recordings.ts';
import type { SaveDevicesRequest, SwitchDevice } from '../src/ports/switch-store.ts';
import type { ChangeListener } from './change-listener.ts';
import type { Database } from './database.ts';
import * as attempts from './statements/attempts.ts';
import * as entries from './statements/entries.ts';
import * as figures from './statements/figures.ts';
import * as heard from './statements/heard.ts';
import * as memberChanges from './statements/member-changes.ts';
import * as members from './statements/members.ts';
import { toConsequence } from './statements/misses.ts';
import { insertLogRow } from './statements/queue-log.ts';
import { defineQueues, selectQueueMemories } from './statements/queues.ts';
import * as recordings from './statements/recordings.ts';
import type { Statement } from './statements/statement.ts';
import * as switches from './statements/switch-devices.ts';

/** The queue store on PostgreSQL: each method is one prepared statement of db/statements, and tells other processes afterwards. */
export class PostgresQueueStore implements QueueStore {
  readonly #database: Database;
  readonly #changes: ChangeListener;

  constructor(database: Database, changes: ChangeListener) {
    this.#database = database;
    this.#changes = changes;
  }

  async defineQueues(queues: readonly QueueDefinition[]): Promise<void> {
    const written = await this.#database.run(defineQueues(queues));
    for (const { name } of written) this.#changes.announce({ type: 'queue', queue: queueName(name) });
  }

  async extensions(numbers?: readonly ExtensionNumber[]): Promise<readonly Extension[]> {
    return (await this.#database.run(members.selectExtensions(numbers))).map(members.toExtension);
  }

  async extensionByInterface(interfaceName: string): Promise<Extension | null> {
    const [row] = await this.#database.run(members.selectExtensionByInterface(interfaceName));
    return row === undefined ? null : members.toExtension(row);
  }

  async memberships(numbers?: readonly ExtensionNumber[]): Promise<readonly Membership[]> {
    return (await this.#database.run(members.selectMemberships(numbers))).map(members.toMembership);
  }

  async openAttempts(): Promise<readonly StoredAttempt[]> {
    return (await this.#database.run(attempts.selectOpenAttempts())).map(attempts.toAttempt);
  }

  async openEntries(): Promise<readonly StoredEntry[]> {
    return entries.toEntries(await this.#database.run(entries.selectOpenEntries()));
  }

  async endedEntries(channelIds: readonly ChannelId[]): Promise<readonly EndedEntry[]> {
    if (channelIds.length === 0) return [];
    return (await this.#database.run(entries.selectEndedEntries(channelIds))).map(entries.toEndedEntry);
  }

  async lateEnds(request: LateEndsRequest): Promise<LateEnds> {
    const rows = await this.#database.run(entries.selectLateEnds(request));
    return {
      channelIds: rows.flatMap(({ channelId }) => (channelId === null ? [] : [toChannelId(channelId)])),
      attemptIds: rows.flatMap((row) => (row.attemptId === null ? [] : [attemptId(row.attemptId)])),
    };
  }

  async keepHeard(kept: readonly KeptHeard[]): Promise<void> {
    if (kept.length > 0) await this.#database.run(heard.keepHeard(kept));
  }

  async heard(): Promise<ReadonlyMap<EntryId, HeardSoFar>> {
    const rows = await this.#database.run(heard.selectHeard());
    return new Map(rows.map(({ entryId, ...row }) => [toEntryId(entryId), row]));
  }

  async entries(entryIds: readonly EntryId[]): Promise<readonly StoredEntry[]> {
    return entries.toEntries(await this.#database.run(entries.selectEntries(entryIds)));
  }

  async closedAmong(entryIds: readonly EntryId[]): Promise<readonly EntryId[]> {
    const rows = await this.#database.run(entries.selectClosed(entryIds));
    return rows.map(({ entryId }) => toEntryId(entryId));
  }

  async login(request: LoginRequest): Promise<Membership | 'already' | 'unknown-queue' | 'unknown-extension'> {
    const row = await this.#one(members.login(request));
    if (row.result !== 'new') return row.result;
    this.#memberChanged(request.extension.number);
    return members.toMembership(row);
  }

  async logout(request: LoginRequest): Promise<'logged-out' | 'not-logged-in'> {
    const rows = await this.#database.run(members.logout(request));
    if (rows.length === 0) return 'not-logged-in';
    this.#memberChanged(request.extension.number);
    return 'logged-out';
  }

  pause(request: PauseRequest): Promise<MemberChange> {
    return this.#changeMember(request.extension, memberChanges.pause(request));
  }

  setPenalty(request: PenaltyRequest): Promise<MemberChange> {
    return this.#changeMember(request.extension, memberChanges.setPenalty(request));
  }

  setRingInUse(request: RingInUseRequest): Promise<MemberChange> {
    return this.#changeMember(request.extension, memberChanges.setRingInUse(request));
  }

  async endWrapUp(request: EndWrapUpRequest): Promise<'done' | 'already'> {
    const answer = await this.#changeMember(request.extension, memberChanges.endWrapUp(request));
    return answer === 'done' ? answer : 'already';
  }

  async queueMemories(): Promise<readonly QueueMemory[]> {
    return (await this.#database.run(selectQueueMemories())).map((row) => ({
      queue: queueName(row.queue),
      lastRung: row.lastRung === null ? null : extensionNumber(row.lastRung),
    }));
  }

  async enter(entry: NewEntry, options: EnterOptions): Promise<EnteredPlace | 'full' | 'unknown-queue'> {
    const place = await this.#one(entries.enter(entry, options));
    if (place.position < 0) return 'unknown-queue';
    if (place.position === 0) return 'full';
    this.#changes.announce({ type: 'entry', entryId: entry.entryId, queue: entry.queue });
    return place;
  }

  async reserve(request: ReserveRequest): Promise<readonly AttemptId[] | 'entry-taken'> {
    const { reserved, state } = await this.#one(attempts.reserve(request));
    if (reserved.length === 0) return state === 'waiting' ? [] : 'entry-taken';
    const rings = request.offers.filter((offer) => reserved.includes(offer.attemptId));
    this.#changes.announce({ type: 'entry', entryId: request.entryId, queue: request.queue, rings });
    return reserved.map(attemptId);
  }

  async miss(request: MissRequest): Promise<Presence | MissConsequence> {
    const row = await this.#one(attempts.miss(request));
    const presence = this.#told(row);
    return toConsequence(row) ?? presence;
  }

  answer(request: AnswerRequest): Promise<Presence> {
    return this.#transition(attempts.answer(request));
  }

  connect(request: ConnectRequest): Promise<Presence> {
    return this.#transition(attempts.connect(request));
  }

  complete(request: CompleteRequest): Promise<Presence> {
    return this.#transition(attempts.complete(request));
  }

  async changePriority(request: PriorityRequest): Promise<Placing | 'gone'> {
    const [row] = await this.#database.run(entries.changePriority(request));
    if (row === undefined) return 'gone';
    const { queue, ...placed } = row;
    this.#changes.announce({ type: 'entry', entryId: request.entryId, queue: queueName(queue) });
    return { priority: request.priority, ...placed };
  }

  wantWithdrawal(request: WithdrawalRequest): Promise<Presence> {
    return this.#transition(entries.wantWithdrawal(request));
  }

  leave(request: LeaveRequest): Promise<Presence> {
    return this.#transition(entries.leave(request));
  }

  async record(event: CallEvent): Promise<void> {
    await this.#database.run(insertLogRow(queueLogRow(event)));
  }

  async figures(): Promise<readonly QueueFigures[]> {
    return (await this.#database.run(figures.selectFigures())).map(figures.toFigures);
  }

  async resetFigures({ queue, atMs }: ResetRequest): Promise<void> {
    const changed = await this.#database.run(figures.resetFigures(queue, atMs));
    for (const { extension } of changed) this.#memberChanged(extensionNumber(extension));
  }

  async saveRecording(recording: StoredRecording): Promise<void> {
    await this.#database.run(recordings.saveRecording(recording));
  }

  async openRecordings(): Promise<readonly StoredRecording[]> {
    return (await this.#database.run(recordings.selectOpenRecordings())).map(recordings.toRecording);
  }

  async recordings(query: RecordingQuery): Promise<readonly StoredRecording[]> {
    return (await this.#database.run(recordings.selectRecordings(query))).map(recordings.toRecording);
  }

  async switchLeases(): Promise<readonly SwitchLease[]> {
    return (await this.#database.run(switches.selectLeases())).map(switches.toLease);
  }

  async switchDevices(): Promise<readonly SwitchDevice[]> {
    return (await this.#database.run(switches.selectDevices())).map(switches.toDevice);
  }

  async saveDevices(request: SaveDevicesRequest): Promise<void> {
    await this.#database.run(switches.saveDevices(request));
    const { switchName, devices } = request;
    for (const { device, state } of devices.filter((each) => switches.isStorable(each.device)))
      this.#changes.announce({ type: 'device', switchName, device, state });
  }

  subscribe(listener: (change: StoreChange) => void): () => void {
    return this.#changes.subscribe(listener);
  }

  async #transition(statement: Statement<attempts.TransitionRow>): Promise<Presence> {
    return this.#told(await this.#one(statement));
  }

  /** Tells other processes what a transition has changed. */
  #told({ done, entryId, queue, extension }: attempts.TransitionRow): Presence {
    if (done && entryId && queue) {
      this.#changes.announce({ type: 'entry', entryId: toEntryId(entryId), queue: queueName(queue) });
    }
    if (extension) this.#memberChanged(extensionNumber(extension));
    return done ? 'done' : 'gone';
  }

  async #changeMember(extension: Extension, statement: Statement<memberChanges.ChangeRow>): Promise<MemberChange> {
    const row = await this.#one(statement);
    if (row.changed > 0) this.#memberChanged(extension.number);
    return memberChanges.toMemberChange(row);
  }

  #memberChanged(extension: ExtensionNumber): void {
    this.#changes.announce({ type: 'membership', extension });
  }

  async #one<Row extends object>(statement: Statement<Row>): Promise<Row> {
    const [row] = await this.#database.run(statement);
    if (row === undefined) throw new Error(`Statement ${statement.name} returned no row`);
    return row;
  }
}
