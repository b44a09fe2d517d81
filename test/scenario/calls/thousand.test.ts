import { expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import { CallCenter, memberExtension, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const COUNT = 1_000;
const NUMBERS = Array.from({ length: COUNT }, (_, index) => String(10_000 + index));

/** All members of `support`, whom nobody may be sent to yet. */
async function manyMembers(): Promise<CallCenter> {
  const center = await CallCenter.open({ settings: { callsMax: 2 * COUNT, announce: 'nobody' } });
  for (const number of NUMBERS) {
    const extension = memberExtension(number);
    center.phone(number).setState('INUSE');
    center.store.addExtension(extension);
    await center.store.login({ queue: queueName('support'), extension, uniqueId: 'CLI', atMs: center.clock.now() });
  }
  await center.wait(1_000);
  return center;
}

const count = (center: CallCenter, name: string) =>
  center.pbx.wire.requests.filter((each) => each.name === name).length;

/** How many reservations are begun in each turn of the event loop, from now on. */
function reservationsByTurn({ store }: CallCenter): readonly number[] {
  const turns: number[] = [];
  const reserve = store.reserve.bind(store);
  let now = -1;
  store.reserve = (request) => {
    if (now < 0) {
      now = turns.push(0) - 1;
      setImmediate(() => {
        now = -1;
      });
    }
    turns[now] = (turns[now] ?? 0) + 1;
    return reserve(request);
  };
  return turns;
}

test('a thousand members and a thousand callers: all become free in one instant, each has one caller, and nothing is asked twice', async () => {
  const center = await manyMembers();
  const callers = [];
  for (let index = 0; index < COUNT; index++) {
    callers.push(center.pbx.incomingCall({ args: ['queue', 'support'], number: String(50_000 + index) }));
    if (index % 100 === 99) await center.wait(1);
  }
  await center.wait(1_000);
  const turns = reservationsByTurn(center);
  for (const number of NUMBERS) center.phone(number).setState(null);
  await center.wait(1_000);
  expect(turns.reduce((total, each) => total + each, 0)).toBe(COUNT);
  // Other calls' events and everybody's sound have their turn in between.
  expect(Math.max(...turns)).toBeLessThanOrEqual(16);
  expect(NUMBERS.filter((number) => center.phone(number).ringing.length !== 1)).toEqual([]);
  expect(count(center, 'createChannel')).toBe(COUNT);
  for (const number of NUMBERS) center.phone(number).picksUp();
  await center.wait(1_000);
  expect(callers.filter(({ talksTo }) => talksTo.length !== 1)).toEqual([]);
  expect(new Set(callers.flatMap(({ talksTo }) => talksTo)).size).toBe(COUNT);
  for (const number of NUMBERS) center.phone(number).hangsUp();
  await center.wait(30_000);
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
}, 300_000);
