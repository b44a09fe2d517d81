import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { queueName } from '../../../src/core/ids.ts';
import { type EffectiveConfig, effectiveConfig, rowText } from '../../../src/effective-config.ts';
import type { QueueRow } from '../../../src/ports/queue-rows.ts';
import type { StoredStep } from '../../../src/ports/step-rows.ts';
import { fc } from '../../support/property.ts';

const folder = mkdtempSync(join(tmpdir(), 'queueapp-steps-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENV = { ARI_PASSWORD: 'pass' };

function load(steps: string): LoadedConfig {
  const file = join(folder, 'queueapp.yaml');
  writeFileSync(file, `queues: { support: {} }\nivr:\n  start: main\n  steps:\n${steps}\n`);
  return loadConfig({ file, env: ENV });
}

const loaded = load(`    main: { menu: { prompt: menu, keys: { '1': line }, nothing: bye } }
    line: { queue: support }
    office: { hours: { calendar: always, open: line, closed: line } }
    bye: { play: bye, hangup: true }
calendars: { always: { time-zone: UTC, week: { monday-sunday: ['00:00-24:00'] } } }`);

const queue = (name: string, settings = {}): QueueRow => ({
  name: queueName(name),
  title: name,
  settings,
  isMadeBySql: name !== 'support',
});

interface Given {
  readonly queues?: readonly QueueRow[];
  readonly last?: EffectiveConfig;
}

function effective(steps: Readonly<Record<string, StoredStep>>, { queues = [], last }: Given = {}) {
  const before = last ?? { config: loaded.config, used: { queues: new Map(), steps: new Map() } };
  const rows = { queues, steps: Object.entries(steps).map(([name, definition]) => ({ name, definition })) };
  const now = effectiveConfig(loaded, rows, { env: ENV, last: before });
  const { steps: all } = now.config.ivr;
  return { now, steps: all, used: Object.fromEntries(now.used.steps), refused: now.refused.map(rowText) };
}

const play = (next: string) => ({ play: 'hello', next });

describe('Steps of file and database', () => {
  test('without rows are the file alone', () => {
    expect(effective({}).now.config).toEqual(loaded.config);
  });

  test("a row is a step more, or stands for the file's, the whole of it; what leads there leads to the row's", () => {
    const { steps, refused } = effective({
      bye: { play: 'see-you', tone: 'busy', hangup: true },
      news: { play: 'news', next: 'main' },
    });
    expect(refused).toEqual([]);
    expect(Object.keys(steps)).toEqual(['main', 'line', 'office', 'bye', 'news']);
    expect(steps['bye']).toMatchObject({ prompt: ['sound:see-you'], tone: { name: 'busy' } });
    expect([steps['main'], steps['news']]).toMatchObject([{ nothing: 'bye' }, { next: 'main' }]);
  });

  test('rows lead to one another, to steps of the file, and to a queue that only has a row; its exit keys lead to rows', () => {
    const queues = [queue('sales', { 'exit-keys': { '0': 'news' } })];
    const { steps, now, refused } = effective(
      { news: play('shop'), shop: { queue: 'sales', next: 'bye' } },
      { queues },
    );
    expect(refused).toEqual([]);
    expect(steps['shop']).toEqual({ kind: 'queue', queue: 'sales', prompt: [], next: 'bye' });
    expect(now.config.queues[1]?.exitKeys).toEqual({ '0': 'news' });
  });

  test('the same schema as the file: each fault is named with the row and the place in it', () => {
    const { refused, steps } = effective({
      main: { menu: { prompt: 'menu', keys: { x: 'bye', '2': 'bey' }, nothing: 'bye', wait: 'long' } },
      two: { menu: {}, queue: 'support' },
      shop: { queue: 'sales' },
      bye: { play: 'x', hangup: true, nxet: 'main' },
    });
    expect(refused).toEqual([
      expect.stringMatching(/^ivr\.steps\.main\.menu\.wait: expected a duration such as 15s, got "long"$/),
      expect.stringMatching(/^ivr\.steps\.main\.menu\.keys\.2: there is no step "bey"; did you mean "bye"/),
      expect.stringMatching(/^ivr\.steps\.main\.menu\.keys\.x: is no key of a telephone/),
      expect.stringMatching(/^ivr\.steps\.two\.queue: a step does one thing, this one has menu and queue$/),
      expect.stringMatching(/^ivr\.steps\.shop\.queue: there is no queue "sales"/),
      expect.stringMatching(/^ivr\.steps\.bye\.nxet: is no setting here; did you mean "next"/),
    ]);
    expect(steps).toEqual(loaded.config.ivr.steps);
  });

  test('a wrong row leaves what was right there before, and the other rows count', () => {
    const last = effective({ bye: { play: 'see-you', hangup: true } }).now;
    const { steps, refused, used } = effective({ bye: { play: 'later' }, news: play('bye') }, { last });
    expect(refused).toEqual([expect.stringMatching(/^ivr\.steps\.bye: does not say where it goes on/)]);
    expect([steps['bye'], steps['news']]).toMatchObject([{ prompt: ['sound:see-you'] }, { next: 'bye' }]);
    expect(used).toEqual({ bye: { play: 'see-you', hangup: true }, news: play('bye') });
  });

  test('what leads to a row that is refused is refused, too, as far as it was not right before', () => {
    const last = effective({ menu2: play('bye') }).now;
    const { refused, steps } = effective({ menu2: play('wrong'), wrong: { play: 5 }, more: play('menu2') }, { last });
    expect(refused.map((reason) => reason.split(':')[0])).toEqual(['ivr.steps.menu2.next', 'ivr.steps.wrong.play']);
    expect([steps['menu2'], steps['more']]).toMatchObject([{ next: 'bye' }, { next: 'menu2' }]);
  });

  test('a circle without a wait is refused in the row that closes it; a row that was right before stays', () => {
    const hop = (next: string) => ({ hours: { calendar: 'always', open: next, closed: next } });
    const last = effective({ a: hop('b'), b: hop('line') }).now;
    const { refused, steps } = effective({ a: hop('b'), b: hop('a') }, { last });
    expect(refused).toEqual(['ivr.steps.b: runs in a circle without a prompt or a wait: a → b → a']);
    expect([steps['a'], steps['b']]).toMatchObject([{ open: 'b' }, { open: 'line' }]);
    const throughFile = effective({ line: hop('office') });
    expect(throughFile.refused).toEqual([expect.stringMatching(/^ivr\.steps\.line: runs in a circle .*line/)]);
    expect(throughFile.steps).toEqual(loaded.config.ivr.steps);
  });

  test('a step whose row is gone stays as long as a row leads to it, told as wrong, and goes with that', () => {
    const last = effective({ menu2: play('leaf'), leaf: play('bye') }).now;
    const without = effective({ menu2: play('leaf') }, { last });
    const told = 'ivr.steps.leaf: the row is gone, but ivr_step menu2 leads to the step: it stays until nothing does';
    expect([without.refused, without.steps['leaf']]).toEqual([[told], last.config.ivr.steps['leaf']]);
    const again = effective({ menu2: play('leaf') }, { last: without.now });
    expect(again.refused).toEqual([told]);
    const mended = effective({ menu2: play('bye') }, { last: again.now });
    expect([mended.refused, Object.hasOwn(mended.steps, 'leaf')]).toEqual([[], false]);
    const afterRestart = effective({ menu2: play('leaf') });
    expect(afterRestart.refused).toEqual([expect.stringMatching(/^ivr\.steps\.menu2\.next: there is no step "leaf"/)]);
  });

  test('exit keys of a queue keep the step that they lead to, too', () => {
    const queues = [queue('support', { 'exit-keys': { '0': 'leaf' } })];
    const last = effective({ leaf: play('bye') }, { queues }).now;
    const { now, refused } = effective({}, { queues, last });
    expect(now.config.queues[0]?.exitKeys).toEqual({ '0': 'leaf' });
    expect(refused).toEqual([expect.stringContaining('queue support leads to the step')]);
  });

  test("a row that is gone leaves the file's step, and a step that only had a row is none any more", () => {
    const last = effective({ bye: { play: 'see-you', hangup: true }, news: play('bye') }).now;
    const { now, refused } = effective({}, { last });
    expect([now.config, refused]).toEqual([loaded.config, []]);
  });

  test('a long chain of steps of which the last is wrong ends, and says so', () => {
    const chain = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`s${n}`, play(`s${n + 1}`)]));
    const { refused, steps } = effective({ ...chain, other: play('bye') });
    expect(steps).toEqual(loaded.config.ivr.steps);
    expect(refused).toContain('ivr.steps.s299.next: there is no step "s300"; did you mean "s30"?');
    expect(refused).toContain(
      'ivr.steps.other: too many rows lead to ones that are not right: none of ivr_step is used',
    );
  });

  test('whatever stands in a row, the steps of the file lead somewhere, and what is refused is told of that row', () => {
    const target = fc.constantFrom('main', 'line', 'bye', 'news', 'hangup', 'nowhere');
    const written = fc.oneof(
      fc.dictionary(
        fc.constantFrom('play', 'next', 'menu', 'queue', 'hangup', '__proto__'),
        fc.jsonValue({ maxDepth: 2 }),
      ),
      fc.record({ play: fc.constantFrom('a', ''), next: target }),
      fc.record({ hours: fc.record({ calendar: fc.constant('always'), open: target, closed: target }) }),
    );
    const rows = fc.dictionary(fc.constantFrom('main', 'line', 'bye', 'news', 'shop'), written, { maxKeys: 4 });
    const property = fc.property(rows, rows, (first, second) => {
      const before = effective(first).now;
      const { steps, refused, used } = effective(second, { last: before });
      expect(Object.keys(steps)).toEqual(expect.arrayContaining(['main', 'line', 'office', 'bye']));
      const names = new Set([...Object.keys(first), ...Object.keys(second)]);
      for (const reason of refused) expect(names).toContain(reason.split(/[.:]/)[2]);
      for (const [name, definition] of Object.entries(second)) {
        const isUsed = Object.hasOwn(used, name) && JSON.stringify(used[name]) === JSON.stringify(definition);
        const isTold = refused.some((reason) => reason.split(/[.:]/)[2] === name);
        expect([name, isUsed]).toEqual([name, !isTold]);
      }
    });
    fc.assert(property, { numRuns: 100 });
    // Six seconds of processor time, by chance more.
  }, 120_000);
});

test('a thousand rows that lead to one another are taken up', () => {
  const many = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, n) => [
      `s${n}`,
      { menu: { prompt: 'm', keys: { '1': `s${(n + 1) % 1000}` }, nothing: 'bye' } },
    ]),
  );
  const { refused, steps } = effective(many);
  expect([refused, Object.keys(steps).length]).toEqual([[], 1_004]);
});

describe('What is odd in rows', () => {
  const odd = (...given: Parameters<typeof effective>) => effective(...given).now.odd.map(rowText);

  test('a step to which nothing leads, a circle that can turn without a wait, and a key that is not heard', () => {
    expect(odd({ shop: { queue: 'support' } })).toEqual([
      'ivr.steps.shop: No step leads to "shop": only the dialplan can enter there, with Stasis(queueapp,menu,shop)',
    ]);
    expect(odd({ line: { queue: 'support', next: 'again' }, again: { queue: 'support', next: 'line' } })).toEqual([
      'ivr.steps.line: Steps can run in a circle without a prompt or a wait, when nobody answers at once: line → again → line',
    ]);
    expect(odd({}, { queues: [queue('support', { 'exit-keys': { '3': 'bye' } })] })).toEqual([
      "queues.support.exit-keys.3: goes before the programme's key next-tune, which is not heard",
    ]);
  });

  test('what a row takes the way to is told of the file’s step; what is odd in the file alone is not told again', () => {
    // Nothing leads to the file's office, and the start-up says so.
    expect(loaded.warnings.map(({ path }) => path.join('.'))).toEqual(['ivr.steps.office']);
    expect(odd({ main: play('bye') })).toEqual([expect.stringMatching(/^ivr\.steps\.line: No step leads to "line"/)]);
    expect(odd({ main: play('office') })).toEqual([expect.stringMatching(/^ivr\.steps\.bye: No step leads to "bye"/)]);
  });
});
