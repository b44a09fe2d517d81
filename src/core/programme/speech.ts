import { chooseAdvice, hourAfter } from './advice.ts';
import { positionDueAt } from './position.ts';
import type { Sound } from './sound.ts';
import type { Scene, State, Telling } from './state.ts';
import { addVoice, cutVoice, moveLevel } from './timeline.ts';

/** Recordings in one telling. */
const SOUNDS_MAX = 200;
const NEVER = Number.POSITIVE_INFINITY;

/** When something about what is said has to be decided; it may be past. */
export function speechDueAt(scene: Scene, state: State): number {
  const { speech } = state;
  if (speech.name !== 'quiet') return speech.until;
  return Math.max(speech.notBefore, wishDueAt(scene, state));
}

/** What happens by itself at {@link speechDueAt}. */
export function speechDue(scene: Scene, state: State, at: number): State {
  const { speech, timeline } = state;
  const { timing, settings } = scene;
  const telling = whatToTell(scene, state, at);
  if (speech.name === 'lowering')
    return telling === null ? quiet(scene, putOff(scene, state, at), at) : tell(scene, state, telling, at);
  if (telling === null)
    return speech.name === 'telling' ? quiet(scene, putOff(scene, state, at), at) : putOff(scene, state, at);
  // The music is down already; a short pause between two things is enough.
  if (speech.name === 'telling') return { ...state, speech: { name: 'lowering', until: at + timing.gap } };
  const lowered = moveLevel(timeline, at, { gain: settings.levels.musicUnderSpeech, length: timing.down });
  return { ...state, timeline: lowered, speech: { name: 'lowering', until: at + timing.down } };
}

/**
 * Stops what is being said at once. What was not heard to its end counts as not said: advice comes after its usual pause, the position when it is
 * due, and the accounts that were being told are answered with, for those who want to tell them anew.
 */
export function stopTelling(
  scene: Scene,
  state: State,
  at: number,
): { state: State; accounts: readonly Sound[] | null } {
  const { speech, timeline, position, advice } = state;
  if (speech.name === 'quiet') return { state, accounts: null };
  const silent = { ...state, timeline: cutVoice(timeline, at, scene.timing.cut) };
  const stopped = quiet(scene, silent, at);
  if (speech.name === 'lowering') return { state: stopped, accounts: null };
  const { telling } = speech;
  switch (telling.kind) {
    case 'position':
      return { state: { ...stopped, position: { ...position, told: null, knownSince: at } }, accounts: null };
    case 'accounts':
      return { state: stopped, accounts: telling.sounds };
    case 'advice': {
      const said = advice.said.filter((key) => key !== telling.key);
      return { state: { ...stopped, advice: { said, dueAt: at + scene.timing.advicePause } }, accounts: null };
    }
    default:
      return telling satisfies never;
  }
}

function wishDueAt(scene: Scene, { isCut, position, accounts, advice }: State): number {
  if (isCut) return NEVER;
  if (accounts !== null) return 0;
  return Math.min(positionDueAt(position, scene.settings, scene.timing), advice.dueAt);
}

/** The most important thing that is due; position before personal information before advice. */
function whatToTell(scene: Scene, state: State, at: number): Telling | null {
  const { position, accounts, advice } = state;
  if (state.isCut) return null;
  if (position.place !== null && positionDueAt(position, scene.settings, scene.timing) <= at) {
    const sounds = speakable(scene.sayPosition(position.place));
    if (sounds.length > 0) return { kind: 'position', place: position.place, sounds };
  }
  if (accounts !== null) return { kind: 'accounts', sounds: accounts };
  if (advice.dueAt > at) return null;
  const { timeOfDay, at: since } = state.clock;
  const hour = hourAfter(timeOfDay, at - since, scene.timing.rate);
  const chosen = chooseAdvice(scene.shelf, advice, { settings: scene.settings, hour, seed: scene.seed });
  return chosen && { kind: 'advice', key: chosen.key, sounds: [chosen.sound] };
}

/** At most so many recordings, those with something in them. */
export function speakable(sounds: readonly Sound[]): readonly Sound[] {
  return sounds.filter(({ samples }) => samples.length > 0).slice(0, SOUNDS_MAX);
}

function tell(scene: Scene, state: State, telling: Telling, at: number): State {
  const { sounds } = telling;
  const { timing, settings } = scene;
  const until = at + sounds.reduce((sum, { samples }) => sum + samples.length, 0);
  const timeline = addVoice(state.timeline, at, { sounds, gain: settings.levels.voice, edge: timing.edge });
  const next: State = { ...state, timeline, speech: { name: 'telling', telling, until } };
  switch (telling.kind) {
    case 'position':
      return { ...next, position: { ...state.position, told: { place: telling.place, at }, isAsked: false } };
    case 'accounts':
      return { ...next, accounts: null };
    case 'advice':
      return { ...next, advice: { said: [...state.advice.said, telling.key], dueAt: until + timing.advicePause } };
    default:
      return telling satisfies never;
  }
}

/** What was due and has no recordings counts as said, so that it is not asked for again and again. */
function putOff(scene: Scene, state: State, at: number): State {
  const { position, advice } = state;
  const isPositionDue = positionDueAt(position, scene.settings, scene.timing) <= at;
  const told = isPositionDue && position.place !== null ? { place: position.place, at } : position.told;
  return {
    ...state,
    position: { ...position, told, isAsked: isPositionDue ? false : position.isAsked },
    advice: advice.dueAt <= at ? { ...advice, dueAt: at + scene.timing.advicePause } : advice,
  };
}

function quiet(scene: Scene, state: State, at: number): State {
  const timeline = moveLevel(state.timeline, at, { gain: 1, length: scene.timing.up });
  return { ...state, timeline, speech: { name: 'quiet', notBefore: at } };
}
