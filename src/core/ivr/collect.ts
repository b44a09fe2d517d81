import type { CollectStep } from './flow-definition.ts';
import type { CollectStage, FlowEvent, FlowLookupResult, Move, Wait } from './flow-state.ts';

/** Longest that a caller waits for a lookup: the last resort behind the lookup's own time limits and retries. */
export const LOOKUP_WAIT_MS_MAX = 30_000;

/** Digits pressed before the step began are the first ones of the code; then the prompt is not said. */
export function enterCollect(step: CollectStep, ahead: string): Move {
  const effects = [{ type: 'answer' }] as const;
  const typed = (/^\d*/.exec(ahead)?.[0] ?? '').slice(0, step.digits);
  if (typed === '') return { to: 'stage', stage: { name: 'code-prompt', step, triesUsed: 0 }, effects };
  const isComplete = typed.length === step.digits || (step.endKey !== null && ahead[typed.length] === step.endKey);
  const stage = { name: isComplete ? 'code-lookup' : 'code-digits', step, triesUsed: 0, typed } as const;
  return { to: 'stage', stage, effects, isCodeComplete: isComplete };
}

export function waitOfCollect(stage: CollectStage): Wait {
  const { step } = stage;
  switch (stage.name) {
    case 'code-prompt':
      return { play: stage.triesUsed === 0 ? step.prompt : [...step.invalid, ...step.again, ...step.prompt] };
    case 'code-first':
      return { timerMs: step.firstDigitMs };
    case 'code-digits':
      return { timerMs: step.betweenDigitsMs };
    case 'code-lookup':
      return { lookup: { lookup: step.lookup, code: stage.typed }, timerMs: LOOKUP_WAIT_MS_MAX };
    case 'code-refused':
      return { play: step.invalid };
    default:
      return stage satisfies never;
  }
}

export function onCollectEvent(stage: CollectStage, event: FlowEvent): Move {
  switch (event.type) {
    case 'digit':
      return onDigit(stage, event.digit);
    case 'played':
    case 'timer':
      return onWaited(stage);
    case 'lookup-result':
      return stage.name === 'code-lookup' ? onResult(stage.step, stage.triesUsed, event.result) : null;
    case 'dial-ended':
    case 'leave-soon':
      return null;
    default:
      return event satisfies never;
  }
}

function onDigit(stage: CollectStage, digit: string): Move {
  switch (stage.name) {
    case 'code-prompt':
    case 'code-first':
      return onKey(stage.step, { triesUsed: stage.triesUsed, typed: '' }, digit);
    case 'code-digits':
      return onKey(stage.step, stage, digit);
    case 'code-lookup':
      // Not reached: keys during the lookup belong to the code and are ignored (flow.ts).
      return null;
    case 'code-refused':
      return { to: 'target', target: stage.step.failed };
    default:
      return stage satisfies never;
  }
}

/** The prompt has been said, or the time is up. */
function onWaited(stage: CollectStage): Move {
  switch (stage.name) {
    case 'code-prompt':
      return { to: 'stage', stage: { ...stage, name: 'code-first' } };
    case 'code-first':
      return refuse(stage.step, stage.triesUsed);
    case 'code-digits':
      return complete(stage.step, stage);
    case 'code-lookup':
      return { to: 'target', target: stage.step.unavailable };
    case 'code-refused':
      return { to: 'target', target: stage.step.failed };
    default:
      return stage satisfies never;
  }
}

interface Typing {
  readonly triesUsed: number;
  readonly typed: string;
}

function onKey(step: CollectStep, { triesUsed, typed }: Typing, key: string): Move {
  if (key === step.endKey) return { ...complete(step, { triesUsed, typed }), isCodeComplete: true };
  const longer = typed + key;
  if (longer.length < step.digits) {
    return { to: 'stage', stage: { name: 'code-digits', step, triesUsed, typed: longer } };
  }
  return { ...complete(step, { triesUsed, typed: longer }), isCodeComplete: true };
}

/** Only digits reach a lookup's source; anything else typed is a wrong code without asking. */
function complete(step: CollectStep, { triesUsed, typed }: Typing): StageMove {
  if (!/^\d+$/.test(typed)) return refuse(step, triesUsed);
  return { to: 'stage', stage: { name: 'code-lookup', step, triesUsed, typed } };
}

type StageMove = Extract<Move, { to: 'stage' }>;

function refuse(step: CollectStep, triesUsed: number): StageMove {
  if (triesUsed + 1 >= step.tries) return { to: 'stage', stage: { name: 'code-refused', step } };
  return { to: 'stage', stage: { name: 'code-prompt', step, triesUsed: triesUsed + 1 } };
}

function onResult(step: CollectStep, triesUsed: number, result: FlowLookupResult): Move {
  switch (result.type) {
    case 'found':
      return {
        to: 'target',
        target: step.found,
        effects: [{ type: 'know-customer', customer: result.customer }],
      };
    case 'not-found':
      return refuse(step, triesUsed);
    case 'unavailable':
      return { to: 'target', target: step.unavailable };
    default:
      return result satisfies never;
  }
}
