import type { TimeOfDay } from './advice.ts';
import { bedDue, bedDueAt, startBed } from './bed.ts';
import { firstPeriodic } from './periodic.ts';
import { NO_POSITION } from './position.ts';
import { speechDue, speechDueAt } from './speech.ts';
import type { Scene, State } from './state.ts';
import { EMPTY_TIMELINE, prune } from './timeline.ts';

/** The programme at its first sample. */
export function firstState(scene: Scene, startTune: string | null, startedAt: TimeOfDay): State {
  const { timing } = scene;
  return {
    at: 0,
    ...startBed(scene, EMPTY_TIMELINE, startTune),
    // The music comes in before the first thing is said.
    speech: { name: 'quiet', notBefore: timing.in },
    position: NO_POSITION,
    announcement: [],
    periodic: firstPeriodic(scene.announcements.timing),
    accounts: null,
    advice: { said: [], dueAt: timing.firstAdvice },
    keys: { nextTune: -Infinity, accounts: -Infinity, position: -Infinity },
    isCut: false,
    clock: { at: 0, timeOfDay: startedAt },
  };
}

/** The sample at which the programme decides something by itself. */
export function dueAt(scene: Scene, state: State): number {
  return Math.max(state.at, Math.min(bedDueAt(state.bed), speechDueAt(scene, state)));
}

/**
 * That decision. It depends on the state, the sample and what is on the shelf alone, so it may be taken back and taken again, and it does not matter
 * how far ahead the programme is rendered.
 */
export function decide(scene: Scene, state: State): State {
  const at = dueAt(scene, state);
  const pruned = { ...state, at, timeline: prune(state.timeline, at - scene.timing.keep) };
  if (bedDueAt(state.bed) <= at) return { ...pruned, ...bedDue(scene, pruned, at) };
  return speechDue(scene, pruned, at);
}
