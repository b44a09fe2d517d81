import type { QueueSettings } from './settings.ts';

/** Why a member who was rung did not take the call. A ring that ends for the caller's sake is none of the member's. */
export type MemberMiss = 'no-answer' | 'busy' | 'rejected' | 'unreachable' | 'not-accepted';
/** Misses are counted in a row by these kinds (`autopause-after`). */
export type MissKind = keyof QueueSettings['autopauseAfter'];

const KINDS: Readonly<Record<MemberMiss, MissKind>> = {
  'no-answer': 'noAnswer',
  // A phone picked up and left lying is no answer.
  'not-accepted': 'noAnswer',
  busy: 'busy',
  rejected: 'rejected',
  unreachable: 'unavailable',
};

/** Who was not there; a busy member and one who rejects are. */
const NOT_PRESENT: ReadonlySet<MemberMiss> = new Set(['no-answer', 'not-accepted', 'unreachable']);

/** What a queue makes of one miss: the question that only the database can answer, because it counts. */
export interface MissPolicy {
  readonly kind: MissKind;
  /** So many of the kind in a row pause the member; 0: never. */
  readonly pauseAfter: number;
  readonly pauseIn: 'queue' | 'all';
  /** No pause so soon after the member's last conversation (AP4). */
  readonly pauseDelayMs: number;
  /** The member is put aside for so long; 0: not. */
  readonly asideMs: number;
}

export type Misses = Readonly<Record<MissKind, number>>;
export const NO_MISSES: Misses = { noAnswer: 0, busy: 0, rejected: 0, unavailable: 0 };

/** What becomes of the member besides being counted. */
export type MissConsequence =
  | { readonly type: 'paused'; readonly in: 'queue' | 'all' }
  | { readonly type: 'aside'; readonly untilMs: number };

/** Puts the queue's settings to one miss (AP1 to AP4, and `notpresent-penalty`). */
export function missPolicy(settings: QueueSettings, miss: MemberMiss): MissPolicy {
  const kind = KINDS[miss];
  const { autopause, autopauseAfter, autopauseDelayMs, notPresentPenaltyMs } = settings;
  return {
    kind,
    pauseAfter: autopause === 'no' ? 0 : autopauseAfter[kind],
    pauseIn: autopause === 'all' ? 'all' : 'queue',
    pauseDelayMs: autopauseDelayMs,
    asideMs: NOT_PRESENT.has(miss) ? notPresentPenaltyMs : 0,
  };
}

/** The member's row in the queue before the miss. */
export interface MissedMember {
  readonly misses: Misses;
  readonly isPaused: boolean;
  readonly lastHangupAtMs: number | null;
}

export interface AfterMiss {
  readonly misses: Misses;
  readonly consequence: MissConsequence | null;
}

/**
 * What follows from one more miss. Who is paused begins to count anew, and need not be put aside besides. The database does the same in
 * its statement (db/statements/misses.ts), where two misses at once are counted one after the other.
 */
export function afterMiss(policy: MissPolicy, member: MissedMember, atMs: number): AfterMiss {
  const { kind, pauseAfter, pauseIn, pauseDelayMs, asideMs } = policy;
  const misses = { ...member.misses, [kind]: member.misses[kind] + 1 };
  const isRested = member.lastHangupAtMs === null || member.lastHangupAtMs + pauseDelayMs <= atMs;
  if (!member.isPaused && pauseAfter > 0 && misses[kind] >= pauseAfter && isRested) {
    return { misses: NO_MISSES, consequence: { type: 'paused', in: pauseIn } };
  }
  return { misses, consequence: asideMs > 0 ? { type: 'aside', untilMs: atMs + asideMs } : null };
}
