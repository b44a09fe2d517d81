import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { FakeApi } from '../../support/fake-api.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.open();
});
afterEach(() => api.close());

const nothing = { changes: [], waiting: [], warnings: [], refused: [] };

test('reload says what was taken up, what waits, what is odd and what is wrong', async () => {
  const http = { setting: 'http.listen', change: 'changed' };
  api.answers({
    changes: [{ setting: 'queues.support.retry', change: 'changed' }, { setting: 'queues.sales', change: 'new' }, http],
    waiting: [http],
    warnings: ['queueapp.yaml:3:1 odd\u001b[2J'],
    refused: ['queues.old.retry: expected a duration such as 15s, got "soon"'],
  });
  expect(await api.run('reload')).toEqual({
    status: 0,
    out: `Taken up:
- queues.support.retry
- queues.sales (new)
Only after a restart:
- http.listen
Odd:
- queueapp.yaml:3:1 odd?[2J
Wrong in the database, and not used:
- queues.old.retry: expected a duration such as 15s, got "soon"
`,
    error: '',
  });
  expect(api.asked).toEqual([{ method: 'POST', path: '/reload', body: {} }]);
  api.answers(nothing);
  expect((await api.run('reload')).out).toBe('Nothing has changed in the file.\n');
  expect(JSON.parse((await api.run('reload', '--json')).out)).toEqual(nothing);
});

test('a file that is refused is exit status 78, with a line for each fault', async () => {
  const finding = {
    file: 'queueapp.yaml',
    line: 3,
    column: 5,
    path: ['queues', 'support', 'retry'],
    reason: 'is wrong',
  };
  api.answers(
    { error: { code: 'CONFIG_INVALID', message: 'a\nb', findings: [finding, { ...finding, line: 4 }] } },
    422,
  );
  expect(await api.run('reload')).toEqual({
    status: 78,
    out: '',
    error: 'queueapp.yaml:3:5 queues.support.retry: is wrong\nqueueapp.yaml:4:5 queues.support.retry: is wrong\n',
  });
  expect(JSON.parse((await api.run('reload', '--json')).out)).toMatchObject({ error: { findings: [finding, {}] } });
});

test('set reads values as the file would, with groups by dots, and shows what stands there', async () => {
  const settings = { retry: '20s', weight: 3, 'join-empty': ['paused'], programme: { keys: { position: '5' } } };
  api.answers({ queue: 'support', ofFile: true, settings });
  const { status, out } = await api.run(
    ...['set', 'support', 'retry=20s', 'weight=3', 'join-empty=[paused]', "programme.keys.position='5'", 'title=a=b'],
  );
  expect([status, out]).toEqual([0, 'retry=20s\nweight=3\njoin-empty=["paused"]\nprogramme.keys.position=5\n']);
  expect(api.asked).toEqual([
    { method: 'POST', path: '/queues/support/settings', body: { set: { ...settings, title: 'a=b' } } },
  ]);
});

test('set without a setting only shows them; --new makes a queue', async () => {
  api.answers({ queue: 'a/b', ofFile: true, settings: {} });
  expect((await api.run('set', 'a/b')).out).toBe("a/b has no settings in the database: the file's count\n");
  api.answers({ queue: 'sales', ofFile: false, settings: {} });
  expect((await api.run('set', 'sales', '--new')).out).toBe('sales has no settings in the database\n');
  expect(api.asked).toEqual([
    { method: 'GET', path: '/queues/a%2Fb/settings', body: null },
    { method: 'POST', path: '/queues/sales/settings', body: { set: {}, create: true } },
  ]);
});

test('unset takes settings back, or all', async () => {
  api.answers({ queue: 'support', ofFile: true, settings: {} });
  await api.run('unset', 'support', 'retry', 'programme.order');
  await api.run('unset', 'support', '--all');
  expect(api.asked.map(({ body }) => body)).toEqual([{ unset: ['retry', 'programme.order'] }, { unsetAll: true }]);
});

test('set-step shows, sets and makes a step of the IVR; unset-step leaves settings out, or removes the row', async () => {
  const definition = { menu: { prompt: 'menu', keys: { '3': 'news' } } };
  api.answers({ step: 'main', ofFile: true, inDatabase: false, definition });
  expect((await api.run('set-step', 'main')).out).toBe(
    "main has no row in the database: the file's counts\nmenu.prompt=menu\nmenu.keys.3=news\n",
  );
  api.answers({ step: 'main', ofFile: true, inDatabase: true, definition });
  expect(await api.run('set-step', 'main', 'menu.keys.3=news', 'menu.wait=5s')).toMatchObject({
    ...{ status: 0, out: 'menu.prompt=menu\nmenu.keys.3=news\n' },
  });
  await api.run('set-step', 'news', '--new', 'play=[a, b]', 'next=main');
  await api.run('set-step', 'news', '--whole', 'queue=support');
  await api.run('unset-step', 'main', 'menu.keys.3');
  api.answers({ step: 'news', ofFile: false, inDatabase: false, definition });
  expect((await api.run('unset-step', 'news', '--all')).out).toBe('news is no step any more\n');
  const path = '/steps/main';
  expect(api.asked).toEqual([
    { method: 'GET', path, body: null },
    { method: 'POST', path, body: { set: { menu: { keys: { '3': 'news' }, wait: '5s' } } } },
    { method: 'POST', path: '/steps/news', body: { set: { play: ['a', 'b'], next: 'main' }, create: true } },
    { method: 'POST', path: '/steps/news', body: { set: { queue: 'support' }, unsetAll: true } },
    { method: 'POST', path, body: { unset: ['menu.keys.3'] } },
    { method: 'POST', path: '/steps/news', body: { unsetAll: true } },
  ]);
});

test.each([
  [['set-step']],
  [['set-step', 'main', '--new']],
  [['set-step', 'main', '--whole']],
  [['set-step', 'main', 'next']],
  [['unset-step', 'main']],
  [['unset-step', 'main', 'next', '--all']],
  [['set']],
  [['set', 'support', 'retry']],
  [['set', 'support', '=5']],
  [['set', 'support', 'programme..order=5']],
  [['unset', 'support']],
  [['unset', 'support', 'retry', '--all']],
  [['reload', 'support']],
])('%j is wrong usage', async (args) => {
  const { status, error } = await api.run(...args);
  expect([status, api.asked]).toEqual([2, []]);
  expect(error).not.toBe('');
});
