import { z } from 'zod';
import { findCircles } from '../core/ivr/circles.ts';
import type { IvrDefinition } from '../core/ivr/flow-definition.ts';
import type { ProgrammeOverrides } from '../core/programme/settings.ts';
import type { QueueSettings } from '../core/queue/settings.ts';
import { accountSource } from './account-section.ts';
import { calendar } from './calendar-section.ts';
import {
  asteriskSection,
  databaseSection,
  httpSection,
  language,
  limitsSection,
  logSection,
  membersSection,
  queueingSection,
  xmppSection,
} from './general-sections.ts';
import { startStep, step, stepName } from './ivr-section.ts';
import { keepSection } from './keep-section.ts';
import { lookup } from './lookup-section.ts';
import { type ProgrammeFinding, programmeFindings } from './programme-section.ts';
import { queueLogSection } from './queue-log-section.ts';
import { queueFields, queueSettings } from './queue-section.ts';
import { penaltyRule, rulesByName, skillRule } from './rule-sections.ts';
import { className, musicClass, soundsSection } from './sound-section.ts';
import type { KnownNames } from './step-fields.ts';
import { switchesSection } from './switches-section.ts';
import { duration, line, name, reference, section } from './values.ts';

/** The whole file. `known` are the names in it, so that a reference that leads nowhere is found where it stands. */
export function configSchema(known: KnownNames) {
  return section({
    language: language().prefault('en').describe('Language of prompts where the channel has none.'),
    limits: limitsSection.prefault({}),
    log: logSection.prefault({}),
    asterisk: asteriskSection.prefault({}),
    switches: switchesSection.optional(),
    'switches-close-after': duration({ minMs: 1000, maxMs: 3_600_000 })
      .prefault('30s')
      .describe(
        'With several switches: calls of one on which no process has acted for so long, or whose process has not reached its Asterisk, are closed by the others ([switches.md](switches.md)).',
      ),
    members: membersSection.prefault({}),
    xmpp: xmppSection.prefault({}),
    database: databaseSection.prefault({}),
    http: httpSection.prefault({}),
    keep: keepSection.prefault({}),
    lookups: z.record(name('lookup'), lookup).prefault({}),
    calendars: z.record(name('calendar'), calendar).prefault({}),
    accounts: z.record(name('account source'), accountSource).prefault({}),
    sounds: soundsSection.prefault({}),
    'music-classes': z.record(className(), musicClass).optional(),
    strategies: z
      .record(name('strategy'), line(1000))
      .prefault({})
      .meta({ kind: 'names with files' })
      .describe(
        'Strategies of your own: name and file of a module, relative to this file ([strategies.md](strategies.md)).',
      ),
    'penalty-rules': z.record(name('penalty rule'), penaltyRule).prefault({}),
    'skill-rules': z.record(name('skill rule'), skillRule).prefault({}),
    queueing: queueingSection.prefault({}),
    'queue-log': queueLogSection.prefault({}),
    queues: z
      .record(name('queue'), queueFields(known))
      .transform((queues) => Object.entries(queues).map(([queue, written]) => queueSettings(queue, written, known)))
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
  }).superRefine(refuseProgrammes);
}

interface WithProgrammes {
  readonly queues: readonly QueueSettings[];
  readonly 'music-classes'?: Readonly<Record<string, { readonly programme: ProgrammeOverrides }>> | undefined;
}

/** A programme must be possible with what lies below it: the queue's with its class's, the class's with the defaults. */
function refuseProgrammes({ queues, 'music-classes': classes = {} }: WithProgrammes, context: z.RefinementCtx): void {
  // What is wrong by itself is not there as it would be.
  if (context.issues.length > 0) return;
  const refuse = (place: readonly string[], findings: readonly ProgrammeFinding[]) => {
    for (const { path, reason } of findings) {
      context.addIssue({ code: 'custom', path: [...place, 'programme', ...path], message: reason });
    }
  };
  for (const [name, { programme }] of Object.entries(classes)) {
    refuse(['music-classes', name], programmeFindings(programme));
  }
  for (const { name, musicClass: className, programme } of queues) {
    const ofClass = Object.hasOwn(classes, className) ? classes[className]?.programme : undefined;
    refuse(['queues', name], programmeFindings(ofClass ?? {}, programme));
  }
}

/** Steps that lead in a circle without ever waiting would keep a call and the processor busy for ever. */
function refuseCircles(ivr: Omit<IvrDefinition, 'calendars'>, context: z.RefinementCtx): void {
  for (const { steps, isEndless } of findCircles({ ...ivr, calendars: {} })) {
    const [first] = steps;
    if (!isEndless || first === undefined) continue;
    const message = `runs in a circle without a prompt or a wait: ${[...steps, first].join(' → ')}`;
    context.addIssue({ code: 'custom', path: ['steps', first], message, params: { steps } });
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
    accounts: Object.keys(asGroup(top['accounts'])),
    strategies: Object.keys(asGroup(top['strategies'])),
    penaltyRules: rulesByName(top['penalty-rules'], penaltyRule),
    skillRules: rulesByName(top['skill-rules'], skillRule),
  };
}

function asGroup(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
