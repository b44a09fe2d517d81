import type { InfoTopic } from '../events.ts';
import type { FlowResult } from './flow.ts';
import type { FlowEffect, FlowEvent, FlowState } from './flow-state.ts';

/** One thing that QueueMetrics' INFO lines tell of a caller's way. */
export interface WayMark {
  readonly topic: InfoTopic;
  readonly details: readonly string[];
}

/**
 * What an event in the IVR is worth telling: a key in a menu, a menu or code that is heard, and where it leads in the end. What is typed as a code
 * is the customer's and is told to nobody.
 */
export function wayMarks(
  before: FlowState | null,
  event: FlowEvent | null,
  { state, effects }: FlowResult,
): readonly WayMark[] {
  const marks: WayMark[] = [];
  if (before !== null && event?.type === 'digit' && before.stage.name.startsWith('menu-')) {
    marks.push({ topic: 'IVRAPPEND', details: [event.digit, before.step] });
  }
  if (state.step !== before?.step && /^(?:menu|code)-/.test(state.stage.name)) {
    marks.push({ topic: 'IVR', details: [state.step] });
  }
  const goals = effects.map(goalOf).filter((goal) => goal !== null);
  return [...marks, ...goals.map((goal) => ({ topic: 'IVRGOAL', details: [goal] }) as const)];
}

function goalOf(effect: FlowEffect): string | null {
  if (effect.type === 'enter-queue') return effect.queue;
  if (effect.type === 'dial') return effect.extension;
  return effect.type === 'leave-to-dialplan' ? (effect.target?.extension ?? 'dialplan') : null;
}
