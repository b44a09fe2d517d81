import { type EntryRow, type Observation, timeOf, type Violation } from './observation.ts';

/** Two who are rung in one look of the distributor may be noted in either order. */
const SAME_MOMENT_MS = 250;

/** A call enters once, whatever was killed while it waited. */
export function lostPlaces({ entries }: Observation): Violation[] {
  const byNumber = new Map<string, EntryRow[]>();
  for (const entry of entries) byNumber.set(entry.uniqueId, [...(byNumber.get(entry.uniqueId) ?? []), entry]);
  return [...byNumber.values()]
    .filter((rows) => rows.length > 1)
    .map((rows) => {
      const times = rows.map(({ joinedAtMs }) => timeOf(joinedAtMs)).join(', ');
      return { invariant: 'place-kept', what: `${rows[0]?.callerNumber} has entered ${rows.length} times: ${times}` };
    });
}

/** Of two with equal priority, who came first is offered to a member first. */
export function overtaken({ entries, attempts }: Observation): Violation[] {
  const offeredAt = new Map<string, number>();
  for (const { entryId, startedAtMs } of attempts)
    offeredAt.set(entryId, Math.min(startedAtMs, offeredAt.get(entryId) ?? Number.POSITIVE_INFINITY));
  const inOrder = [...entries].sort((a, b) => a.placedAtMs - b.placedAtMs);
  return inOrder.flatMap((later, index) => {
    const laterAtMs = offeredAt.get(later.entryId);
    if (laterAtMs === undefined) return [];
    const earlier = inOrder
      .slice(0, index)
      .find((each) => each.priority === later.priority && servedAtMs(each, offeredAt) - laterAtMs > SAME_MOMENT_MS);
    if (earlier === undefined) return [];
    const what = `${later.callerNumber} (joined ${timeOf(later.joinedAtMs)}) was offered at ${timeOf(laterAtMs)}, before ${earlier.callerNumber} (joined ${timeOf(earlier.joinedAtMs)})`;
    return [{ invariant: 'place-kept', what } as const];
  });
}

/** When somebody was offered to a member for the first time, or left the line. */
function servedAtMs({ entryId, endedAtMs }: EntryRow, offeredAt: ReadonlyMap<string, number>): number {
  return Math.min(offeredAt.get(entryId) ?? Number.POSITIVE_INFINITY, endedAtMs ?? Number.POSITIVE_INFINITY);
}
