import type { ProgrammeSettings } from '../../../src/core/programme/settings.ts';
import type { Heard } from '../recovery/heard.ts';

/** What is heard after the greeting: the caller's own programme, or Asterisk's music where a class of its own was asked for. */
export interface HoldMusic {
  /** It begins, or goes on where it was stopped. `isOnHold`: the member has put the caller on hold, and Asterisk plays music of its own. */
  start(how?: { readonly isOnHold: boolean }): Promise<void>;
  /** Settles when the channel is silent. */
  stop(): Promise<void>;
  /** The process stops: whatever can sound without it until the next one takes the caller over. */
  standStill(): Promise<void>;
  /** Whether it is to be heard when the member puts the caller on hold. Asterisk's own music begins there by itself. */
  readonly isForHold: boolean;
  /** What has been heard, for a process after this one; `null` while it is nothing, or of no consequence. */
  heard(): Omit<Heard, 'consent'> | null;
  /** What is heard at this moment, for people who look after the calls. */
  inWords(): string | null;
  /** The caller's place in the line is another one now; `null`: none any more. */
  moved(position: number | null): void;
  /** Nothing is said any more: a member's phone rings. */
  memberFound(): void;
  /** The member did not take the call. */
  memberMissed(): void;
  /** Keys that belong to it; `null`: none does. */
  readonly keys: ProgrammeSettings['keys'] | null;
  /** The caller pressed one of them. */
  pressed(digit: string): void;
}
