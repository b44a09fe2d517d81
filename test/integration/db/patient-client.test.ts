import { Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PatientClient } from '../../../db/patient-client.ts';
import { monotonicClock } from '../../../src/lib/clock.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { HalfOpenProxy } from '../../support/half-open-proxy.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

let postgres: TestPostgres;
let proxy: HalfOpenProxy;
let connectionString: string;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
beforeEach(async () => {
  const url = new URL(postgres.databaseUrl);
  proxy = await HalfOpenProxy.start({ host: url.hostname, port: Number(url.port) });
  url.port = String(proxy.port);
  connectionString = url.href;
});
afterEach(() => proxy.close());
afterAll(() => postgres?.close());

describe('A connection to PostgreSQL', () => {
  test('is made although all answers of signing in together take longer than the server may say nothing', async () => {
    proxy.delayAnswers(100);
    const clock = new FakeClock();
    const socket = new Socket();
    const client = new PatientClient({ connectionString, stream: () => socket }, { silenceMs: 1_000, clock });
    const startedAtMs = clock.now();
    // Each answer but the last is followed by a question, so that the next one can only come after this.
    let passing = Promise.resolve();
    socket.on('data', () => {
      passing = passing.then(() => clock.advance(600));
    });
    await client.connect();
    await passing;
    expect(clock.now() - startedAtMs).toBeGreaterThan(1_000);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  test('is given up when the server says nothing, with pg’s own words; whoever asks by callback is told, too', async () => {
    proxy.fallSilent();
    const silent = () => new PatientClient({ connectionString }, { silenceMs: 200, clock: monotonicClock });
    await expect(silent().connect()).rejects.toThrow('timeout expired');
    const told = await new Promise((resolve) => silent().connect(resolve));
    expect(told).toMatchObject({ message: 'timeout expired' });
  });

  test('that is made may be idle', async () => {
    const clock = new FakeClock();
    const client = new PatientClient({ connectionString }, { silenceMs: 1_000, clock });
    await client.connect();
    await clock.advance(10_000);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });
});
