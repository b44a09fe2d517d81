import type { ProgrammeSettings } from '../../../src/core/programme/settings.ts';

/** Who a digit belongs to while a caller waits. */
export type KeyOwner = 'exit' | 'programme' | 'nobody';

/** What is offered on keys to one waiting caller. */
export interface HoldKeys {
  /** The queue's `exit-keys`. */
  readonly exit: Readonly<Record<string, unknown>>;
  /** `null`: Asterisk's own music is heard, or the greeting. */
  readonly programme: ProgrammeSettings['keys'] | null;
}

/**
 * The one place that decides who gets a digit while a caller waits or a member is rung for them. The first row that fits:
 *
 *   digit                 │ goes to    │ what it does
 *   the queue's exit-keys │ exit       │ leaves the queue for a step of the IVR, from the greeting on; a ring for the caller ends
 *   keys of the programme │ programme  │ next tune, accounts, position; too soon after the last time it does nothing
 *   any other             │ nobody     │ nothing is said: a mistyped digit must not cost the music
 *
 * With an `exit-context` Asterisk is asked about a digit before the programme has it (exit-digits.ts).
 *
 * During the greeting and Asterisk's own music the programme has no keys. In a conversation digits are the two people's.
 */
export function keyOwner(digit: string, { exit, programme }: HoldKeys): KeyOwner {
  if (Object.hasOwn(exit, digit)) return 'exit';
  return programme !== null && Object.values(programme).includes(digit) ? 'programme' : 'nobody';
}
