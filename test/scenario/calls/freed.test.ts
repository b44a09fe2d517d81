import { describe, expect, test } from '@jest/globals';
import { deferred } from '../../../src/lib/deferred.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

/** A method of the database that waits until it is let go on. */
function slow(center: CallCenter, method: 'reserve' | 'complete'): { readonly goOn: () => void } {
  const gate = deferred<void>();
  const original = center.store[method].bind(center.store) as (...given: never[]) => Promise<never>;
  Object.assign(center.store, {
    [method]: async (...given: never[]) => {
      await gate.promise;
      return await original(...given);
    },
  });
  return { goOn: () => gate.resolve() };
}

const names = ({ pbx }: CallCenter) => pbx.wire.requests.map(({ name }) => name);
const count = (center: CallCenter, name: string) => names(center).filter((each) => each === name).length;

async function oneMember(): Promise<CallCenter> {
  const center = await CallCenter.open({ members: ['1000'] });
  center.phone('1000').hasContacts({ type: 'answer', afterMs: 100 });
  await center.wait(1);
  return center;
}

describe('Between two calls of a member', () => {
  test('the item of the first has ended before the database has written that, and the second rings only afterwards', async () => {
    const center = await oneMember();
    const first = center.pbx.incomingCall({ args: ['queue', 'support'], number: '5001' });
    await center.wait(1_000);
    expect(first.talksTo).toHaveLength(1);
    const second = center.pbx.incomingCall({ args: ['queue', 'support'], number: '5002' });
    await center.wait(1_000);
    const completing = slow(center, 'complete');
    center.phone('1000').hangsUp();
    await center.wait(10);
    expect(center.announcer.seen.get('1000')?.slice(0, 3)).toEqual(['ringing', 'connected', 'ended']);
    expect(center.phone('1000').ringing).toHaveLength(0);
    expect(second.talksTo).toHaveLength(0);
    completing.goOn();
    await center.wait(1_000);
    expect(second.talksTo).toHaveLength(1);
    center.phone('1000').hangsUp();
    await center.wait(30_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the phones are asked for while the database reserves the member, once, and no leg is made before', async () => {
    const center = await oneMember();
    const reserving = slow(center, 'reserve');
    const caller = center.pbx.incomingCall({ args: ['queue', 'support'] });
    await center.wait(10);
    expect(count(center, 'contacts')).toBe(1);
    expect(count(center, 'createChannel')).toBe(0);
    expect(center.announcer.seen.get('1000') ?? []).toEqual([]);
    reserving.goOn();
    await center.wait(1_000);
    expect(caller.talksTo).toHaveLength(1);
    expect(count(center, 'contacts')).toBe(1);
    caller.hangsUp();
    await center.wait(30_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('what was asked for a reservation that the database refuses is asked for again', async () => {
    const center = await oneMember();
    const reserve = center.store.reserve.bind(center.store);
    let refusals = 0;
    center.store.reserve = async (request) => (refusals++ === 0 ? [] : await reserve(request));
    const caller = center.pbx.incomingCall({ args: ['queue', 'support'] });
    await center.wait(10);
    expect([refusals, count(center, 'contacts'), count(center, 'createChannel')]).toEqual([1, 1, 0]);
    await center.wait(2_000);
    expect(caller.talksTo).toHaveLength(1);
    expect(count(center, 'contacts')).toBe(2);
    caller.hangsUp();
    await center.wait(30_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
