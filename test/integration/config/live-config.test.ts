import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { queueName } from '../../../src/core/ids.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import type { SettingsRequest, StepRequest } from '../../../src/http/application-face.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { LiveConfig } from '../../../src/live-config.ts';
import { createLog } from '../../../src/log.ts';
import { openTestDatabase } from '../../support/database.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const ENV = { ARI_PASSWORD: 'pass' };
const SUPPORT = queueName('support');
const IVR = 'ivr: { start: one, steps: { one: { play: queueapp/welcome, hangup: true } } }\n';
const ONE_QUEUE = `queues: { support: { retry: 7s } }\n${IVR}`;

let postgres: TestPostgres;
let anybody: Awaited<ReturnType<TestPostgres['client']>>;
let folder: string;
let file: string;
let database: Awaited<ReturnType<typeof openTestDatabase>>;
let live: LiveConfig;
let applied: Config[];
/** Queues of which this process has written the row. */
let defined: string[];
let reloads = 0;
let log: { level: string; msg: string; reason?: string; warning?: string }[];

beforeAll(async () => {
  postgres = await startTestPostgres();
  anybody = await postgres.client();
  folder = await mkdtemp(join(tmpdir(), 'queueapp-live-'));
  file = join(folder, 'queueapp.yaml');
});
afterAll(async () => {
  await postgres.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  await anybody.query(
    'truncate ivr_step, queue, queue_member, queue_entry, queue_entry_heard, ring_attempt, queue_log',
  );
  await start(ONE_QUEUE);
});
afterEach(() => stop());

async function start(text: string): Promise<void> {
  await writeFile(file, text);
  applied = [];
  log = [];
  const rows: string[] = [];
  defined = rows;
  database = await openTestDatabase(postgres.databaseUrl);
  const load = () => loadConfig({ file, env: ENV });
  const stream = new PassThrough().on('data', (line) => log.push(JSON.parse(String(line))));
  live = new LiveConfig({
    loaded: load(),
    load,
    env: ENV,
    rows: database.queueRows,
    steps: database.stepRows,
    store: {
      ...database.queueStore,
      async defineQueues(queues) {
        await database.queueStore.defineQueues(queues);
        rows.push(...queues.map(({ name }) => name));
      },
    },
    apply: async (config) => {
      applied.push(config);
    },
    reloaded: () => {
      reloads++;
    },
    clock: systemClock,
    log: createLog({ level: 'info', personalData: false }, stream),
  });
  await live.start();
  // The first word of the listener, which is that everything may have changed.
  await eventually('the database to be listened to', () => applied.length >= 2);
}

async function stop(): Promise<void> {
  await live.close();
  await database.close();
}

const queueOf = (name: string) => live.config.queues.find((queue) => queue.name === name);
const until = (what: string, name: string, is: (queue: QueueSettings | undefined) => boolean) =>
  eventually(what, () => is(queueOf(name)));
/** What counts now is told to calls a little later than it counts. */
const isApplied = () => eventually('calls to be told', () => applied.at(-1) === live.config);
const settled = (wanted: number) => eventually('the change to be taken up', () => applied.length >= wanted);
const change = (request: Partial<SettingsRequest>) =>
  live.changeQueueSettings({ queue: SUPPORT, set: {}, unset: [], unsetAll: false, create: false, ...request });
const rowOf = async (name: string) =>
  (await anybody.query('select title, settings, source, service_level_ms as level from queue where name = $1', [name]))
    .rows[0];

describe('by SQL', () => {
  test("settings in a queue's row are taken up at once, and taken back", async () => {
    await anybody.query(
      `update queue set settings = '{"ring-timeout": "25s", "strategy": "rrmemory"}' where name = 'support'`,
    );
    await until('the new ring time', 'support', (queue) => queue?.ringTimeoutMs === 25_000);
    expect(queueOf('support')).toMatchObject({ strategy: 'rrmemory', retryMs: 7_000 });
    await anybody.query(`update queue set settings = settings - 'ring-timeout' where name = 'support'`);
    await until("the file's ring time", 'support', (queue) => queue?.ringTimeoutMs === 15_000);
    expect(queueOf('support')?.strategy).toBe('rrmemory');
  });

  test('a wrong value is ignored with its reason in the log, once, and the last good one stays', async () => {
    await anybody.query(`update queue set settings = '{"retry": 3}' where name = 'support'`);
    await until('the right one', 'support', (queue) => queue?.retryMs === 3_000);
    await isApplied();
    const before = applied.length;
    await anybody.query(`update queue set settings = '{"retry": "soon", "weight": 9}' where name = 'support'`);
    await settled(before + 1);
    await anybody.query("update queue set title = 'Support!' where name = 'support'");
    await settled(before + 2);
    expect(queueOf('support')).toMatchObject({ retryMs: 3_000, weight: 0 });
    const errors = log.filter(({ level }) => level === 'error');
    expect(errors.map(({ reason }) => reason)).toEqual([
      'queues.support.retry: expected a duration such as 15s, got "soon"',
    ]);
    await anybody.query(`update queue set settings = '{"retry": 4}' where name = 'support'`);
    await until('the mended one', 'support', (queue) => queue?.retryMs === 4_000);
  });

  test('rows become queues, are retitled, and are none any more when they are gone', async () => {
    await anybody.query("insert into queue (name, title) values ('sales', 'Sales')");
    await until('the new queue', 'sales', (queue) => queue?.title === 'Sales');
    await anybody.query(`update queue set title = 'Shop', settings = '{"service-level": "20s"}' where name = 'sales'`);
    await until('the new title', 'sales', (queue) => queue?.title === 'Shop');
    await eventually('the database to count by the level', async () => (await rowOf('sales'))?.level === 20_000);
    await anybody.query("delete from queue where name = 'sales'");
    await until('the queue to be gone', 'sales', (queue) => queue === undefined);
  });

  test("a queue of the file whose row is deleted gets it back; its title is the file's", async () => {
    await anybody.query("delete from queue where name = 'support'");
    await eventually('the row to be there', async () => (await rowOf('support')) !== undefined);
    expect([await rowOf('support'), queueOf('support')?.title]).toEqual([
      { title: 'Support', settings: {}, source: 'file', level: 0 },
      'Support',
    ]);
  });

  test('what was changed while the database was away is taken up when it is back', async () => {
    await postgres.stop();
    await expect(change({ set: { weight: 1 } })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    await writeFile(file, `queues: { support: { retry: 8s }, sales: {} }\n${IVR}`);
    await live.reload();
    expect(queueOf('support')?.retryMs).toBe(8_000);
    await postgres.start();
    anybody = await postgres.client();
    await eventually('the new queue to have its row', async () => (await rowOf('sales')) !== undefined, 30_000);
  }, 180_000);
});

const step = (name: string) => live.config.ivr.steps[name];
/** Waits until the step has all of this. */
const untilStep = (what: string, name: string, wanted: object) =>
  eventually(what, () => step(name) !== undefined && isDeepStrictEqual({ ...step(name), ...wanted }, step(name)));
const writeStep = (name: string, definition: object) =>
  anybody.query(
    'insert into ivr_step (name, definition) values ($1, $2) on conflict (name) do update set definition = excluded.definition',
    [name, JSON.stringify(definition)],
  );

describe('steps of the IVR by SQL', () => {
  test("a row is a step more, or stands for the file's, until it is gone; it may lead to a queue that only has a row", async () => {
    await anybody.query("insert into queue (name, title) values ('sales', 'Sales')");
    await writeStep('shop', { queue: 'sales', next: 'one' });
    await untilStep('the new step', 'shop', { kind: 'queue', queue: 'sales', next: 'one' });
    await writeStep('one', { play: 'queueapp/hello', next: 'shop' });
    await untilStep('the row in place of the file’s', 'one', { prompt: ['sound:queueapp/hello'], next: 'shop' });
    await isApplied();
    await anybody.query('delete from ivr_step');
    await untilStep('the file’s again', 'one', { prompt: ['sound:queueapp/welcome'], next: 'hangup' });
    expect(step('shop')).toBeUndefined();
  });

  test('a wrong row is refused with its name and the place in it, once, and what was right before stays', async () => {
    await writeStep('one', { play: 'queueapp/hello', hangup: true });
    await untilStep('the right one', 'one', { prompt: ['sound:queueapp/hello'] });
    await isApplied();
    const before = applied.length;
    await writeStep('one', { menu: { prompt: 'm', keys: { '1': 'hangup' }, nothing: 'hangup', wait: 'soon' } });
    await settled(before + 1);
    await writeStep('two', { play: 'x', hangup: true });
    await untilStep('another row', 'two', { kind: 'play' });
    expect(step('one')).toMatchObject({ kind: 'play', prompt: ['sound:queueapp/hello'] });
    const reason = expect.stringMatching(/^ivr\.steps\.one\.menu\.wait: expected a duration .* got "soon"$/);
    expect(log.filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ code: 'CONFIG_INVALID', table: 'ivr_step', row: 'one', reason }),
    ]);
    expect(live.refused).toMatchObject([{ table: 'ivr_step', name: 'one', path: ['menu', 'wait'] }]);
    expect((await live.reload()).refused).toEqual([reason]);
    await writeStep('one', { play: 'queueapp/mended', hangup: true });
    await untilStep('the mended one', 'one', { prompt: ['sound:queueapp/mended'] });
    expect(live.refused).toEqual([]);
  });

  test('what is odd in a row is told once, in the words of the file, and again when it was mended in between', async () => {
    const told = () => log.filter(({ msg }) => msg === 'Odd configuration').map(({ warning }) => warning);
    const shop =
      'ivr.steps.shop: No step leads to "shop": only the dialplan can enter there, with Stasis(queueapp,menu,shop)';
    await writeStep('shop', { queue: 'support' });
    await untilStep('the odd step, which is used', 'shop', { kind: 'queue' });
    await eventually('it to be told', () => told().length > 0);
    await anybody.query(`update queue set settings = '{"exit-keys": {"3": "shop"}}' where name = 'support'`);
    await eventually('it to be led to', () => told().length > 1);
    const key = "queues.support.exit-keys.3: goes before the programme's key next-tune, which is not heard";
    expect(told()).toEqual([shop, key]);
    expect((await live.reload()).warnings).toEqual([key]);
    await anybody.query(`update queue set settings = '{}' where name = 'support'`);
    await eventually('nothing to lead there again', () => told().length > 2);
    expect(told()).toEqual([shop, key, shop]);
    expect(log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('rows are there from the beginning after a restart, and by command a step is made, changed and given back', async () => {
    await writeStep('news', { play: 'queueapp/news', next: 'one' });
    await stop();
    await start(ONE_QUEUE);
    expect(applied[0]?.ivr.steps['news']).toMatchObject({ next: 'one' });
    const ask = (name: string, over: Partial<StepRequest>) =>
      live.changeStep({ step: name, set: {}, unset: [], unsetAll: false, create: false, ...over });
    await expect(ask('shop', { set: { queue: 'support' } })).rejects.toMatchObject({ code: 'STEP_UNKNOWN' });
    expect(() => live.step('shop')).toThrow('There is no step shop');
    await expect(ask('one', { set: { play: 'x', next: 'shop' } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^ivr_step\.definition ivr\.steps\.one\.next: there is no step "shop"/),
    });
    const large = Object.fromEntries(Array.from({ length: 16 }, (_, n) => [n.toString(16), 'one'.repeat(500)]));
    await expect(ask('big', { set: { menu: { keys: large } }, create: true })).rejects.toMatchObject({
      message: 'ivr_step.definition ivr.steps.big: is larger than 20000 bytes',
    });
    const made = await ask('shop', { set: { queue: 'support' }, create: true });
    expect(made).toEqual({ step: 'shop', isOfFile: false, isInDatabase: true, definition: { queue: 'support' } });
    // The row begins as the file's step.
    const changed = await ask('one', { set: { next: 'shop' }, unset: [['hangup']] });
    expect(changed).toMatchObject({ isOfFile: true, definition: { play: 'queueapp/welcome', next: 'shop' } });
    expect([step('one'), step('shop')]).toMatchObject([{ next: 'shop' }, { queue: 'support' }]);
    await expect(ask('shop', { unsetAll: true })).rejects.toMatchObject({
      message: expect.stringContaining('ivr_step one leads to the step'),
    });
    const whole = await ask('shop', { set: { play: 'closed', hangup: true }, unsetAll: true });
    expect(whole.definition).toEqual({ play: 'closed', hangup: true });
    expect(await ask('one', { unsetAll: true })).toMatchObject({ isInDatabase: false, definition: { hangup: true } });
    await ask('shop', { unsetAll: true });
    expect([step('one')?.kind, step('shop')]).toEqual(['play', undefined]);
    const { rows } = await anybody.query('select name from ivr_step');
    expect(rows).toEqual([{ name: 'news' }]);
  });

  test('another process takes up what a command of this one has changed', async () => {
    const { database: other, live: otherLive } = { database, live };
    await start(ONE_QUEUE);
    await live.changeStep({
      ...{ step: 'news', set: { play: 'a', next: 'one' }, unset: [], unsetAll: false, create: true },
    });
    await eventually('the other to know', () => otherLive.config.ivr.steps['news'] !== undefined);
    await otherLive.close();
    await other.close();
  });
});

test('two processes with different files write their rows once each, at their start, and not in turns for ever', async () => {
  const { database: other, live: otherLive, defined: ofOther } = { database, live, defined };
  await start(ONE_QUEUE.replace('retry: 7s', 'title: Second'));
  for (const weight of [3, 4, 5]) {
    await anybody.query('update queue set settings = $1', [{ weight }]);
    const taken = () => [live, otherLive].every(({ config }) => config.queues[0]?.weight === weight);
    await eventually('both to have taken it up', taken);
  }
  expect([defined, ofOther, (await rowOf('support'))?.title]).toEqual([['support'], ['support'], 'Second']);
  await anybody.query(`update queue set settings = '{"service-level": "30s"}'`);
  await eventually('the database to count by it', async () => (await rowOf('support'))?.level === 30_000);
  await otherLive.close();
  await other.close();
});

describe('by file', () => {
  test('a reload takes up what is new, says what, what waits for a restart, and writes CONFIGRELOAD', async () => {
    await writeFile(
      file,
      `http: { listen: 127.0.0.1:9 }\nlimits: { calls: 7 }\nqueues: { support: { retry: 9s }, sales: {} }\n${IVR}`,
    );
    expect(await live.reload()).toEqual({
      changes: [
        { setting: 'queues.support.retry', change: 'changed' },
        { setting: 'queues.sales', change: 'new' },
        { setting: 'http', change: 'new' },
        { setting: 'limits', change: 'new' },
      ],
      waiting: [{ setting: 'http', change: 'new' }],
      warnings: [],
      refused: [],
    });
    expect([queueOf('support')?.retryMs, queueOf('sales')?.title, live.config.limits.calls]).toEqual([
      9_000,
      'Sales',
      7,
    ]);
    expect(applied.at(-1)).toBe(live.config);
    const { rows } = await anybody.query('select callid, queuename, agent, event from queue_log');
    expect(rows).toEqual([{ callid: 'NONE', queuename: 'NONE', agent: 'NONE', event: 'CONFIGRELOAD' }]);
    expect(await rowOf('sales')).toMatchObject({ source: 'file' });
  });

  test('a wrong file is refused with everything that is wrong, and nothing changes', async () => {
    await live.reload();
    const [before, reloadsBefore] = [live.config, reloads];
    await writeFile(file, `queues: { support: { retry: soon, wait: 3 }, sales: {} }\n${IVR}`);
    await expect(live.reload()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      details: { findings: [{ path: ['queues', 'support', 'retry'] }, { path: ['queues', 'support', 'wait'] }] },
    });
    await rm(file);
    await expect(live.reload()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect([live.config, reloads]).toEqual([before, reloadsBefore]);
    expect((await anybody.query('select from queue_log')).rowCount).toBe(1);
    expect(log.filter(({ level }) => level === 'error')).toHaveLength(2);
  });

  test('settings of the row go on going before the file; a queue that the file forgets is none, whatever its row says', async () => {
    await anybody.query(`update queue set settings = '{"retry": 3}' where name = 'support'`);
    await until('the row', 'support', (queue) => queue?.retryMs === 3_000);
    await writeFile(file, `queues: { support: { retry: 11s, weight: 2 }, sales: {} }\n${IVR}`);
    await live.reload();
    expect(queueOf('support')).toMatchObject({ retryMs: 3_000, weight: 2 });
    await writeFile(file, `queues: { sales: {} }\n${IVR}`);
    await live.reload();
    expect([queueOf('support'), queueOf('sales')?.title]).toEqual([undefined, 'Sales']);
    await writeFile(file, `queues: { sales: {}, support: {} }\n${IVR}`);
    await live.reload();
    expect(queueOf('support')).toMatchObject({ retryMs: 3_000, weight: 0 });
  });

  test('many reloads and changes at once end in what was written last', async () => {
    const all = [];
    for (let n = 1; n <= 20; n++) {
      // As editors do: never half a file.
      await writeFile(`${file}.new`, `queues: { support: { retry: ${n}s } }\n${IVR}`);
      await rename(`${file}.new`, file);
      all.push(live.reload(), change({ set: { weight: n } }));
    }
    await Promise.all(all);
    expect(queueOf('support')).toMatchObject({ retryMs: 20_000, weight: 20 });
  });
});

describe('by command', () => {
  test('settings are set, merged, and taken back', async () => {
    expect(await change({ set: { retry: '3s', programme: { order: 'random' } } })).toEqual({
      queue: 'support',
      isOfFile: true,
      settings: { retry: '3s', programme: { order: 'random' } },
    });
    expect(queueOf('support')).toMatchObject({ retryMs: 3_000, programme: { order: 'random' } });
    await change({ set: { programme: { advice: { pause: '1m' } } }, unset: [['retry']] });
    expect(live.queueSettings(SUPPORT).settings).toEqual({ programme: { order: 'random', advice: { pause: '1m' } } });
    expect(queueOf('support')?.retryMs).toBe(7_000);
    await change({ unsetAll: true });
    expect([live.queueSettings(SUPPORT).settings, (await rowOf('support'))?.settings]).toEqual([{}, {}]);
  });

  test('a wrong value is refused with everything that is wrong, and nothing is written', async () => {
    await expect(change({ set: { retry: 'soon', strategie: 'random' } })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(
        /^queue\.settings queues\.support\.retry: expected a duration .*\nqueue\.settings queues\.support\.strategie: is no setting here; did you mean "strategy"/,
      ),
    });
    expect((await rowOf('support'))?.settings).toEqual({});
  });

  test('a queue that does not exist is refused, or made when that was asked for', async () => {
    const sales = queueName('sales');
    await expect(change({ queue: sales, set: { weight: 1 } })).rejects.toMatchObject({ code: 'QUEUE_UNKNOWN' });
    expect(() => live.queueSettings(sales)).toThrow('There is no queue sales');
    expect(await change({ queue: sales, set: { weight: 1 }, create: true })).toMatchObject({ isOfFile: false });
    expect([queueOf('sales'), await rowOf('sales')]).toMatchObject([
      { title: 'Sales', weight: 1 },
      { title: 'Sales', source: 'sql', settings: { weight: 1 } },
    ]);
    await expect(change({ queue: queueName('a b'), create: true })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  test('another process takes it up, too, and what it changes at the same time is not lost', async () => {
    const { database: other, live: otherLive } = { database, live };
    await start(ONE_QUEUE);
    await Promise.all([
      ...[1, 2, 3].map((n) => change({ set: { [`retry`]: n, weight: n } })),
      ...[4, 5, 6].map((n) =>
        otherLive.changeQueueSettings({
          queue: SUPPORT,
          set: { 'max-length': n },
          unset: [],
          unsetAll: false,
          create: false,
        }),
      ),
    ]);
    expect((await rowOf('support'))?.settings).toEqual({ retry: 3, weight: 3, 'max-length': 6 });
    const level = () => [live, otherLive].map(({ config }) => config.queues[0]?.maxLength).join() === '6,6';
    await eventually('both processes to know', level);
    await otherLive.close();
    await other.close();
  });
});

test('after a restart settings of rows and queues made by SQL are there from the beginning', async () => {
  await change({ set: { retry: '3s' } });
  await anybody.query("insert into queue (name, title) values ('sales', 'Sales')");
  await stop();
  await start(ONE_QUEUE);
  expect(applied[0]?.queues.map(({ name, retryMs }) => [name, retryMs])).toEqual([
    ['support', 3_000],
    ['sales', 5_000],
  ]);
});

test('a thousand queues in the database are taken up, and a change of one is quick', async () => {
  await anybody.query("insert into queue (name, title) select 'q' || i, 'Q' from generate_series(1, 1000) i");
  await until('the last queue', 'q1000', (queue) => queue !== undefined);
  await change({ set: { weight: 1 } });
  expect([queueOf('support')?.weight, live.config.queues.length]).toEqual([1, 1001]);
}, 180_000);
