import { z } from 'zod';
import { askedFields, askedWay, type Nameless } from './asked-source.ts';
import { LOOKUP_PARAMETERS, type LookupParameter, type LookupSettings } from './config.ts';
import { section } from './values.ts';

/** A lookup as the file says it, with the names of the environment variables that its headers need. */
export interface WrittenLookup {
  readonly settings: LookupSettings;
  readonly headerVariables: Readonly<Record<string, string>>;
}

const asked = askedFields(LOOKUP_PARAMETERS);

export const lookupFields = section({
  sql: asked.sql.describe(
    'A statement for the database. `$1`, `$2`, … are `parameters` in order, passed apart from the text. The first row is the customer: its columns `id` and `name`, and all others as further fields.',
  ),
  parameters: z
    .array(z.enum(LOOKUP_PARAMETERS))
    .max(10)
    .optional()
    .describe("What the statement gets: `code` (the digits typed), `number`, `name` (the caller's)."),
  http: asked.http.describe(
    'Instead of `sql`: an address that is asked by GET. `{code}`, `{number}`, `{name}` are put in percent-encoded. Status 200 with a JSON object (`id`, `name`, …) is a customer, 404 is none.',
  ),
  headers: asked.headers.describe(
    'Headers of the request. A secret one is written `authorization: { env: CRM_AUTHORIZATION }` and set in the environment.',
  ),
  timeout: asked.timeout,
  retries: asked.retries.describe(
    'Further tries. Afterwards the source counts as unavailable: the call goes on without a customer.',
  ),
});

/** One lookup: exactly one of `sql` and `http`. */
export const lookup = lookupFields.transform(
  (written, context): Omit<WrittenLookup, 'settings'> & { settings: Nameless<LookupSettings> } => {
    const refuse = (path: string[], message: string) =>
      context.issues.push({ code: 'custom', input: written, path, message });
    const limits = { timeoutMs: written.timeout, retries: written.retries };
    const { headerVariables, ...way } = askedWay(written, { what: 'a lookup', refuse });
    if (way.type === 'http') {
      if (written.parameters !== undefined)
        refuse(['parameters'], 'belongs to sql; http takes {code}, {number}, {name} in its address');
      return { settings: { ...way, ...limits }, headerVariables };
    }
    const wanted = Math.max(0, ...[...way.sql.matchAll(/\$(\d+)/g)].map((match) => Number(match[1])));
    const parameters: readonly LookupParameter[] = written.parameters ?? (wanted === 0 ? [] : ['code']);
    if (written.sql !== undefined && wanted !== parameters.length) {
      refuse(
        ['sql'],
        `uses ${wanted} parameters ($1, …), but there are ${parameters.length} (${parameters.join(', ')})`,
      );
    }
    return { settings: { ...way, parameters, ...limits }, headerVariables };
  },
);
