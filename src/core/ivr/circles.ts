import type { IvrDefinition, IvrStep, Target } from './flow-definition.ts';

/** Steps that lead to one another and back to the first. */
export interface Circle {
  readonly steps: readonly string[];
  /** Whether it never waits; otherwise it may wait, depending on a phone, a lookup or a queue. */
  readonly isEndless: boolean;
}

/** Finds the circles in which a call can run without hearing or being waited for. Each step is in at most one of those told. */
export function findCircles({ steps }: IvrDefinition): Circle[] {
  const endless = circlesAlong(steps, passesAtOnce);
  const told = new Set(endless.flat());
  const possible = circlesAlong(steps, (step) => [...passesAtOnce(step), ...mayPassAtOnce(step)]);
  return [
    ...endless.map((circle) => ({ steps: circle, isEndless: true })),
    ...possible
      .filter((circle) => !circle.some((name) => told.has(name)))
      .map((circle) => ({ steps: circle, isEndless: false })),
  ];
}

type Steps = IvrDefinition['steps'];

/** Where a step leads without any wait. */
function passesAtOnce(step: IvrStep): Target[] {
  if (step.kind === 'hours') return [step.open, step.closed];
  if (step.kind === 'menu') return step.prompt.length === 0 && step.waitMs === 0 ? [step.nothing] : [];
  if (step.kind !== 'play') return [];
  return step.silenceMs === 0 && step.prompt.length === 0 && step.tone === null ? [step.next] : [];
}

/** Where a step leads without a wait if the other side answers at once: not found, busy, nobody in the queue. */
function mayPassAtOnce(step: IvrStep): Target[] {
  if (step.kind === 'lookup') return [step.found, step.notFound, step.unavailable];
  if (step.kind === 'dial') return [step.busy, step.unreachable];
  return step.kind === 'queue' && step.prompt.length === 0 ? [step.next] : [];
}

function circlesAlong(steps: Steps, targetsOf: (step: IvrStep) => Target[]): string[][] {
  const told = new Set<string>();
  const circles: string[][] = [];
  for (const name of Object.keys(steps)) {
    const circle = told.has(name) ? null : circleFrom(name, steps, targetsOf);
    if (circle?.every((member) => !told.has(member))) {
      circles.push(circle);
      for (const member of circle) told.add(member);
    }
  }
  return circles;
}

/** The shortest way from a step back to itself, by breadth-first search. */
function circleFrom(start: string, steps: Steps, targetsOf: (step: IvrStep) => Target[]): string[] | null {
  const cameFrom = new Map<string, string>();
  const toVisit = [start];
  for (const name of toVisit) {
    const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
    for (const target of step === undefined ? [] : targetsOf(step)) {
      if (target === start) return wayTo(name, cameFrom);
      if (cameFrom.has(target)) continue;
      cameFrom.set(target, name);
      toVisit.push(target);
    }
  }
  return null;
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way: string[] = [];
  for (let name: string | undefined = end; name !== undefined; name = cameFrom.get(name)) way.unshift(name);
  return way;
}
