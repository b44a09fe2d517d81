import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { ConfiguredAccounts } from '../../db/accounts.ts';
import type { AccountSourceSettings, HttpAccountSettings, SqlAccountSettings } from '../../src/config/config.ts';
import type { Account, Currency } from '../../src/core/speech/account.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/log.ts';
import type { Accounts, AccountsAnswer } from '../../src/ports/accounts.ts';
import { BillingServer, jsonAnswer } from '../support/billing-server.ts';
import { eventually } from '../support/eventually.ts';
import { FakeAccounts } from '../support/fakes/fake-accounts.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { onceAsked } from '../support/silent-source.ts';

/** Of a source that answers: a busy machine is no source that is silent. */
const PATIENCE_MS = 20_000;
/** Of a source that does not. */
const SILENCE_MS = 1_000;

const account = (number: string, hundredths: bigint | null, currency: Currency = 'USD', isLocked = false): Account => ({
  number,
  balance: hundredths === null ? null : { hundredths, currency },
  isLocked,
});
const of400 = (...accounts: Account[]): AccountsAnswer => ({ type: 'accounts', accounts, total: 400 });
const told = (...accounts: Account[]): AccountsAnswer => ({
  type: 'accounts',
  accounts,
  total: accounts.length,
});

const ask = (accounts: Accounts, number: string, signal = new AbortController().signal) =>
  accounts.ask({ source: 'billing', number, signal });

function accountsOf(
  settings: AccountSourceSettings,
  databaseUrl = 'postgres://unused',
  log = silentLog(),
  clock = systemClock,
) {
  return new ConfiguredAccounts({
    accounts: { billing: settings },
    secretHeaders: { billing: { authorization: 'Bearer secret' } },
    databaseUrl,
    clock,
    log,
  });
}

/** What every source keeps to: 2000 has two accounts, 2001 one of unknown balance, nobody else any. */
function accountsSuite(accounts: () => Accounts): void {
  test('each number gets its own accounts, or none', async () => {
    const answers = await Promise.all(['2000', '2001', '2002', '200'].map((number) => ask(accounts(), number)));
    expect(answers).toEqual([
      told(account('0042', 1520n), account('7', -1n, 'EUR', true)),
      told(account('000', null)),
      { type: 'none' },
      { type: 'none' },
    ]);
  });

  test('a caller who is gone gets no answer, and nobody waits', async () => {
    const gone = new AbortController();
    gone.abort();
    expect(await ask(accounts(), '2000', gone.signal)).toEqual({ type: 'unavailable', reason: 'the caller is gone' });
  });
}

describe('Accounts of the fake', () => {
  const accounts = new FakeAccounts();
  accounts.addAccounts('2000', account('0042', 1520n), account('7', -1n, 'EUR', true));
  accounts.addAccounts('2001', account('000', null));
  accountsSuite(() => accounts);
});

describe('Accounts over SQL', () => {
  let postgres: TestPostgres;
  let accounts: ConfiguredAccounts;
  const opened: ConfiguredAccounts[] = [];
  const source = (sql: string, over: Partial<SqlAccountSettings> = {}): SqlAccountSettings => ({
    ...{ type: 'sql', name: 'billing', sql, timeoutMs: PATIENCE_MS, retries: 0, cacheMs: 0, currency: 'USD', ...over },
  });
  const open = (sql: string, over: Partial<SqlAccountSettings> = {}, log = silentLog()) => {
    const made = accountsOf(source(sql, over), postgres.databaseUrl, log);
    opened.push(made);
    return made;
  };
  const SHIPPED = 'select number, balance, currency, locked from account where phone = $1 order by number';

  beforeAll(async () => {
    postgres = await startTestPostgres();
    const anybody = await postgres.client();
    await anybody.query(`insert into account (phone, number, balance, currency, locked) values
      ('2000', '0042', 15.20, null, false), ('2000', '7', -0.01, 'EUR', true), ('2001', '000', null, null, false),
      ('3000', '1', 15023007000.30, 'RUB', false), ('3000', '2', 999999999999999999.99, 'BRL', false),
      ('3000', '3', 'NaN', 'USD', false), ('3000', '4', 0, 'CHF', false), ('3000', '5', -0.00, 'GBP', true)`);
    accounts = open(SHIPPED);
  });
  afterAll(async () => {
    await Promise.all(opened.map((each) => each.close()));
    await postgres.close();
  });
  accountsSuite(() => accounts);

  test('amounts come digit by digit, however large; what is no amount is unknown', async () => {
    expect(await ask(accounts, '3000')).toEqual(
      told(
        account('1', 1_502_300_700_030n, 'RUB'),
        account('2', 99_999_999_999_999_999_999n, 'BRL'),
        account('3', null),
        account('4', null),
        account('5', 0n, 'GBP', true),
      ),
    );
  });

  test.each([
    ["select '1' as number, balance::text as balance from account where phone = $1 limit 1", told(account('1', 1520n))],
    ["select 1 as number, 15.2000::numeric as balance where $1 <> ''", told(account('1', 1520n))],
    ["select 1 as number, 15.2::float8 as balance where $1 <> ''", told(account('1', 1520n))],
    ["select 1 as number, 1e30::float8 as balance where $1 <> ''", told(account('1', null))],
    ["select 1 as number, 15.2::text::money as balance where $1 <> ''", told(account('1', null))],
    ["select 1 as number, 'Infinity'::numeric as balance where $1 <> ''", told(account('1', null))],
    [
      'select number from account where phone = $1 order by number; \n',
      told(account('0042', null), account('7', null)),
    ],
    ["select number from account where phone = $1 and number = '7' -- one", told(account('7', null))],
    ['select number from account where $1::text is null', { type: 'none' }],
  ] as const)('%s', async (sql, answer) => {
    expect(await ask(open(sql), '2000')).toEqual(answer);
  });

  test.each<[string, RegExp, number?]>([
    ['select balance from account where phone = $1', /no column named number/],
    ["select 'K-77' as number where $1 <> ''", /no account of the answer has a proper number/],
    ['select nonsense where phone = $1', /nonsense/],
    ["select '1' as number, pg_sleep(60) where $1 <> ''", /1000 ms|statement timeout/, SILENCE_MS],
    ['with gone as (delete from account where phone = $1 returning *) select * from gone', /WITH clause|read-only/],
    ['select number from account where phone = $1; drop table account; --', /syntax error|multiple commands/],
  ])('%s is unavailable', async (sql, reason, timeoutMs = PATIENCE_MS) => {
    expect(await ask(open(sql, { timeoutMs }), '2000')).toEqual({
      type: 'unavailable',
      reason: expect.stringMatching(reason),
    });
    expect(await ask(accounts, '2001')).toEqual(told(account('000', null)));
  });

  test.each(["2000' or '1'='1", "'; drop table account; --", '%', '$1', '2'.repeat(40)])(
    'the number %j is a value',
    async (number) => {
      expect(await ask(accounts, number)).toEqual({ type: 'none' });
    },
  );

  test.each(['', '  ', 'anonymous', '2'.repeat(41), '20\u000000'])(
    'nothing is asked for the number %j',
    async (number) => {
      expect(await ask(open("select '1' as number where $1::text is not null"), number)).toEqual({ type: 'none' });
    },
  );

  test('of four hundred accounts five are told, and how many there are', async () => {
    const many = open(
      "select i as number, i / 100.0 as balance from generate_series(1, 400) i where $1 <> '' order by i",
    );
    expect(await ask(many, '2000')).toEqual({
      ...told(...[1, 2, 3, 4, 5].map((n) => account(String(n), BigInt(n)))),
      total: 400,
    });
  });

  test('a database that is away is unavailable in the time that was given, and is asked again next time', async () => {
    const away = accountsOf(source(SHIPPED, { cacheMs: 60_000 }), 'postgres://queueapp:x@127.0.0.1:1/queueapp');
    for (const number of ['2000', '2000']) {
      expect(await ask(away, number)).toMatchObject({
        type: 'unavailable',
        reason: expect.stringContaining('ECONNREFUSED'),
      });
    }
    await away.close();
  });

  test('400 callers at the same time get their own accounts over three connections', async () => {
    const own = open("select lpad($1::text, 6, '0') as number, $1::numeric / 100 as balance");
    const numbers = Array.from({ length: 400 }, (_, index) => String(1000 + index));
    const answers = await Promise.all(numbers.map((number) => ask(own, number)));
    expect(answers).toEqual(numbers.map((number) => told(account(number.padStart(6, '0'), BigInt(number)))));
  });
});

describe('Accounts over HTTP', () => {
  let server: BillingServer;
  const source = (over: Partial<HttpAccountSettings> = {}): HttpAccountSettings => ({
    name: 'billing',
    type: 'http',
    url: `${server.url}/accounts?phone={number}`,
    headers: { 'x-source': 'queueapp' },
    timeoutMs: PATIENCE_MS,
    retries: 1,
    cacheMs: 0,
    currency: 'USD',
    ...over,
  });
  const open = (over: Partial<HttpAccountSettings> = {}) => {
    const clock = onceAsked(SILENCE_MS, () => server.asked.length);
    return accountsOf(source(over), undefined, undefined, clock);
  };
  beforeAll(async () => {
    server = await BillingServer.start();
  });
  beforeEach(() => server.reset());
  // Whatever the source does, no connection stays open.
  afterEach(() => eventually('the last request is over', () => server.open === 0));
  afterAll(() => server.close());

  describe('as any source', () => {
    beforeEach(() => {
      server.answer = (number, request, response) => {
        const of: Record<string, unknown> = {
          '2000': [
            { number: '0042', balance: '15.20', currency: 'USD', locked: false },
            { number: 7, balance: -0.01, currency: 'eur', locked: true },
          ],
          '2001': { accounts: [{ number: '000', balance: null }] },
        };
        jsonAnswer(of[number] ?? [], of[number] === undefined ? 404 : 200)(number, request, response);
      };
    });
    accountsSuite(() => open());
  });

  test('asks with the number percent-encoded and with the headers, which stay with the source', async () => {
    server.answer = jsonAnswer([]);
    await ask(open(), '+371 2000/1&phone=2001#..');
    expect(server.asked).toMatchObject([
      {
        url: '/accounts?phone=%2B371%202000%2F1%26phone%3D2001%23..',
        headers: { authorization: 'Bearer secret', 'x-source': 'queueapp', accept: 'application/json' },
      },
    ]);
  });

  test.each<[string, unknown, AccountsAnswer]>([
    ['a list', [{ number: '0042', balance: '15.20', currency: 'USD', locked: false }], told(account('0042', 1520n))],
    ['a group of accounts', { accounts: [{ number: '1', balance: '-0.01' }] }, told(account('1', -1n))],
    [
      'one account',
      { number: '1', balance: '15023007000.30', currency: 'RUB' },
      told(account('1', 1_502_300_700_030n, 'RUB')),
    ],
    ['a whole number', { number: 12, balance: 7 }, told(account('12', 700n))],
    ['a number with cents', { number: '12', balance: 15023007000.3 }, told(account('12', 1_502_300_700_030n))],
    ['a number with a fraction of a cent', { number: '12', balance: 0.30000000000000004 }, told(account('12', null))],
    [
      'a number that is too large for its cents',
      { number: '12', balance: Number('90071992547409.93') },
      told(account('12', null)),
    ],
    ['a number with an exponent', { number: '12', balance: 1e21 }, told(account('12', null))],
    ['a balance of words', { number: '12', balance: 'much' }, told(account('12', null))],
    ['a balance with a comma', { number: '12', balance: '1,234.56' }, told(account('12', null))],
    ['NaN in words', { number: '12', balance: 'NaN' }, told(account('12', null))],
    ['Infinity in words', { number: '12', balance: '-Infinity' }, told(account('12', null))],
    ['a balance that is a group', { number: '12', balance: { value: 1 } }, told(account('12', null))],
    ['a balance of a thousand digits', { number: '12', balance: '9'.repeat(1000) }, told(account('12', null))],
    ['no currency', { number: '12', balance: '1', currency: null }, told(account('12', 100n))],
    ['a currency without recordings', { number: '12', balance: '1', currency: 'XAU' }, told(account('12', null))],
    ['a currency that is a list', { number: '12', balance: '1', currency: ['USD'] }, told(account('12', null))],
    ['locked by a word', { number: '12', locked: 'TRUE' }, told(account('12', null, 'USD', true))],
    ['locked by something odd', { number: '12', locked: { a: 1 } }, told(account('12', null))],
    ['a bad one among good ones', [{ number: 'x' }, { number: '1' }, {}], told(account('1', null))],
    ['24 digits', { number: '0'.repeat(24) }, told(account('0'.repeat(24), null))],
    [
      '400 accounts',
      Array.from({ length: 400 }, (_, i) => ({ number: `${i}`, balance: `${i}.00` })),
      of400(...[0, 1, 2, 3, 4].map((i) => account(`${i}`, BigInt(i) * 100n))),
    ],
    ['an empty list', [], { type: 'none' }],
    ['an empty group', {}, { type: 'none' }],
    ['null', null, { type: 'none' }],
    ['an empty list in a group', { accounts: [] }, { type: 'none' }],
    ['null in a group', { accounts: null }, { type: 'none' }],
  ])('%s is understood', async (_, body, answer) => {
    server.answer = jsonAnswer(body);
    expect(await ask(open(), '2000')).toEqual(answer);
  });

  test('404, 204 and an empty body are nobody', async () => {
    for (const status of [404, 204, 200]) {
      server.answer = (_number, _request, response) => response.writeHead(status).end();
      expect(await ask(open(), '2000')).toEqual({ type: 'none' });
    }
    expect(server.asked).toHaveLength(3);
  });

  const json = { 'content-type': 'application/json' };
  const BOMB = gzipSync(Buffer.alloc(20 * 1024 * 1024, ' '));
  test.each<[string, BillingServer['answer'], RegExp, number, number?]>([
    ['a number of 25 digits', jsonAnswer({ number: '1'.repeat(25) }), /proper number/, 1],
    ['an account without a number', jsonAnswer({ balance: '1.00' }), /proper number/, 1],
    ['digits of another script', jsonAnswer({ number: '٤٢' }), /proper number/, 1],
    ['a message of error with status 200', jsonAnswer({ error: 'no session' }), /proper number/, 1],
    ['a text', jsonAnswer('none'), /no list of accounts/, 1],
    ['a number', jsonAnswer(7), /no list of accounts/, 1],
    ['a list of texts', jsonAnswer(['1', '2']), /no list of accounts/, 1],
    ['a group with a text for accounts', jsonAnswer({ accounts: 'none' }), /no list of accounts/, 1],
    ['NaN', (_n, _r, response) => response.writeHead(200, json).end('[{"number":"1","balance":NaN}]'), /not JSON/, 1],
    ['half of JSON', (_n, _r, response) => response.writeHead(200, json).end('[{"number":"1"'), /not JSON/, 1],
    [
      'HTML',
      (_n, _r, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
      /content type/,
      1,
    ],
    [
      'HTML that says it is JSON',
      (_n, _r, response) => response.writeHead(200, json).end('<!doctype html>'),
      /not JSON/,
      1,
    ],
    [
      'invalid UTF-8',
      (_n, _r, response) => response.writeHead(200, json).end(Buffer.from([0x5b, 0xff, 0x5d])),
      /not JSON/,
      1,
    ],
    [
      'a megabyte',
      (_n, _r, response) => response.writeHead(200, json).end('['.padEnd(1_000_000, ' ')),
      /longer than 65536/,
      1,
    ],
    [
      'a megabyte without an end',
      (_n, _r, response) => void response.writeHead(200, json).write(' '.repeat(1_000_000)),
      /longer than 65536/,
      1,
    ],
    [
      'twenty megabytes in a gzip of twenty kilobytes',
      (_n, _r, response) => response.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(BOMB),
      /longer than 65536/,
      1,
    ],
    ['a redirect', (_n, _r, response) => response.writeHead(302, { location: '/elsewhere' }).end(), /302/, 1],
    ['a refusal', jsonAnswer({}, 401), /401/, 1],
    ['an error, twice', jsonAnswer({}, 500), /500/, 2],
    ['a busy source, twice', jsonAnswer({}, 429), /429/, 2],
    ['silence, twice', () => undefined, /no answer within 1000 ms/, 2, SILENCE_MS],
    [
      'half an answer, twice',
      (_n, _r, response) => void response.writeHead(200, json).write('['),
      /1000 ms/,
      2,
      SILENCE_MS,
    ],
    ['a slow drip, twice', (_n, _r, response) => server.drip(response), /1000 ms/, 2, SILENCE_MS],
    ['a cut connection, twice', (_n, request) => request.socket.destroy(), /fetch failed/, 2],
  ])('%s is unavailable', async (_, answer, reason, tries, timeoutMs = PATIENCE_MS) => {
    server.answer = answer;
    expect(await ask(open({ timeoutMs }), '2000')).toEqual({
      type: 'unavailable',
      reason: expect.stringMatching(reason),
    });
    expect(server.asked).toHaveLength(tries);
  });

  test('a source that answers 500 once is heard at the second try', async () => {
    server.answer = (number, request, response) => {
      jsonAnswer([{ number: '1' }], server.asked.length === 1 ? 500 : 200)(number, request, response);
    };
    expect(await ask(open(), '2000')).toEqual(told(account('1', null)));
  });

  test('an unknown source is unavailable', async () => {
    const signal = new AbortController().signal;
    const answer = await open().ask({ source: 'other', number: '2000', signal });
    expect(answer).toEqual({ type: 'unavailable', reason: 'there is no such account source' });
  });
});
