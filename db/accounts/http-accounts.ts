import type { HttpAccountSettings } from '../../src/config/config.ts';
import { fetchJson } from '../sources/http-json.ts';
import { type AccountRecord, accountsOf, type ReadAccounts, unavailable } from './account-record.ts';

/**
 * Asks over HTTP once. A list of accounts, `{ "accounts": [...] }` or one account; 404, 204, an empty body, `null`, `[]` and `{}` are
 * nobody.
 * @throws SourceFault for 429, 5xx; fetch's own errors for the connection
 */
export async function askByHttp(
  settings: HttpAccountSettings & { secretHeaders: Readonly<Record<string, string>> },
  number: string,
  signal: AbortSignal,
): Promise<ReadAccounts> {
  const answer = await fetchJson(settings, { number }, signal);
  if (answer.type === 'nothing') return { answer: { type: 'none' }, oddities: [] };
  if (answer.type === 'refused') return { answer: unavailable(answer.reason), oddities: [] };
  const records = recordsOf(answer.value);
  if (records === null) return { answer: unavailable('the answer is no list of accounts'), oddities: [] };
  return accountsOf(records, settings.currency);
}

/** `null` when it is neither an account nor a list of them. */
function recordsOf(value: unknown): readonly AccountRecord[] | null {
  if (value === null) return [];
  if (Array.isArray(value)) return value.every(isRecord) ? value : null;
  if (!isRecord(value)) return null;
  if (!Object.hasOwn(value, 'accounts')) return Object.keys(value).length === 0 ? [] : [value];
  const { accounts } = value;
  if (accounts === null) return [];
  return Array.isArray(accounts) && accounts.every(isRecord) ? accounts : null;
}

function isRecord(value: unknown): value is AccountRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
