import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ConfiguredSources, type SourceSettings } from '../../../db/configured-sources.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

let postgres: TestPostgres;
let sources: ConfiguredSources;
let billing: Server;
let waiting: ServerResponse[];

const limits = { timeoutMs: 20_000, retries: 0 };
const sql = (id: string) =>
  ({ type: 'sql', name: 'by-code', sql: `select ${id} as id, 'Company' as name`, parameters: [], ...limits }) as const;
const settings = (over: Partial<SourceSettings>): SourceSettings => ({
  lookups: {},
  lookupHeaders: {},
  accounts: {},
  accountHeaders: {},
  ...over,
});

const lookUp = (lookup: string) =>
  sources.directory.lookup({
    lookup,
    code: '1111',
    caller: { number: null, name: null },
    signal: new AbortController().signal,
  });

beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres.close());

beforeEach(async () => {
  waiting = [];
  billing = createServer((_request, response) => waiting.push(response));
  await new Promise<void>((resolve) => billing.listen(0, '127.0.0.1', resolve));
  const deps = { databaseUrl: postgres.databaseUrl, clock: systemClock, log: silentLog() };
  sources = new ConfiguredSources(settings({ lookups: { 'by-code': sql('1') } }), deps);
});
afterEach(async () => {
  await sources.close();
  billing.closeAllConnections();
  await new Promise((resolve) => billing.close(resolve));
});

test('another statement is asked from the next lookup on, a lookup that is gone is unavailable', async () => {
  expect(await lookUp('by-code')).toMatchObject({ type: 'found', customer: { id: '1' } });
  sources.configure(settings({ lookups: { 'by-code': sql('2'), other: sql('3') } }));
  expect(await lookUp('by-code')).toMatchObject({ customer: { id: '2' } });
  expect(await lookUp('other')).toMatchObject({ customer: { id: '3' } });
  sources.configure(settings({}));
  expect(await lookUp('other')).toEqual({ type: 'unavailable', reason: 'there is no such lookup' });
});

test('a question that is on its way is answered by the source that was asked', async () => {
  const url = `http://127.0.0.1:${(billing.address() as AddressInfo).port}/`;
  const byHttp = { type: 'http', name: 'by-code', url, headers: {}, ...limits } as const;
  sources.configure(settings({ lookups: { 'by-code': byHttp } }));
  const asked = lookUp('by-code');
  await eventually('the question to arrive', () => waiting.length === 1);
  sources.configure(settings({ lookups: { 'by-code': sql('2') } }));
  expect(await lookUp('by-code')).toMatchObject({ customer: { id: '2' } });
  waiting[0]?.writeHead(200, { 'content-type': 'application/json' }).end('{"id": 7, "name": "Late"}');
  expect(await asked).toMatchObject({ type: 'found', customer: { id: '7', name: 'Late' } });
});

test('account sources are replaced with the answers that they kept', async () => {
  const account = (number: number) =>
    ({
      type: 'sql',
      name: 'own',
      sql: `select ${number} as number, 1 as balance where $1 <> ''`,
      cacheMs: 60_000,
      currency: 'USD',
      ...limits,
    }) as const;
  const ask = () => sources.accounts.ask({ source: 'own', number: '2000', signal: new AbortController().signal });
  sources.configure(settings({ accounts: { own: account(11) } }));
  expect(await ask()).toMatchObject({ accounts: [{ number: '11' }] });
  sources.configure(settings({ accounts: { own: account(11) }, lookups: { other: sql('1') } }));
  expect(await ask()).toMatchObject({ accounts: [{ number: '11' }] });
  sources.configure(settings({ accounts: { own: account(22) } }));
  expect(await ask()).toMatchObject({ accounts: [{ number: '22' }] });
});
