import type { QueueName } from '../ids.ts';
import type { Target } from '../ivr/flow-definition.ts';
import type { ProgrammeOverrides } from '../programme/settings.ts';

/** Strategies a queue may use; app_queue's names. */
export const STRATEGIES = ['leastrecent'] as const;
export type StrategyName = (typeof STRATEGIES)[number];

/** One queue as configured; app_queue's words, milliseconds. */
export interface QueueSettings {
  readonly name: QueueName;
  /** As people read it in messages and on phones, for example `Support`. */
  readonly title: string;
  readonly strategy: StrategyName;
  /** How long one member's phone rings (app_queue `timeout`). @default 15 s */
  readonly ringTimeoutMs: number;
  /** Least time before the same member is rung again for the same caller (app_queue `retry`). @default 5 s */
  readonly retryMs: number;
  /** Longest wait of a caller; 0 is none (Queue()'s timeout argument). @default 0 */
  readonly maxWaitMs: number;
  /** Most callers who may wait; 0 is unlimited (app_queue `maxlen`). @default 0 */
  readonly maxLength: number;
  /** Time after a conversation in which the member isn't rung (app_queue `wrapuptime`). @default 0 */
  readonly wrapUpMs: number;
  /** What becomes of a caller while no member is logged in. `leave`: prompt, then on with the call's way. @default 'wait' */
  readonly whenNobody: 'wait' | 'leave';
  /** Said before leaving because nobody is logged in. */
  readonly nobodyPrompt: readonly string[];
  /** What the waiting caller hears: a music class of ours, else one of Asterisk's musiconhold.conf. @default 'default' */
  readonly musicClass: string;
  /** What differs from the class's programme. */
  readonly programme: ProgrammeOverrides;
  /** Account source that is asked for personal information; `null`: none is offered. */
  readonly accounts: string | null;
  /** Keys that lead a waiting caller out of the queue, each to a step of the IVR (app_queue `context`). @default none */
  readonly exitKeys: Readonly<Record<string, Target>>;
  /** What becomes of the caller when the member hung up. @default 'hangup' */
  readonly afterConversation: 'hangup' | 'dialplan';
}
