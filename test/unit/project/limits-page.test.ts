import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { filesBelow, textOf } from './sources.ts';

/** One row of src/LIMITS.md about a number in the code. */
interface Row {
  readonly name: string;
  readonly file: string;
  readonly value: string;
}

const page = textOf('src/LIMITS.md');
const rows: readonly Row[] = [...page.matchAll(/^\| `([A-Z][\w.]+)` \| `([^`]+)` \| ([^|]+) \|.*\|$/gm)].map(
  ([, name = '', file = '', value = '']) => ({ name, file, value: value.trim() }),
);

/** What makes a constant a limit by its name: `NODES_MAX`, `STEP_LIMIT_MS`, `ARI_LIMITS`. */
const LIMIT = /^(?:export )?const ([A-Z][A-Z0-9_]*_(?:MAX|LIMITS?)(?:_[A-Z]+)*)\b/gm;
const code = ['src', 'stasis', 'xmpp', 'db'].flatMap((folder) => filesBelow(folder, /\.ts$/));

const place = ({ name, file }: Pick<Row, 'name' | 'file'>) => `${file} ${name}`;

/** What the code says: a sum of numbers. `ARI_LIMITS.silenceMs` is a property of that object. */
function valueInCode({ name, file }: Row): number | undefined {
  const [constant = '', property] = name.split('.');
  const text = textOf(file);
  const wanted =
    property === undefined
      ? new RegExp(`^(?:export )?const ${constant} = ([\\d_ .*+()-]+);$`, 'm')
      : new RegExp(`^ {2}${property}: ([\\d_ .*+()-]+),$`, 'm');
  if (!text.includes(`const ${constant}`)) return undefined;
  const sum = wanted.exec(text)?.[1]?.replaceAll('_', '');
  return sum === undefined ? undefined : Number(runInNewContext(sum));
}

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  days: 86_400_000,
  KiB: 1024,
  MiB: 1024 * 1024,
};

/** `10 s` → 10000, `64 KiB` → 65536, `10,000` → 10000. */
function valueOnPage(text: string): number {
  const [, digits = '', unit] = /^([\d,.]+)(?: (\w+))?$/.exec(text) ?? [];
  return Number(digits.replaceAll(',', '')) * (unit === undefined ? 1 : (UNITS[unit] ?? Number.NaN));
}

describe('src/LIMITS.md', () => {
  test('names every constant that is a limit by its name', () => {
    const constants = code.flatMap((file) =>
      [...textOf(file).matchAll(LIMIT)].map(([, name = '']) => place({ name, file })),
    );
    expect(constants.length).toBeGreaterThan(50);
    const named = new Set(rows.map(({ name, file }) => place({ name: name.split('.')[0] ?? '', file })));
    expect(constants.filter((constant) => !named.has(constant))).toEqual([]);
  });

  test('names nothing that the code does not have, and nothing twice', () => {
    expect(rows.filter((row) => valueInCode(row) === undefined).map(place)).toEqual([]);
    expect(rows.map(place)).toEqual([...new Set(rows.map(place))]);
  });

  test('says the values that the code has', () => {
    const said = rows.map((row) => `${place(row)}: ${valueOnPage(row.value)}`);
    expect(said).toEqual(rows.map((row) => `${place(row)}: ${valueInCode(row)}`));
  });

  test('says of settings what docs/configuration.md says', () => {
    const settings = [...page.matchAll(/^\| `([a-z.-]+)` \| `([^`]+)` \|.*\|$/gm)];
    expect(settings.length).toBeGreaterThan(10);
    const reference = textOf('docs/configuration.md');
    for (const [, name = '', fallback = ''] of settings) {
      const row = reference.split('\n').find((line) => line.startsWith(`| \`${name}\` |`));
      expect(`${name} ${row?.split(' | ').at(-1)}`).toBe(`${name} \`${fallback}\` |`);
    }
  });

  test('says what happens at each limit', () => {
    const lines = page.split('\n').filter((line) => /^\| `/.test(line));
    for (const line of lines) expect(line).toMatch(/ \| [^|]{3,} \|$/);
  });
});
