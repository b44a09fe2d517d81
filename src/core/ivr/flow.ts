import type { IvrDefinition } from './flow-definition.ts';
import type { FlowEffect, FlowEvent, FlowExit, FlowState, Move, Wait } from './flow-state.ts';
import { enterStep, onEvent, waitOf } from './stages.ts';

/*
 * Keys. A key cuts short whatever is being said, except a tone. In a menu and in a code it counts from the prompt's first
 * word on. Pressed during a play step (the welcome), it also counts for the menu or code that follows, where it can:
 * as the menu's choice if the menu has that key, as the first digit if it is a digit; hours, lookups by number and play
 * steps that say nothing may lie between. Otherwise it has only cut the prompt short. After a code's last key, further
 * keys within SURPLUS_KEYS_MS of one another, and keys during the lookup, belong to that code and are ignored:
 * the `#` after the fourth digit, the fifth digit, must not spoil the next try.
 */

/** How long after a complete code a key still belongs to it. */
export const SURPLUS_KEYS_MS = 1_000;
/** A playback whose end is never heard of is given up after this; longer prompts are cut. */
export const PROMPT_MS_MAX = 180_000;
/** Steps in a row without waiting for anything; beyond it the configuration runs in a circle. */
export const STEPS_WITHOUT_WAIT_MAX = 100;
/** Steps of one visit; beyond it nobody is listening to the IVR. */
export const STEPS_MAX = 1_000;

/** What a telephone can send. */
const KEY = /^[0-9*#A-D]$/;

/** The machine after an event, and what is to be done. */
export interface FlowResult {
  readonly state: FlowState;
  readonly effects: readonly FlowEffect[];
}

/** Enters the IVR at a step. An unknown step leads back to the dialplan, with a logged error. */
export function startFlow(definition: IvrDefinition, step: string, atMs: number): FlowResult {
  const state: FlowState = {
    step,
    stage: { name: 'ended' },
    waitId: 0,
    deafUntilMs: 0,
    stepsTaken: 0,
    isLeaving: false,
  };
  return follow({ definition, state, atMs, effects: [], move: { to: 'target', target: step } });
}

/** What an event does to a call's place in the IVR. Never throws; stale events change nothing. */
export function reduceFlow(definition: IvrDefinition, state: FlowState, event: FlowEvent): FlowResult {
  const unchanged = { state, effects: [] };
  if (state.stage.name === 'ended') return unchanged;
  if (event.type === 'leave-soon') return { state: { ...state, isLeaving: true }, effects: [] };
  if (event.type === 'digit' && !KEY.test(event.digit)) return unchanged;
  if (event.type === 'digit' && (event.atMs < state.deafUntilMs || state.stage.name === 'code-lookup')) {
    return { state: { ...state, deafUntilMs: event.atMs + SURPLUS_KEYS_MS }, effects: [] };
  }
  if ('waitId' in event && event.waitId !== state.waitId) return unchanged;
  const move = onEvent(state.stage, event);
  if (move === null) return unchanged;
  if (move.to === 'note') return { state: { ...state, stage: move.stage }, effects: [] };
  const effects = [...complaints(state, event), ...stopEffects(waitOf(state.stage), event)];
  return follow({ definition, state, atMs: event.atMs, effects, move });
}

type Going = Exclude<Move, null | { to: 'note' }>;

/** The walk from one wait to the next. */
interface Walk {
  readonly definition: IvrDefinition;
  readonly state: FlowState;
  readonly atMs: number;
  readonly effects: readonly FlowEffect[];
  readonly move: Going;
}

/** Follows a move through steps and stages that do not wait, up to one that does, or to the exit. */
function follow({ definition, atMs, ...walk }: Walk): FlowResult {
  let { state, move } = walk;
  const effects = [...walk.effects];
  for (let stepsWithoutWait = 1; move.to !== 'exit'; ) {
    effects.push(...(move.effects ?? []));
    if (move.to === 'target') {
      const entered = enterTarget(definition, move, { state, stepsWithoutWait, atMs });
      state = entered.state;
      effects.push(...entered.effects);
      move = entered.move;
      stepsWithoutWait += 1;
    } else {
      state = enterStage(state, move, atMs);
      const wait = waitOf(state.stage);
      if (wait.play?.length !== 0) return { state, effects: [...effects, ...startEffects(wait, state.waitId)] };
      move = going(onEvent(state.stage, { type: 'played', waitId: state.waitId, outcome: 'done', atMs }));
    }
  }
  const exit = state.isLeaving && move.exit.type === 'enter-queue' ? TO_NEXT_PRIORITY : move.exit;
  return { state: { ...state, stage: { name: 'ended' } }, effects: [...effects, exit] };
}

/** A step always begins with something, and the end of a prompt always leads on. */
function going(move: Move): Going {
  if (move === null || move.to === 'note') throw new Error('A step or a prompt of the IVR leads nowhere');
  return move;
}

function enterStage(
  state: FlowState,
  { stage, isCodeComplete }: Extract<Move, { to: 'stage' }>,
  atMs: number,
): FlowState {
  const deafUntilMs = isCodeComplete ? atMs + SURPLUS_KEYS_MS : state.deafUntilMs;
  return { ...state, stage, deafUntilMs, waitId: state.waitId + 1 };
}

interface Entering {
  readonly state: FlowState;
  readonly stepsWithoutWait: number;
  readonly atMs: number;
}

interface Entered {
  readonly state: FlowState;
  readonly effects: readonly FlowEffect[];
  readonly move: Going;
}

function enterTarget(
  definition: IvrDefinition,
  { target, ahead = '' }: Extract<Move, { to: 'target' }>,
  { state, stepsWithoutWait, atMs }: Entering,
): Entered {
  const exit = (to: FlowExit, effects: readonly FlowEffect[] = []): Entered => ({
    state,
    effects,
    move: { to: 'exit', exit: to },
  });
  const error = (message: string): FlowEffect => ({ type: 'log', level: 'error', message, step: target });
  if (target === 'hangup') return exit({ type: 'hangup', causeCode: 16 });
  if (target === 'dialplan' || state.isLeaving) return exit(TO_NEXT_PRIORITY);
  const step = Object.hasOwn(definition.steps, target) ? definition.steps[target] : undefined;
  if (step === undefined) return exit(TO_NEXT_PRIORITY, [error('The IVR has no such step')]);
  if (stepsWithoutWait > STEPS_WITHOUT_WAIT_MAX) {
    return exit({ type: 'hangup', causeCode: 16 }, [error('The IVR runs in a circle')]);
  }
  if (state.stepsTaken >= STEPS_MAX) {
    return exit({ type: 'hangup', causeCode: 16 }, [error('The IVR has been going on for too many steps')]);
  }
  return {
    state: { ...state, step: target, stepsTaken: state.stepsTaken + 1 },
    effects: [],
    move: going(enterStep(step, { ahead, atMs, calendars: definition.calendars })),
  };
}

const TO_NEXT_PRIORITY: FlowExit = { type: 'leave-to-dialplan', target: null };

/** A prompt without a limit of its own gets the common one. */
function startEffects({ play, timerMs, lookup, dial }: Wait, waitId: number): FlowEffect[] {
  const effects: FlowEffect[] = [];
  const delayMs = timerMs ?? (play === undefined ? undefined : PROMPT_MS_MAX);
  if (delayMs !== undefined) effects.push({ type: 'start-timer', waitId, delayMs });
  if (play !== undefined) effects.push({ type: 'play', waitId, media: play });
  if (lookup !== undefined) effects.push({ type: 'lookup', waitId, ...lookup });
  if (dial !== undefined) effects.push({ type: 'dial', waitId, ...dial });
  return effects;
}

/** Ends what a stage has going on and what the event has not ended. */
function stopEffects({ play, timerMs, lookup }: Wait, event: FlowEvent): FlowEffect[] {
  const effects: FlowEffect[] = [];
  if (play !== undefined && event.type !== 'played') effects.push({ type: 'stop-play' });
  if ((timerMs !== undefined || play !== undefined) && event.type !== 'timer') effects.push({ type: 'stop-timer' });
  if (lookup !== undefined && event.type !== 'lookup-result') effects.push({ type: 'stop-lookup' });
  return effects;
}

/** What an operator should know of, although the call goes on. */
function complaints({ step, stage }: FlowState, event: FlowEvent): FlowEffect[] {
  const warn = (message: string): FlowEffect[] => [{ type: 'log', level: 'warn', message, step }];
  if (event.type === 'played' && event.outcome === 'failed') return warn('A prompt could not be played');
  if (event.type === 'timer' && stage.name.endsWith('-lookup')) return warn('A lookup took too long');
  const { play, timerMs } = waitOf(stage);
  return event.type === 'timer' && play !== undefined && timerMs === undefined
    ? warn('A prompt did not end in time')
    : [];
}
