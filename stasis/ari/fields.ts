/** A JSON object of ARI, of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object under a key; an empty one when there is none. */
export function fields(source: Fields, key: string): Fields {
  const value = source[key];
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

/** The text under a key; '' when there is none. */
export function text(source: Fields, key: string): string {
  const value = source[key];
  return typeof value === 'string' ? value : '';
}

/** The number under a key; 0 when there is none. */
export function number(source: Fields, key: string): number {
  const value = source[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** The texts of the list under a key. */
export function list(source: Fields, key: string): readonly string[] {
  const value = source[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
