import { enterCollect, onCollectEvent, waitOfCollect } from './collect.ts';
import type { DialStep, HoursStep, IvrDefinition, IvrStep, QueueStep } from './flow-definition.ts';
import type { DialOutcome, FlowEvent, Move, Stage, Wait } from './flow-state.ts';
import { enterMenu, onMenuEvent, waitOfMenu } from './menu.ts';
import { onNumberLookupEvent, waitOfNumberLookup } from './number-lookup.ts';
import { isOpen } from './opening-hours.ts';
import { enterPlay, onPlayEvent, waitOfPlay } from './play.ts';

type Calendars = IvrDefinition['calendars'];

interface Entering {
  readonly ahead: string;
  readonly atMs: number;
  readonly calendars: Calendars;
}

/** What a step begins with. `ahead` are keys pressed before, which may count for it. */
export function enterStep(step: IvrStep, { ahead, atMs, calendars }: Entering): Move {
  switch (step.kind) {
    case 'play':
      return enterPlay(step, ahead);
    case 'menu':
      return enterMenu(step, ahead);
    case 'collect':
      return enterCollect(step, ahead);
    case 'dial':
      return { to: 'stage', stage: { name: 'dialling', step } };
    case 'hours':
      return { to: 'target', target: targetOfHours(step, calendars, atMs), ahead };
    case 'lookup':
      return { to: 'stage', stage: { name: 'number-lookup', step, ahead } };
    case 'queue':
      return enterQueue(step);
    case 'dialplan':
      return { to: 'exit', exit: { type: 'leave-to-dialplan', target: step.target } };
    default:
      return step satisfies never;
  }
}

function enterQueue(step: QueueStep): Move {
  return { to: 'exit', exit: { type: 'enter-queue', queue: step.queue, prompt: step.prompt, afterwards: step.next } };
}

/** A calendar that is not there (validate.ts finds it at the start) counts as open: a call is rather answered. */
function targetOfHours(step: HoursStep, calendars: Calendars, atMs: number): string {
  const calendar = Object.hasOwn(calendars, step.calendar) ? calendars[step.calendar] : undefined;
  return calendar === undefined || isOpen(calendar, atMs) ? step.open : step.closed;
}

/** What a stage answers to an event. */
export function onEvent(stage: Stage, event: FlowEvent): Move {
  switch (stage.name) {
    case 'silence':
    case 'saying':
    case 'tone':
      return onPlayEvent(stage, event);
    case 'menu-prompt':
    case 'menu-wait':
    case 'menu-refused':
      return onMenuEvent(stage, event);
    case 'code-prompt':
    case 'code-first':
    case 'code-digits':
    case 'code-lookup':
    case 'code-refused':
      return onCollectEvent(stage, event);
    case 'number-lookup':
      return onNumberLookupEvent(stage, event);
    case 'dialling':
      return event.type === 'dial-ended' ? { to: 'target', target: targetOfDial(stage.step, event.outcome) } : null;
    case 'ended':
      return null;
    default:
      return stage satisfies never;
  }
}

/** What a stage waits for. */
export function waitOf(stage: Stage): Wait {
  switch (stage.name) {
    case 'silence':
    case 'saying':
    case 'tone':
      return waitOfPlay(stage);
    case 'menu-prompt':
    case 'menu-wait':
    case 'menu-refused':
      return waitOfMenu(stage);
    case 'code-prompt':
    case 'code-first':
    case 'code-digits':
    case 'code-lookup':
    case 'code-refused':
      return waitOfCollect(stage);
    case 'number-lookup':
      return waitOfNumberLookup(stage);
    case 'dialling':
      return { dial: { extension: stage.step.extension, ringTimeoutMs: stage.step.ringTimeoutMs } };
    case 'ended':
      return {};
    default:
      return stage satisfies never;
  }
}

function targetOfDial(step: DialStep, outcome: DialOutcome): string {
  switch (outcome) {
    case 'talked':
      return step.ended;
    case 'no-answer':
      return step.noAnswer;
    case 'busy':
    case 'rejected':
      return step.busy;
    case 'unreachable':
      return step.unreachable;
    default:
      return outcome satisfies never;
  }
}
