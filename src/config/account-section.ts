import { z } from 'zod';
import { CURRENCIES } from '../core/speech/account.ts';
import { askedFields, askedWay, type Nameless } from './asked-source.ts';
import type { AccountSourceSettings } from './config.ts';
import { duration, section } from './values.ts';

/** An account source as the file says it, with the names of the environment variables that its headers need. */
export interface WrittenAccountSource {
  readonly settings: Nameless<AccountSourceSettings>;
  readonly headerVariables: Readonly<Record<string, string>>;
}

const asked = askedFields(['number']);

export const accountFields = section({
  sql: asked.sql.describe(
    "A statement for the database, one row for each account; `$1` is the caller's number, passed apart from the text. Columns: `number`, `balance`, `currency`, `locked`; all but the first may be missing.",
  ),
  http: asked.http.describe(
    'Instead of `sql`: an address that is asked by GET. `{number}` is put in percent-encoded. Status 200 with a JSON list of accounts, `{"accounts": […]}`, or one account; 404 is none.',
  ),
  headers: asked.headers.describe(
    'Headers of the request. A secret one is written `authorization: { env: BILLING_AUTHORIZATION }` and set in the environment.',
  ),
  timeout: asked.timeout,
  retries: asked.retries.describe(
    'Further tries. Afterwards the source counts as unavailable, and the caller is told so.',
  ),
  cache: duration({ maxMs: 3_600_000 })
    .prefault('60s')
    .describe('How long an answer counts for the same number; 0: every time it is asked anew.'),
  currency: z.enum(CURRENCIES).prefault('USD').describe('Of amounts that come without one.'),
});

/** One account source: exactly one of `sql` and `http`. */
export const accountSource = accountFields.transform((written, context): WrittenAccountSource => {
  const refuse = (path: string[], message: string) =>
    context.issues.push({ code: 'custom', input: written, path, message });
  const { timeout: timeoutMs, retries, cache: cacheMs, currency } = written;
  const { headerVariables, ...way } = askedWay(written, { what: 'an account source', refuse });
  if (way.type === 'http' && !way.url.includes('{number}'))
    refuse(['http'], "must hold {number}: otherwise every caller would be told the same person's accounts");
  if (written.sql !== undefined && way.type === 'sql' && !asksForNumber(way.sql))
    refuse(['sql'], "must use $1, the caller's number, and no other parameter");
  return { settings: { ...way, timeoutMs, retries, cacheMs, currency }, headerVariables };
});

function asksForNumber(sql: string): boolean {
  const parameters = new Set([...sql.matchAll(/\$(\d+)/g)].map((match) => match[1]));
  return parameters.size === 1 && parameters.has('1');
}
