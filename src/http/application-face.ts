import type { DeviceState } from '../core/device-state.ts';
import type { CallId, ExtensionNumber, QueueName, SwitchName } from '../core/ids.ts';
import type { Caller } from '../core/people.ts';
import type { PersonalData } from '../ports/personal-data.ts';
import type { SwitchStanding } from '../ports/switches.ts';
import type { WaitingCallFace } from './call-routes.ts';
import type { CallCounts, DrainFace } from './drain-routes.ts';
import type { FiguresFace } from './figures-face.ts';
import type { MemberFace } from './member-face.ts';
import type { RecordingFace } from './recording-routes.ts';
import type { PendingView, Role } from './standing.ts';

/** What the API and the command line can ask of the running application; `src/app.ts` brings it. Times are Unix milliseconds. */
export interface ApplicationFace extends MemberFace, WaitingCallFace {
  status(): ApplicationStatus;
  queues(): Promise<readonly QueueView[]>;
  members(): Promise<readonly MemberView[]>;
  calls(): Promise<readonly CallView[]>;
  readonly personalData: PersonalDataFace;
  readonly recordings: RecordingFace;
  readonly configuration: ConfigurationFace;
  readonly figures: FiguresFace;
  readonly drain: DrainFace;
}

/** Changing the configuration while it runs. */
export interface ConfigurationFace {
  /** @throws AppError CONFIG_INVALID: the file is wrong, and what counted before goes on counting */
  reload(): Promise<ReloadReport>;
  /** @throws AppError QUEUE_UNKNOWN */
  queueSettings(queue: QueueName): QueueSettingsView;
  /** @throws AppError CONFIG_INVALID with everything that is wrong; QUEUE_UNKNOWN; DATABASE_UNAVAILABLE */
  changeQueueSettings(request: SettingsRequest): Promise<QueueSettingsView>;
  /** @throws AppError STEP_UNKNOWN */
  step(name: string): StepView;
  /** @throws AppError CONFIG_INVALID with everything that is wrong; STEP_UNKNOWN; DATABASE_UNAVAILABLE */
  changeStep(request: StepRequest): Promise<StepView>;
}

/** A setting, or a whole group of them, that is not as it was; by its name in the file. */
export interface ChangedSetting {
  readonly setting: string;
  readonly change: 'new' | 'changed' | 'removed';
}

/** What a reading of the file has changed. */
export interface ReloadReport {
  readonly changes: readonly ChangedSetting[];
  /** Those that count only after a restart. */
  readonly waiting: readonly ChangedSetting[];
  readonly warnings: readonly string[];
  /** What stands in the database and can't be used. */
  readonly refused: readonly string[];
}

/** What stands in the row of a queue. */
export interface QueueSettingsView {
  readonly queue: QueueName;
  readonly isOfFile: boolean;
  /** With the names and values of the file. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface SettingsRequest {
  readonly queue: QueueName;
  /** Groups are merged setting by setting. */
  readonly set: Readonly<Record<string, unknown>>;
  /** Paths of settings that are to be the file's again. */
  readonly unset: readonly (readonly string[])[];
  readonly unsetAll: boolean;
  /** Whether a queue that does not exist is made. */
  readonly create: boolean;
}

/** A step of the IVR as it is written. */
export interface StepView {
  readonly step: string;
  readonly isOfFile: boolean;
  /** A row stands for it, and goes before the file. */
  readonly isInDatabase: boolean;
  /** With the names and values of the file. */
  readonly definition: Readonly<Record<string, unknown>>;
}

export interface StepRequest {
  readonly step: string;
  /** Merged into the row, or into the file's step when there is none. */
  readonly set: Readonly<Record<string, unknown>>;
  readonly unset: readonly (readonly string[])[];
  /** With settings: these are the whole step. Without: the row is removed, and the file's step counts again. */
  readonly unsetAll: boolean;
  /** Whether a step that does not exist is made. */
  readonly create: boolean;
}

/** A row of the database that is not used because it is wrong. */
export interface RefusedRowView {
  readonly table: 'queue' | 'ivr_step';
  readonly row: string;
  readonly reason: string;
}

/** What calls have left of people. */
export interface PersonalDataFace extends PersonalData {
  /** Where else there may be traces, in words. */
  elsewhere(): readonly string[];
}

/** The foreign powers that the application depends on. */
export const PARTS = ['asterisk', 'database', 'xmpp'] as const;
export type PartName = (typeof PARTS)[number];

/** How it stands with one of them; `off` is "not configured". */
export interface PartStatus {
  readonly state: 'up' | 'slow' | 'down' | 'off';
  readonly sinceMs: number;
  /** Why it is down or slow, without any secret. */
  readonly reason: string | null;
}

/** Slow is not away: calls are taken. */
export const isThere = ({ state }: PartStatus): boolean => state === 'up' || state === 'slow';

export interface ApplicationStatus {
  readonly version: string;
  readonly startedAtMs: number;
  /** After SIGTERM: running calls are handed back, none is taken any more. */
  readonly isStopping: boolean;
  /** Host and pid. */
  readonly process: string;
  readonly role: Role;
  /** Calls in the application now. */
  readonly calls: number;
  readonly callsBy: CallCounts;
  /** What waits to be written or done; what nobody knows now is `null`. */
  readonly pending: readonly PendingView[];
  /** The switch that this process acts on; `null`: a standby. */
  readonly ownSwitch: SwitchName | null;
  readonly switches: readonly SwitchStanding[];
  /** When the switches were as they are told; `null`: never seen. */
  readonly switchesAsOfMs: number | null;
  readonly parts: Readonly<Record<PartName, PartStatus>>;
  readonly music: readonly MusicClassView[];
  readonly refusedRows: readonly RefusedRowView[];
}

/** One music class: what there is to play. */
export interface MusicClassView {
  readonly name: string;
  readonly tracks: number;
  readonly advice: number;
  /** Files that give no sound, and why. */
  readonly broken: readonly { readonly path: string; readonly reason: string }[];
  /** `null`: the class has no stream. */
  readonly stream: {
    readonly isPlaying: boolean;
    readonly title: string | null;
    /** Since when it plays, or does not. */
    readonly sinceMs: number;
    /** Why it does not play. */
    readonly reason: string | null;
  } | null;
}

export interface QueueView {
  readonly queue: QueueName;
  readonly title: string;
  readonly strategy: string;
  readonly waiting: number;
  readonly ringing: number;
  readonly talking: number;
  readonly members: number;
  /** Members who would be rung now. */
  readonly available: number;
  /** When the longest waiting caller entered; `null` when nobody waits. */
  readonly oldestJoinedAtMs: number | null;
}

export interface MemberView {
  readonly extension: ExtensionNumber;
  readonly interface: string;
  /** Bare JID, or `null`. */
  readonly jid: string | null;
  /** Where the extension is logged in; empty when nowhere. */
  readonly queues: readonly MemberQueueView[];
  readonly deviceState: DeviceState;
  readonly activity: 'idle' | 'ringing' | 'talking' | 'wrap-up';
  /** When the wrap-up is over, if it isn't ended before; `null`: none. */
  readonly wrapUpUntilMs: number | null;
  readonly lastHangupAtMs: number | null;
}

export interface MemberQueueView {
  readonly queue: QueueName;
  readonly penalty: number;
  readonly isPaused: boolean;
  /** `null`: none was given, or not paused. */
  readonly pausedReason: string | null;
  readonly pausedAtMs: number | null;
  /** Put aside for not having answered, until then; `null`: not. */
  readonly asideUntilMs: number | null;
  /** The member's own; `null`: as the queue says. */
  readonly ringInUse: boolean | null;
  /** Answered calls since the login. */
  readonly calls: number;
  readonly loggedInAtMs: number;
}

export interface CallView {
  readonly callId: CallId;
  /** The switch that its channel is on. */
  readonly switch: SwitchName;
  readonly phase: 'ivr' | 'waiting' | 'ringing' | 'talking' | 'leaving';
  readonly caller: Caller;
  readonly customer: { readonly id: string; readonly name: string; readonly code: string | null } | null;
  readonly queue: QueueName | null;
  /** Place in the queue from 1; `null` when not in one. */
  readonly position: number | null;
  /** The member that is rung or talked to; of several the first. */
  readonly extension: ExtensionNumber | null;
  /** All of them: ringall rings several at once. */
  readonly extensions: readonly ExtensionNumber[];
  /** What a waiting caller hears; `null` when the call does not wait. */
  readonly hears: string | null;
  readonly startedAtMs: number;
  /** Since when the phase lasts. */
  readonly sinceMs: number;
}
