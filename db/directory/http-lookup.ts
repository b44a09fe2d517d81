import type { HttpLookupSettings } from '../../src/config/config.ts';
import { readBody } from '../../src/lib/read-body.ts';
import type { LookupRequest, LookupResult } from '../../src/ports/directory.ts';
import { resultOf, type SourceRecord, unavailable } from './customer-record.ts';

/** A customer's record is small; what is longer is a mistake or an attack. */
const BODY_BYTES_MAX = 64 * 1024;

/** The source failed in a way that the next try may not. */
export class SourceFault extends Error {
  override readonly name = 'SourceFault';
}

/**
 * Asks over HTTP once: GET, no redirects, JSON of at most 64 KiB. An object is the customer; `[]`, `null`, an empty body,
 * 204 and 404 are nobody.
 * @throws SourceFault for 429, 5xx; fetch's own errors for the connection
 */
export async function lookUpByHttp(
  settings: HttpLookupSettings & { secretHeaders: Readonly<Record<string, string>> },
  request: LookupRequest,
  signal: AbortSignal,
): Promise<LookupResult> {
  const response = await fetch(addressOf(settings.url, request), {
    headers: { accept: 'application/json', ...settings.headers, ...settings.secretHeaders },
    redirect: 'manual',
    signal,
  });
  try {
    if (response.status === 404 || response.status === 204) return { type: 'not-found' };
    if (response.status === 429 || response.status >= 500)
      throw new SourceFault(`the source answered ${response.status}`);
    if (response.status !== 200) return unavailable(`the source answered ${response.status}`);
    const text = await readBody(response, BODY_BYTES_MAX);
    if (text === null) return unavailable(`the answer is longer than ${BODY_BYTES_MAX} bytes`);
    if (text.trim() === '') return { type: 'not-found' };
    if (!isJson(response.headers.get('content-type'))) return unavailable('the answer is not JSON by its content type');
    return ofJson(text, request);
  } finally {
    // Frees the connection when the body was not read.
    if (!response.bodyUsed) await response.body?.cancel().catch(() => undefined);
  }
}

function addressOf(template: string, { code, caller }: LookupRequest): string {
  const values: Readonly<Record<string, string>> = { code, number: caller.number ?? '', name: caller.name ?? '' };
  return template.replace(/\{(code|number|name)\}/g, (_, name: string) =>
    encodeURIComponent(wellFormed(values[name] ?? '')),
  );
}

/** Halves of surrogate pairs would make encodeURIComponent throw; a lone dot segment would change the path. */
function wellFormed(text: string): string {
  const clean = text.slice(0, 100).replace(/\p{Surrogate}/gu, '\uFFFD');
  return /^\.{1,2}$/.test(clean) ? '' : clean;
}

function isJson(contentType: string | null): boolean {
  return /^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i.test(contentType ?? '');
}

function ofJson(text: string, request: LookupRequest): LookupResult {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unavailable('the answer is not JSON');
  }
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
