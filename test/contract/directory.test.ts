import { createServer, type RequestListener, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfiguredDirectory } from '../../db/directory.ts';
import type { HttpLookupSettings, LookupSettings } from '../../src/config/config.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/log.ts';
import type { LookupRequest } from '../../src/ports/directory.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { onceAsked } from '../support/silent-source.ts';

/** Of a source that answers: a busy machine is no source that is silent. */
const PATIENCE_MS = 20_000;
/** Of a source that does not. */
const SILENCE_MS = 1_000;

const caller = { number: '+371 2000/1', name: 'Alice & <Bob>' };
const ask = (lookup: string, over: Partial<LookupRequest> = {}): LookupRequest => ({
  lookup,
  code: '1111',
  caller,
  signal: new AbortController().signal,
  ...over,
});

function directoryOf(
  lookups: Record<string, LookupSettings>,
  databaseUrl: string,
  secrets = {},
  clock = systemClock,
): ConfiguredDirectory {
  return new ConfiguredDirectory({
    lookups,
    secretHeaders: secrets,
    databaseUrl,
    clock,
    log: silentLog(),
  });
}

describe('Directory over SQL', () => {
  let postgres: TestPostgres;
  let directory: ConfiguredDirectory;
  const sql = (statement: string, parameters: ('code' | 'number' | 'name')[] = ['code'], name = 'customers') => ({
    name,
    type: 'sql' as const,
    sql: statement,
    parameters,
    timeoutMs: PATIENCE_MS,
    retries: 1,
  });
  beforeAll(async () => {
    postgres = await startTestPostgres();
    directory = directoryOf(
      {
        customers: sql('select * from customer where code = $1;  \n'),
        byNumber: sql('select id, name from customer where $1 = $2 -- comment', ['number', 'name']),
        byCity: sql("select id, name from customer where city = 'Oslo'", []),
        nameless: sql('select id from customer where code = $1'),
        wrong: sql('select nonsense'),
        slow: { ...sql('select id, name, pg_sleep(60) from customer where code = $1'), timeoutMs: SILENCE_MS },
        writing: sql('with gone as (delete from customer returning *) select * from gone', []),
      },
      postgres.databaseUrl,
    );
    const anybody = await postgres.client();
    await anybody.query(
      'alter table customer add city text, add active boolean, add since date, add balance numeric(9,2)',
    );
    await anybody.query(`insert into customer (id, name, code, city, active, since, balance) values
      (1, 'Company 1', '1111', 'Rīga', true, '2020-02-29', 12.50), (2, '<Müller & "Söhne">', '2222', null, false, null, null)`);
    await anybody.query(
      "insert into customer (id, name, code, city) values (3, 'A', '5551', 'Oslo'), (4, 'B', '5552', 'Oslo')",
    );
  });
  afterAll(async () => {
    await directory.close();
    await postgres.close();
  });

  test('finds the customer with all further columns as text', async () => {
    expect(await directory.lookup(ask('customers'))).toEqual({
      type: 'found',
      customer: {
        id: '1',
        name: 'Company 1',
        code: '1111',
        fields: { city: 'Rīga', active: 'true', since: '2020-02-29', balance: '12.50' },
      },
    });
  });

  test('leaves out what is null, and keeps names as they are', async () => {
    expect(await directory.lookup(ask('customers', { code: '2222' }))).toEqual({
      type: 'found',
      customer: { id: '2', name: '<Müller & "Söhne">', code: '2222', fields: { active: 'false' } },
    });
  });

  test.each(['', '12', '*', "1111' or '1'='1", '9'.repeat(500), 'a\u0000b'])(
    'knows nobody with the code %p',
    async (code) => {
      expect(await directory.lookup(ask('customers', { code }))).toEqual({ type: 'not-found' });
    },
  );

  test('a caller without number and name is nobody', async () => {
    const result = await directory.lookup(ask('byNumber', { caller: { number: null, name: null } }));
    expect(result).toEqual({ type: 'not-found' });
  });

  test.each([
    ['byCity', /more than one/],
    ['nameless', /id and name/],
    ['wrong', /nonsense/],
    ['slow', /1000 ms|statement timeout/],
    ['nowhere', /no such lookup/],
    // `with … delete` can't stand inside the select that the statement is wrapped in.
    ['writing', /WITH clause|read-only/],
  ])('%s is unavailable', async (lookup, reason) => {
    expect(await directory.lookup(ask(lookup))).toEqual({ type: 'unavailable', reason: expect.stringMatching(reason) });
  });

  test('may not write even through a function', async () => {
    const anybody = await postgres.client();
    await anybody.query(`create function sneaky() returns customer language sql
      as $$ insert into customer (name) values ('Sneaky') returning * $$`);
    const sneaky = directoryOf({ sneaky: sql('select (sneaky()).*', []) }, postgres.databaseUrl);
    const result = await sneaky.lookup(ask('sneaky'));
    expect(result).toEqual({ type: 'unavailable', reason: expect.stringContaining('read-only') });
    await sneaky.close();
  });

  test('a database that is away is unavailable in the time that was given', async () => {
    const away = directoryOf({ customers: sql('select 1') }, 'postgres://queueapp:x@127.0.0.1:1/queueapp');
    expect(await away.lookup(ask('customers'))).toEqual({
      type: 'unavailable',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    await away.close();
  });
});

describe('Directory over HTTP', () => {
  let server: Server;
  let answer: RequestListener;
  let asked: { url: string; headers: Record<string, unknown> }[];
  let base: string;
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push({ url: request.url ?? '', headers: request.headers });
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    base = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  });
  beforeEach(() => {
    asked = [];
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const lookup = (over: Partial<HttpLookupSettings> = {}, request: Partial<LookupRequest> = {}) => {
    const settings: HttpLookupSettings = {
      name: 'crm',
      type: 'http',
      url: `${base}/customers/{code}?number={number}&name={name}`,
      headers: { 'x-source': 'queueapp' },
      timeoutMs: PATIENCE_MS,
      retries: 1,
      ...over,
    };
    const secrets = { crm: { authorization: 'Bearer secret' } };
    const clock = onceAsked(SILENCE_MS, () => asked.length);
    const directory = directoryOf({ crm: settings }, 'postgres://unused', secrets, clock);
    return directory.lookup(ask('crm', request));
  };
  const json = (body: unknown, status = 200): RequestListener => {
    return (_, response) =>
      response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
  };
  const found = (fields: Record<string, string> = {}) => ({
    type: 'found',
    customer: { id: '7', name: 'Rīgas "Siers"', code: '1111', fields },
  });

  test('asks with code, number and name percent-encoded, and with the headers', async () => {
    answer = json({ id: 7, name: 'Rīgas "Siers"', vip: true, balance: 1.5, tags: ['a'], note: null });
    expect(await lookup()).toEqual(found({ vip: 'true', balance: '1.5', tags: '["a"]' }));
    expect(asked).toMatchObject([
      {
        url: '/customers/1111?number=%2B371%202000%2F1&name=Alice%20%26%20%3CBob%3E',
        headers: { authorization: 'Bearer secret', 'x-source': 'queueapp', accept: 'application/json' },
      },
    ]);
  });

  test.each(['../../admin', '..', '%2e%2e', 'a?b#c', '\ud800'])(
    'the code %p stays inside its place in the address',
    async (code) => {
      answer = json(null);
      expect(await lookup({}, { code })).toEqual({ type: 'not-found' });
      expect(asked[0]?.url).toMatch(/^\/customers\/[^/?#]*\?number=[^?#]*$/);
    },
  );

  test('takes an array of one', async () => {
    answer = json([{ id: 7, name: 'Rīgas "Siers"' }]);
    expect(await lookup()).toEqual(found());
  });

  test.each<[string, RequestListener]>([
    ['404', json({ error: 'nobody' }, 404)],
    ['204', (_, response) => response.writeHead(204).end()],
    ['an empty body', (_, response) => response.end()],
    ['an empty array', json([])],
    ['null', json(null)],
  ])('%s is nobody', async (_, listener) => {
    answer = listener;
    expect(await lookup()).toEqual({ type: 'not-found' });
    expect(asked).toHaveLength(1);
  });

  test.each<[string, RequestListener, RegExp, number, number?]>([
    [
      'two customers',
      json([
        { id: 1, name: 'A' },
        { id: 2, name: 'B' },
      ]),
      /more than one/,
      1,
    ],
    ['a customer without a name', json({ id: 1 }), /id and name/, 1],
    ['a string', json('Company'), /not a JSON object/, 1],
    [
      'no JSON',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
      /not JSON/,
      1,
    ],
    ['HTML', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'), /content type/, 1],
    ['too much', json({ id: 1, name: 'x'.repeat(70_000) }), /longer than 65536/, 1],
    ['a redirect', (_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), /302/, 1],
    ['a refusal', json({}, 401), /401/, 1],
    ['an error, twice', json({}, 500), /500/, 2],
    ['a busy source, twice', json({}, 429), /429/, 2],
    ['silence, twice', () => undefined, /no answer within 1000 ms/, 2, SILENCE_MS],
    [
      'half an answer, twice',
      (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
      /1000 ms/,
      2,
      SILENCE_MS,
    ],
    ['a cut connection, twice', (request) => request.socket.destroy(), /fetch failed/, 2],
  ])('%s is unavailable', async (_, listener, reason, tries, timeoutMs = PATIENCE_MS) => {
    answer = listener;
    expect(await lookup({ timeoutMs })).toEqual({ type: 'unavailable', reason: expect.stringMatching(reason) });
    expect(asked).toHaveLength(tries);
  });

  test('a source that answers at the second try is heard', async () => {
    answer = (request, response) => {
      if (asked.length === 1) request.socket.destroy();
      else json({ id: 7, name: 'Rīgas "Siers"' })(request, response);
    };
    expect(await lookup()).toEqual(found());
  });

  test('cuts what is too long instead of handing it on', async () => {
    answer = json({ id: 7, name: 'n'.repeat(10_000), note: 'o'.repeat(10_000) });
    const result = await lookup();
    expect(result).toMatchObject({ customer: { name: 'n'.repeat(1000), fields: { note: 'o'.repeat(4000) } } });
  });

  test('ends at once when the caller is gone', async () => {
    const gone = new AbortController();
    answer = () => gone.abort();
    expect(await lookup({ timeoutMs: 20_000, retries: 5 }, { signal: gone.signal })).toMatchObject({
      type: 'unavailable',
    });
    expect(asked).toHaveLength(1);
  });
});
