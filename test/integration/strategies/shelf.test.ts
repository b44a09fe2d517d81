import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { checkStrategies } from '../../../src/check/strategies.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLog } from '../../../src/log.ts';
import { StrategyShelf } from '../../../src/strategies/strategy-shelf.ts';
import { match, pairs } from '../../support/matching.ts';
import { extension, member, NOW_MS, queueSettings, waiting } from '../../support/queue-people.ts';

jest.setTimeout(180_000);

let folder: string;
let lines: { readonly msg: string; readonly faults?: readonly string[] }[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queueapp-strategies-'));
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  lines = [];
});

/** A thread that loads TypeScript needs a while on a busy machine. */
const LIMITS = { limitMs: 20_000 };
/** For a module that takes all the time there is. */
const SHORT = { limitMs: 3_000 };

function shelf(limits = LIMITS): StrategyShelf {
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return new StrategyShelf({
    clock: systemClock,
    ...limits,
    log: createLog({ level: 'info', personalData: false }, destination),
  });
}

async function moduleFile(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

const byExtension = (skill: string) =>
  member(skill, { extension: extension(skill, { skills: { english: Number(skill) - 1000 } }) });
const members = ['1010', '1090', '1050'].map(byExtension);

function ring(made: StrategyShelf, name: string): string[] {
  const settings = queueSettings({ strategy: name });
  return pairs(match([{ settings, waiting: [waiting('a')], members }], NOW_MS, { strategyOf: made.of }));
}

test('The example of the page is a strategy that runs', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../docs/strategies.md'), 'utf8');
  const [, example = ''] = /```js\n([\s\S]*?)```/.exec(page) ?? [];
  const file = await moduleFile('example.mjs', example);
  const made = shelf();
  await made.load({ mine: file });
  expect(lines.map(({ msg }) => msg)).toEqual(['Strategy loaded']);
  expect(ring(made, 'mine')).toEqual(['a>1090']);
  expect(ring(made, 'leastrecent')).toEqual(['a>1010']);
  expect(await checkStrategies({ strategies: { mine: file } }, LIMITS)).toEqual({
    part: 'strategies',
    summary: 'tried and in order: mine',
    findings: [],
  });
});

describe('A module that is not used, with leastrecent in its place,', () => {
  test.each<[string, string, string, typeof LIMITS?]>([
    ['does not come back from being read', 'for (;;);', 'it did not come back within 3 s', SHORT],
    ['ends the process when it is read', 'process.exit(3)', 'it ended its thread'],
    ['throws when it is read', 'throw new Error("not today")', 'not today'],
    ['is no JavaScript', 'strategies: [', 'Unexpected'],
    ['exports something else', 'export const order = () => [];', 'there is no `export default'],
    ['has an order that does not come back', 'export default { order() { for (;;); } }', 'did not come back within'],
    ['names unknown members', 'export default { order: () => ["4711"] }', 'named nobody who may be rung, but 4711'],
    ['is a promise', 'export default { order: async (all) => all }', 'did not return an array'],
  ])('%s', async (what, text, reason, limits = LIMITS) => {
    const file = await moduleFile(`${what.replaceAll(' ', '-')}.mjs`, text);
    const made = shelf(limits);
    await made.load({ mine: file });
    expect(lines.map(({ msg }) => msg)).toEqual(['This strategy is not used: leastrecent is in its place']);
    expect(lines[0]?.faults?.join('\n')).toContain(reason);
    expect(ring(made, 'mine')).toEqual(['a>1010']);
    const checked = await checkStrategies({ strategies: { mine: file } }, limits);
    expect(checked?.findings[0]?.what).toContain(reason);
  });

  test('is not there', async () => {
    const made = shelf();
    await made.load({ mine: join(folder, 'missing.mjs') });
    expect(lines[0]?.faults).toEqual(['the file is not there']);
    expect(ring(made, 'mine')).toEqual(['a>1010']);
  });
});

test('A changed file is read anew, one that is as it was is not, and one that is named no more is forgotten', async () => {
  const good = 'export default { order: (all) => [...all].sort((a, b) => b.extension - a.extension) }';
  const file = await moduleFile('changing.mjs', good);
  const changes = async (text: string, aheadMs: number) => {
    await writeFile(file, text);
    await utimes(file, new Date(), new Date(Date.now() + aheadMs));
    await made.load({ mine: file });
  };
  const made = shelf();
  await made.load({ mine: file });
  const before = made.of('mine');
  await made.load({ mine: file });
  expect(made.of('mine')).toBe(before);
  await changes('export default { order: () => [] }', 5_000);
  expect(ring(made, 'mine')).toEqual(['a>1010']);
  await changes(good, 10_000);
  expect(ring(made, 'mine')).toEqual(['a>1090']);
  const notUsed = 'This strategy is not used: leastrecent is in its place';
  expect(lines.map(({ msg }) => msg)).toEqual(['Strategy loaded', notUsed, 'Strategy loaded']);
  await made.load({});
  expect(made.of('mine').name).toBe('leastrecent');
});

test('Without modules nothing is checked', async () => {
  expect(await checkStrategies({ strategies: {} })).toBeNull();
});
