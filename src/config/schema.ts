import { z } from 'zod';
import { findCircles } from '../core/ivr/circles.ts';
import type { IvrDefinition } from '../core/ivr/flow-definition.ts';
import { calendar } from './calendar-section.ts';
import {
  asteriskSection,
  databaseSection,
  httpSection,
  language,
  limitsSection,
  logSection,
  membersSection,
  xmppSection,
} from './general-sections.ts';
import { startStep, step, stepName } from './ivr-section.ts';
import { lookup } from './lookup-section.ts';
import { queueFields, queueSettings } from './queue-section.ts';
import type { KnownNames } from './step-fields.ts';
import { name, reference, section } from './values.ts';

/** The whole file. `known` are the names in it, so that a reference that leads nowhere is found where it stands. */
export function configSchema(known: KnownNames) {
  return section({
    language: language().prefault('en').describe('Language of prompts where the channel has none.'),
    limits: limitsSection.prefault({}),
    log: logSection.prefault({}),
    asterisk: asteriskSection.prefault({}),
    members: membersSection.prefault({}),
    xmpp: xmppSection.prefault({}),
    database: databaseSection.prefault({}),
    http: httpSection.prefault({}),
    lookups: z.record(name('lookup'), lookup).prefault({}),
    calendars: z.record(name('calendar'), calendar).prefault({}),
    queues: z
      .record(name('queue'), queueFields)
      .transform((queues) => Object.entries(queues).map(([queue, written]) => queueSettings(queue, written)))
      .refine((queues) => queues.length > 0, { error: 'expected at least one queue' }),
    'default-queue': reference('queue', known.queues)
      .optional()
      .describe('The queue of `Stasis(queueapp,ID|CUSTOMER NAME)`; by default the first one.'),
    'customer-code-lookup': reference('lookup', known.lookups)
      .optional()
      .describe('Asked with the channel variable CUSTOMER_CODE when the dialplan sends a call straight into a queue.'),
    ivr: section({
      start: startStep(known),
      steps: z.record(stepName(), step(known)),
    }).superRefine(refuseCircles),
  });
}

/** Steps that lead in a circle without ever waiting would keep a call and the processor busy for ever. */
function refuseCircles(ivr: Omit<IvrDefinition, 'calendars'>, context: z.RefinementCtx): void {
  for (const { steps, isEndless } of findCircles({ ...ivr, calendars: {} })) {
    const [first] = steps;
    if (!isEndless || first === undefined) continue;
    const message = `runs in a circle without a prompt or a wait: ${[...steps, first].join(' → ')}`;
    context.addIssue({ code: 'custom', path: ['steps', first], message });
  }
}

/** A checked file, before the environment is added. */
export type CheckedFile = z.output<ReturnType<typeof configSchema>>;

/** Reads the names of things out of a file that is not checked yet. */
export function knownNames(file: unknown): KnownNames {
  const top = asGroup(file);
  return {
    steps: Object.keys(asGroup(asGroup(top['ivr'])['steps'])),
    queues: Object.keys(asGroup(top['queues'])),
    lookups: Object.keys(asGroup(top['lookups'])),
    calendars: Object.keys(asGroup(top['calendars'])),
  };
}

function asGroup(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
