import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { extensionNumber, queueName } from '../../../src/core/ids.ts';
import { openTestDatabase } from '../../support/database.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { extension } from '../../support/queue-people.ts';

const SUPPORT = queueName('support');
const QUEUES = [{ name: SUPPORT, title: 'Support', serviceLevelMs: 0 }];

let postgres: TestPostgres;
let anybody: Awaited<ReturnType<TestPostgres['client']>>;

beforeAll(async () => {
  postgres = await startTestPostgres();
  anybody = await postgres.client();
  await opened();
});
afterAll(() => postgres.close());

beforeEach(async () => {
  await anybody.query('truncate queue_member, queue_entry, ring_attempt, extension, queue cascade');
  await anybody.query("insert into extension (number, name) values ('1000', 'Ann'), ('2000', null)");
  await anybody.query("insert into queue (name, title) values ('support', 'Support'), ('sales', 'Sales')");
  await anybody.query('truncate queue_log');
});

/** A process that has begun, and its end. */
async function opened(logMemberNameAsAgent = false) {
  const process = await openTestDatabase(postgres.databaseUrl, { logMemberNameAsAgent });
  await process.queueStore.defineQueues(QUEUES);
  await process.close();
}

async function lines(): Promise<string[]> {
  const { rows } = await anybody.query<{ line: string }>(
    "select concat_ws(' ', callid, queuename, agent, event, nullif(data1, '')) as line from queue_log order by id",
  );
  return rows.map(({ line }) => line);
}

const member = (queue: string, number: string) =>
  anybody.query('insert into queue_member (queue, extension) values ($1, $2)', [queue, number]);

test('one line for each change, with two processes that listen; a start writes nothing of who is there', async () => {
  const processes = [await openTestDatabase(postgres.databaseUrl), await openTestDatabase(postgres.databaseUrl)];
  for (const { queueStore } of processes) await queueStore.defineQueues(QUEUES);
  await member('support', '1000');
  await anybody.query("update queue_member set paused = true, paused_reason = 'lunch'");
  await anybody.query("update queue_member set penalty = 3, paused_reason = 'lunch'");
  await anybody.query('update queue_member set paused = false');
  const [first] = processes;
  await first?.queueStore.pause({
    ...{ extension: extension(extensionNumber('1000')), queue: SUPPORT, isPaused: true, reason: 'own', atMs: 0 },
  });
  const written = [
    'REALTIME support PJSIP/1000 ADDMEMBER',
    'NONE support Ann PAUSE lunch',
    'NONE support Ann UNPAUSE',
    'NONE support Ann PAUSE own',
  ];
  expect(await lines()).toEqual(written);
  for (const process of processes) await process.close();
  await opened();
  expect(await lines()).toHaveLength(written.length);
});

test('whoever goes with an extension or a queue is logged out by name; of a new number there is no line', async () => {
  for (const [queue, number] of [
    ['support', '1000'],
    ['sales', '1000'],
    ['sales', '2000'],
  ] as const)
    await member(queue, number);
  await anybody.query("update extension set number = '1001' where number = '1000'");
  await anybody.query("delete from extension where number = '1001'");
  await anybody.query("delete from queue where name = 'sales'");
  expect((await lines()).slice(3).sort()).toEqual([
    'REALTIME sales PJSIP/1000 REMOVEMEMBER',
    'REALTIME sales PJSIP/2000 REMOVEMEMBER',
    'REALTIME support PJSIP/1000 REMOVEMEMBER',
  ]);
  expect((await anybody.query('select from queue_member')).rowCount).toBe(0);
});

test('who is moved to another queue leaves the one and enters the other; what is taken back has no line', async () => {
  await member('support', '1000');
  await anybody.query("update queue_member set queue = 'sales', paused = true");
  await anybody.query('begin');
  await anybody.query('delete from queue_member');
  await anybody.query('rollback');
  expect((await lines()).slice(1)).toEqual([
    'REALTIME support PJSIP/1000 REMOVEMEMBER',
    'REALTIME sales PJSIP/1000 ADDMEMBER PAUSED',
  ]);
});

test('log-member-name-as-agent: the name, as it stands in the configuration of the application that started last', async () => {
  await opened(true);
  await member('support', '1000');
  await member('support', '2000');
  await anybody.query("delete from queue_member where extension = '1000'");
  await opened(false);
  await anybody.query("delete from queue_member where extension = '2000'");
  expect(await lines()).toEqual([
    'REALTIME support Ann ADDMEMBER',
    'REALTIME support PJSIP/2000 ADDMEMBER',
    'REALTIME support Ann REMOVEMEMBER',
    'REALTIME support PJSIP/2000 REMOVEMEMBER',
  ]);
});

test('a role that may write members and not the log has its lines all the same', async () => {
  // Roles outlive the test's database.
  await anybody.query('drop role if exists roster');
  await anybody.query('create role roster');
  await anybody.query('grant select, insert, update, delete on queue_member to roster');
  await anybody.query('grant select, delete on extension to roster');
  await anybody.query('set role roster');
  try {
    await member('support', '2000');
    await anybody.query("delete from extension where number = '2000'");
  } finally {
    await anybody.query('reset role');
    await anybody.query('drop owned by roster');
    await anybody.query('drop role roster');
  }
  expect(await lines()).toEqual(['REALTIME support PJSIP/2000 ADDMEMBER', 'REALTIME support PJSIP/2000 REMOVEMEMBER']);
});
