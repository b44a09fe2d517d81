import type { CallEvent, TransferTarget } from '../core/events.ts';
import type { AttemptId, CallId, ChannelId, EntryId, ExtensionNumber, QueueName, SwitchName } from '../core/ids.ts';
import type { Caller, Customer, Extension, Membership } from '../core/people.ts';
import type { MemberMiss, MissConsequence, MissPolicy } from '../core/queue/misses.ts';
import type { PenaltyLimits } from '../core/queue/penalty-rules.ts';
import type { SkillNeeds } from '../core/queue/skills.ts';
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
} from './member-requests.ts';
import type { RecordingStore } from './recordings.ts';
import type { SwitchDevice, SwitchStore } from './switch-store.ts';

/** How an entry ended; the words become QUEUESTATUS and queue_log lines. */
export type LeaveOutcome = 'ABANDON' | 'EXITWITHTIMEOUT' | 'EXITEMPTY' | 'EXITWITHKEY' | 'WITHDRAW';
/** How a conversation ended. */
export type TalkOutcome = 'COMPLETEAGENT' | 'COMPLETECALLER' | 'BLINDTRANSFER' | 'ATTENDEDTRANSFER';
/** Why a ring attempt ended without a conversation; `dumped`: the member answered and hung up before the two were joined. */
export type MissOutcome = MemberMiss | 'caller-gone' | 'cancelled' | 'dumped';

export interface NewEntry {
  readonly entryId: EntryId;
  readonly callId: CallId;
  readonly queue: QueueName;
  readonly channelId: ChannelId;
  readonly uniqueId: string;
  readonly caller: Caller;
  readonly customer: Customer | null;
  /** QUEUE_PRIO, as people see it. */
  readonly priority: number;
  /** What decides the order of service: the higher priority, then the earlier moment, then the id. Of `placeOf` (core/queue/line.ts). */
  readonly placedPriority: number;
  readonly placedAtMs: number;
  readonly joinedAtMs: number;
  /** Which members may be rung: QUEUE_MIN_PENALTY and so on at the moment of entering. */
  readonly limits: PenaltyLimits;
  /** Skills that this call asks for beside the queue's rule. */
  readonly needs: SkillNeeds;
  /** Who knows the customer; `null`: nobody. */
  readonly knownExtension: ExtensionNumber | null;
}

/** What is decided while entering, and not kept. */
export interface EnterOptions {
  /** At most this many entries may wait in the queue; 0 is unlimited (app_queue's maxlen). */
  readonly maxLength: number;
  /** A caller of the same number whose last entry was abandoned since then has that place again; `null`: no such thing. */
  readonly resumeSinceMs: number | null;
  /** Behind all of equal priority, whatever `placedAtMs` says: clocks of several processes differ. Not so with an age weight. */
  readonly isLast: boolean;
  /** The place that is asked for, from 1 (Queue()'s `position`): never before a higher priority. `null`: the last. */
  readonly wantedPosition: number | null;
  /** Who talked to the same customer last knows them, when nobody else does. */
  readonly isKnownByLastCall: boolean;
  /** Name for ENTERQUEUE's fourth column (log-caller-id-name); `null`: none. */
  readonly loggedName: string | null;
  /** ENTERQUEUE has no number, though the entry has (log-restricted-caller-id). @default false */
  readonly isNumberHidden?: boolean;
}

/** A place in line as the database gave it. */
export interface EnteredPlace {
  /** From 1. */
  readonly position: number;
  readonly placedPriority: number;
  readonly placedAtMs: number;
  readonly knownExtension: ExtensionNumber | null;
}

export interface StoredEntry extends NewEntry {
  /** Where the caller's channel is: that of the process that wrote the entry. */
  readonly switchName: SwitchName;
  readonly originalPosition: number;
  /** Somebody wants the caller out of the queue, with these words; `null`: nobody. */
  readonly withdrawalWanted: string | null;
  readonly state: 'waiting' | 'ringing' | 'talking';
  /** The attempts that ring for the entry, or the one that talks. */
  readonly attempts: readonly StoredAttempt[];
}

/** What a waiting caller has heard, for a process that goes on with it. */
export interface HeardSoFar {
  readonly atMs: number;
  /** Kept as JSON; perhaps by another version. */
  readonly heard: unknown;
}

export interface KeptHeard {
  readonly entryId: EntryId;
  readonly atMs: number;
  readonly heard: object;
}

/** An entry that is over, though the channel may be there still. */
export interface EndedEntry {
  readonly entryId: EntryId;
  readonly callId: CallId;
  readonly queue: QueueName;
  readonly channelId: ChannelId;
  readonly outcome: LeaveOutcome | TalkOutcome;
  /** Of EXITWITHKEY what was typed, of WITHDRAW the words, as queue_log has them; else ''. */
  readonly info: string;
  /** From joining to the conversation, or to the end without one. */
  readonly waitMs: number;
  readonly customer: Customer | null;
}

/** Whose ends may have been kept by the switch without anybody having made use of them. */
export interface LateEnds {
  readonly channelIds: readonly ChannelId[];
  /** Of which legs may have been made. */
  readonly attemptIds: readonly AttemptId[];
}

export interface LateEndsRequest {
  /** Before the newest end. */
  readonly withinMs: number;
  /** Of entries, and of attempts: the newest. */
  readonly countMax: number;
}

/** What a queue remembers beside its entries. */
export interface QueueMemory {
  readonly queue: QueueName;
  /** Who was rung last (rrmemory, rrordered); `null`: nobody yet. */
  readonly lastRung: ExtensionNumber | null;
}

export interface StoredAttempt {
  readonly attemptId: AttemptId;
  readonly entryId: EntryId;
  readonly extension: ExtensionNumber;
  readonly queue: QueueName;
  /** Channel of the member that answered; `null` while ringing. */
  readonly memberChannelId: ChannelId | null;
  readonly startedAtMs: number;
  readonly connectedAtMs: number | null;
}

export interface ReservedRing {
  readonly extension: ExtensionNumber;
  readonly attemptId: AttemptId;
}

/** What other processes, or anybody with SQL, changed. The listener reads what it needs again. */
export type StoreChange =
  | { readonly type: 'membership'; readonly extension: ExtensionNumber }
  /** With `rings`: the members whom another process has just reserved for it, told before everything else that is told of the entry. */
  | {
      readonly type: 'entry';
      readonly entryId: EntryId;
      readonly queue: QueueName;
      readonly rings?: readonly ReservedRing[];
    }
  /** The queue's row: it is new, renamed, retitled or gone. */
  | { readonly type: 'queue'; readonly queue: QueueName }
  /** A step of the IVR: its row is new, changed or gone. */
  | { readonly type: 'step'; readonly name: string }
  /** Another process has told what a phone does at its switch. */
  | ({ readonly type: 'device' } & SwitchDevice)
  /** The connection was lost and is back (or back for the first time): everything may have changed. */
  | { readonly type: 'all' };

/**
 * Queues, members, entries and attempts: the place where every race is decided. Each method is one statement; rows for
 * queue_log are written by the same statement as the transition they tell of. A request repeated with the same ids (a
 * reply was lost) gets the first answer again and changes nothing.
 * @throws AppError DATABASE_UNAVAILABLE when the database can't be reached within the configured time
 */
export interface QueueStore extends RecordingStore, SwitchStore {
  /** Makes the configured queues' rows where they are missing; to be called at start, before anybody logs in or enters. */
  defineQueues(queues: readonly QueueDefinition[]): Promise<void>;
  /** All, or those of these numbers. */
  extensions(numbers?: readonly ExtensionNumber[]): Promise<readonly Extension[]>;
  extensionByInterface(interfaceName: string): Promise<Extension | null>;
  /** Of everybody, or of these extensions. */
  memberships(numbers?: readonly ExtensionNumber[]): Promise<readonly Membership[]>;
  /** Members that hold a ringing or talking attempt now. */
  openAttempts(): Promise<readonly StoredAttempt[]>;
  /** Entries that have not ended, by queue in order of service. */
  openEntries(): Promise<readonly StoredEntry[]>;
  /** Of these channels of this switch the last entry, where it is over. */
  endedEntries(channelIds: readonly ChannelId[]): Promise<readonly EndedEntry[]>;
  /** What ended last at this switch. */
  lateEnds(request: LateEndsRequest): Promise<LateEnds>;
  /** Keeps what waiting callers have heard, for many at once: the newest word counts. Written again soon, so nothing is tried again. */
  keepHeard(kept: readonly KeptHeard[]): Promise<void>;
  /** What is kept of entries that have not ended. */
  heard(): Promise<ReadonlyMap<EntryId, HeardSoFar>>;
  /** Those of these entries that have not ended. */
  entries(entryIds: readonly EntryId[]): Promise<readonly StoredEntry[]>;
  /** Those of these entries that are over. One that the database does not know (a dump was restored) is neither here nor in `entries`. */
  closedAmong(entryIds: readonly EntryId[]): Promise<readonly EntryId[]>;
  /** What each queue remembers. */
  queueMemories(): Promise<readonly QueueMemory[]>;

  /** Writes ADDMEMBER when the membership is new. */
  login(request: LoginRequest): Promise<Membership | 'already' | 'unknown-queue' | 'unknown-extension'>;
  /** Writes REMOVEMEMBER when there was a membership. */
  logout(request: LoginRequest): Promise<'logged-out' | 'not-logged-in'>;
  /**
   * Pauses or unpauses in one queue or in all; who comes back is not aside any more, either. Writes PAUSE or UNPAUSE for each queue, and
   * before them PAUSEALL or UNPAUSEALL when all were meant. A new reason is a new pause.
   */
  pause(request: PauseRequest): Promise<MemberChange>;
  /** Writes PENALTY. */
  setPenalty(request: PenaltyRequest): Promise<MemberChange>;
  /** Writes RINGINUSE. */
  setRingInUse(request: RingInUseRequest): Promise<MemberChange>;
  /** The member's wrap-up is over from now on. Writes WRAPUPEND of the queue that the last call came from; `already` without a call since. */
  endWrapUp(request: EndWrapUpRequest): Promise<'done' | 'already'>;

  /** Takes the place of `placedPriority` and `placedAtMs`, or a better one where the options say so; writes ENTERQUEUE. */
  enter(entry: NewEntry, options: EnterOptions): Promise<EnteredPlace | 'full' | 'unknown-queue'>;
  /**
   * One conditional statement: the entry still waits and each member is still logged in, neither paused nor aside; with `isExclusive` none of them
   * holds another attempt. Answers the attempts that are made: fewer than asked for, or none, when members were taken meanwhile.
   * @throws AppError DATABASE_UNAVAILABLE; with `details.isAsked` false nothing can have been reserved, because what happened before is not written yet
   */
  reserve(request: ReserveRequest): Promise<readonly AttemptId[] | 'entry-taken'>;
  /**
   * Ends a ringing attempt; when no other rings for the entry, it waits again in its place unless it has left. Writes RINGNOANSWER
   * (RINGCANCELED for `caller-gone`, AGENTDUMP for `dumped`, nothing for `cancelled`). With a policy the miss is counted, and what follows
   * from it is done and told.
   */
  miss(request: MissRequest): Promise<Presence | MissConsequence>;
  /**
   * The member answered and is told something before the conversation: other attempts for the entry are over without a line. If the caller
   * hangs up now, ABANDON names the member and nothing was cancelled.
   */
  answer(request: AnswerRequest): Promise<Presence>;
  /** The member answered: entry and attempt talk, other attempts for the entry are over without a line, and misses are counted anew. Writes CONNECT. `gone` when the entry left or talks meanwhile. */
  connect(request: ConnectRequest): Promise<Presence>;
  /** The conversation ended: entry and attempt are closed, the extension's last hang-up is set. Writes COMPLETEAGENT or COMPLETECALLER, after a transfer BLINDTRANSFER or ATTENDEDTRANSFER. */
  complete(request: CompleteRequest): Promise<Presence>;
  /** Gives a waiting or ringing caller another priority, and another place or not. Nothing is logged, as in app_queue. */
  changePriority(request: PriorityRequest): Promise<Placing | 'gone'>;
  /** Whoever looks after a waiting or ringing caller is to take them out of the queue: they hear of it as of a change of the entry. */
  wantWithdrawal(request: WithdrawalRequest): Promise<Presence>;
  /** Closes a waiting or ringing entry (its attempt too). Writes the outcome's line; before ABANDON of a ringing entry RINGCANCELED. `gone` when it talks or ended otherwise. */
  leave(request: LeaveRequest): Promise<Presence>;
  /** Lines that belong to no transition (FULL, JOINEMPTY, QUEUESTART). An equal line is not written twice. */
  record(event: CallEvent): Promise<void>;

  /** All queues with their figures, by name; they outlive restarts. */
  figures(): Promise<readonly QueueFigures[]>;
  /** Sets a queue's figures and those of its members to the beginning. */
  resetFigures(request: ResetRequest): Promise<void>;

  subscribe(listener: (change: StoreChange) => void): () => void;
}

/** What has happened in a queue since a moment, counted as app_queue counts (queue-semantics b10, AN6). */
export interface QueueFigures {
  readonly queue: QueueName;
  /** Conversations that have ended. */
  readonly completed: number;
  /** Callers who left unserved, for whatever reason but a key. */
  readonly abandoned: number;
  /** Of those the ones answered, and gone, within the service level. */
  readonly completedInLevel: number;
  readonly abandonedInLevel: number;
  /** Moving averages of waiting until the answer and of talking; `null` before the first. */
  readonly holdMs: number | null;
  readonly talkMs: number | null;
  readonly serviceLevelMs: number;
  readonly sinceMs: number;
  readonly members: readonly MemberFigures[];
}

/** Of a member while logged in. */
export interface MemberFigures {
  readonly extension: ExtensionNumber;
  readonly calls: number;
  readonly lastCallAtMs: number | null;
  readonly lastPausedAtMs: number | null;
}

export interface ResetRequest {
  readonly queue: QueueName;
  readonly atMs: number;
}

/** `done` is also the answer to the same request repeated after a lost reply. */
export type Presence = 'done' | 'gone';

export interface QueueDefinition {
  readonly name: QueueName;
  readonly title: string;
  /** The database counts by it. */
  readonly serviceLevelMs: number;
  /** The database places those by it whose priority is changed by SQL. @default 0: priority goes before all waiting */
  readonly ageWeightMs?: number;
}

export interface ReserveRequest {
  readonly entryId: EntryId;
  readonly queue: QueueName;
  /** Whom to ring: one, or all at once (ringall). */
  readonly offers: readonly { readonly attemptId: AttemptId; readonly extension: ExtensionNumber }[];
  /** Not so with `ring-in-use`: the members may hold other attempts. */
  readonly isExclusive: boolean;
  /** The queue's pointer (`lastRung`) moves to the first of them. */
  readonly isRemembered: boolean;
  readonly atMs: number;
}

export interface MissRequest {
  readonly attemptId: AttemptId;
  readonly outcome: MissOutcome;
  /** What the queue makes of it; absent when the member is not to blame, and in what an older version left to be written. */
  readonly policy?: MissPolicy | undefined;
  readonly ringMs: number;
  readonly atMs: number;
}

export interface AnswerRequest {
  readonly attemptId: AttemptId;
  readonly atMs: number;
}

export interface ConnectRequest {
  readonly attemptId: AttemptId;
  readonly memberChannelId: ChannelId;
  readonly memberUniqueId: string;
  readonly ringMs: number;
  /** When the member answered, for the service level; earlier than `atMs` when something was said to the member first. @default atMs */
  readonly answeredAtMs?: number;
  readonly atMs: number;
}

export interface CompleteRequest {
  readonly attemptId: AttemptId;
  readonly endedBy: 'caller' | 'member';
  /** Their phone has sent the other one on. @default null */
  readonly transfer?: LoggedTransfer | null;
  /** The queue's wrap-up; the member's own goes before it. Writes WRAPUPSTART when there is one. @default 0 */
  readonly wrapUpMs?: number;
  readonly atMs: number;
}

/** How a conversation was transferred, as queue_log tells it. */
export type LoggedTransfer =
  | { readonly type: 'blind'; readonly extension: string; readonly context: string }
  | { readonly type: 'attended'; readonly target: TransferTarget };

export interface LeaveRequest {
  readonly entryId: EntryId;
  readonly outcome: LeaveOutcome;
  /** Free text of WITHDRAW, cut to 40 characters; the key of EXITWITHKEY. */
  readonly info?: string;
  readonly atMs: number;
}
