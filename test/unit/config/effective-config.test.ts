import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type LoadedConfig, loadConfig } from '../../../src/config/load.ts';
import { queueName } from '../../../src/core/ids.ts';
import { effectiveConfig, rowText } from '../../../src/effective-config.ts';
import type { QueueRow, StoredSettings } from '../../../src/ports/queue-rows.ts';
import { fc } from '../../support/property.ts';

const folder = mkdtempSync(join(tmpdir(), 'queueapp-live-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ENV = { ARI_PASSWORD: 'pass', HTTP_LISTEN: '127.0.0.1:1234' };

function load(queues: string): LoadedConfig {
  const file = join(folder, 'queueapp.yaml');
  writeFileSync(
    file,
    `queues:\n${queues}\nivr: { start: one, steps: { one: { play: queueapp/welcome, hangup: true } } }\n`,
  );
  return loadConfig({ file, env: ENV });
}

const loaded = load('  support: { title: Help, retry: 7s, programme: { order: random } }\n  plain:');

const row = (name: string, settings: StoredSettings = {}, isMadeBySql = false): QueueRow => ({
  name: queueName(name),
  title: `${name} of the row`,
  settings,
  isMadeBySql,
});

function effective(rows: readonly QueueRow[], lastUsed = new Map<string, StoredSettings>()) {
  const last = { config: loaded.config, used: { queues: lastUsed, steps: new Map() } };
  const { config, refused, used } = effectiveConfig(loaded, { queues: rows, steps: [] }, { env: ENV, last });
  const queues = Object.fromEntries(config.queues.map((queue) => [queue.name as string, queue]));
  return { config, queues, names: Object.keys(queues), refused: refused.map(rowText), used: used.queues };
}

describe('Queues of file and database', () => {
  test('without rows are the file alone', () => {
    expect(effective([]).config).toEqual(loaded.config);
    expect(effective([row('support'), row('plain')]).config).toEqual(loaded.config);
  });

  test("settings of a row go before the file's; what it does not say stays", () => {
    const { queues, refused, config } = effective([
      row('support', { 'ring-timeout': '20s', programme: { keys: { position: '5' } } }),
    ]);
    expect(queues['support']).toEqual({
      ...loaded.config.queues[0],
      ringTimeoutMs: 20_000,
      programme: { order: 'random', keys: { position: '5' } },
    });
    expect(queues['support']).toMatchObject({ title: 'Help', retryMs: 7_000 });
    expect([refused, config.http.listen.port]).toEqual([[], 1234]);
  });

  test('a row that was made by SQL is a queue of its own, with the defaults; one that the file has forgotten is none', () => {
    const { queues, names } = effective([row('sales', { weight: 3 }, true), row('old', { weight: 3 }, false)]);
    expect(names).toEqual(['support', 'plain', 'sales']);
    expect(queues['sales']).toMatchObject({ title: 'sales of the row', weight: 3, retryMs: 5_000 });
  });

  test('a row whose name is a number does not become the default queue', () => {
    const { names, config } = effective([row('100', {}, true)]);
    expect([names.sort(), config.defaultQueue]).toEqual([['100', 'plain', 'support'], 'support']);
  });

  test('a wrong value is refused with its reason, and the settings that the queue had from its row stay', () => {
    const wrong = [row('support', { retry: 'fast', weight: 4 }), row('plain', { weight: 5 })];
    const lastUsed = new Map([['support', { retry: 9 }]]);
    const { queues, refused, used } = effective(wrong, lastUsed);
    expect(refused).toEqual(['queues.support.retry: expected a duration such as 15s, got "fast"']);
    expect(queues['support']).toMatchObject({ retryMs: 9_000, weight: 0 });
    expect(queues['plain']).toMatchObject({ weight: 5 });
    expect([...used]).toEqual([
      ['support', { retry: 9 }],
      ['plain', { weight: 5 }],
    ]);
  });

  test('without earlier ones the file alone counts, and a queue made by SQL has the defaults', () => {
    const { queues, refused } = effective([
      row('support', { retries: 1 }),
      row('sales', { strategy: 'loudest' }, true),
    ]);
    expect(refused).toEqual([
      expect.stringMatching(/^queues\.support\.retries: is no setting here/),
      expect.stringMatching(/^queues\.sales\.strategy: expected one of/),
    ]);
    expect([queues['support']?.retryMs, queues['sales']?.strategy]).toEqual([7_000, 'leastrecent']);
  });

  test('what was right before and is wrong with the new file is dropped, too', () => {
    const lastUsed = new Map([['support', { 'exit-keys': { '1': 'gone' } }]]);
    const { queues, refused } = effective([row('support', { 'exit-keys': { '1': 'nowhere' } })], lastUsed);
    expect([queues['support']?.exitKeys, refused.length]).toEqual([{}, 1]);
  });

  test('a name or title that no queue may have makes no queue, and disturbs none', () => {
    const long = { ...row('long', {}, true), title: 'x'.repeat(81) };
    const { names, refused } = effective([row('a.b', {}, true), row('äöü', {}, true), long, row('sales', {}, true)]);
    expect(names).toEqual(['support', 'plain', 'sales']);
    expect(refused.map((reason) => reason.split(':')[0])).toEqual([
      'queues."a.b"',
      'queues."äöü"',
      'queues.long.title',
    ]);
  });

  test("a row's programme must be possible with the class's", () => {
    const { refused } = effective([row('support', { programme: { keys: { position: '3' } } })]);
    expect(refused).toEqual([
      expect.stringMatching(/^queues\.support\.programme\.keys\.position: '3' is the key of next-tune/),
    ]);
  });

  test.each([
    ['{"__proto__": {"weight": 1}}'],
    ['{"__proto__": 5}'],
    ['{"toString": 1}'],
    ['{"constructor": {"weight": 1}}'],
    ['{"title": ["x"]}'],
    ['{"programme": "loud"}'],
    ['{"programme": {"__proto__": {"order": "random"}}}'],
  ])('%s harms nothing', (settings) => {
    const { queues, refused } = effective([row('support', JSON.parse(settings))]);
    expect([queues['support'], refused.length]).toEqual([loaded.config.queues[0], 1]);
  });

  test('whatever stands in a row, every queue of the file is there, and what is refused is told of that row', () => {
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom('20s', 'yes', 'random', '5', -1, 2 ** 31, 1e300),
    );
    const name = fc.oneof(
      fc.constantFrom(
        'retry',
        'ring-timeout',
        'weight',
        'strategy',
        'programme',
        'exit-keys',
        'announcements',
        'recording',
        'title',
      ),
      fc.string(),
    );
    const settings = fc.dictionary(name, value, { maxKeys: 4 });
    const property = fc.property(settings, fc.string({ minLength: 1 }), settings, (ofSupport, other, ofOther) => {
      const { names, refused, config } = effective([row('support', ofSupport), row(other, ofOther, true)]);
      expect(names).toEqual(expect.arrayContaining(['support', 'plain']));
      expect(config.defaultQueue).toBe('support');
      for (const reason of refused) expect(reason).toMatch(/^queues/);
      expect(config.ivr).toEqual(loaded.config.ivr);
    });
    fc.assert(property, { numRuns: 50 });
  });
});
