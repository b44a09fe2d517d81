import { z } from 'zod';
import { shown } from './findings.ts';
import { address, count, duration, line, section, template } from './values.ts';

/** Headers whose value is a secret in all likelihood. */
const SECRET_HEADER = /auth|cookie|token|secret|api-?key/i;

const fromEnvironment = section({
  env: z
    .string()
    .regex(/^[A-Z][A-Z0-9_]{0,63}$/, { error: 'expected the name of an environment variable such as CRM_TOKEN' }),
});

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,64}$/, { error: 'is no name of an HTTP header' });

/** Headers of a request; secret ones are named variables of the environment. */
const headers = z
  .record(headerName, z.unknown())
  .transform((written, context) => {
    const plain: Record<string, string> = {};
    const variables: Record<string, string> = {};
    for (const [name, value] of Object.entries(written)) {
      const refuse = (message: string) => context.issues.push({ code: 'custom', input: value, path: [name], message });
      const reference = fromEnvironment.safeParse(value);
      if (reference.success) variables[name] = reference.data.env;
      else if (typeof value !== 'string' || !line(1000).safeParse(value).success) {
        refuse(`expected text, or { env: NAME } for a value from the environment, got ${shown(value)}`);
      } else if (SECRET_HEADER.test(name)) {
        refuse('secrets have no place in this file; write { env: NAME } and set NAME in the environment');
      } else plain[name] = value;
    }
    return { plain, variables };
  })
  .meta({ kind: 'text by header, or `{ env: NAME }`' });

/** What every source has in common that is asked by a statement or over HTTP. */
export function askedFields(placeholders: readonly string[]) {
  return {
    sql: z.string().min(1).max(10_000).optional(),
    http: template(placeholders, 2000)
      .pipe(address(['http', 'https'], 'use headers with { env: NAME }'))
      .optional(),
    headers: headers.optional(),
    timeout: duration({ minMs: 50, maxMs: 30_000 }).prefault('2s').describe('Longest time of one try.'),
    retries: count(0, 5).prefault(1),
  };
}

interface WrittenWay {
  readonly sql?: string | undefined;
  readonly http?: string | undefined;
  readonly headers?: z.output<typeof headers> | undefined;
}

/** How a source is asked, with the names of the environment variables that its headers need. */
export type AskedWay =
  | {
      readonly type: 'http';
      readonly url: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly headerVariables: Readonly<Record<string, string>>;
    }
  | { readonly type: 'sql'; readonly sql: string; readonly headerVariables: Readonly<Record<string, string>> };

/** Exactly one of `sql` and `http`; `what` is the source in words, "a lookup". */
export function askedWay(
  written: WrittenWay,
  { what, refuse }: { readonly what: string; readonly refuse: (path: string[], message: string) => void },
): AskedWay {
  if (written.http === undefined) {
    if (written.headers !== undefined) refuse(['headers'], 'belongs to http');
    if (written.sql === undefined) refuse([], `${what} needs sql or http`);
    return { type: 'sql', sql: written.sql ?? '', headerVariables: {} };
  }
  if (written.sql !== undefined) refuse(['http'], `${what} has either sql or http, not both`);
  if (/^https?:\/\/[^/?#]*\{/i.test(written.http)) refuse(['http'], 'a placeholder may not stand in the host');
  const { plain = {}, variables = {} } = written.headers ?? {};
  return { type: 'http', url: written.http, headers: plain, headerVariables: variables };
}

/** Without the name, which is the key in the file; of a union each member for itself. */
export type Nameless<Settings> = Settings extends unknown ? Omit<Settings, 'name'> : never;
