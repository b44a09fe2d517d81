import { z } from 'zod';
import { queueName } from '../core/ids.ts';
import { type IvrStep, RESERVED_TARGETS } from '../core/ivr/flow-definition.ts';
import { shown } from './findings.ts';
import { didYouMean } from './nearest.ts';
import { KINDS, type KnownNames, stepFields } from './step-fields.ts';
import { wording } from './wording.ts';

type Fields = ReturnType<typeof stepFields>;
type Written<Kind extends keyof Fields> = z.output<Fields[Kind]>;

/** One step of any kind, in the machine's own terms. */
export function step(known: KnownNames) {
  const fields = stepFields(known);
  const group = z.record(z.string(), z.unknown(), {
    error: ({ input }) => `expected a group of settings, got ${shown(input)}`,
  });
  return group.transform((written, context): IvrStep => {
    const [kind = 'play', second] = KINDS.filter((name) => written[name] !== undefined);
    if (second !== undefined) {
      refuse(context, `a step does one thing, this one has ${kind} and ${second}`, [second]);
      return z.NEVER;
    }
    const isNested = kind !== 'play' && kind !== 'queue';
    if (isNested) refuseOthers(kind, Object.keys(written), context);
    const checked = fields[kind].safeParse(isNested ? written[kind] : written, { error: wording });
    if (checked.success) return converted(kind, checked.data, context);
    for (const issue of checked.error.issues) {
      const path = isNested ? [kind, ...issue.path] : issue.path;
      context.issues.push({ ...issue, input: written, path } as z.core.$ZodRawIssue);
    }
    return z.NEVER;
  });
}

type Context = z.RefinementCtx;

function refuse(context: Context, message: string, path: string[] = []): void {
  context.issues.push({ code: 'custom', input: undefined, path, message });
}

function refuseOthers(kind: string, keys: readonly string[], context: Context): void {
  for (const key of keys) {
    if (key === kind) continue;
    const message = `is no setting beside ${kind}; all settings of a ${kind} step are written under ${kind}`;
    refuse(context, message, [key]);
  }
}

function converted(kind: keyof Fields, data: unknown, context: Context): IvrStep {
  switch (kind) {
    case 'play':
      return playStep(data as Written<'play'>, context);
    case 'menu': {
      const { 'wrong-key': wrongKey, wait: waitMs, ...written } = data as Written<'menu'>;
      return { kind, ...written, waitMs, wrongKey };
    }
    case 'collect':
      return collectStep(data as Written<'collect'>);
    case 'dial': {
      const written = data as Written<'dial'>;
      const noAnswer = written['no-answer'];
      const { extension, ring: ringTimeoutMs, busy = noAnswer, unreachable = noAnswer, ended = 'hangup' } = written;
      return { kind, extension, ringTimeoutMs, noAnswer, busy, unreachable, ended };
    }
    case 'hours':
      return { kind, ...(data as Written<'hours'>) };
    case 'lookup': {
      const { 'not-found': notFound, unavailable = notFound, ...written } = data as Written<'lookup'>;
      return { kind, ...written, notFound, unavailable };
    }
    case 'queue': {
      const written = data as Written<'queue'>;
      return { kind, ...written, queue: queueName(written.queue) };
    }
    case 'dialplan':
      return { kind, target: data as Written<'dialplan'> };
  }
}

function playStep(written: Written<'play'>, context: Context): IvrStep {
  if (written.next === undefined && written.hangup !== true)
    refuse(context, 'does not say where it goes on: it needs next, or hangup: true');
  if (written.next !== undefined && written.hangup === true)
    refuse(context, 'has next and hangup: true; keep one of them');
  return {
    kind: 'play',
    answer: written.answer,
    language: written.language ?? null,
    silenceMs: written.silence,
    prompt: written.play,
    tone: written.tone === undefined ? null : { name: written.tone, lengthMs: written['tone-length'] },
    next: written.next ?? 'hangup',
  };
}

function collectStep(written: Written<'collect'>): IvrStep {
  const { prompt: asks, digits, tries, lookup, invalid, again, found, failed, unavailable = found } = written;
  return {
    kind: 'collect',
    ...{ prompt: asks, digits, tries, lookup, invalid, again, found, failed, unavailable },
    endKey: written['end-key'] === 'none' ? null : written['end-key'],
    firstDigitMs: written['first-digit'],
    betweenDigitsMs: written['between-digits'],
  };
}

/** The name of a step; targets' own words can't be one. */
export const stepName = () =>
  z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, {
      error: 'the name of a step is made of letters, digits, - and _, at most 64',
    })
    .refine((written) => !(RESERVED_TARGETS as readonly string[]).includes(written), {
      error: ({ input }) => `${shown(input)} is a target of its own and can't be the name of a step`,
    });

/** Where `Stasis(queueapp)` begins. */
export function startStep(known: KnownNames) {
  return z
    .string()
    .refine((written) => known.steps.includes(written), {
      error: ({ input }) => `there is no step ${shown(input)}${didYouMean(String(input), known.steps)}`,
    })
    .meta({ kind: 'name of a step' })
    .describe('Where `Stasis(queueapp)` begins. `Stasis(queueapp,menu,NAME)` begins at the step NAME.');
}
