import type { Band } from './band.ts';
import { firstSnow } from './pieces/first-snow.ts';
import { gardenGate } from './pieces/garden-gate.ts';
import { harbour } from './pieces/harbour.ts';
import { sideStreet } from './pieces/side-street.ts';

/** Our own music by file name, in the order in which a class of it begins. */
export const PIECES: Readonly<Record<string, () => Band>> = {
  'first-snow': firstSnow,
  'garden-gate': gardenGate,
  harbour,
  'side-street': sideStreet,
};
