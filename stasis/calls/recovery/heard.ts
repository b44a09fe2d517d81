import type { ProgrammeMemory } from '../../../src/core/programme/continuation.ts';
import { readMemory } from '../../../src/core/programme/memory.ts';
import { WIRE_FORMATS, type WireFormat } from '../../../src/core/programme/sound.ts';
import type { HeardSoFar } from '../../../src/ports/queue-store.ts';

/** What a caller has heard of a queue: enough for another process to go on, and to ask Asterisk nothing that is known. */
export interface Heard {
  readonly musicClass: string;
  /** Of the caller's channel; `null`: Asterisk itself plays the class, and of the programme there are announcements alone. */
  readonly format: WireFormat | null;
  /** What the caller had to hear before being recorded; empty: not yet. */
  readonly consent: readonly string[];
  readonly programme: ProgrammeMemory;
}

/** Kept by a process that is gone. */
export interface KeptUp extends Heard {
  readonly atMs: number;
}

/** Reads what was kept; `null` when nothing was, or another version has kept something that this one does not know. */
export function readHeard(kept: HeardSoFar | undefined): KeptUp | null {
  const { heard, atMs } = kept ?? { heard: null, atMs: 0 };
  if (typeof heard !== 'object' || heard === null) return null;
  const { musicClass, format: named, consent, programme: remembered } = heard as Record<string, unknown>;
  const format = named === null ? null : WIRE_FORMATS.find((each) => each === named);
  const programme = readMemory(remembered);
  if (typeof musicClass !== 'string' || format === undefined || programme === null) return null;
  if (!Array.isArray(consent) || !consent.every((each) => typeof each === 'string')) return null;
  return { atMs, musicClass, format, consent, programme };
}
