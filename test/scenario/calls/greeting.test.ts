import { describe, expect, test } from '@jest/globals';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const ACCEPT = { key: '1', prompt: ['sound:accept'], timeoutMs: 10_000 };

/** A caller waits for member 1000, who lifts the receiver 2 s after the ring. */
async function answered(queue: Partial<QueueSettings>, members = ['1000']) {
  const center = await CallCenter.open({ members, queue });
  const caller = await center.entersSupport();
  const phone = center.phone('1000');
  await center.wait(2_000);
  phone.picksUp();
  await center.clock.settle();
  return { center, caller, phone };
}

const rows = (center: CallCenter, event: string) => center.store.log.filter((row) => row.event === event);

describe('what the member hears before the conversation (MD1)', () => {
  test('silence, the announcement, how long the caller has waited; the caller hears the programme until they are joined', async () => {
    const { center, caller, phone } = await answered({
      memberDelayMs: 1_000,
      memberAnnounce: ['sound:call-from-queue'],
      reportHoldTime: true,
    });
    expect([phone.heard, center.holdSound(caller), caller.talksTo]).toEqual([[], 'a', []]);
    await center.wait(999);
    expect(phone.heard).toEqual([]);
    await center.wait(1);
    expect([phone.heard, center.holdSound(caller)]).toEqual([['sound:call-from-queue'], 'a']);
    await center.wait(20_000);
    const waited = ['queueapp/caller_waited', 'queueapp/numbers/4', 'queueapp/waiting/second_many'];
    expect(phone.heard.slice(1)).toEqual(waited.map((name) => `sound:${name}`));
    expect([caller.talksTo, center.holdSound(caller)]).toEqual([['PJSIP/1000'], null]);
    caller.hangsUp();
    await center.clock.settle();
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test("CONNECT's hold time holds it, its ring time does not", async () => {
    const { center, caller } = await answered({ memberDelayMs: 5_000 });
    await center.wait(5_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(rows(center, 'CONNECT').map(({ data: [hold, , ring] }) => [hold, ring])).toEqual([['7', '2']]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('without any of it the two are joined at once', async () => {
    const { center, caller } = await answered({});
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('MD2: a member who hangs up then leaves AGENTDUMP; the caller keeps place and programme, and the next one is rung', async () => {
    const { center, caller, phone } = await answered({ memberDelayMs: 5_000 }, ['1000', '1001']);
    await center.wait(1_000);
    phone.hangsUp();
    await center.clock.settle();
    expect([center.log(caller), center.ringing()]).toEqual([['ENTERQUEUE', 'AGENTDUMP'], ['1001']]);
    expect([caller.isGone, center.holdSound(caller)]).toEqual([false, 'a']);
    center.phone('1001').picksUp();
    await center.wait(5_000);
    expect(caller.talksTo).toEqual(['PJSIP/1001']);
    caller.hangsUp();
    await center.clock.settle();
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'AGENTDUMP', 'CONNECT', 'COMPLETECALLER']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('MD3: a caller who hangs up then is abandoned with the name of the member, who hears nothing more', async () => {
    const { center, caller, phone } = await answered({ memberDelayMs: 1_000, memberAnnounce: ['sound:long'] });
    await center.wait(1_500);
    caller.hangsUp();
    await center.clock.settle();
    expect(phone.talking).toBeUndefined();
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'ABANDON']);
    expect(rows(center, 'ABANDON').map(({ agent }) => agent)).toEqual(['PJSIP/1000']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a sound that is not there does not cost the call', async () => {
    const { center, caller } = await answered({ memberAnnounce: ['sound:missing'] });
    await center.wait(10_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the process dies during it: the two are joined by the next one', async () => {
    const { center, caller } = await answered({ memberDelayMs: 5_000 });
    await center.restarts();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    await center.clock.settle();
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('accepting by key', () => {
  test('the question comes again until the key is pressed; other keys do nothing', async () => {
    const { center, caller, phone } = await answered({ acceptByKey: ACCEPT });
    expect(phone.heard).toEqual(['sound:accept']);
    phone.presses('29');
    await center.wait(8_000);
    expect([phone.heard.length > 1, caller.talksTo]).toEqual([true, []]);
    phone.presses('1');
    await center.clock.settle();
    expect([caller.talksTo, center.holdSound(caller)]).toEqual([['PJSIP/1000'], null]);
    caller.hangsUp();
    await center.clock.settle();
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the key counts from the answer on and cuts the announcement short', async () => {
    const { center, caller, phone } = await answered({
      memberDelayMs: 3_000,
      memberAnnounce: ['sound:long'],
      acceptByKey: ACCEPT,
    });
    await center.wait(3_200);
    phone.presses('1');
    await center.clock.settle();
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('not accepted: RINGNOANSWER to the millisecond, the phone is hung up, the next member is rung, and the first is told', async () => {
    const { center, caller, phone } = await answered({ acceptByKey: ACCEPT }, ['1000', '1001']);
    await center.wait(9_999);
    expect(center.ringing()).toEqual([]);
    await center.wait(1);
    expect([phone.talking, center.ringing()]).toEqual([undefined, ['1001']]);
    expect(rows(center, 'RINGNOANSWER').map(({ agent, data: [ringMs] }) => [agent, ringMs])).toEqual([
      ['PJSIP/1000', '12000'],
    ]);
    expect(center.told()).toEqual([
      'entered',
      'ringing 1000',
      'chosen',
      'ended 1000',
      'missed',
      'ringing 1001',
      'chosen',
    ]);
    expect([caller.isGone, center.holdSound(caller)]).toEqual([false, 'a']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a voice box that answered is not connected by the process that takes over', async () => {
    const { center, caller, phone } = await answered({ acceptByKey: ACCEPT });
    await center.restarts();
    await center.clock.settle();
    expect([phone.talking, caller.talksTo]).toEqual([undefined, []]);
    expect(center.log(caller)).toEqual(['ENTERQUEUE']);
    caller.hangsUp();
    await center.clock.settle();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the database is away: the member is asked all the same', async () => {
    const { center, caller, phone } = await answered({ acceptByKey: ACCEPT });
    center.store.fail('answer', 'unavailable', 5);
    phone.presses('1');
    await center.clock.settle();
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
