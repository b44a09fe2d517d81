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
}

/**
 * Whether a lease may be taken over after this look, and what to remember for the next one. A session that is gone must be
 * so at two looks without a beat between: a holder that has only lost its connection comes back before the second.
 */
export function watchLease(
  before: LeaseWatch | null,
  look: LeaseLook,
  { leaseMs }: { readonly leaseMs: number },
): { readonly watch: LeaseWatch; readonly reason: TakeoverReason | null } {
  const { epoch, beat, isFree, isSessionGone, askedAtMs, answeredAtMs } = look;
  const same = before !== null && before.epoch === epoch && before.beat === beat ? before : null;
  const watch = { epoch, beat, sinceMs: same?.sinceMs ?? answeredAtMs, isSessionGone };
  if (isFree) return { watch, reason: 'free' };
  if (same?.isSessionGone && isSessionGone) return { watch, reason: 'session-gone' };
  // The beat that was seen first may have been an old one already, but none came in between: that much is sure.
  if (same !== null && askedAtMs - same.sinceMs >= leaseMs) return { watch, reason: 'silent' };
  return { watch, reason: null };
}
