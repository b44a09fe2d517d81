import { describe, expect, test } from '@jest/globals';
import { needsRestart, settingChanges } from '../../../src/config/changes.ts';
import { pathText } from '../../../src/config/findings.ts';
import { readSettingValue } from '../../../src/config/setting-value.ts';
import { mergedSettings, withoutSetting } from '../../../src/stored-settings.ts';

const told = (before: unknown, after: unknown) =>
  settingChanges(before, after).map(({ path, change }) => `${pathText(path)} ${change}`);

describe('settingChanges', () => {
  test('names each setting that differs, and a group that is new or gone as one', () => {
    const before = {
      language: 'en',
      queues: { support: { retry: '5s', 'wrap-up': 0 }, old: { title: 'Old' } },
      keep: {},
    };
    const after = { language: 'en', queues: { support: { retry: 5, weight: 1 }, sales: { title: 'Sales' } } };
    expect(told(before, after)).toEqual([
      'queues.support.retry changed',
      'queues.support.wrap-up removed',
      'queues.support.weight new',
      'queues.old removed',
      'queues.sales new',
      'keep removed',
    ]);
  });

  test('lists are settings as a whole; the order of a group does not matter', () => {
    expect(told({ a: [1, 2], b: 1 }, { b: 1, a: [2, 1] })).toEqual(['a changed']);
    expect(told({ a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } })).toEqual([]);
    expect(told({ a: { b: 1 } }, { a: 1 })).toEqual(['a changed']);
  });
});

describe('needsRestart', () => {
  const waits = (...path: string[]) => needsRestart({ path, change: 'changed' });

  test.each([
    ['asterisk', 'url'],
    ['http', 'listen'],
    ['http'],
    ['database', 'pool'],
    ['database'],
    ['xmpp', 'jid'],
    ['xmpp'],
    ['log', 'level'],
    ['music-classes', 'default', 'folder'],
    ['music-classes', 'new-one'],
    ['sounds', 'formats'],
    ['language'],
  ])('%s.%s', (...path) => {
    expect(waits(...path.filter((part) => part !== undefined))).toBe(true);
  });

  test.each([
    ['queues', 'support', 'retry'],
    ['queues'],
    ['ivr', 'steps', 'main'],
    ['limits', 'calls'],
    ['lookups', 'by-code', 'sql'],
    ['accounts', 'billing'],
    ['members', 'caller-id'],
    ['xmpp', 'announce'],
    ['xmpp', 'publish-wait'],
    ['database', 'away-limit'],
    ['music-classes', 'default', 'programme'],
    ['music-classes', 'default', 'fallback'],
    ['keep', 'numbers'],
  ])('not %s.%s', (...path) => {
    expect(waits(...path)).toBe(false);
  });
});

describe('Settings in the database', () => {
  test('are merged setting by setting; nothing is as good as not written', () => {
    const file = { retry: '5s', programme: { order: 'random', keys: { position: '4' } }, list: [1] };
    expect(
      mergedSettings(file, { retry: null, programme: { keys: { accounts: '2' } }, list: [2], title: 'X' }),
    ).toEqual({
      retry: '5s',
      programme: { order: 'random', keys: { position: '4', accounts: '2' } },
      list: [2],
      title: 'X',
    });
    expect(mergedSettings({ retry: 5 }, { retry: { odd: true } })).toEqual({ retry: { odd: true } });
  });

  test('are taken out with the groups that they leave empty', () => {
    const settings = { retry: 5, programme: { order: 'random', keys: { position: '4' } } };
    expect(withoutSetting(settings, ['retry'])).toEqual({ programme: settings.programme });
    expect(withoutSetting(settings, ['programme', 'keys', 'position'])).toEqual({
      retry: 5,
      programme: { order: 'random' },
    });
    expect(withoutSetting({ programme: { order: 'random' } }, ['programme', 'order'])).toEqual({});
    expect(withoutSetting(settings, ['programme'])).toEqual({ retry: 5 });
    expect(withoutSetting(settings, ['retry', 'deeper'])).toEqual({ programme: settings.programme });
    expect(withoutSetting(settings, ['nothing'])).toEqual(settings);
  });

  test.each([
    ['20s', '20s'],
    ['5', 5],
    ['0049', '0049'],
    ['+49', '+49'],
    ['true', true],
    ['[paused, inuse]', ['paused', 'inuse']],
    ['{ order: random }', { order: 'random' }],
    ['Help desk', 'Help desk'],
    ['a: b: c', 'a: b: c'],
    ['*', '*'],
    ["'5'", '5'],
    ['', ''],
  ])('%j on the command line is %j', (written, value) => {
    expect(readSettingValue(written)).toEqual(value);
  });
});
