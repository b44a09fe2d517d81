import { LOOKUP_WAIT_MS_MAX } from './collect.ts';
import type { LookupStep } from './flow-definition.ts';
import type { FlowEffect, FlowEvent, FlowLookupResult, LookupStage, Move, Wait } from './flow-state.ts';

/** Keys kept while the lookup goes on. */
const KEYS_AHEAD_MAX = 40;

export function waitOfNumberLookup({ step }: LookupStage): Wait {
  return { lookup: { lookup: step.by, code: '' }, timerMs: LOOKUP_WAIT_MS_MAX };
}

export function onNumberLookupEvent({ name, step, ahead }: LookupStage, event: FlowEvent): Move {
  switch (event.type) {
    case 'digit':
      return { to: 'note', stage: { name, step, ahead: (ahead + event.digit).slice(0, KEYS_AHEAD_MAX) } };
    case 'lookup-result':
      return { to: 'target', ahead, ...afterNumberLookup(step, event.result) };
    case 'timer':
      return { to: 'target', ahead, target: step.unavailable };
    default:
      return null;
  }
}

function afterNumberLookup(step: LookupStep, result: FlowLookupResult): { target: string; effects?: FlowEffect[] } {
  switch (result.type) {
    case 'found':
      return { target: step.found, effects: [{ type: 'know-customer', customer: result.customer }] };
    case 'not-found':
      return { target: step.notFound };
    case 'unavailable':
      return { target: step.unavailable };
    default:
      return result satisfies never;
  }
}
