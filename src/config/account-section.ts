import { z } from 'zod';
import { CURRENCIES } from '../core/speech/account.ts';
import type { AccountSourceSettings } from './config.ts';
import { headers } from './lookup-section.ts';
import { address, count, duration, section, template } from './values.ts';

/** An account source as the file says it, with the names of the environment variables that its headers need. */
export interface WrittenAccountSource {
  readonly settings: NamelessSource;
  readonly headerVariables: Readonly<Record<string, string>>;
}

export const accountFields = section({
  sql: z
    .string()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      "A statement for the database, one row for each account; `$1` is the caller's number, passed apart from the text. Columns: `number`, `balance`, `currency`, `locked`; all but the first may be missing.",
    ),
  http: template(['number'], 2000)
    .pipe(address(['http', 'https'], 'use headers with { env: NAME }'))
    .optional()
    .describe(
      'Instead of `sql`: an address that is asked by GET. `{number}` is put in percent-encoded. Status 200 with a JSON list of accounts, `{"accounts": […]}`, or one account; 404 is none.',
    ),
  headers: headers
    .optional()
    .describe(
      'Headers of the request. A secret one is written `authorization: { env: BILLING_AUTHORIZATION }` and set in the environment.',
    ),
  timeout: duration({ minMs: 50, maxMs: 30_000 }).prefault('2s').describe('Longest time of one try.'),
  retries: count(0, 5)
    .prefault(1)
    .describe('Further tries. Afterwards the source counts as unavailable, and the caller is told so.'),
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
  const limits = { timeoutMs, retries, cacheMs, currency };
  if (written.http !== undefined) {
    if (written.sql !== undefined) refuse(['http'], 'an account source has either sql or http, not both');
    if (/^https?:\/\/[^/?#]*\{/i.test(written.http)) refuse(['http'], 'a placeholder may not stand in the host');
    if (!written.http.includes('{number}')) {
      refuse(['http'], "must hold {number}: otherwise every caller would be told the same person's accounts");
    }
    const { plain = {}, variables = {} } = written.headers ?? {};
    return { settings: { type: 'http', url: written.http, headers: plain, ...limits }, headerVariables: variables };
  }
  if (written.headers !== undefined) refuse(['headers'], 'belongs to http');
  if (written.sql === undefined) refuse([], 'an account source needs sql or http');
  const sql = written.sql ?? '';
  const parameters = new Set([...sql.matchAll(/\$(\d+)/g)].map((match) => match[1]));
  if (written.sql !== undefined && !(parameters.size === 1 && parameters.has('1'))) {
    refuse(['sql'], "must use $1, the caller's number, and no other parameter");
  }
  return { settings: { type: 'sql', sql, ...limits }, headerVariables: {} };
});

type DistributiveOmit<T, K extends keyof T> = T extends unknown ? Omit<T, K> : never;
type NamelessSource = DistributiveOmit<AccountSourceSettings, 'name'>;
