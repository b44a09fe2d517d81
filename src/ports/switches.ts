import type { SwitchName } from '../core/ids.ts';

/** A switch, and which process acts on it. Times are Unix milliseconds. */
export interface SwitchStanding {
  readonly switchName: SwitchName;
  /** Host and pid of the process that acts; `null`: nobody does. */
  readonly holder: string | null;
  /** Whether the holder's session with the database is there; without it a standby takes over. */
  readonly isHolderThere: boolean;
  /** How often the lease was taken. */
  readonly epoch: number;
  readonly takenAtMs: number | null;
  /** Its last sign of life. */
  readonly seenAtMs: number | null;
  readonly httpUrl: string | null;
  readonly isDraining: boolean;
  /** Since when the holder does not reach its Asterisk; `null`: it does. */
  readonly asteriskLostAtMs: number | null;
  /** Processes that would take it over. */
  readonly standbys: number;
  /** Callers in queues whose channels are there. */
  readonly callers: number;
}

/** Who acts on which switch. */
export interface Switches {
  /** @throws AppError DATABASE_UNAVAILABLE */
  list(): Promise<readonly SwitchStanding[]>;
}
