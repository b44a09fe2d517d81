import type { HttpLookupSettings } from '../../src/config/config.ts';
import type { LookupRequest, LookupResult } from '../../src/ports/directory.ts';
import { fetchJson } from '../sources/http-json.ts';
import { resultOf, type SourceRecord, unavailable } from './customer-record.ts';

/**
 * Asks over HTTP once. An object is the customer; `[]`, `null`, an empty body, 204 and 404 are nobody.
 * @throws SourceFault for 429, 5xx; fetch's own errors for the connection
 */
export async function lookUpByHttp(
  settings: HttpLookupSettings & { secretHeaders: Readonly<Record<string, string>> },
  request: LookupRequest,
  signal: AbortSignal,
): Promise<LookupResult> {
  const { code, caller } = request;
  const answer = await fetchJson(settings, { code, number: caller.number ?? '', name: caller.name ?? '' }, signal);
  if (answer.type === 'nothing') return { type: 'not-found' };
  return answer.type === 'refused' ? unavailable(answer.reason) : ofJson(answer.value, request);
}

function ofJson(value: unknown, request: LookupRequest): LookupResult {
  const items: readonly unknown[] = Array.isArray(value) ? value : value === null ? [] : [value];
  const records = items.map(recordOf);
  if (!records.every((record) => record !== null)) return unavailable('the answer is not a JSON object');
  return resultOf(records, request);
}

function recordOf(item: unknown): SourceRecord | null {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return null;
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
