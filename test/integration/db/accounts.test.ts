import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ConfiguredAccounts } from '../../../db/accounts.ts';
import { RETRY_PAUSE_MS } from '../../../db/sources/ask.ts';
import type { HttpAccountSettings } from '../../../src/config/config.ts';
import { type Clock, delay, systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { AccountsAnswer } from '../../../src/ports/accounts.ts';
import { BillingServer, jsonAnswer } from '../../support/billing-server.ts';
import { eventually } from '../../support/eventually.ts';

// The seed stands here, so that every run is the same.
const SEED = 20_261_121;

let server: BillingServer;
let accounts: ConfiguredAccounts;
let nowMs: number;

function open(
  over: Partial<HttpAccountSettings> = {},
  { after }: Pick<Clock, 'after'> = systemClock,
): ConfiguredAccounts {
  const settings: HttpAccountSettings = {
    ...{ name: 'billing', type: 'http', url: `${server.url}/accounts?phone={number}`, headers: {}, timeoutMs: 20_000 },
    ...{ retries: 1, cacheMs: 60_000, currency: 'USD', ...over },
  };
  nowMs = 0;
  return new ConfiguredAccounts({
    accounts: { billing: settings },
    secretHeaders: {},
    databaseUrl: 'postgres://unused',
    clock: { now: () => nowMs, after },
    log: silentLog(),
  });
}

const ask = (number: string, signal = new AbortController().signal) =>
  accounts.ask({ source: 'billing', number, signal });

/** The account that belongs to this number and to no other. */
const own = (number: string): AccountsAnswer => {
  const balance = { hundredths: BigInt(number) * 100n + 7n, currency: 'USD' as const };
  return { type: 'accounts', accounts: [{ number: number.padStart(8, '0'), balance, isLocked: false }], total: 1 };
};
const ownJson = (number: string) => [{ number: number.padStart(8, '0'), balance: `${number}.07` }];

/** Numbers from 0 to 1, the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

beforeAll(async () => {
  server = await BillingServer.start();
});
beforeEach(() => server.reset());
afterEach(async () => {
  await accounts.close();
  await eventually('the last request is over', () => server.open === 0);
});
afterAll(() => server.close());

test.each([60_000, 0])(
  '200 callers with numbers of their own in the same 20 ms each hear their own balance (cache %d ms)',
  async (cacheMs) => {
    accounts = open({ cacheMs });
    const random = chance(SEED);
    // Slow ones first and last, some with an error before: answers come in another order than they were asked.
    const failedOnce = new Set<string>();
    server.answer = async (number, request, response) => {
      await delay(systemClock, random() * 60);
      const fails = random() < 0.2 && !failedOnce.has(number);
      failedOnce.add(number);
      jsonAnswer(fails ? {} : ownJson(number), fails ? 500 : 200)(number, request, response);
    };
    for (let round = 0; round < 3; round++) {
      const numbers = Array.from({ length: 200 }, (_, index) => String(37_120_000 + ((index * 73) % 200)));
      const answers = await Promise.all(
        numbers.map(async (number) => {
          await delay(systemClock, random() * 20);
          return { number, answer: await ask(number) };
        }),
      );
      expect(answers).toEqual(numbers.map((number) => ({ number, answer: own(number) })));
    }
    expect(server.openMax).toBeGreaterThan(10);
    expect(server.openMax).toBeLessThanOrEqual(32);
  },
);

test('two callers whose answers cross each other are not mixed up, hundred times', async () => {
  accounts = open({ cacheMs: 0 });
  for (let round = 0; round < 100; round++) {
    const [first, second] = [String(1000 + round), String(2000 + round)];
    let releaseFirst: () => void = () => undefined;
    server.answer = (number, request, response) => {
      const answerIt = () => jsonAnswer(ownJson(number))(number, request, response);
      // The first who asked is answered last.
      if (number === first) releaseFirst = answerIt;
      else {
        answerIt();
        releaseFirst();
      }
    };
    const asked = ask(first);
    await eventually('the first is asked', () => server.asked.at(-1)?.number === first);
    expect(await Promise.all([asked, ask(second)])).toEqual([own(first), own(second)]);
  }
});

test('50 callers with one number ask once, and the answer counts for as long as it is kept', async () => {
  accounts = open({ cacheMs: 60_000 });
  let balance = '1.00';
  server.answer = (number, request, response) => jsonAnswer([{ number: '1', balance }])(number, request, response);
  const answers = await Promise.all(Array.from({ length: 50 }, () => ask('2000')));
  expect(server.asked).toHaveLength(1);
  expect(new Set(answers.map((answer) => JSON.stringify(answer, (_, value) => String(value)))).size).toBe(1);
  balance = '2.00';
  nowMs = 59_999;
  expect(await ask(' 2000 ')).toMatchObject({ accounts: [{ balance: { hundredths: 100n } }] });
  nowMs = 60_000;
  expect(await ask('2000')).toMatchObject({ accounts: [{ balance: { hundredths: 200n } }] });
  expect(server.asked).toHaveLength(2);
});

test('that there is no account is kept, that the source was unavailable is not', async () => {
  accounts = open({ retries: 0 });
  server.answer = jsonAnswer([]);
  expect([await ask('2000'), await ask('2000')]).toEqual([{ type: 'none' }, { type: 'none' }]);
  expect(server.asked).toHaveLength(1);
  server.answer = jsonAnswer({}, 500);
  expect(await ask('2001')).toMatchObject({ type: 'unavailable' });
  server.answer = jsonAnswer([{ number: '1' }]);
  expect(await ask('2001')).toMatchObject({ type: 'accounts' });
});

test('one of two callers with one number hangs up: the other hears the answer; both do: the request ends', async () => {
  accounts = open();
  const [alice, bob] = [new AbortController(), new AbortController()];
  let answerIt: () => void = () => undefined;
  server.answer = (number, request, response) => {
    answerIt = () => jsonAnswer(ownJson(number))(number, request, response);
  };
  const first = ask('2000', alice.signal);
  const second = ask('2000', bob.signal);
  await eventually('the request is there', () => server.open === 1);
  alice.abort();
  expect(await first).toEqual({ type: 'unavailable', reason: 'the caller is gone' });
  answerIt();
  expect(await second).toEqual(own('2000'));

  const third = ask('3000', alice.signal);
  const fourth = ask('3000', bob.signal);
  expect(await third).toMatchObject({ type: 'unavailable' });
  await eventually('the request is there', () => server.open === 1);
  bob.abort();
  expect(await fourth).toMatchObject({ type: 'unavailable' });
  await eventually('the request was ended', () => server.open === 0);

  // Nothing of the ended one is left: who asks now is answered.
  server.answer = (number, request, response) => jsonAnswer(ownJson(number))(number, request, response);
  expect(await ask('3000')).toEqual(own('3000'));
});

test('400 callers press the key in the same second: thirty-two requests at a time, everybody is answered', async () => {
  accounts = open();
  server.answer = async (number, request, response) => {
    await delay(systemClock, 5);
    jsonAnswer(ownJson(number))(number, request, response);
  };
  const numbers = Array.from({ length: 400 }, (_, index) => String(5000 + index));
  expect(await Promise.all(numbers.map((number) => ask(number)))).toEqual(numbers.map(own));
  expect(server.openMax).toBeLessThanOrEqual(32);
  expect(server.asked).toHaveLength(400);
});

test('400 callers and a source that hangs: all are told within its time limit and tries', async () => {
  // Time is up when the test says so, for all who wait for it.
  const waits = new Map<() => void, number>();
  const after: Clock['after'] = (delayMs, callback) => {
    waits.set(callback, delayMs);
    return () => waits.delete(callback);
  };
  const isUp = async (ms: number) => {
    const areThere = () => waits.size === 400 && [...waits.values()].every((delayMs) => delayMs === ms);
    await eventually(`all wait for ${ms} ms`, areThere);
    for (const callback of waits.keys()) {
      waits.delete(callback);
      callback();
    }
  };
  accounts = open({ timeoutMs: 300, retries: 1 }, { after });
  const answers = Promise.all(Array.from({ length: 400 }, (_, index) => ask(String(5000 + index))));
  await eventually('as many are asked for as may be at a time', () => server.open === 32);
  await isUp(300);
  await isUp(RETRY_PAUSE_MS);
  await isUp(300);
  expect(new Set((await answers).map(({ type }) => type))).toEqual(new Set(['unavailable']));
  // The source sees that a request was given up a little after the next one has begun.
  expect(server.openMax).toBeLessThanOrEqual(3 * 32);
});
