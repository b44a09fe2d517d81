import { z } from 'zod';
import { LOOKUP_PARAMETERS, type LookupParameter, type LookupSettings } from './config.ts';
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
export const headers = z
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

/** A lookup as the file says it, with the names of the environment variables that its headers need. */
export interface WrittenLookup {
  readonly settings: LookupSettings;
  readonly headerVariables: Readonly<Record<string, string>>;
}

export const lookupFields = section({
  sql: z
    .string()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'A statement for the database. `$1`, `$2`, … are `parameters` in order, passed apart from the text. The first row is the customer: its columns `id` and `name`, and all others as further fields.',
    ),
  parameters: z
    .array(z.enum(LOOKUP_PARAMETERS))
    .max(10)
    .optional()
    .describe("What the statement gets: `code` (the digits typed), `number`, `name` (the caller's)."),
  http: template(LOOKUP_PARAMETERS, 2000)
    .pipe(address(['http', 'https'], 'use headers with { env: NAME }'))
    .optional()
    .describe(
      'Instead of `sql`: an address that is asked by GET. `{code}`, `{number}`, `{name}` are put in percent-encoded. Status 200 with a JSON object (`id`, `name`, …) is a customer, 404 is none.',
    ),
  headers: headers
    .optional()
    .describe(
      'Headers of the request. A secret one is written `authorization: { env: CRM_AUTHORIZATION }` and set in the environment.',
    ),
  timeout: duration({ minMs: 50, maxMs: 30_000 }).prefault('2s').describe('Longest time of one try.'),
  retries: count(0, 5)
    .prefault(1)
    .describe('Further tries. Afterwards the source counts as unavailable: the call goes on without a customer.'),
});

/** One lookup: exactly one of `sql` and `http`. */
export const lookup = lookupFields.transform(
  (written, context): Omit<WrittenLookup, 'settings'> & { settings: NamelessLookup } => {
    const refuse = (path: string[], message: string) =>
      context.issues.push({ code: 'custom', input: written, path, message });
    const limits = { timeoutMs: written.timeout, retries: written.retries };
    if (written.http !== undefined) {
      if (written.sql !== undefined) refuse(['http'], 'a lookup has either sql or http, not both');
      if (written.parameters !== undefined)
        refuse(['parameters'], 'belongs to sql; http takes {code}, {number}, {name} in its address');
      if (/^https?:\/\/[^/?#]*\{/i.test(written.http)) refuse(['http'], 'a placeholder may not stand in the host');
      const { plain = {}, variables = {} } = written.headers ?? {};
      return { settings: { type: 'http', url: written.http, headers: plain, ...limits }, headerVariables: variables };
    }
    if (written.headers !== undefined) refuse(['headers'], 'belongs to http');
    if (written.sql === undefined) refuse([], 'a lookup needs sql or http');
    const sql = written.sql ?? '';
    const wanted = Math.max(0, ...[...sql.matchAll(/\$(\d+)/g)].map((match) => Number(match[1])));
    const parameters: readonly LookupParameter[] = written.parameters ?? (wanted === 0 ? [] : ['code']);
    if (written.sql !== undefined && wanted !== parameters.length) {
      refuse(
        ['sql'],
        `uses ${wanted} parameters ($1, …), but there are ${parameters.length} (${parameters.join(', ')})`,
      );
    }
    return { settings: { type: 'sql', sql, parameters, ...limits }, headerVariables: {} };
  },
);

type DistributiveOmit<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;
type NamelessLookup = DistributiveOmit<LookupSettings, 'name'>;
