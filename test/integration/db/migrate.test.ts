import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { migrate, schemaVersion } from '../../../db/migrate.ts';
import { silentLog } from '../../../src/log.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const log = silentLog();

describe('migrate', () => {
  let postgres: TestPostgres;
  let files: string[];
  beforeAll(async () => {
    postgres = await startTestPostgres();
    files = (await readdir(new URL('../../../db/migrations/', import.meta.url))).sort();
  });
  // Each test has made databases, and dropping one takes a checkpoint.
  afterAll(() => postgres.close(), 180_000);

  test('brings an empty database up to date once', async () => {
    const databaseUrl = await postgres.createDatabase('empty');
    expect(await schemaVersion({ databaseUrl })).toEqual({ current: 0, wanted: files.length, verdict: 'too-old' });
    expect(await migrate({ databaseUrl, log })).toEqual({ applied: files });
    expect(await migrate({ databaseUrl, log })).toEqual({ applied: [] });
    expect(await schemaVersion({ databaseUrl })).toEqual({
      current: files.length,
      wanted: files.length,
      verdict: 'ready',
    });
  });

  test('each file has a number of its own, without a gap', () => {
    expect(files.map((name) => Number(name.slice(0, 4)))).toEqual(files.map((_, index) => index + 1));
  });

  test('several processes at once apply each file once', async () => {
    const databaseUrl = await postgres.createDatabase('empty');
    const all = await Promise.all(Array.from({ length: 4 }, () => migrate({ databaseUrl, log })));
    expect(all.flatMap(({ applied }) => applied)).toEqual(files);
  });

  test('refuses a file that was changed after it was applied', async () => {
    const databaseUrl = await postgres.createDatabase('migrated');
    const anybody = await postgres.client(databaseUrl);
    await anybody.query("update schema_migration set checksum = 'other' where version = 2");
    await expect(migrate({ databaseUrl, log })).rejects.toMatchObject({
      code: 'DATABASE_SCHEMA',
      message: expect.stringContaining(files[1] ?? ''),
    });
  });

  test('works with a newer database unless that says that it can not', async () => {
    const databaseUrl = await postgres.createDatabase('migrated');
    const anybody = await postgres.client(databaseUrl);
    const insert = 'insert into schema_migration (version, name, checksum, oldest_usable) values ($1, $2, $3, $4)';
    await anybody.query(insert, [9001, '9001-adds-a-column.sql', 'x', 0]);
    expect(await migrate({ databaseUrl, log })).toEqual({ applied: [] });
    expect(await schemaVersion({ databaseUrl })).toEqual({ current: 9001, wanted: files.length, verdict: 'ready' });
    await anybody.query(insert, [9002, '9002-drops-a-column.sql', 'x', 9001]);
    expect((await schemaVersion({ databaseUrl })).verdict).toBe('too-new');
    await expect(migrate({ databaseUrl, log })).rejects.toMatchObject({ code: 'DATABASE_SCHEMA' });
  });

  test('leaves a table named account that a company has already as it is', async () => {
    const databaseUrl = await postgres.createDatabase('empty');
    const anybody = await postgres.client(databaseUrl);
    await anybody.query("create table account (iban text); insert into account values ('LV80')");
    await migrate({ databaseUrl, log });
    expect((await anybody.query('select * from account')).rows).toEqual([{ iban: 'LV80' }]);
  });

  test('says that the database is unavailable when nobody listens, or the password is wrong', async () => {
    const wrong = new URL(postgres.databaseUrl);
    wrong.password = 'wrong';
    for (const databaseUrl of ['postgres://queueapp:x@127.0.0.1:1/queueapp', wrong.href]) {
      await expect(migrate({ databaseUrl, log })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    }
  });
});

describe('The tables', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startTestPostgres();
  });
  // Each test has made databases, and dropping one takes a checkpoint.
  afterAll(() => postgres.close(), 180_000);
  const run = async (sql: string, values: unknown[] = []) => (await postgres.client()).query(sql, values);

  test('refuse two customers with one code', async () => {
    await run("insert into customer (name, code) values ('Company 1', '1111')");
    await expect(run("insert into customer (name, code) values ('Company 2', '1111')")).rejects.toMatchObject({
      code: '23505',
    });
  });

  test.each(['<Müller & "Söhne" \'GmbH\'>', '☎️ 👩‍💻 公司', 'a\u0001b\nc', 'x'.repeat(1000)])(
    'take the name %p',
    async (name) => {
      const result = await run('insert into customer (name) values ($1) returning name', [name]);
      expect(result.rows).toEqual([{ name }]);
    },
  );

  test.each(['', 'x'.repeat(10_000)])('refuse the name %.5s… clearly', async (name) => {
    await expect(run('insert into customer (name) values ($1)', [name])).rejects.toMatchObject({
      code: '23514',
      constraint: 'customer_name_check',
    });
  });

  test.each(['a b', '_a', '__proto__', 'ä', 'x'.repeat(65), ''])('refuse a step named %.9s…', async (name) => {
    const insert = run('insert into ivr_step (name, definition) values ($1, $2)', [name, '{}']);
    await expect(insert).rejects.toMatchObject({ code: '23514' });
  });

  test.each(['[]', '5', '"x"', 'null', JSON.stringify({ play: 'x'.repeat(20_000) })])(
    'refuse the definition %.9s… of a step',
    async (definition) => {
      const insert = run('insert into ivr_step (name, definition) values ($1, $2)', ['main', definition]);
      await expect(insert).rejects.toMatchObject({ code: '23514' });
    },
  );

  test('a step that is changed has the time of it', async () => {
    await run("insert into ivr_step (name, definition, changed_at) values ('late', '{}', '2001-01-01')");
    await run("update ivr_step set definition = '{}' where name = 'late'");
    const { rows } = await run("select changed_at > now() - interval '1 minute' as is_now from ivr_step");
    expect(rows).toEqual([{ is_now: true }]);
  });

  test('fill in the interface of an extension', async () => {
    const result = await run("insert into extension (number) values ('1000') returning interface, jid, subscribers");
    expect(result.rows).toEqual([{ interface: 'PJSIP/1000', jid: null, subscribers: [] }]);
  });

  test.each([
    ["insert into extension (number, interface) values ('10 00', 'PJSIP/1000')", 'extension_number_check'],
    ["insert into extension (number, interface) values ('7', 'PJSIP/7|evil')", 'extension_interface_check'],
    ["insert into queue (name, title) values ('a|b', 'x')", 'queue_name_check'],
    ["insert into queue (name, title) values ('a', '')", 'queue_title_check'],
    ["insert into account (phone, number) values ('2000', 'K-77')", 'account_number_check'],
    ["insert into account (phone, number) values ('', '1')", 'account_phone_check'],
    ["insert into account (phone, number, currency) values ('2000', '1', '$')", 'account_currency_check'],
  ])('refuse %s', async (sql, constraint) => {
    await expect(run(sql)).rejects.toMatchObject({ code: '23514', constraint });
  });

  test('hold the columns of Asterisk’s realtime queue_log, and one behind them', async () => {
    const result = await run(
      `select column_name as name, data_type as type, character_maximum_length as length
        from information_schema.columns where table_name = 'queue_log' order by ordinal_position`,
    );
    const text = (name: string, length: number) => ({ name, type: 'character varying', length });
    expect(result.rows).toEqual([
      { name: 'id', type: 'bigint', length: null },
      { name: 'time', type: 'timestamp without time zone', length: null },
      text('callid', 80),
      text('queuename', 256),
      text('agent', 80),
      text('event', 32),
      ...[1, 2, 3, 4, 5].map((number) => text(`data${number}`, 100)),
      // Ours: Asterisk's writer names its columns and leaves this one alone.
      { name: 'transaction_id', type: 'xid8', length: null },
    ]);
  });
});
