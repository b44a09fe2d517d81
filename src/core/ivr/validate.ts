import { findCircles } from './circles.ts';
import { type IvrDefinition, type IvrStep, RESERVED_TARGETS, type Target } from './flow-definition.ts';
import { isTimeZone } from './opening-hours.ts';

/** Something wrong (`error`: the application does not start) or odd (`warning`) in the configured IVR. */
export interface IvrFinding {
  readonly severity: 'error' | 'warning';
  /** Where it stands in the YAML file, from the top: `['ivr', 'steps', 'main', 'menu', 'keys', '1']`. */
  readonly path: readonly string[];
  readonly message: string;
}

/** The names that exist elsewhere in the configuration. */
export interface KnownNames {
  readonly queues: Iterable<string>;
  readonly lookups: Iterable<string>;
  /** Steps that are entered from elsewhere: by the exit keys of queues. @default none */
  readonly entrances?: Iterable<string>;
}

/** Where a step can lead, with the YAML keys that say so. */
export interface Reference {
  readonly path: readonly string[];
  readonly target: Target;
}

/** Checks that every name in the IVR points at something, that every step can be reached, and that nothing runs in a circle. */
export function validateIvr(definition: IvrDefinition, known: KnownNames): IvrFinding[] {
  return [
    ...wrongTargets(definition),
    ...wrongNames(definition, known),
    ...wrongCalendars(definition),
    ...unreachableSteps(definition, known.entrances ?? []),
    ...findCircles(definition).map(({ steps, isEndless }): IvrFinding => {
      const way = [...steps, steps[0]].join(' → ');
      return {
        severity: isEndless ? 'error' : 'warning',
        path: stepPath(steps[0] ?? ''),
        message: isEndless
          ? `Steps run in a circle without a prompt or a wait: ${way}`
          : `Steps can run in a circle without a prompt or a wait, when nobody answers at once: ${way}`,
      };
    }),
  ];
}

/** Every place to which a step can lead. */
export function referencesOf(step: IvrStep): Reference[] {
  const at = (...path: string[]) => ({ to: (target: Target): Reference => ({ path, target }) });
  switch (step.kind) {
    case 'play':
    case 'queue':
      return [at('next').to(step.next)];
    case 'menu':
      return [
        ...Object.entries(step.keys).map(([key, target]) => at('menu', 'keys', key).to(target)),
        at('menu', 'nothing').to(step.nothing),
      ];
    case 'collect':
      return [
        at('collect', 'found').to(step.found),
        at('collect', 'failed').to(step.failed),
        at('collect', 'unavailable').to(step.unavailable),
      ];
    case 'dial':
      return [
        at('dial', 'no-answer').to(step.noAnswer),
        at('dial', 'busy').to(step.busy),
        at('dial', 'unreachable').to(step.unreachable),
        at('dial', 'ended').to(step.ended),
      ];
    case 'hours':
      return [at('hours', 'open').to(step.open), at('hours', 'closed').to(step.closed)];
    case 'lookup':
      return [
        at('lookup', 'found').to(step.found),
        at('lookup', 'not-found').to(step.notFound),
        at('lookup', 'unavailable').to(step.unavailable),
      ];
    case 'dialplan':
      return [];
    default:
      return step satisfies never;
  }
}

function stepPath(name: string, rest: readonly string[] = []): string[] {
  return ['ivr', 'steps', name, ...rest];
}

/** Whether it is a target that is no step. */
export function isReserved(name: string): boolean {
  return (RESERVED_TARGETS as readonly string[]).includes(name);
}

function wrongTargets({ start, steps }: IvrDefinition): IvrFinding[] {
  const findings: IvrFinding[] = [];
  const error = (path: readonly string[], message: string) => findings.push({ severity: 'error', path, message });
  if (!Object.hasOwn(steps, start)) error(['ivr', 'start'], `The IVR starts at "${start}", which is no step`);
  for (const [name, step] of Object.entries(steps)) {
    if (isReserved(name)) error(stepPath(name), `No step may be called "${name}": the word has a meaning of its own`);
    for (const { path, target } of referencesOf(step)) {
      if (isReserved(target) || Object.hasOwn(steps, target)) continue;
      error(stepPath(name, path), `Step "${name}" leads to "${target}", which is no step`);
    }
  }
  return findings;
}

function wrongNames({ steps, calendars }: IvrDefinition, known: KnownNames): IvrFinding[] {
  const names = {
    queue: new Set(known.queues),
    lookup: new Set(known.lookups),
    calendar: new Set(Object.keys(calendars)),
  };
  const findings: IvrFinding[] = [];
  const check = (kind: keyof typeof names, name: string, path: readonly string[]) => {
    if (!names[kind].has(name))
      findings.push({ severity: 'error', path, message: `There is no ${kind} named "${name}"` });
  };
  for (const [name, step] of Object.entries(steps)) {
    if (step.kind === 'queue') check('queue', step.queue, stepPath(name, ['queue']));
    if (step.kind === 'collect') check('lookup', step.lookup, stepPath(name, ['collect', 'lookup']));
    if (step.kind === 'lookup') check('lookup', step.by, stepPath(name, ['lookup', 'by']));
    if (step.kind === 'hours') check('calendar', step.calendar, stepPath(name, ['hours', 'calendar']));
  }
  return findings;
}

function wrongCalendars({ calendars }: IvrDefinition): IvrFinding[] {
  return Object.entries(calendars)
    .filter(([, { timeZone }]) => !isTimeZone(timeZone))
    .map(([name, { timeZone }]) => ({
      severity: 'error',
      path: ['calendars', name, 'time-zone'],
      message: `There is no time zone named "${timeZone}"`,
    }));
}

/** Only a warning: `Stasis(queueapp,menu,NAME)` may enter there. */
function unreachableSteps({ start, steps }: IvrDefinition, entrances: Iterable<string>): IvrFinding[] {
  const reached = new Set([start, ...entrances]);
  for (const name of reached) {
    const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
    for (const { target } of step === undefined ? [] : referencesOf(step)) reached.add(target);
  }
  return Object.keys(steps)
    .filter((name) => !reached.has(name))
    .map((name) => ({
      severity: 'warning',
      path: stepPath(name),
      message: `No step leads to "${name}": only the dialplan can enter there, with Stasis(queueapp,menu,${name})`,
    }));
}
