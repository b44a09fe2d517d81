import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Client } from 'pg';
import { readOlderTables } from '../../../db/older-tables.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { ImportOptions } from '../../../src/import/report.ts';
import { runImport } from '../../../src/import.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

let postgres: TestPostgres;
let folder: string;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
// One database after another is dropped.
afterAll(() => postgres.close(), 180_000);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'queueapp-import-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (name: string) => join(folder, name);
const options = (over: Partial<ImportOptions>): ImportOptions => ({
  ...{ files: [], named: {}, output: at('out.yaml'), sql: at('out.sql'), force: true, isDryRun: false },
  ...over,
});

/** Tables with the columns and types of the older program, and data as it leaves them. */
const OLDER = `
  create table customer (id bigint not null primary key, name varchar(100) not null unique, code char(4) not null);
  create table sip (id bigint not null primary key, extension varchar(10) not null unique, jid varchar(100) not null);
  create table queue (id bigint not null primary key, name varchar(50) not null);
  create table queue_sip (id bigint not null primary key, queue_id bigint not null, sip_id bigint not null,
    logged boolean not null default false, lasthangup timestamp without time zone);
  insert into customer values (1, 'Company 1', '1111'), (2, 'O''Neil & "Sons" \\ Ltd', '22'), (40, 'Robert''); drop table queue;--', '2222');
  insert into sip values (1, '1000', 'user1@example.org'), (2, '2000', 'user2@example.org'), (3, '3000', '');
  insert into queue values (1, 'support');
  insert into queue_sip values (1, 1, 1, true, '2016-04-13 10:00:01.25'), (2, 1, 2, false, null), (3, 1, 3, true, null);
`;

async function olderDatabase(statements = OLDER): Promise<string> {
  const databaseUrl = await postgres.createDatabase('empty');
  const client = await postgres.client(databaseUrl);
  await client.query(statements);
  return databaseUrl;
}

/** Runs the written statements on a database of the application's, as psql does. */
async function filled(): Promise<Client> {
  const client = await postgres.client(await postgres.createDatabase('migrated'));
  await client.query(readFileSync(at('out.sql'), 'utf8'));
  return client;
}

describe("The older program's tables", () => {
  test('become rows of this application, whatever they hold', async () => {
    const database = await olderDatabase();
    const report = await runImport(options({ database }));
    expect(report.rows).toEqual({ extensions: 3, members: 2, customers: 3 });
    expect(report.read).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+\/test_/)]);
    const client = await filled();
    expect((await client.query('select id::int, name, code from customer order by id')).rows).toEqual([
      { id: 1, name: 'Company 1', code: '1111' },
      { id: 2, name: 'O\'Neil & "Sons" \\ Ltd', code: '22' },
      { id: 40, name: "Robert'); drop table queue;--", code: '2222' },
    ]);
    expect((await client.query('insert into customer (name) values ($1) returning id::int', ['next'])).rows).toEqual([
      { id: 41 },
    ]);
    const extensions = await client.query(
      "select number, interface, jid, to_char(last_hangup_at, 'YYYY-MM-DD HH24:MI:SS') as hangup from extension order by number",
    );
    expect(extensions.rows).toEqual([
      { number: '1000', interface: 'PJSIP/1000', jid: 'user1@example.org', hangup: '2016-04-13 10:00:01' },
      { number: '2000', interface: 'PJSIP/2000', jid: 'user2@example.org', hangup: null },
      { number: '3000', interface: 'PJSIP/3000', jid: null, hangup: null },
    ]);
    expect((await client.query('select queue, extension, position from queue_member order by position')).rows).toEqual([
      { queue: 'support', extension: '1000', position: 0 },
      { queue: 'support', extension: '3000', position: 1 },
    ]);
  });

  test('and a configuration that is accepted, in which their CRM software goes on working', async () => {
    await runImport(options({ database: await olderDatabase() }));
    const { config, warnings } = loadConfig({ file: at('out.yaml'), env: { ARI_PASSWORD: 'x' } });
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      queues: [{ name: 'support', strategy: 'leastrecent' }],
      defaultQueue: 'support',
      xmpp: { payload: 'hybrid' },
      customerCodeLookup: 'customer-by-code',
    });
  });

  test('may be imported together with queues.conf', async () => {
    writeFileSync(at('queues.conf'), '[general]\n[sales]\nmember => PJSIP/1000,2,Ann\n');
    const report = await runImport(options({ files: [at('queues.conf')], database: await olderDatabase() }));
    expect(report.rows).toEqual({ extensions: 3, members: 3, customers: 3 });
    const client = await filled();
    expect((await client.query('select number, name, jid from extension where number = $1', ['1000'])).rows).toEqual([
      { number: '1000', name: 'Ann', jid: 'user1@example.org' },
    ]);
    expect(
      (await client.query('select queue from queue_member where extension = $1 order by queue', ['1000'])).rows,
    ).toEqual([{ queue: 'sales' }, { queue: 'support' }]);
  });

  test('are only read', async () => {
    const database = await olderDatabase();
    const client = await postgres.client(database);
    // What counts a row as written would show in any of these.
    await client.query(`create function refuse() returns trigger language plpgsql as $$ begin raise 'written'; end $$;
      create trigger refuse before insert or update or delete or truncate on customer execute function refuse()`);
    await readOlderTables(database);
    expect((await client.query('select count(*)::int as customers from customer')).rows).toEqual([{ customers: 3 }]);
  });

  test.each([
    ['not there', 'select 1', 'relation "customer" does not exist'],
    ['of another kind', 'create table customer (id int); create table sip (id int)', 'column "name" does not exist'],
    [
      'of other types',
      `${OLDER}; alter table queue_sip alter lasthangup type text`,
      'function to_char(text, unknown) does not exist',
    ],
  ])('%s: a clear refusal, and nothing is written', async (_what, statements, reason) => {
    const database = await olderDatabase(statements);
    await expect(runImport(options({ database }))).rejects.toMatchObject({
      code: 'IMPORT_SOURCE',
      message: expect.stringContaining(reason),
    });
    expect(statSync(at('out.yaml'), { throwIfNoEntry: false })).toBeUndefined();
  });
});

describe('The statements for members', () => {
  const CONF = `[sales]
member => PJSIP/1000,3,Ann O'Hara \\\\ "x",PJSIP/1000,no,30,yes
member => Local/1001@agents/n
member => DAHDI/1,1
[support]
member => PJSIP/1000`;

  test('make rows that the application reads as app_queue read the lines', async () => {
    writeFileSync(at('queues.conf'), CONF);
    await runImport(options({ files: [at('queues.conf')] }));
    expect(statSync(at('out.sql')).mode & 0o777).toBe(0o600);
    const client = await filled();
    const members = await client.query(
      'select queue, extension, penalty, position, paused, ring_in_use, wrap_up_ms from queue_member order by queue, position',
    );
    const plain = { penalty: 0, paused: false, ring_in_use: null, wrap_up_ms: null };
    expect(members.rows).toEqual([
      {
        queue: 'sales',
        extension: '1000',
        penalty: 3,
        position: 0,
        paused: true,
        ring_in_use: false,
        wrap_up_ms: 30_000,
      },
      { queue: 'sales', extension: '1001', ...plain, position: 1 },
      { queue: 'sales', extension: 'DAHDI-1', ...plain, penalty: 1, position: 2 },
      { queue: 'support', extension: '1000', ...plain, position: 0 },
    ]);
    expect((await client.query("select name, state_interface from extension where number = '1000'")).rows).toEqual([
      { name: "Ann O'Hara \\ x", state_interface: 'PJSIP/1000' },
    ]);
  });

  test('run again change nothing, and leave what is there: an extension of that interface is a member by its own number', async () => {
    writeFileSync(at('queues.conf'), CONF);
    await runImport(options({ files: [at('queues.conf')] }));
    const client = await postgres.client(await postgres.createDatabase('migrated'));
    await client.query("insert into extension (number, interface, jid) values ('77', 'PJSIP/1000', 'ann@example.org')");
    const sql = readFileSync(at('out.sql'), 'utf8');
    await client.query(sql);
    await client.query("update queue_member set penalty = 9 where queue = 'support'");
    await client.query(sql);
    expect((await client.query("select extension, penalty from queue_member where queue = 'support'")).rows).toEqual([
      { extension: '77', penalty: 9 },
    ]);
    expect((await client.query("select jid from extension where interface = 'PJSIP/1000'")).rows).toEqual([
      { jid: 'ann@example.org' },
    ]);
  });
});
