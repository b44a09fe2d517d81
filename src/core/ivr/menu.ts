import type { MenuStep, Target } from './flow-definition.ts';
import type { FlowEvent, MenuStage, Move, Wait } from './flow-state.ts';

/** A key pressed before the menu began is its choice when the menu has that key, and is forgotten otherwise. */
export function enterMenu(step: MenuStep, ahead: string): Move {
  const effects = [{ type: 'answer' }] as const;
  const choice = targetOf(step, ahead.slice(0, 1));
  if (choice !== undefined) return { to: 'target', target: choice, ahead: ahead.slice(1), effects };
  return { to: 'stage', stage: { name: 'menu-prompt', step, wrongKeys: 0 }, effects };
}

export function waitOfMenu({ name, step, wrongKeys }: MenuStage): Wait {
  switch (name) {
    case 'menu-prompt':
      return { play: wrongKeys === 0 ? step.prompt : [...step.wrongKey, ...step.prompt] };
    case 'menu-wait':
      return { timerMs: step.waitMs };
    case 'menu-refused':
      return { play: step.wrongKey };
    default:
      return name satisfies never;
  }
}

export function onMenuEvent(stage: MenuStage, event: FlowEvent): Move {
  if (event.type === 'digit') return onKey(stage, event.digit);
  if (event.type !== 'played' && event.type !== 'timer') return null;
  return stage.name === 'menu-prompt'
    ? { to: 'stage', stage: { ...stage, name: 'menu-wait' } }
    : { to: 'target', target: stage.step.nothing };
}

function onKey({ name, step, wrongKeys }: MenuStage, key: string): Move {
  const choice = targetOf(step, key);
  if (choice !== undefined) return { to: 'target', target: choice };
  if (name === 'menu-refused') return { to: 'target', target: step.nothing };
  const isLast = wrongKeys + 1 >= step.tries;
  return { to: 'stage', stage: { name: isLast ? 'menu-refused' : 'menu-prompt', step, wrongKeys: wrongKeys + 1 } };
}

/** Own keys only: a key comes from outside. */
function targetOf({ keys }: MenuStep, key: string): Target | undefined {
  return Object.hasOwn(keys, key) ? keys[key] : undefined;
}
