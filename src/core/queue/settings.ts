import type { QueueName } from '../ids.ts';
import type { Target } from '../ivr/flow-definition.ts';
import type { AnnouncementSettings } from '../programme/announcement-settings.ts';
import type { ProgrammeOverrides } from '../programme/settings.ts';
import type { PenaltyRule } from './penalty-rules.ts';
import type { RecordingSettings } from './recording.ts';
import type { SkillRule } from './skills.ts';

/** Strategies that are built in; app_queue's names. */
export const STRATEGIES = [
  'leastrecent',
  'ringall',
  'rrmemory',
  'rrordered',
  'fewestcalls',
  'random',
  'wrandom',
  'linear',
] as const;
export type BuiltInStrategy = (typeof STRATEGIES)[number];

/** Conditions of app_queue's `joinempty` and `leavewhenempty`; a queue is empty when each of its members meets one of those listed. */
export const EMPTY_CONDITIONS = [
  'paused',
  'penalty',
  'inuse',
  'ringing',
  'unavailable',
  'invalid',
  'unknown',
  'wrapup',
] as const;
export type EmptyCondition = (typeof EMPTY_CONDITIONS)[number];

/** One queue as configured; app_queue's words, milliseconds. */
export interface QueueSettings {
  readonly name: QueueName;
  /** As people read it in messages and on phones, for example `Support`. */
  readonly title: string;
  /** A built-in one, or the name of a module of the configuration's `strategies`. @default 'leastrecent' */
  readonly strategy: string;
  /** How long one member's phone rings (app_queue `timeout`); 0: as long as the caller may wait. @default 15 s */
  readonly ringTimeoutMs: number;
  /** `app`: a ring ends with the caller's longest wait; `conf`: it lasts `ringTimeoutMs` (app_queue `timeoutpriority`). @default 'app' */
  readonly timeoutPriority: 'app' | 'conf';
  /** Least time before the same member is rung again for the same caller (app_queue `retry`). @default 5 s */
  readonly retryMs: number;
  /** A member who is busy or rejects gives the next one the full ring time (app_queue `timeoutrestart`). @default false */
  readonly timeoutRestart: boolean;
  /** The caller leaves when every member has been rung once (Queue()'s option `n`). @default false */
  readonly onePass: boolean;
  /** Longest wait of a caller; 0 is none (Queue()'s timeout argument). @default 0 */
  readonly maxWaitMs: number;
  /** Most callers who may wait; 0 is unlimited (app_queue `maxlen`). @default 0 */
  readonly maxLength: number;
  /** Members of several queues are left to the one that weighs more (app_queue `weight`). @default 0 */
  readonly weight: number;
  /** Whether callers behind the first are served while the first is being rung (app_queue `autofill`). @default true */
  readonly autofill: boolean;
  /** Whether a member who talks or rings is rung, too (app_queue `ringinuse`). @default false */
  readonly ringInUse: boolean;
  /** Time after a conversation in which the member isn't rung (app_queue `wrapuptime`). @default 0 */
  readonly wrapUpMs: number;
  /** With at most so many members penalties don't count (app_queue `penaltymemberslimit`). @default 0 */
  readonly penaltyMembersLimit: number;
  /** How a caller's penalty limits change with waiting (app_queue `defaultrule`); empty: they don't. */
  readonly penaltyRule: PenaltyRule;
  /** What members must be able to do, and how that relaxes with waiting; empty: nothing. */
  readonly skillRule: SkillRule;
  /** One point of priority is worth so much waiting; 0: priority goes before all waiting. @default 0 */
  readonly ageWeightMs: number;
  /** A caller who was cut off and calls again within this time has the old place; 0: not. @default 60 s */
  readonly resumeWithinMs: number;
  /** Who knows the customer is rung first. `null`: nobody is preferred. */
  readonly knownMember: KnownMemberSettings | null;

  /** What becomes of a caller while no member is logged in. `leave`: prompt, then on with the call's way. @default 'wait' */
  readonly whenNobody: 'wait' | 'leave';
  /** A caller is refused while every member meets one of these (app_queue `joinempty`); empty: never. */
  readonly joinEmpty: readonly EmptyCondition[];
  /** And leaves (app_queue `leavewhenempty`); empty: never. */
  readonly leaveWhenEmpty: readonly EmptyCondition[];
  /** Said before leaving because nobody can answer. */
  readonly nobodyPrompt: readonly string[];

  /** A member who did not answer is paused (app_queue `autopause`): in this queue, or in all. @default 'no' */
  readonly autopause: 'no' | 'yes' | 'all';
  /** Not so soon after the member's last conversation (app_queue `autopausedelay`). @default 0 */
  readonly autopauseDelayMs: number;
  /** Misses in a row until the member is paused; 0: such a miss never pauses (app_queue `autopausebusy`, `autopauseunavail`). @default 1, 0, 0, 0 */
  readonly autopauseAfter: {
    readonly noAnswer: number;
    readonly busy: number;
    readonly rejected: number;
    readonly unavailable: number;
  };
  /** A member who did not answer is put aside for so long, and comes back by itself; 0: not. @default 0 */
  readonly notPresentPenaltyMs: number;

  /** Silence for the member between the answer and the conversation (app_queue `memberdelay`). @default 0 */
  readonly memberDelayMs: number;
  /** Said to the member before the conversation (app_queue `announce`). */
  readonly memberAnnounce: readonly string[];
  /** The member is told how long the caller has waited (app_queue `reportholdtime`). @default false */
  readonly reportHoldTime: boolean;
  /** The member has to accept the call with a key. `null`: answering is enough. */
  readonly acceptByKey: AcceptSettings | null;

  /** Calls answered within this time count as in level (app_queue `servicelevel`). @default 0 */
  readonly serviceLevelMs: number;
  /** Channel variables that the dialplan may read (app_queue `setinterfacevar`, `setqueueentryvar`, `setqueuevar`). */
  readonly setVariables: readonly ('interface' | 'entry' | 'queue')[];

  /** What the waiting caller hears: a music class of ours, else one of Asterisk's musiconhold.conf. @default 'default' */
  readonly musicClass: string;
  /** What differs from the class's programme. */
  readonly programme: ProgrammeOverrides;
  /** What callers are told while they wait, in app_queue's way. */
  readonly announcements: AnnouncementSettings;
  /** Account source that is asked for personal information; `null`: none is offered. */
  readonly accounts: string | null;
  /** Keys that lead a waiting caller out of the queue, each to a step of the IVR (app_queue `context`). @default none */
  readonly exitKeys: Readonly<Record<string, Target>>;
  /** A context of the dialplan whose extensions lead out of the queue (app_queue `context`); `null`: none. */
  readonly exitContext: string | null;
  /** How conversations are recorded (app_queue `monitor-format`); `null`: they are not. */
  readonly recording: RecordingSettings | null;
  /** What becomes of the caller when the member hung up. @default 'hangup' */
  readonly afterConversation: 'hangup' | 'dialplan';
}

/** Where it is written who knows the customer, and how long others wait for that member. */
export interface KnownMemberSettings {
  /** `last-call`: who talked to this customer last; else the field of the customer that holds an extension's number. */
  readonly by: 'last-call' | { readonly field: string };
  /** So long nobody else is rung while the member is logged in and not paused. */
  readonly exclusiveMs: number;
}

/** How a member takes a call that was answered. */
export interface AcceptSettings {
  readonly key: string;
  readonly prompt: readonly string[];
  /** Without the key within this time the call goes on to the next member. */
  readonly timeoutMs: number;
}
