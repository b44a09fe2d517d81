/** Why a lease may be taken: nobody holds it, its holder's database session has ended, or the holder has not given a sign of life. */
export type TakeoverReason = 'free' | 'session-gone' | 'silent';

/** What one look at a lease shows. */
export interface LeaseLook {
  readonly epoch: number;
  /** Counts on while the holder lives. */
  readonly beat: number;
  readonly isFree: boolean;
  /** The holder's session is not there, although the server that it was on has run on. */
  readonly isSessionGone: boolean;
  /** By the watcher's own clock that runs evenly. */
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

/** What a watcher remembers of the looks before: since when the same beat stands there. */
export interface LeaseWatch {
  readonly epoch: number;
  readonly beat: number;
  readonly sinceMs: number;
  readonly isSessionGone: boolean;
  /** For longer than the lease time. */
  readonly isSilent: boolean;
  /** When the last look was answered. */
  readonly lookedAtMs: number;
}

/** Share of the lease time: a watcher that has not looked for so long has stood still itself. */
const SLEPT = 1 / 2;

/**
 * Whether a lease may be taken over after this look, and what to remember for the next one. A session that is gone must be
 * so at two looks without a beat between: a holder that has only lost its connection comes back before the second. So must silence when the
 * watcher has stood still before the first, for then the whole machine may have, and the holder beats as soon as it goes on.
 */
export function watchLease(
  before: LeaseWatch | null,
  look: LeaseLook,
  { leaseMs }: { readonly leaseMs: number },
): { readonly watch: LeaseWatch; readonly reason: TakeoverReason | null } {
  const { epoch, beat, isFree, isSessionGone, askedAtMs, answeredAtMs } = look;
  const same = before !== null && before.epoch === epoch && before.beat === beat ? before : null;
  // The beat that was seen first may have been an old one already, but none came in between: that much is sure.
  const isSilent = same !== null && askedAtMs - same.sinceMs >= leaseMs;
  const hasSlept = same !== null && askedAtMs - same.lookedAtMs >= leaseMs * SLEPT;
  const sinceMs = same?.sinceMs ?? answeredAtMs;
  const watch = { epoch, beat, sinceMs, isSessionGone, isSilent, lookedAtMs: answeredAtMs };
  if (isFree) return { watch, reason: 'free' };
  if (same?.isSessionGone && isSessionGone) return { watch, reason: 'session-gone' };
  if (isSilent && (!hasSlept || same?.isSilent)) return { watch, reason: 'silent' };
  return { watch, reason: null };
}
