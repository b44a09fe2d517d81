import type { Behaviour } from '../phones/phone.ts';

/** A member's part in a story: `A`, `B`, `C` are telephones on both sides. */
export type MemberName = 'A' | 'B' | 'C';
export const MEMBER_NAMES: readonly MemberName[] = ['A', 'B', 'C'];

/** What has come of a story so far, at one side. */
export interface SoFar {
  readonly lines: readonly { readonly event: string }[];
  /** How often the side's phones have rung. */
  readonly rings: number;
  /** Callers whose call is over. */
  readonly over: number;
}
/** A moment of a story. What is done when it has come has its place among the lines, however slow the machine is. */
export type Moment = (soFar: SoFar) => boolean;
export const written =
  (event: string, count = 1): Moment =>
  ({ lines }) =>
    lines.filter((line) => line.event === event).length >= count;
export const rung =
  (count = 1): Moment =>
  ({ rings }) =>
    rings >= count;

export interface MemberPart {
  readonly does: Behaviour;
  /** The first talk goes on until this has come at both sides, and lasts as long at both. @default what `does` says */
  readonly talksUntil?: Moment;
  /** @default 0 */
  readonly penalty?: number;
}

/** A caller's part. Callers have numbers of their own, by which the two sides' calls are paired. */
export interface CallerPart {
  /** When the call begins: so long after the story's beginning (and not before the one before is in line), or after the end of the caller before. */
  readonly at: number | 'after the one before';
  /** And not before this has come at both sides. */
  readonly comesAfter?: Moment;
  /** Set by the dialplan before the queue, for example QUEUE_PRIO. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Hangs up so long after `since`; without it the caller stays. */
  readonly hangsUpAfterMs?: number;
  /** @default the place in line */
  readonly since?: Moment;
  /** Presses keys so long after dialling. */
  readonly presses?: { readonly keys: string; readonly afterMs: number };
}

/** The same calls for app_queue and for this queue. */
export interface Scenario {
  /** Statements of queue-semantics that it looks at, and what happens. */
  readonly name: string;
  /** Options of queues.conf beside timeout = 3, retry = 1. */
  readonly appQueue?: Readonly<Record<string, string>>;
  /** Arguments of Queue() behind the name; the fifth is the longest wait in seconds. @default none */
  readonly queueArguments?: string;
  /** The same as settings of a queue, beside ring-timeout: 3s, retry: 1s. */
  readonly queueapp?: Readonly<Record<string, unknown>>;
  readonly members: Partial<Record<MemberName, MemberPart>>;
  readonly callers: readonly CallerPart[];
  /** Something that is done to both sides meanwhile. */
  readonly meanwhile?: { readonly since: Moment; readonly afterMs: number; readonly act: 'members pause' };
  /** A caller here may have waited so many seconds less than there, because app_queue looks once a second and sleeps `retry` (point 3). @default 2 */
  readonly pollSeconds?: number;
  /** Several phones ring at once (ringall): the order of their INVITEs means nothing. */
  readonly ringTogether?: boolean;
  /** Members are named by the order in which they were rung first: the order of equals is app_queue's accident (point 1, S2). */
  readonly tiesDiffer?: boolean;
  /** The numbered point of queue-semantics by which the two differ, and what each says. */
  readonly differs?: { readonly point: number; readonly appQueue: Told; readonly queueapp: Told };
}

/** What was observed, in words that do not depend on the side: rings `A<1` (member for caller), lines without times. */
export interface Told {
  readonly rings: readonly string[];
  readonly lines: readonly string[];
}
