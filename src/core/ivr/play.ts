import type { PlayStep } from './flow-definition.ts';
import type { FlowEffect, FlowEvent, Move, PlayStage, Wait } from './flow-state.ts';

/** Q.850 causes of a hang-up after a tone, as the dialplan's Busy() and Congestion() give them. */
const TONE_CAUSES: Readonly<Record<string, number>> = { busy: 17, congestion: 34 };

const NORMAL_CLEARING = 16;

export function enterPlay(step: PlayStep, ahead: string): Move {
  const effects: FlowEffect[] = [];
  if (step.answer) effects.push({ type: 'answer' });
  if (step.language !== null) effects.push({ type: 'set-language', language: step.language });
  const isSilent = step.silenceMs === 0 && step.prompt.length === 0 && step.tone === null;
  if (isSilent) return { to: 'target', target: step.next, ahead, effects };
  return { to: 'stage', stage: step.silenceMs > 0 ? { name: 'silence', step } : { name: 'saying', step }, effects };
}

export function waitOfPlay({ name, step }: PlayStage): Wait {
  switch (name) {
    case 'silence':
      return { timerMs: step.silenceMs };
    case 'saying':
      return { play: step.prompt };
    case 'tone':
      return step.tone === null ? { play: [] } : { play: [`tone:${step.tone.name}`], timerMs: step.tone.lengthMs };
    default:
      return name satisfies never;
  }
}

export function onPlayEvent({ name, step }: PlayStage, event: FlowEvent): Move {
  const isOver = event.type === 'timer' || event.type === 'played';
  if (event.type === 'digit' && name !== 'tone') return afterSaying(step, event.digit);
  if (!isOver) return null;
  switch (name) {
    case 'silence':
      return { to: 'stage', stage: { name: 'saying', step } };
    case 'saying':
      return afterSaying(step, '');
    case 'tone':
      return leave(step, '');
    default:
      return name satisfies never;
  }
}

function afterSaying(step: PlayStep, ahead: string): Move {
  return step.tone === null ? leave(step, ahead) : { to: 'stage', stage: { name: 'tone', step } };
}

function leave(step: PlayStep, ahead: string): Move {
  if (step.next !== 'hangup') return { to: 'target', target: step.next, ahead };
  const causeCode = (step.tone && TONE_CAUSES[step.tone.name]) ?? NORMAL_CLEARING;
  return { to: 'exit', exit: { type: 'hangup', causeCode } };
}
