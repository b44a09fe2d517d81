import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/phones/processes.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { RunningCommand } from '../check/command.ts';

// Each command is a process that reads all of its TypeScript first, and some tests give ten of them.
jest.setTimeout(240_000);

const START_LIMIT_MS = 60_000;

/** Beside the configuration file; read at start. */
const LOG_FILE = 'queue-log: { file: queue_log }\n';
const IVR = 'ivr: { start: one, steps: { one: { play: queueapp/welcome, hangup: true } } }\n';

let postgres: TestPostgres;
let folder: string;
let env: Record<string, string>;
let application: RunningCommand;

beforeAll(async () => {
  postgres = await startTestPostgres();
  folder = await mkdtemp(join(tmpdir(), 'queueapp-process-'));
  env = {
    QUEUEAPP_CONFIG: join(folder, 'queueapp.yaml'),
    QUEUEAPP_DATA: folder,
    DATABASE_URL: postgres.databaseUrl,
    // Nobody is there: the configuration needs no Asterisk.
    ARI_URL: `http://127.0.0.1:${await freePort()}`,
    ARI_PASSWORD: 'pass',
    HTTP_LISTEN: `127.0.0.1:${await freePort()}`,
    API_TOKEN: 'a-token-of-the-tests',
  };
  await write('queues: { support: { retry: 7s } }');
  application = new RunningCommand(['start'], env);
  await eventually('the application answers', async () => (await command('status')).status === 0, START_LIMIT_MS);
});

afterAll(async () => {
  await application?.[Symbol.asyncDispose]();
  await postgres?.close();
  await rm(folder, { recursive: true });
});

async function write(text: string): Promise<void> {
  await writeFile(join(folder, 'new.yaml'), `${text}\n${LOG_FILE}${IVR}`);
  await rename(join(folder, 'new.yaml'), join(folder, 'queueapp.yaml'));
}

const command = (...args: string[]) => new RunningCommand(args, env).end();

interface Line {
  readonly msg: string;
  readonly findings?: readonly string[];
  readonly changes?: readonly string[];
}

const lines = () =>
  application.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

async function strategyOf(queue: string): Promise<string | undefined> {
  const response = await fetch(`http://${env['HTTP_LISTEN']}/api/v1/queues`, {
    headers: { authorization: `Bearer ${env['API_TOKEN']}` },
  });
  const queues = (await response.json()) as { queue: string; strategy: string }[];
  return queues.find((each) => each.queue === queue)?.strategy;
}

test('SIGHUP: a right file is taken up, a wrong one refused with its reasons, and the process goes on', async () => {
  await write('queues: { support: { strategy: random }, sales: {} }');
  application.signal('SIGHUP');
  await eventually('the file to be taken up', async () => (await strategyOf('sales')) === 'leastrecent');
  expect(await strategyOf('support')).toBe('random');
  // It is taken up first, and told when CONFIGRELOAD stands in the database, too.
  const told = await eventually('it to be told', () => lines().find(({ msg }) => msg === 'Configuration read again'));
  expect(told.changes).toEqual(['queues.support.retry', 'queues.support.strategy', 'queues.sales']);

  await write('queues: { support: { strategy: loudest } }');
  application.signal('SIGHUP');
  const refusal = await eventually('the refusal', () => lines().find(({ msg }) => msg.startsWith('The file is wrong')));
  expect(refusal.findings).toEqual([
    expect.stringMatching(/queueapp\.yaml:1:22 queues\.support\.strategy: expected one of/),
  ]);
  expect([await strategyOf('support'), await strategyOf('sales')]).toEqual(['random', 'leastrecent']);
});

test('queueapp reload says what was taken up; a wrong file is exit status 78, with a line for each fault', async () => {
  await write('http: { listen: 127.0.0.1:9 }\nqueues: { support: { strategy: linear } }');
  const { status, out } = await command('reload');
  expect([status, out]).toEqual([
    0,
    'Taken up:\n- queues.support.strategy\n- queues.sales (removed)\nOnly after a restart:\n- http (new)\n',
  ]);
  expect([await strategyOf('support'), await strategyOf('sales')]).toEqual(['linear', undefined]);
  expect(await command('reload')).toEqual({ status: 0, out: 'Nothing has changed in the file.\n', error: '' });

  await write('queues: { support: { strategy: loudest, retry: soon } }');
  const wrong = await command('reload');
  expect([wrong.status, wrong.out]).toEqual([78, '']);
  expect(wrong.error.trim().split('\n')).toEqual([
    expect.stringMatching(/queueapp\.yaml:1:22 queues\.support\.strategy: expected one of/),
    expect.stringMatching(/queueapp\.yaml:1:41 queues\.support\.retry: expected a duration such as 15s, got "soon"$/),
  ]);
  expect(await strategyOf('support')).toBe('linear');
});

test('queueapp set and unset change the settings in the database, and SQL does the same', async () => {
  expect((await command('set', 'support', 'strategy=rrmemory', 'programme.order=random')).out).toBe(
    'strategy=rrmemory\nprogramme.order=random\n',
  );
  expect(await strategyOf('support')).toBe('rrmemory');
  const wrong = await command('set', 'support', 'strategy=loudest');
  expect(wrong).toMatchObject({
    status: 78,
    error: expect.stringMatching(/^queue\.settings queues\.support\.strategy: expected one of/),
  });
  expect(await command('set', 'shop', 'weight=1')).toMatchObject({
    status: 1,
    error: 'QUEUE_UNKNOWN: There is no queue shop\n',
  });
  expect((await command('set', 'shop', 'weight=1', '--new')).out).toBe('weight=1\n');
  expect(await strategyOf('shop')).toBe('leastrecent');

  const anybody = await postgres.client();
  await anybody.query(`update queue set settings = '{"strategy": "fewestcalls"}' where name = 'support'`);
  await eventually('the SQL to be taken up', async () => (await strategyOf('support')) === 'fewestcalls');
  expect(JSON.parse((await command('set', 'support', '--json')).out)).toEqual({
    queue: 'support',
    ofFile: true,
    settings: { strategy: 'fewestcalls' },
  });
  expect((await command('unset', 'support', '--all')).out).toBe(
    "support has no settings in the database: the file's count\n",
  );
  expect(await strategyOf('support')).toBe('linear');
  const { rows } = await anybody.query("select count(*)::int as reloads from queue_log where event = 'CONFIGRELOAD'");
  expect(rows[0].reloads).toBe(3);
});

test('queueapp personal-data: one caller is found and erased, in the file of queue_log, too, and reports add up', async () => {
  const anybody = await postgres.client();
  const nowMs = Date.now();
  await anybody.query(
    `insert into queue_entry (entry_id, call_id, queue, channel_id, unique_id, caller_number, caller_name, customer, joined_at,
        original_position, state, ended_at, outcome)
      values ('e1', 'c1', 'support', '1.1', '1.1', '5550199', 'Alice', '{"id": "1", "name": "Company 1", "code": "1111", "fields": {}}',
        to_timestamp($1::float8 / 1000), 1, 'ended', to_timestamp($1::float8 / 1000), 'ABANDON')`,
    [nowMs],
  );
  await anybody.query(
    `insert into queue_log (time, callid, queuename, agent, event, data1, data2, data3)
      select to_timestamp($1::float8 / 1000) at time zone 'UTC', callid, 'support', 'NONE', event, d1, d2, d3
      from (values ('1.1', 'ENTERQUEUE', '', '5550199', '1'), ('1.1', 'ABANDON', '1', '1', '30'), ('1.2', 'ENTERQUEUE', '', '5550122', '1'))
        as lines (callid, event, d1, d2, d3)`,
    [nowMs],
  );
  const logFile = async () => await readFile(join(folder, 'queue_log'), 'utf8');
  await eventually('the lines to be in the file', async () => (await logFile()).includes('5550122'));
  const before = (await logFile()).length;
  const report = async () =>
    (
      await anybody.query(
        'select event, count(*), count(distinct data2) as callers from queue_log group by 1 order by 1',
      )
    ).rows;
  const sums = await report();

  const listed = await command('personal-data', 'list', '5550199');
  expect([listed.status, listed.error]).toEqual([0, '']);
  expect(listed.out).toMatch(
    /Places in line\n.*\n.*support {2}5550199 {2}Alice {2}Company 1 \(id 1, code 1111\) {2}over\n/,
  );
  expect((await command('personal-data', 'erase', '5550199')).status).toBe(2);
  const erased = await command('personal-data', 'erase', '5550199', '--yes');
  expect(erased.out).toMatch(
    /^Erased: 1 places in line, 1 lines of queue_log, 1 of its file, 0 tunes, 0 recordings\.\n/,
  );
  expect((await command('personal-data', 'list', '5550199')).out).toMatch(/^Nothing\n/);
  expect(await report()).toEqual(sums);
  const text = await logFile();
  expect([text.length, text.includes('5550199'), text.includes('5550122')]).toEqual([before, false, true]);
  // The file goes on where it was: nothing is written twice.
  await anybody.query(
    "insert into queue_log (time, callid, queuename, agent, event) values (now(), '1.3', 'support', 'NONE', 'FULL')",
  );
  await eventually('the next line', async () => (await logFile()).endsWith('|1.3|support|NONE|FULL|\n'));
  expect((await logFile()).split('|ABANDON|')).toHaveLength(2);
  expect(application.out).not.toContain('5550199');
});

test('SIGTERM ends it with 0 as ever', async () => {
  application.signal('SIGTERM');
  expect((await application.end()).status).toBe(0);
});

test('queueapp drain says what will happen, waits, and the process ends with 0; without calls at once', async () => {
  await write('queues: { support: {} }');
  application = new RunningCommand(['start'], env);
  await eventually('the application answers', async () => (await command('status')).status === 0, START_LIMIT_MS);
  const { status, out } = await command('drain');
  expect([status, out.split('\n')]).toEqual([
    0,
    [
      'No other process is standby: no calls; who waits goes back to the dialplan, talks are waited for (at most 30 min)',
      'Done: the process has ended',
      '',
    ],
  ]);
  expect((await application.end()).status).toBe(0);
  const told = ['Draining', 'Drained: the process ends', 'Stopped'];
  expect(lines().map(({ msg }) => msg)).toEqual(expect.arrayContaining(told));
});
