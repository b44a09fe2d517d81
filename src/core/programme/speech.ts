import { chooseAdvice, hourAfter } from './advice.ts';
import { announcementDueAt, announcementParts } from './announcement.ts';
import { nextPeriodic, periodicCut, periodicSaid } from './periodic.ts';
import { type Position, positionDueAt } from './position.ts';
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
  const wish = whatToTell(scene, state, at);
  if (speech.name === 'lowering')
    return wish === null ? quiet(scene, putOff(scene, state, at), at) : tell(scene, wish, at);
  if (wish === null)
    return speech.name === 'telling' ? quiet(scene, putOff(scene, state, at), at) : putOff(scene, state, at);
  // The music is down already; a short pause between two things is enough.
  if (speech.name === 'telling') return { ...state, speech: { name: 'lowering', until: at + timing.gap } };
  const lowered = moveLevel(timeline, at, { gain: settings.levels.musicUnderSpeech, length: timing.down });
  return { ...state, timeline: lowered, speech: { name: 'lowering', until: at + timing.down } };
}

/**
 * Stops what is being said at once. What was not heard to its end counts as not said: advice comes after its usual pause, the position when it is
 * due, and the accounts that were being told are answered with, for those who want to tell them anew. An announcement that was cut before its
 * thanks is made again.
 */
export function stopTelling(
  scene: Scene,
  state: State,
  at: number,
): { state: State; accounts: readonly Sound[] | null } {
  const { speech, timeline } = state;
  if (speech.name === 'quiet') return { state, accounts: null };
  const silent = { ...state, timeline: cutVoice(timeline, at, scene.timing.cut) };
  const isHoldTimeLeft = state.announcement.some(({ kind }) => kind === 'hold-time');
  const position = isHoldTimeLeft ? notTold(state.position, at) : state.position;
  const stopped = quiet(scene, { ...silent, position, announcement: [] }, at);
  if (speech.name === 'lowering') return { state: stopped, accounts: null };
  return untell(scene, stopped, speech.telling, at);
}

function untell(
  scene: Scene,
  state: State,
  telling: Telling,
  at: number,
): { state: State; accounts: readonly Sound[] | null } {
  const { position, advice, periodic } = state;
  switch (telling.kind) {
    case 'position':
    case 'hold-time':
      return { state: { ...state, position: notTold(position, at) }, accounts: null };
    case 'thanks':
      return { state, accounts: null };
    case 'accounts':
      return { state, accounts: telling.sounds };
    case 'periodic':
      return { state: { ...state, periodic: periodicCut(periodic, at, scene.announcements.timing) }, accounts: null };
    case 'advice': {
      const said = advice.said.filter((key) => key !== telling.key);
      return { state: { ...state, advice: { said, dueAt: at + scene.timing.advicePause } }, accounts: null };
    }
    default:
      return telling satisfies never;
  }
}

function notTold(position: Position, at: number): Position {
  return { ...position, told: null, knownSince: at };
}

function wishDueAt(scene: Scene, { isCut, position, announcement, accounts, periodic, advice }: State): number {
  if (isCut) return NEVER;
  if (accounts !== null || announcement.length > 0) return 0;
  const { settings, timing } = scene.announcements;
  return Math.min(
    positionDueAt(position, scene.settings, scene.timing),
    announcementDueAt(position, settings, timing),
    position.place === null ? NEVER : periodic.dueAt,
    advice.dueAt,
  );
}

/** Something to say, and the state in which its saying begins. */
interface Wish {
  readonly telling: Telling;
  readonly state: State;
}

/** The most important thing that is due; position and waiting time before personal information before periodic announcements before advice. */
function whatToTell(scene: Scene, state: State, at: number): Wish | null {
  if (state.isCut) return null;
  const [next, ...left] = state.announcement;
  if (next !== undefined) return { telling: next, state: { ...state, announcement: left } };
  const aboutPlace = placeToTell(scene, state, at);
  if (aboutPlace !== null) return aboutPlace;
  if (state.accounts !== null) return { telling: { kind: 'accounts', sounds: state.accounts }, state };
  const telling = periodicToTell(scene, state, at) ?? adviceToTell(scene, state, at);
  return telling && { telling, state };
}

function placeToTell(scene: Scene, state: State, at: number): Wish | null {
  const { position } = state;
  const { place, told } = position;
  const { settings, timing, say } = scene.announcements;
  if (place === null) return null;
  if (announcementDueAt(position, settings, timing) > at) return positionToTell(scene, state, at);
  const parts = announcementParts({ place, isFirst: told === null, at }, settings, say).flatMap(
    ({ kind, recordings }): Telling[] => {
      const sounds = speakable(recordings);
      if (sounds.length === 0) return [];
      return [kind === 'position' ? { kind, place, sounds } : { kind, sounds }];
    },
  );
  const [first, ...rest] = parts;
  if (first === undefined) return positionToTell(scene, state, at);
  return { telling: first, state: { ...state, position: { ...position, told: { place, at } }, announcement: rest } };
}

/** By the programme's own rules, or because the key was pressed. */
function positionToTell(scene: Scene, state: State, at: number): Wish | null {
  const { position } = state;
  if (position.place === null || positionDueAt(position, scene.settings, scene.timing) > at) return null;
  const sounds = speakable(scene.sayPosition(position.place));
  return sounds.length === 0 ? null : { telling: { kind: 'position', place: position.place, sounds }, state };
}

function periodicToTell({ announcements, seed }: Scene, { periodic, position }: State, at: number): Telling | null {
  if (position.place === null || periodic.dueAt > at) return null;
  const name = nextPeriodic(periodic, announcements.settings.periodic, seed);
  const sounds = name === null ? [] : speakable(announcements.say.periodic(name));
  return sounds.length === 0 ? null : { kind: 'periodic', sounds };
}

function adviceToTell(scene: Scene, { advice, clock }: State, at: number): Telling | null {
  if (advice.dueAt > at) return null;
  const hour = hourAfter(clock.timeOfDay, at - clock.at, scene.timing.rate);
  const chosen = chooseAdvice(scene.shelf, advice, { settings: scene.settings, hour, seed: scene.seed });
  return chosen && { kind: 'advice', key: chosen.key, sounds: [chosen.sound] };
}

/** At most so many recordings, those with something in them. */
export function speakable(sounds: readonly Sound[]): readonly Sound[] {
  return sounds.filter(({ samples }) => samples.length > 0).slice(0, SOUNDS_MAX);
}

function tell(scene: Scene, { telling, state }: Wish, at: number): State {
  const { sounds } = telling;
  const { timing, settings, announcements } = scene;
  const until = at + sounds.reduce((sum, { samples }) => sum + samples.length, 0);
  const timeline = addVoice(state.timeline, at, { sounds, gain: settings.levels.voice, edge: timing.edge });
  const next: State = { ...state, timeline, speech: { name: 'telling', telling, until } };
  switch (telling.kind) {
    case 'position':
      return { ...next, position: { ...state.position, told: { place: telling.place, at }, isAsked: false } };
    case 'hold-time':
    case 'thanks':
      return next;
    case 'accounts':
      return { ...next, accounts: null };
    case 'periodic': {
      const { relative } = announcements.settings.periodic;
      const turn = { relative, timing: announcements.timing };
      return { ...next, periodic: periodicSaid(state.periodic, { from: at, until }, turn) };
    }
    case 'advice':
      return { ...next, advice: { said: [...state.advice.said, telling.key], dueAt: until + timing.advicePause } };
    default:
      return telling satisfies never;
  }
}

/** What was due and has no recordings counts as said, so that it is not asked for again and again. */
function putOff(scene: Scene, state: State, at: number): State {
  const { position, periodic, advice } = state;
  const { settings, timing } = scene.announcements;
  const isAnswered = positionDueAt(position, scene.settings, scene.timing) <= at;
  const isDue = isAnswered || announcementDueAt(position, settings, timing) <= at;
  const told = isDue && position.place !== null ? { place: position.place, at } : position.told;
  const { relative } = settings.periodic;
  return {
    ...state,
    position: { ...position, told, isAsked: isAnswered ? false : position.isAsked },
    periodic:
      position.place === null || periodic.dueAt > at
        ? periodic
        : periodicSaid(periodic, { from: at, until: at }, { relative, timing }),
    advice: advice.dueAt <= at ? { ...advice, dueAt: at + scene.timing.advicePause } : advice,
  };
}

function quiet(scene: Scene, state: State, at: number): State {
  const timeline = moveLevel(state.timeline, at, { gain: 1, length: scene.timing.up });
  return { ...state, timeline, speech: { name: 'quiet', notBefore: at } };
}
