import { describe, expect, test } from '@jest/globals';
import { CallCenter, memberExtension, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

/** A call that the member takes and ends: who that was. */
async function served(center: CallCenter): Promise<string | undefined> {
  const caller = await center.entersSupport();
  const [number = ''] = center.ringing();
  center.phone(number).picksUp();
  await center.wait(2_000);
  expect(caller.talksTo).toEqual([`PJSIP/${number}`]);
  center.phone(number).hangsUp();
  await center.wait(1_000);
  return number;
}

describe('leastrecent', () => {
  test('goes by the last hang-up over several calls; never called first, in order of login', async () => {
    const center = await CallCenter.open({ members: ['1002', '1000', '1001'] });
    const order: (string | undefined)[] = [];
    for (let call = 0; call < 7; call++) order.push(await served(center));
    expect(order).toEqual(['1002', '1000', '1001', '1002', '1000', '1001', '1002']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('also after a restart: the last hang-up comes from the database', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001', '1002'] });
    expect([await served(center), await served(center)]).toEqual(['1000', '1001']);
    await center.restarts();
    expect([await served(center), await served(center), await served(center)]).toEqual(['1002', '1000', '1001']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('whom a call was offered to in vain keeps the own place for other callers', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'] });
    const first = await center.entersSupport();
    await center.wait(15_100);
    expect(center.ringing()).toEqual(['1001']);
    const second = await center.entersSupport({ number: '2001' });
    expect(center.ringing()).toEqual(['1000', '1001']);
    expect(center.phone('1000').shown.at(-1)?.number).toBe('2001');
    first.hangsUp();
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('several callers and members', () => {
  test('two callers, one member: the first is served first, then the second', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const [first, second] = [await center.entersSupport(), await center.entersSupport({ number: '2001' })];
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect(first.talksTo).toEqual(['PJSIP/1000']);
    expect([second.talksTo, center.holdSound(second)]).toEqual([[], 'a']);
    center.phone('1000').hangsUp();
    await center.clock.settle();
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2000', '2001']);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('as many at once as there are members; each rung once', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001', '1002'] });
    const callers = [];
    for (let n = 0; n < 5; n++) callers.push(await center.entersSupport({ number: `200${n}` }));
    expect(center.ringing()).toEqual(['1000', '1001', '1002']);
    for (const number of center.ringing()) center.phone(number).picksUp();
    await center.wait(1_000);
    expect(callers.map((caller) => caller.talksTo.length)).toEqual([1, 1, 1, 0, 0]);
    for (const number of ['1001', '1000']) {
      center.phone(number).hangsUp();
      await center.wait(1);
    }
    expect(center.phone('1001').shown.map(({ number }) => number)).toEqual(['2001', '2003']);
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2000', '2004']);
    for (const caller of callers) if (!caller.isGone) caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a higher QUEUE_PRIO goes before those who came earlier', async () => {
    const center = await CallCenter.open();
    const low = await center.entersSupport();
    const high = await center.entersSupport({ number: '2001', variables: { QUEUE_PRIO: '5' } });
    await center.logsIn('1000');
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2001']);
    low.hangsUp();
    high.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the only member who does not answer is rung again after retry, not before', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { ringTimeoutMs: 4_000, retryMs: 7_000 } });
    const caller = await center.entersSupport();
    await center.wait(4_050);
    expect(center.ringing()).toEqual([]);
    await center.wait(6_900);
    expect(center.ringing()).toEqual([]);
    await center.wait(100);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('wrap-up: not rung before it is over, then at once', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { wrapUpMs: 10_000 } });
    await served(center);
    const caller = await center.entersSupport();
    await center.wait(8_900);
    expect(center.ringing()).toEqual([]);
    await center.wait(100);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each(['INUSE', 'BUSY', 'UNAVAILABLE', 'ONHOLD', 'RINGING', 'INVALID'] as const)(
    'a phone that is %s is not rung until it is free',
    async (state) => {
      const center = await CallCenter.open({ members: ['1000'] });
      center.phone('1000').setState(state);
      const caller = await center.entersSupport();
      await center.wait(30_000);
      expect(center.pbx.wire.requests.filter(({ name }) => name === 'createChannel')).toEqual([]);
      center.phone('1000').setState(null);
      await center.clock.settle();
      expect(center.ringing()).toEqual(['1000']);
      caller.hangsUp();
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );

  test('a member who is logged in, paused and logged out by SQL is rung, left alone, gone, and the log says each once', async () => {
    const center = await CallCenter.open({ members: [] });
    const caller = await center.entersSupport();
    center.phone('1000');
    const desk = memberExtension('1000');
    center.store.logIn('support', desk);
    await center.wait(2_000);
    expect(center.ringing()).toEqual(['1000']);
    center.store.setPaused('support', '1000', true, 'lunch');
    await center.wait(30_000);
    expect(center.ringing()).toEqual([]);
    center.store.setPaused('support', '1000', false);
    await center.wait(2_000);
    expect(center.ringing()).toEqual(['1000']);
    center.store.logOut('support', desk);
    await center.wait(30_000);
    expect(center.ringing()).toEqual([]);
    const lines = center.store.log.filter(({ event }) => /MEMBER|PAUSE/.test(event));
    expect(lines.map(({ callid, event, data }) => [callid, event, data[0] ?? ''])).toEqual([
      ['REALTIME', 'ADDMEMBER', ''],
      ['NONE', 'PAUSE', 'lunch'],
      ['NONE', 'UNPAUSE', ''],
      ['REALTIME', 'REMOVEMEMBER', ''],
    ]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a paused member is not rung; after the pause at once', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.store.setPaused('support', '1000', true);
    await center.wait(300);
    const caller = await center.entersSupport();
    await center.wait(1_000);
    expect(center.ringing()).toEqual([]);
    center.store.setPaused('support', '1000', false);
    await center.wait(250);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('phones of one extension', () => {
  test('all ring, the first answer wins, the others end with cause 26', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const phone = center
      .phone('1000')
      .hasContacts({ type: 'ring' }, { type: 'answer', afterMs: 3_000 }, { type: 'ring' });
    const caller = await center.entersSupport();
    const legs = phone.ringing;
    expect(legs).toHaveLength(3);
    await center.wait(3_100);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(legs.map((leg) => leg.hangupCause?.code)).toEqual([26, undefined, 26]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('one rejects, the other is rung on; a phone that Asterisk refuses does not stop the other', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center
      .phone('1000')
      .hasContacts({ type: 'refuse', causeCode: 21, afterMs: 100 }, { type: 'ring' }, { type: 'ring' });
    center.pbx.wire.refuse('dial');
    const caller = await center.entersSupport();
    await center.wait(5_000);
    expect(center.log()).toEqual(['ENTERQUEUE']);
    center.phone('1000').picksUp();
    await center.wait(100);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the phone shows queue, customer and number', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.calls({ args: ['17|Company', ' Inc'] });
    await center.clock.settle();
    expect(center.phone('1000').shown).toEqual([{ name: 'Support: Company, Inc', number: '2000' }]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('nobody logged in', () => {
  const leave = { whenNobody: 'leave' } as const;

  test('leave, at entry: JOINEMPTY, prompt, dialplan', async () => {
    const center = await CallCenter.open({ queue: leave });
    const caller = await center.entersSupport();
    await center.wait(1_100);
    expect(caller.heard).toEqual(['sound:nobody']);
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'JOINEMPTY']);
    expect(center.log()).toEqual(['JOINEMPTY']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('leave, later: EXITEMPTY, prompt, LEAVEEMPTY', async () => {
    const center = await CallCenter.open({ queue: leave, members: ['1000'] });
    center.phone('1000').setState('INUSE');
    const caller = await center.entersSupport();
    await center.wait(5_000);
    await center.logsOut('1000');
    await center.wait(1_100);
    expect(caller.heard).toEqual(['sound:nobody']);
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'LEAVEEMPTY']);
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITEMPTY']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('leave, while members have not been read yet: nobody is sent away', async () => {
    const center = await CallCenter.open({ queue: leave, members: ['1000'] });
    center.dies();
    const held = center.store.hold('memberships');
    const beginning = center.begins();
    await held.arrived;
    const caller = await center.entersSupport();
    held.release();
    await beginning;
    await center.clock.settle();
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('wait: the caller waits until somebody logs in', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.wait(600_000);
    await center.logsIn('1000');
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('limits', () => {
  test('a full queue: FULL, and the dialplan goes on', async () => {
    const center = await CallCenter.open({ queue: { maxLength: 1 } });
    const first = await center.entersSupport();
    const second = await center.entersSupport();
    expect([second.continuedTo, second.variable('QUEUESTATUS')]).toEqual(['next', 'FULL']);
    first.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'FULL', 'ABANDON']);
  });

  test('too many calls: the busy prompt, then the dialplan', async () => {
    const center = await CallCenter.open({ settings: { callsMax: 1 } });
    const first = await center.entersSupport();
    const second = await center.entersSupport();
    await center.wait(1_100);
    expect([second.heard, second.continuedTo]).toEqual([['sound:busy'], 'next']);
    first.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('an unknown queue: UNKNOWN, and the dialplan goes on', async () => {
    const center = await CallCenter.open();
    const caller = await center.calls({ args: ['queue', 'nowhere'] });
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'UNKNOWN']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('a menu dials an extension', () => {
  test('they talk, the member hangs up, and the call goes on', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.calls();
    caller.press('2');
    await center.wait(100);
    expect(caller.hears).toBe('tone:ring');
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    center.phone('1000').hangsUp();
    await center.wait(100);
    expect(caller.continuedTo).toBe('next');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each(['createBridge', 'addToBridge'] as const)('%s is refused: neither leg nor bridge is left', async (name) => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.calls();
    caller.press('2');
    await center.wait(100);
    center.pbx.wire.refuse(name);
    center.phone('1000').picksUp();
    await center.wait(10_000);
    expect([caller.isGone, caller.continuedTo]).toEqual([false, 'next']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('a call that comes back', () => {
  test('while its first stay is still ending: it is taken in again', async () => {
    const center = await CallCenter.open({ queue: { maxLength: 1 } });
    const first = await center.entersSupport();
    center.pbx.wire.delayReplies(500, 'continueInDialplan');
    const second = await center.entersSupport();
    expect(second.variable('QUEUESTATUS')).toBe('FULL');
    center.pbx.comesBack(second, ['menu', 'main']);
    await center.wait(800);
    expect(second.hears).toBe('sound:menu');
    expect(center.application.calls.size).toBe(2);
    second.hangsUp();
    first.hangsUp();
    await center.wait(30_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
