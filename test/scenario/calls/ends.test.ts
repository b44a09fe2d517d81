import { describe, expect, test } from '@jest/globals';
import { entryId } from '../../../src/core/ids.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

// The table "What ends a call, where" of architecture.md, cell by cell; the IVR's own column is in ../ivr.
expectNoUnhandledRejections();

async function ringing(options: Parameters<typeof CallCenter.open>[0] = {}) {
  const center = await CallCenter.open({ members: ['1000', '1001'], ...options });
  const caller = await center.entersSupport();
  expect(center.ringing()).toEqual(['1000']);
  return { center, caller };
}

async function talking(options: Parameters<typeof CallCenter.open>[0] = {}) {
  const { center, caller } = await ringing(options);
  await center.wait(3_000);
  center.phone('1000').picksUp();
  await center.clock.settle();
  expect(caller.talksTo).toEqual(['PJSIP/1000']);
  return { center, caller };
}

function entryOf(center: CallCenter, caller: FakeCaller) {
  const call = center.application.calls.list().find((each) => each.channelId === caller.channelId);
  return call?.phase.entryId ?? entryId('none');
}

describe('caller hangs up', () => {
  test('in the IVR: nothing is left', async () => {
    const center = await CallCenter.open();
    const caller = await center.calls();
    expect(caller.hears).toBe('sound:menu');
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual([]);
  });

  test('waiting: ABANDON', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(300);
    expect(center.holdSound(caller)).toBe('a');
    await center.wait(7_200);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'ABANDON']);
    expect(center.store.log.at(-1)?.data).toEqual(['1', '1', '7']);
  });

  test('ringing: the ring is cancelled, RINGCANCELED and ABANDON', async () => {
    const { center, caller } = await ringing();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.ringing()).toEqual([]);
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGCANCELED', 'ABANDON']);
    expect(center.told()).toEqual(['entered', 'ringing 1000', 'chosen', 'ended 1000', 'gaveUp']);
  });

  test('ringing, and the phone answers in the same instant: the late answer is hung up', async () => {
    const { center, caller } = await ringing();
    caller.hangsUp();
    center.phone('1000').picksUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.phone('1000').talking).toBeUndefined();
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGCANCELED', 'ABANDON']);
  });

  test('ringing, in the instant after the answer: COMPLETECALLER and the member is hung up', async () => {
    const { center, caller } = await ringing();
    center.phone('1000').picksUp();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.phone('1000').talking).toBeUndefined();
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
  });

  test('talking: the member is hung up, COMPLETECALLER', async () => {
    const { center, caller } = await talking();
    await center.wait(9_000);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.phone('1000').talking).toBeUndefined();
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    expect(center.store.log.at(-1)?.data).toEqual(['3', '9', '1']);
    expect(center.told()).toEqual(['entered', 'ringing 1000', 'chosen', 'connected 1000', 'ended 1000']);
  });
});

describe('the member does not take the call', () => {
  test.each([
    ['is busy', (center: CallCenter) => center.phone('1000').isBusy()],
    ['rejects', (center: CallCenter) => center.phone('1000').rejects()],
    ['is unreachable', (center: CallCenter) => center.phone('1000').refusesWith(34)],
    ['is no longer registered', (center: CallCenter) => center.phone('1000').setState('NOT_INUSE').unregisters()],
  ])('%s: RINGNOANSWER, next member, the caller keeps place and music', async (_, does) => {
    const center = await CallCenter.open({ members: ['1000', '1001'] });
    does(center);
    center.phone('1001').setState('INUSE');
    const first = await center.entersSupport();
    await center.wait(300);
    const second = await center.entersSupport({ number: '2001' });
    expect(center.log(first)).toEqual(['ENTERQUEUE', 'RINGNOANSWER']);
    expect(center.holdSound(first)).toBe('a');
    expect(center.application.room.distributor.position(entryOf(center, first))).toBe(1);
    center.phone('1001').setState(null);
    await center.wait(10);
    expect(center.phone('1001').shown.map(({ number }) => number)).toEqual(['2000']);
    first.hangsUp();
    second.hangsUp();
    await center.wait(10_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('does not answer: rings for the ring time, then the next member, who gets the call', async () => {
    const { center, caller } = await ringing();
    await center.wait(14_900);
    expect(center.ringing()).toEqual(['1000']);
    await center.wait(200);
    expect(center.ringing()).toEqual(['1001']);
    expect(center.holdSound(caller)).toBe('a');
    center.phone('1001').picksUp();
    await center.wait(2_000);
    expect(caller.talksTo).toEqual(['PJSIP/1001']);
    expect(center.holdSound(caller)).toBeNull();
    center.phone('1001').hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGNOANSWER', 'CONNECT', 'COMPLETEAGENT']);
    expect(center.told()).toEqual(
      ['entered', 'ringing 1000', 'chosen', 'ended 1000'].concat([
        'missed',
        'ringing 1001',
        'chosen',
        'connected 1001',
        'ended 1001',
      ]),
    );
  });

  test('unplugged while ringing: the switch says nothing, and the next member is rung all the same', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'] });
    center.phone('1000').isUnplugged();
    center.pbx.wire.loseEvents((event) => event.type === 'channel-destroyed');
    const caller = await center.entersSupport();
    await center.wait(17_100);
    expect(center.ringing()).toEqual(['1001']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('member hangs up', () => {
  test('COMPLETEAGENT, and the caller is hung up', async () => {
    const { center, caller } = await talking();
    center.phone('1000').hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
    expect([caller.isGone, caller.hangupCause?.code]).toEqual([true, 16]);
  });

  test('afterConversation dialplan: the caller goes on there', async () => {
    const { center, caller } = await talking({ queue: { afterConversation: 'dialplan' } });
    center.phone('1000').hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect([caller.isGone, caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual([false, 'next', 'CONTINUE']);
  });

  test.each(['caller first', 'member first'])('both in the same instant, %s: one closing event', async (order) => {
    const { center, caller } = await talking();
    if (order === 'caller first') caller.hangsUp();
    center.phone('1000').hangsUp();
    if (order === 'member first') caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    const end = order === 'caller first' ? 'COMPLETECALLER' : 'COMPLETEAGENT';
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', end]);
  });
});

describe('time limit', () => {
  test('waiting: EXITWITHTIMEOUT, QUEUESTATUS, and the dialplan goes on', async () => {
    const center = await CallCenter.open({ queue: { maxWaitMs: 20_000 } });
    const caller = await center.entersSupport();
    await center.wait(20_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT']);
    expect([caller.continuedTo, caller.variable('QUEUESTATUS'), caller.variable('QUEUEWAIT')]).toEqual([
      'next',
      'TIMEOUT',
      '20',
    ]);
  });

  test('ringing: the ring ends with the wait', async () => {
    const { center, caller } = await ringing({ members: ['1000'], queue: { maxWaitMs: 5_000 } });
    await center.wait(5_100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGNOANSWER', 'EXITWITHTIMEOUT']);
    expect(caller.continuedTo).toBe('next');
  });

  test('in the instant in which a member becomes free: nobody stays held', async () => {
    for (const when of ['at-once', 'late'] as const) {
      const center = await CallCenter.open({ queue: { maxWaitMs: 5_000 }, members: ['1000'] });
      center.phone('1000').setState('INUSE');
      await center.entersSupport();
      await center.wait(4_999);
      const held = center.store.hold('reserve', when);
      center.phone('1000').setState(null);
      await held.arrived;
      center.clock.after(1, () => held.release());
      await center.wait(3_000);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
      expect(center.log().at(-1)).toBe('EXITWITHTIMEOUT');
      expect(center.ringing()).toEqual([]);
    }
  });
});

describe('XMPP away', () => {
  test('the call goes on', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.announcer.goAway();
    center.phone('1000').answers();
    const caller = await center.entersSupport();
    await center.wait(1_500);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('slow: the phone rings after 300 ms anyway; acknowledged: after the acknowledgement', async () => {
    for (const [afterMs, ringsAtMs] of [
      [5_000, 300],
      [120, 120],
    ] as const) {
      const center = await CallCenter.open({ members: ['1000'] });
      center.announcer.next({ outcome: 'acknowledged', afterMs });
      const caller = await center.entersSupport();
      const dials = () => center.pbx.wire.requests.filter((request) => request.name === 'dial').length;
      await center.wait(ringsAtMs - 1);
      expect(dials()).toBe(0);
      await center.wait(1);
      expect(dials()).toBe(1);
      caller.hangsUp();
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    }
  });
});
