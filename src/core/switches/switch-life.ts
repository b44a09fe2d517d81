import type { SwitchName } from '../ids.ts';

/** The lease of a switch as the database has it. */
export interface SwitchLease {
  readonly switchName: SwitchName;
  readonly epoch: number;
  /** Counts while the holder lives. */
  readonly beat: number;
  /** A process holds it, and that process's session at the database is there. */
  readonly isHeld: boolean;
  /** The holder takes no new calls and hands over those that wait. */
  readonly isDraining: boolean;
  /** The holder says that it can't reach its Asterisk. */
  readonly isAsteriskLost: boolean;
}

/** What this process makes of another switch, by its own clock alone: no two clocks are compared. */
export interface SwitchLife {
  readonly epoch: number;
  readonly beat: number;
  readonly beatSeenAtMs: number;
  /** A process acts on it: what it says of its phones is true. */
  readonly isLiving: boolean;
  /** Its callers will be served by it: they stand in the line, and have their turn. */
  readonly isServing: boolean;
  /** Since when nobody can do anything for its calls: no process, or one that is cut off from Asterisk. `null`: somebody can. */
  readonly helplessSinceMs: number | null;
}

/** One more look at a lease; `undefined`: there is none, for nobody has ever held it. */
export function lookAt(
  lease: SwitchLease | undefined,
  before: SwitchLife | undefined,
  { nowMs, leaseTimeMs }: { readonly nowMs: number; readonly leaseTimeMs: number },
): SwitchLife {
  const { epoch = 0, beat = 0, isHeld = false, isDraining = false, isAsteriskLost = false } = lease ?? {};
  const isNews = before?.epoch !== epoch || before.beat !== beat;
  const beatSeenAtMs = isNews ? nowMs : before.beatSeenAtMs;
  const isLiving = isHeld && nowMs - beatSeenAtMs < leaseTimeMs;
  const isHelpless = !isLiving || isAsteriskLost;
  return {
    ...{ epoch, beat, beatSeenAtMs, isLiving },
    isServing: isLiving && !isDraining,
    helplessSinceMs: isHelpless ? (before?.helplessSinceMs ?? nowMs) : null,
  };
}
