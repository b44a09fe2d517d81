import { describe, expect, test } from '@jest/globals';
import type { DeviceState } from '../../../src/core/device-state.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const STRICT = ['penalty', 'paused', 'invalid', 'unavailable'] as const;
const status = (caller: FakeCaller) => caller.variable('QUEUESTATUS');

/** A caller who was sent on says where to. */
async function left(center: CallCenter, caller: FakeCaller) {
  await center.wait(5_000);
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  return { status: status(caller), to: caller.continuedTo, log: center.log(caller) };
}

describe('join-empty', () => {
  test('J5 as we have it: refused with JOINEMPTY, a line of it, and the prompt', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { joinEmpty: ['paused'] } });
    center.store.setPaused('support', '1000', true);
    await center.wait(1_000);
    const caller = await center.entersSupport();
    expect(await left(center, caller)).toEqual({ status: 'JOINEMPTY', to: 'next', log: ['JOINEMPTY'] });
    expect(caller.heard).toContain('sound:nobody');
    expect((await center.store.figures()).map(({ abandoned }) => abandoned)).toEqual([0]);
  });

  test('J1: one member who may answer is enough; without any condition nobody is needed (J2)', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { joinEmpty: ['paused'] } });
    center.store.setPaused('support', '1000', true);
    await center.wait(1_000);
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1001']);
    caller.hangsUp();
    const nobody = await CallCenter.open({ queue: { joinEmpty: [] } });
    const waiting = await nobody.entersSupport();
    expect(nobody.log(waiting)).toEqual(['ENTERQUEUE']);
    waiting.hangsUp();
    expect(await nobody.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('J3: phones that are not registered are refused by strict only', async () => {
    for (const [joinEmpty, event] of [
      [['penalty', 'paused', 'invalid'], 'ENTERQUEUE'],
      [STRICT, 'JOINEMPTY'],
    ] as const) {
      const center = await CallCenter.open({ members: ['1000'], queue: { joinEmpty } });
      center.phone('1000').unregisters();
      const caller = await center.entersSupport();
      expect(center.log(caller)).toEqual([event]);
      caller.hangsUp();
      await center.wait(5_000);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    }
  });

  test.each<[DeviceState, string]>([
    ['INUSE', 'JOINEMPTY'],
    ['BUSY', 'ENTERQUEUE'],
    ['RINGINUSE', 'ENTERQUEUE'],
    ['ONHOLD', 'ENTERQUEUE'],
  ])('J4: inuse is a phone that is INUSE, and no other: %s leads to %s', async (state, event) => {
    const center = await CallCenter.open({ members: ['1000'], queue: { joinEmpty: ['inuse'] } });
    center.phone('1000').setState(state);
    const caller = await center.entersSupport();
    expect(center.log(caller)).toEqual([event]);
    caller.hangsUp();
    await center.wait(5_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test("the caller's own penalty limits count", async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { joinEmpty: ['penalty'] } });
    const caller = await center.entersSupport({ variables: { QUEUE_MIN_PENALTY: '5' } });
    expect(await left(center, caller)).toMatchObject({ status: 'JOINEMPTY' });
    const other = await center.entersSupport();
    expect(center.log(other)).toEqual(['ENTERQUEUE']);
    other.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('leave-when-empty', () => {
  test('J6 as we have it: at the change that makes it so, with EXITEMPTY and LEAVEEMPTY', async () => {
    const center = await CallCenter.open({
      members: ['1000', '1001'],
      queue: { leaveWhenEmpty: ['paused'], ringTimeoutMs: 60_000 },
    });
    for (const number of ['1000', '1001']) center.phone(number).setState('BUSY');
    const caller = await center.entersSupport();
    center.store.setPaused('support', '1000', true);
    await center.wait(30_000);
    expect(caller.continuedTo).toBeNull();
    center.store.setPaused('support', '1001', true);
    await center.wait(200);
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'EXITEMPTY']);
    expect(await left(center, caller)).toMatchObject({ status: 'LEAVEEMPTY', to: 'next' });
    expect((await center.store.figures()).map(({ abandoned }) => abandoned)).toEqual([1]);
  });

  test('a phone that drops off the net is heard of at once', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { leaveWhenEmpty: STRICT } });
    center.phone('1000').setState('BUSY');
    const caller = await center.entersSupport();
    await center.wait(10_000);
    expect(caller.continuedTo).toBeNull();
    center.phone('1000').setState('UNAVAILABLE');
    await center.clock.settle();
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'EXITEMPTY']);
    expect(await left(center, caller)).toMatchObject({ status: 'LEAVEEMPTY' });
  });

  test('a member who was paused for not answering leaves an empty queue behind: after the attempt, not in it', async () => {
    const center = await CallCenter.open({
      members: ['1000'],
      queue: { leaveWhenEmpty: ['paused'], autopause: 'yes', ringTimeoutMs: 10_000 },
    });
    const caller = await center.entersSupport();
    await center.wait(9_000);
    expect(center.log(caller)).toEqual(['ENTERQUEUE']);
    await center.wait(1_100);
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'RINGNOANSWER', 'EXITEMPTY']);
    expect(await left(center, caller)).toMatchObject({ status: 'LEAVEEMPTY' });
  });

  test('waiting alone may put everybody out of the limits', async () => {
    const penaltyRule = [{ afterMs: 20_000, min: { type: 'set', value: 5 }, max: null, raise: null }] as const;
    const center = await CallCenter.open({ members: ['1000'], queue: { leaveWhenEmpty: ['penalty'], penaltyRule } });
    center.phone('1000').setState('BUSY');
    const caller = await center.entersSupport({ variables: { QUEUE_MIN_PENALTY: '0' } });
    await center.wait(19_000);
    expect(caller.continuedTo).toBeNull();
    await center.wait(1_100);
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'EXITEMPTY']);
    expect(await left(center, caller)).toMatchObject({ status: 'LEAVEEMPTY' });
  });

  test('a hundred callers leave together when the last member goes; a setting that is taken back keeps them', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { leaveWhenEmpty: ['paused'] } });
    center.phone('1000').setState('BUSY');
    const callers: FakeCaller[] = [];
    for (let n = 0; n < 100; n++) callers.push(await center.entersSupport({ number: String(3000 + n) }));
    await center.isReconfigured({ leaveWhenEmpty: [] });
    center.store.setPaused('support', '1000', true);
    await center.wait(1_000);
    expect(callers.filter((caller) => caller.continuedTo !== null)).toHaveLength(0);
    await center.isReconfigured({ leaveWhenEmpty: ['paused'] });
    await center.wait(5_000);
    expect(callers.map(status)).toEqual(callers.map(() => 'LEAVEEMPTY'));
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
