import type { z } from 'zod';
import { shown } from './findings.ts';
import { didYouMean } from './nearest.ts';

type RawIssue = Parameters<z.core.$ZodErrorMap>[0];

/** Names of settings that hold a secret; they belong into the environment. */
const SECRET = /passw|secret|token|api-?key|credential/i;
const SECRET_VARIABLES: Readonly<Record<string, string>> = {
  asterisk: 'ARI_PASSWORD',
  xmpp: 'XMPP_PASSWORD',
  database: 'DATABASE_URL',
  http: 'API_TOKEN',
};

/** Says in words what zod found; what a schema says itself goes before it. */
export function wording(issue: RawIssue): string {
  const got = shown(issue.input);
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `expected ${aThing(issue.expected)}, got ${got}`;
    case 'invalid_value':
      return `expected ${oneOf(issue.values.map(String))}, got ${got}${suggestion(issue.input, issue.values.map(String))}`;
    case 'too_small':
      return `expected at least ${amount(issue.minimum, issue.origin)}, got ${quantity(issue.input)}`;
    case 'too_big':
      return `expected at most ${amount(issue.maximum, issue.origin)}, got ${quantity(issue.input)}`;
    case 'invalid_key':
      return firstMessage(issue.issues) ?? 'is no name that can be used here';
    default:
      return `can't be used, got ${got}`;
  }
}

/** What to say about keys that a section does not have: one line for each, in their order. */
export function unknownKeys(keys: readonly string[], known: readonly string[], section: string | undefined): string {
  return keys.map((key) => unknownKey(key, known, section)).join('\n');
}

function unknownKey(key: string, known: readonly string[], section: string | undefined): string {
  const variable = SECRET_VARIABLES[section ?? ''] ?? 'one of ARI_PASSWORD, XMPP_PASSWORD, DATABASE_URL, API_TOKEN';
  if (SECRET.test(key) || (section === 'database' && key === 'url')) {
    return `secrets have no place in this file; remove it and set ${variable} in the environment`;
  }
  const near = didYouMean(key, known);
  return `is no setting here${near === '' ? ` (there are: ${known.join(', ')})` : near}`;
}

const oneOf = (words: readonly string[]) => (words.length === 1 ? `${words[0]}` : `one of ${words.join(', ')}`);
const suggestion = (input: unknown, words: readonly string[]) =>
  typeof input === 'string' ? didYouMean(input, words) : '';
const firstMessage = (issues: readonly { readonly message?: string | undefined }[]) => issues[0]?.message;

function aThing(expected: string): string {
  const things: Readonly<Record<string, string>> = {
    object: 'a group of settings',
    record: 'a group of named things',
    array: 'a list',
    string: 'text',
    number: 'a number',
    int: 'a whole number',
    boolean: 'true or false',
  };
  return things[expected] ?? expected;
}

function amount(limit: number | bigint, origin: string): string {
  if (origin === 'string') return `${limit} characters`;
  if (origin === 'array' || origin === 'record' || origin === 'object')
    return limit === 1 ? 'one entry' : `${limit} entries`;
  return String(limit);
}

function quantity(input: unknown): string {
  if (Array.isArray(input)) return String(input.length);
  if (typeof input === 'object' && input !== null) return String(Object.keys(input).length);
  return shown(input);
}
