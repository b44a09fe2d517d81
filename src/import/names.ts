/** Characters of a name of ours, at most; `values.ts` says the same of the configuration's names. */
const NAME_LENGTH = 64;

/** A name that the configuration allows, as near as can be to one of Asterisk's, and none of those that are taken. */
export function usableName(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|-+$/g, '')
    .slice(0, NAME_LENGTH);
  return unique(plain === '' ? 'queue' : plain, taken, NAME_LENGTH);
}

/** `sales`, `sales-2`, `sales-3`: the first one that nobody has. */
export function unique(name: string, taken: ReadonlySet<string>, lengthMax: number): string {
  let candidate = name;
  for (let number = 2; taken.has(candidate); number++) {
    const ending = `-${number}`;
    candidate = name.slice(0, lengthMax - ending.length) + ending;
  }
  return candidate;
}
