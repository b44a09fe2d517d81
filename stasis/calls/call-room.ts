import type { MemberPrompts, QueueingSettings } from '../../src/config/config.ts';
import type { CallerIdTemplate } from '../../src/core/caller-id.ts';
import type { AttemptId, BridgeId, ChannelId, QueueName, SwitchName } from '../../src/core/ids.ts';
import type { IvrDefinition } from '../../src/core/ivr/flow-definition.ts';
import type { ProgrammeOverrides } from '../../src/core/programme/settings.ts';
import type { WireFormat } from '../../src/core/programme/sound.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import type { Clock } from '../../src/lib/clock.ts';
import type { Logger } from '../../src/log.ts';
import type { Accounts } from '../../src/ports/accounts.ts';
import type { AnnouncedAttempt, Announcer } from '../../src/ports/announcer.ts';
import type { CallerMusic } from '../../src/ports/caller-music.ts';
import type { Directory } from '../../src/ports/directory.ts';
import type { MediaOut } from '../../src/ports/media-out.ts';
import type { Pbx } from '../../src/ports/pbx.ts';
import type { QueueStore } from '../../src/ports/queue-store.ts';
import type { SoundLibrary } from '../../src/ports/sound-library.ts';
import type { Call } from './call.ts';
import type { Draining } from './draining.ts';
import type { EventRouter } from './event-router.ts';
import type { MemberBoard } from './members/member-board.ts';
import type { Distributor } from './queue/distributor.ts';
import type { EmptyWatch } from './queue/empty-watch.ts';
import type { HoldTimes } from './queue/hold-times.ts';
import type { LateEntrancesOfQueues } from './queue/late-entrances.ts';
import type { LiveQueues } from './queue/queue-registry.ts';
import { quietly } from './quietly.ts';
import type { Recordings } from './recording/recordings.ts';
import type { HeardKeeper } from './recovery/heard-keeper.ts';
import type { KnownEnds } from './recovery/known-ends.ts';
import type { OtherSwitches } from './switches/other-switches.ts';

/** What an administrator configured for calls, prompts as media (`sound:queueapp/welcome`). */
export interface CallSettings {
  readonly language: string;
  readonly ivr: IvrDefinition;
  readonly queues: readonly QueueSettings[];
  readonly queueing: Pick<QueueingSettings, 'forceLongestWaitingCaller' | 'sharedLastCall'>;
  readonly musicClasses: readonly HoldClass[];
  /** Wire formats in which sounds are kept. */
  readonly soundFormats: readonly WireFormat[];
  /** Where `Stasis(queueapp,ID|NAME)` leads. */
  readonly defaultQueue: QueueName;
  /** Lookup that is asked with CUSTOMER_CODE; `null`: none. */
  readonly customerCodeLookup: string | null;
  readonly callerId: CallerIdTemplate;
  /** Most calls at once in the whole application. */
  readonly callsMax: number;
  readonly busyPrompt: readonly string[];
  readonly memberPrompts: MemberPrompts;
  /** Who gets a chat message: all members of the queue and the chosen one, the chosen one alone, or nobody. */
  readonly announce: 'members' | 'chosen' | 'nobody';
  /** The phone waits at most so long for the item to be acknowledged. */
  readonly publishWaitMs: number;
  readonly queueLog: LogSettings;
  /** How long a caller waits for a database that is away. */
  readonly databaseWaitMs: number;
}

/** What queue_log has besides what app_queue always writes. */
export interface LogSettings {
  /** The caller's way through the menus. */
  readonly hasIvr: boolean;
  /** ENTERQUEUE has the caller's name, and what the caller wants to be withheld. */
  readonly hasCallerName: boolean;
  readonly hasRestrictedCallerId: boolean;
}

/** A music class of ours, as calls see it. */
export interface HoldClass {
  readonly name: string;
  /** Class of musiconhold.conf that is heard while the programme can't be. */
  readonly fallback: string;
  readonly programme: ProgrammeOverrides;
}

/** A bridge of ours, as far as others ask for it. */
export interface KnownBridge {
  /** Whether somebody was brought in, or was there when the call was taken over. */
  holds(channelId: ChannelId): boolean;
}

/** Everything that the stages of a call work with: the ports, and what this process keeps for all its calls. */
export interface CallRoom {
  /** As they are now: a change is written into this object, too. */
  readonly settings: CallSettings;
  readonly queues: LiveQueues;
  /** The switch that `pbx` is: entries of another one are not ours to look after. */
  readonly switchName: SwitchName;
  readonly pbx: Pbx;
  readonly router: EventRouter;
  readonly store: QueueStore;
  readonly directory: Directory;
  readonly announcer: Announcer;
  readonly media: MediaOut;
  readonly sounds: SoundLibrary;
  readonly accounts: Accounts;
  readonly callerMusic: CallerMusic;
  readonly musicClasses: ReadonlyMap<string, HoldClass>;
  readonly board: MemberBoard;
  readonly distributor: Distributor;
  readonly emptyWatch: EmptyWatch;
  readonly lateEntrances: LateEntrancesOfQueues;
  /** `null` while one switch is configured. */
  readonly otherSwitches: OtherSwitches | null;
  /** Members have been changed in the database by what a call did: they are read again soon. */
  readonly membersChanged: () => void;
  readonly holdTimes: HoldTimes;
  readonly heardKeeper: HeardKeeper;
  /** Attempts that ring or talk now, as they were last published. */
  readonly announced: Map<AttemptId, AnnouncedAttempt>;
  readonly recordings: Recordings;
  /** When and why channels ended that ended in our absence. */
  readonly ends: KnownEnds;
  /** Bridges that calls of this process use or have asked for; any other of ours is a remnant. */
  readonly bridges: Map<BridgeId, KnownBridge>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** What becomes of calls before the process ends on request. */
  readonly draining: Draining;
  /** Aborted when the process stops: what can stand goes on without us, until the next process adopts it. */
  readonly stopping: AbortSignal;
}

/**
 * Whoever goes on after a transfer, or talks without a queue, has no place in the database any more: nobody would ask how that ended. Nobody waits
 * for it, and a failure leaves a note in Asterisk.
 */
export function noteNoEnd({ pbx }: CallRoom, call: Call, channelIds: readonly ChannelId[]): void {
  for (const channelId of channelIds)
    quietly(call, 'pause-end', () => pbx.pauseEndNote(channelId, true)).catch((error: unknown) =>
      call.log.error({ err: error }, 'The note of an end will be left'),
    );
}
