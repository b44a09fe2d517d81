import { z } from 'zod';
import { promptMedia } from '../core/ivr/flow-definition.ts';
import { shown } from './findings.ts';
import { didYouMean } from './nearest.ts';
import { unknownKeys } from './wording.ts';

/** What a group of settings is, for messages about keys that it does not have. */
interface SectionOptions {
  /** Name of the top-level section; it decides the advice on secrets. */
  readonly name?: string;
  /** Further keys that may be meant, beside those of the group. */
  readonly alsoKnown?: readonly string[];
}

/** A group of settings with these names and no others. */
export function section<Shape extends z.core.$ZodShape>(shape: Shape, { name, alsoKnown = [] }: SectionOptions = {}) {
  const known = [...Object.keys(shape), ...alsoKnown];
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys, known, name) : undefined),
  });
}

const UNITS_MS = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const DURATION = /^(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|m|min|h|d)?$/;
const DAY_MS = UNITS_MS.d;

/** A length of time, `300ms`, `15s`, `2m`, `1h`, `7d`, or a bare number of seconds; becomes milliseconds. */
export function duration({ minMs = 0, maxMs = DAY_MS }: { minMs?: number; maxMs?: number } = {}) {
  const example = 'expected a duration such as 15s';
  return z
    .union([z.string(), z.number()], { error: ({ input }) => missingOr(input, `${example}, got ${shown(input)}`) })
    .transform((written, context) => {
      const ms = durationMs(String(written));
      if (ms !== null && ms >= minMs && ms <= maxMs) return ms;
      const range = `expected a duration from ${durationText(minMs)} to ${durationText(maxMs)}`;
      context.issues.push({
        code: 'custom',
        input: written,
        message: `${ms === null ? example : range}, got ${shown(written)}`,
      });
      return z.NEVER;
    })
    .meta({ kind: 'duration' });
}

/** Reads `15s` as 15000; `null` when it is no duration. */
export function durationMs(text: string): number | null {
  const match = DURATION.exec(text.trim());
  if (match === null) return null;
  const unit = (match[2] ?? 's') as keyof typeof UNITS_MS;
  return Math.round(Number(match[1]) * UNITS_MS[unit]);
}

/** Writes 15000 as `15s`, in the largest unit that is whole; a single day is 24 hours. */
export function durationText(ms: number): string {
  const isWhole = (name: 'd' | 'h' | 'm' | 's') =>
    ms >= UNITS_MS[name] && ms % UNITS_MS[name] === 0 && (name !== 'd' || ms > DAY_MS);
  const unit = (['d', 'h', 'm', 's'] as const).find(isWhole) ?? 'ms';
  return ms === 0 ? '0s' : `${ms / UNITS_MS[unit]}${unit}`;
}

/** How loud something is, `10%`, up to twice its own level; becomes the gain 0.1. */
export function percent() {
  const example = 'expected a level from 0% to 200%, such as 10%';
  return z
    .union([z.string(), z.number()], { error: ({ input }) => missingOr(input, `${example}, got ${shown(input)}`) })
    .transform((written, context) => {
      const match = /^(\d{1,3}(?:\.\d{1,3})?)\s*%$/.exec(String(written).trim());
      const gain = Number(match?.[1]) / 100;
      if (gain <= 2) return gain;
      context.issues.push({ code: 'custom', input: written, message: `${example}, got ${shown(written)}` });
      return z.NEVER;
    })
    .meta({ kind: 'level in percent' });
}

/** Writes 0.1 as `10%`. */
export const percentText = (gain: number) => `${Math.round(gain * 100_000) / 1000}%`;

/** A whole number within limits. */
export function count(min: number, max: number) {
  return z
    .int()
    .min(min)
    .max(max)
    .meta({ kind: `number from ${min} to ${max}` });
}

/** `true` or `false`; `yes` and `no`, as Asterisk writes it, mean the same. */
export const flag = () =>
  z
    .union([z.boolean(), z.enum(['yes', 'no'])], {
      error: ({ input }) => missingOr(input, `expected true or false, got ${shown(input)}`),
    })
    .transform((written) => written === true || written === 'yes')
    .meta({ kind: 'true or false' });

/** Text on one line, without control characters. */
export function line(max = 200) {
  return z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !hasControlCharacter(text), { error: 'must not hold line breaks or control characters' })
    .meta({ kind: 'text' });
}

/** A number that people dial; unquoted ones are numbers to YAML. */
export function dialled() {
  return z
    .union([z.string(), z.int().nonnegative()], {
      error: ({ input }) => missingOr(input, `expected a number such as '2000', got ${shown(input)}`),
    })
    .transform(String)
    .refine((text) => /^[A-Za-z0-9*#+_.-]{1,40}$/.test(text), {
      error: ({ input }) => `expected a number such as '2000', got ${shown(input)}`,
    })
    .meta({ kind: 'number or name' });
}

/** One key, as the name of a setting. */
export const telephoneKey = () =>
  z.string().regex(/^[0-9*#A-D]$/, { error: 'is no key of a telephone (0 to 9, *, #, A to D)' });

/** Names of queues, steps, lookups and calendars: they are written in the dialplan, in queue_log and in chat commands. */
export function name(what: string) {
  return z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, {
    error: () => `the name of a ${what} is made of letters, digits, - and _, at most 64`,
  });
}

/** One of the names that the file itself gives to things. */
export function reference(what: string, known: readonly string[]) {
  return z
    .string()
    .refine((written) => known.includes(written), {
      error: ({ input }) => `there is no ${what} ${shown(input)}${noSuch(String(input), known)}`,
    })
    .meta({ kind: `name of a ${what}` });
}

function noSuch(written: string, known: readonly string[]): string {
  const near = didYouMean(written, known);
  if (near !== '' || known.length === 0) return near;
  return known.length <= 12 ? ` (there are: ${known.join(', ')})` : '';
}

const MEDIA =
  /^(?:(?:sound|recording|number|digits|characters|tone):)?[A-Za-z0-9][\w./+@;=-]*$|^(?:sound:)?\/[\w./+@-]+$/;

/** One prompt or several, one after another; `queueapp/welcome` becomes `sound:queueapp/welcome`. */
export function prompt() {
  const one = z
    .string()
    .max(200)
    .regex(MEDIA, { error: ({ input }) => `expected a prompt such as queueapp/welcome, got ${shown(input)}` });
  return z
    .preprocess((written) => (typeof written === 'string' ? [written] : written), z.array(one).max(20))
    .transform((prompts): readonly string[] => prompts.map(promptMedia))
    .meta({ kind: 'prompt, or list of prompts' });
}

/** Text with placeholders in braces, of which only these may occur. */
export function template(placeholders: readonly string[], max = 200) {
  return line(max)
    .superRefine((text, context) => {
      for (const [, placeholder = ''] of text.matchAll(/\{([^{}]*)\}/g)) {
        if (placeholders.includes(placeholder)) continue;
        const message = `there is no placeholder {${placeholder}} (there are: ${placeholders.map((word) => `{${word}}`).join(', ')})`;
        context.addIssue({ code: 'custom', message });
      }
    })
    .meta({ kind: 'text with placeholders' });
}

/** An XMPP address without a resource: `crm@example.org`. */
export function bareJid() {
  return z
    .string()
    .max(1023)
    .regex(/^[^\s@/"&'<>:]{1,255}@[A-Za-z0-9.[\]:-]{1,255}$/, {
      error: ({ input }) => `expected an XMPP address such as crm@example.org, without a resource, got ${shown(input)}`,
    })
    .meta({ kind: 'XMPP address' });
}

/** An absolute address of one of these kinds, without a password in it. `{placeholders}` may stand behind the host. */
export function address(protocols: readonly string[], secretAdvice: string) {
  return z
    .string()
    .max(2000)
    .superRefine((text, context) => {
      const url = URL.canParse(text) ? new URL(text) : null;
      const kinds = protocols.map((protocol) => `${protocol}://`).join(' or ');
      // Only the start is shown: what follows may hold a password.
      if (url === null || !protocols.includes(url.protocol.slice(0, -1)) || url.hostname === '') {
        context.addIssue({ code: 'custom', message: `expected an address that begins with ${kinds} and names a host` });
      } else if (url.username !== '' || url.password !== '') {
        context.addIssue({ code: 'custom', message: `a password has no place in an address; ${secretAdvice}` });
      }
    })
    .meta({ kind: 'address' });
}

const missingOr = (input: unknown, message: string) => (input === undefined ? 'is missing' : message);

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f');
}
