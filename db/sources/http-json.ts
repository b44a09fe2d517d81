import { readBody } from '../../src/lib/read-body.ts';
import { SourceFault } from './ask.ts';

/** What is known of one caller is small; what is longer is a mistake or an attack. */
const BODY_BYTES_MAX = 64 * 1024;
/** Longest text that a caller may put into an address. */
const PLACE_LENGTH_MAX = 100;

export interface JsonSource {
  /** With places such as `{number}`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly secretHeaders: Readonly<Record<string, string>>;
}

export type JsonAnswer =
  | { readonly type: 'json'; readonly value: unknown }
  /** 204, 404 or an empty body. */
  | { readonly type: 'nothing' }
  /** An answer that another try would not change. */
  | { readonly type: 'refused'; readonly reason: string };

/**
 * Asks over HTTP once: GET, no redirects, JSON of at most 64 KiB.
 * @throws SourceFault for 429, 5xx; fetch's own errors for the connection
 */
export async function fetchJson(
  { url, headers, secretHeaders }: JsonSource,
  places: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<JsonAnswer> {
  const response = await fetch(addressOf(url, places), {
    headers: { accept: 'application/json', ...headers, ...secretHeaders },
    redirect: 'manual',
    signal,
  });
  try {
    return await answerOf(response);
  } finally {
    // Frees the connection when the body was not read.
    if (!response.bodyUsed) await response.body?.cancel().catch(() => undefined);
  }
}

async function answerOf(response: Response): Promise<JsonAnswer> {
  const { status } = response;
  if (status === 404 || status === 204) return { type: 'nothing' };
  if (status === 429 || status >= 500) throw new SourceFault(`the source answered ${status}`);
  if (status !== 200) return refused(`the source answered ${status}`);
  const text = await readBody(response, BODY_BYTES_MAX);
  if (text === null) return refused(`the answer is longer than ${BODY_BYTES_MAX} bytes`);
  if (text.trim() === '') return { type: 'nothing' };
  if (!isJson(response.headers.get('content-type'))) return refused('the answer is not JSON by its content type');
  try {
    return { type: 'json', value: JSON.parse(text) };
  } catch {
    return refused('the answer is not JSON');
  }
}

const refused = (reason: string): JsonAnswer => ({ type: 'refused', reason });

function addressOf(template: string, places: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (written, name: string) => {
    return Object.hasOwn(places, name) ? encodeURIComponent(wellFormed(places[name] ?? '')) : written;
  });
}

/** Halves of surrogate pairs would make encodeURIComponent throw; a lone dot segment would change the path. */
function wellFormed(text: string): string {
  const clean = text.slice(0, PLACE_LENGTH_MAX).replace(/\p{Surrogate}/gu, '\uFFFD');
  return /^\.{1,2}$/.test(clean) ? '' : clean;
}

function isJson(contentType: string | null): boolean {
  return /^application\/([a-z0-9.+-]+\+)?json\s*(;|$)/i.test(contentType ?? '');
}
