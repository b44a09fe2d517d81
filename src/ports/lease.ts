import type { SwitchName } from '../core/ids.ts';

/** What a switch itself says of who acts on it: this process, another one, or nothing (out of reach). */
export type SwitchWord = 'ours' | 'replaced' | 'away';

/** What a holder tells all others of itself. */
export interface HolderFacts {
  /** Where its API listens; `null`: nowhere yet. */
  readonly httpUrl: string | null;
  /** Its switch is out of reach; `null`: not known yet. */
  readonly isSwitchLost: boolean | null;
  readonly isDraining: boolean;
}

/**
 * The right to act on one switch, which one process has at a time. Whoever was replaced without knowing it (frozen, cut off) finds out before
 * it acts, because everything that acts asks `confirm` first.
 *
 *              take                     release
 *   (standby) ──────▶ held ───────────────────────▶ released
 *                      │ another process has taken it
 *                      └───────────────────────────▶ lost
 *
 * held: a heartbeat tells the others that this process lives. released: given back, anybody may take it at once. lost: the end of the
 * process, which does nothing more.
 */
export interface Lease {
  readonly switchName: SwitchName;
  /** Higher than that of every holder before. */
  readonly epoch: number;
  /**
   * Asks whether the lease is still held: `undefined` at once while that is known from the last two thirds of the lease time, otherwise when it is
   * known again. While the database is away the switch itself is asked; when it is away, too, nobody can have taken over, and it lets pass.
   * @throws AppError LEASE_LOST (the promise rejects); so does every later call
   */
  confirm(): Promise<void> | undefined;
  /**
   * Waits until the database itself says that it is held, as long as that takes: for what would take something from another holder, such as the
   * application's name at the switch.
   * @throws AppError LEASE_LOST, or the signal's reason
   */
  confirmByDatabase(signal: AbortSignal): Promise<void>;
  /** Whom to ask while the database is away. */
  alsoAsk(witness: () => Promise<SwitchWord>): void;
  /** Tells the others with the next beat. */
  tell(facts: Partial<HolderFacts>): void;
  /** Somebody was told LEASE_LOST by the database: the process's end, as if a beat had found out. */
  refused(reason: string): void;
  /** Gives the lease back; a standby has it within its next look. */
  release(): Promise<void>;
}

export interface TakeOptions {
  /** Ends the waiting; `take` rejects with its reason. */
  readonly signal: AbortSignal;
  /** Called once, when the lease can't be had at once: another process, named in words, has it. */
  onStandby?(holder: string): void;
  /** Called once when a lease that was held is lost. */
  onLost(reason: string): void;
}

/** The leases of all switches. */
export interface Leases {
  /**
   * Takes the first of these leases that can be had, and waits for it as long as that takes: until a holder gives it back, its process ends,
   * or it has been silent for the lease time. Goes on trying while the database is away.
   */
  take(switches: readonly SwitchName[], options: TakeOptions): Promise<Lease>;
}
