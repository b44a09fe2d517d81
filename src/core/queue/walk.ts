import type { OrderedSet } from './ordered-set.ts';
import type { Place } from './places.ts';

/** A walk along callers who may be served now, in order of service. */
export interface Walk<Floor> {
  /** Whose callers they are. */
  readonly floor: Floor;
  /** Whom the walk has come to; `undefined` at its end. */
  head(): Place | undefined;
  /** Nobody could be found for the head: on to the next. */
  pass(): void;
}

/** Along a line from which those who are served go away. */
export function walkAlong<Floor>(floor: Floor, line: OrderedSet<Place>, isWorthwhile: () => boolean): Walk<Floor> {
  let passed = 0;
  return { floor, head: () => (isWorthwhile() ? line.at(passed) : undefined), pass: () => passed++ };
}

/** To one caller, and no further. */
export function walkTo<Floor>(floor: Floor, place: Place): Walk<Floor> {
  let isOver = false;
  const head = () => (isOver || !place.isWaiting ? undefined : place);
  return { floor, head, pass: () => (isOver = true) };
}
