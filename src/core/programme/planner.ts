import type { TimeOfDay } from './advice.ts';
import { bedDue, bedDueAt, continueBed, startBed } from './bed.ts';
import type { Continuation } from './continuation.ts';
import { remembered } from './memory.ts';
import { firstPeriodic } from './periodic.ts';
import { NO_POSITION } from './position.ts';
import { speechDue, speechDueAt } from './speech.ts';
import type { Scene, State } from './state.ts';
import { EMPTY_TIMELINE, prune } from './timeline.ts';

/** How a programme begins. */
export interface Beginning {
  /** The tune that is remembered for the caller. */
  readonly startTune: string | null;
  readonly startedAt: TimeOfDay;
  /** It goes on where that of a process which is gone would be; `null`: it is new. */
  readonly continues: Continuation | null;
}

/** The programme at its first sample. */
export function firstState(scene: Scene, { startTune, startedAt, continues }: Beginning): State {
  const { timing } = scene;
  const laid =
    continues === null ? startBed(scene, EMPTY_TIMELINE, startTune) : continueBed(scene, EMPTY_TIMELINE, continues);
  return {
    at: 0,
    ...laid,
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
    ...(continues === null ? {} : remembered(continues, timing)),
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
