/** A part of a request's address that is written as it stands: resource names and verbs of ARI. */
type Part = string;

export type QueryValue = string | number | undefined;

/**
 * Builds the address of an ARI request: `uri`-tagged text stands as it is, every value put in is encoded, so that an id or
 * a name can never reach into path or query.
 */
export function uri(text: readonly Part[], ...values: readonly string[]): string {
  return text.reduce((address, part, index) => address + encodeURIComponent(values[index - 1] ?? '') + part);
}

/** Appends a query; `undefined` values are left out. */
export function withQuery(address: string, query: Readonly<Record<string, QueryValue>>): string {
  const pairs = Object.entries(query).filter((pair): pair is [string, string | number] => pair[1] !== undefined);
  if (pairs.length === 0) return address;
  return `${address}?${pairs.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}
