import { nextTune } from './bed.ts';
import type { Scene, State } from './state.ts';

/** What a key asks of the call; the programme has done its own part. */
export type KeyEffect =
  /** The tune that comes now: to be remembered for the caller. */
  | { readonly type: 'next-tune'; readonly track: string }
  /** The caller's accounts are to be asked for; they are told by {@link Programme.tellAccounts}. */
  | { readonly type: 'ask-accounts' }
  /** The position is being said. */
  | { readonly type: 'position' };

export interface Pressed {
  readonly state: State;
  readonly effect: KeyEffect;
}

/** `null`: not a key of the programme, too soon after the last time, or nothing that it could do. */
export function pressKey(scene: Scene, state: State, digit: string, at: number): Pressed | null {
  const { keys } = scene.settings;
  switch (digit) {
    case keys.nextTune:
      return pressNextTune(scene, state, at);
    case keys.accounts:
      return pressAccounts(scene, state, at);
    case keys.position:
      return pressPosition(scene, state, at);
    default:
      return null;
  }
}

function pressNextTune(scene: Scene, state: State, at: number): Pressed | null {
  if (at - state.keys.nextTune < scene.timing.nextTunePause) return null;
  const laid = nextTune(scene, state, at);
  if (laid?.bed.tune == null) return null;
  const keys = { ...state.keys, nextTune: at };
  return { state: { ...state, ...laid, keys }, effect: { type: 'next-tune', track: laid.bed.tune.name } };
}

function pressAccounts(scene: Scene, state: State, at: number): Pressed | null {
  if (state.isCut || at - state.keys.accounts < scene.timing.accountsPause) return null;
  return { state: { ...state, keys: { ...state.keys, accounts: at } }, effect: { type: 'ask-accounts' } };
}

function pressPosition(scene: Scene, state: State, at: number): Pressed | null {
  const { position, speech } = state;
  if (state.isCut || position.place === null || at - state.keys.position < scene.timing.positionPause) return null;
  // It is being said at this moment.
  if (speech.name === 'telling' && speech.telling.kind === 'position' && speech.telling.place === position.place)
    return null;
  const keys = { ...state.keys, position: at };
  return { state: { ...state, keys, position: { ...position, isAsked: true } }, effect: { type: 'position' } };
}
