import { lostCallers, openDialogs } from './callers.ts';
import { lostPlaces, overtaken } from './line.ts';
import { doubleOffers, stuckMembers } from './members.ts';
import type { Observation, Violation } from './observation.ts';
import { wrongClosings, wrongEvents } from './queue-log.ts';

/** Everything that is not as it must be, judged by what is seen from outside. To be asked when all calls are over. */
export function violationsIn(seen: Observation): Violation[] {
  return [
    ...lostCallers(seen),
    ...openDialogs(seen),
    ...doubleOffers(seen),
    ...stuckMembers(seen),
    ...wrongClosings(seen),
    ...wrongEvents(seen),
    ...orphans(seen),
    ...lostPlaces(seen),
    ...overtaken(seen),
  ];
}

function orphans({ channels, bridges, notes }: Observation): Violation[] {
  return [
    ...channels.map((name) => ({ invariant: 'orphan' as const, what: `channel ${name}` })),
    ...bridges.map((bridgeId) => ({ invariant: 'orphan' as const, what: `bridge ${bridgeId}` })),
    ...notes.map((name) => ({ invariant: 'orphan' as const, what: `global variable ${name}` })),
  ];
}
