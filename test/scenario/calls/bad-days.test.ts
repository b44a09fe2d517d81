import { describe, expect, test } from '@jest/globals';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

async function ringing(members = ['1000', '1001']) {
  const center = await CallCenter.open({ members });
  const caller = await center.entersSupport();
  return { center, caller };
}

async function talking() {
  const { center, caller } = await ringing();
  center.phone('1000').picksUp();
  await center.wait(1_000);
  expect(caller.talksTo).toEqual(['PJSIP/1000']);
  return { center, caller };
}

describe('the database is away', () => {
  test('at the entrance: music, and the place when it is back', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.store.setAway(true);
    const caller = await center.entersSupport();
    await center.wait(3_000);
    expect(center.holdSound(caller)).toBe('a');
    center.store.setAway(false);
    await center.wait(1_000);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('at the entrance of several: when it is back they stand as they came, and who comes then is behind them', async () => {
    const center = await CallCenter.open({ members: [] });
    center.store.setAway(true);
    const numbers = ['5551', '5552', '5553', '5554'] as const;
    const callers = [];
    // Their own tries would fall in another order: the third's first, the first's last.
    for (const [number, laterMs] of [
      [numbers[0], 300],
      [numbers[1], 300],
      [numbers[2], 350],
    ] as const) {
      callers.push(await center.entersSupport({ number }));
      await center.wait(laterMs);
    }
    callers[1]?.hangsUp();
    center.store.setAway(false);
    callers.push(await center.entersSupport({ number: numbers[3] }));
    await center.wait(1_000);
    const places = await center.store.openEntries();
    expect(places.map(({ caller, originalPosition }) => [caller.number, originalPosition])).toEqual([
      ['5551', 1],
      ['5553', 2],
      ['5554', 3],
    ]);
    for (const caller of callers) caller.hangsUp();
    await center.wait(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the first of them hangs up in the middle of a try: the next one tries, and nobody stands still', async () => {
    const center = await CallCenter.open({ members: [] });
    center.store.fail('enter', 'unavailable');
    const first = await center.entersSupport({ number: '5551' });
    const held = center.store.hold('enter');
    const second = await center.entersSupport({ number: '5552' });
    await center.wait(1_000);
    await held.arrived;
    first.hangsUp();
    await center.wait(1);
    held.release();
    await center.wait(1_000);
    expect((await center.store.openEntries()).map(({ caller }) => caller.number)).toEqual(['5552']);
    second.hangsUp();
    await center.wait(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('at the entrance for too long: UNAVAILABLE, and the dialplan goes on', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.store.setAway(true);
    const caller = await center.entersSupport();
    await center.wait(12_000);
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'UNAVAILABLE']);
    center.store.setAway(false);
    await center.wait(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([100, 2_500])('entered but the reply lost, hang-up after %s ms: the entry is closed', async (afterMs) => {
    const center = await CallCenter.open();
    center.store.fail('enter', 'lost', 2);
    const caller = await center.entersSupport();
    await center.wait(afterMs);
    caller.hangsUp();
    await center.wait(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'ABANDON']);
  });

  test.each(['unavailable', 'lost'] as const)(
    'at the reservation, %s: rung a little later, by one attempt',
    async (kind) => {
      const center = await CallCenter.open({ members: ['1000'] });
      center.store.fail('reserve', kind);
      const caller = await center.entersSupport();
      await center.wait(300);
      expect([center.holdSound(caller), center.ringing()]).toEqual(['a', []]);
      await center.wait(300);
      expect(center.ringing()).toEqual(['1000']);
      caller.hangsUp();
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );

  test('while waiting: no new match until it is back', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.phone('1000').setState('INUSE');
    const caller = await center.entersSupport();
    center.store.setAway(true);
    center.phone('1000').setState(null);
    await center.wait(30_000);
    expect([center.ringing(), center.holdSound(caller)]).toEqual([[], 'a']);
    center.store.setAway(false);
    await center.wait(600);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('while writes wait for it: each try to match leaves nothing to be undone', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.phone('1000').setState('INUSE');
    const caller = await center.entersSupport();
    center.store.fail('reserve', 'unasked', 20);
    center.phone('1000').setState(null);
    await center.wait(8_000);
    expect([center.ringing(), center.store.asked('miss')]).toEqual([[], 0]);
    expect(center.store.asked('reserve')).toBeGreaterThan(10);
    await center.wait(3_000);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each(['connect', 'complete', 'miss', 'leave'] as const)(
    '%s written but unheard of: the call goes on',
    async (method) => {
      const { center, caller } = await ringing();
      center.store.fail(method, 'lost');
      center.phone('1000').hangsUp();
      await center.wait(100);
      expect(center.ringing()).toEqual(['1001']);
      center.phone('1001').picksUp();
      await center.wait(1_000);
      expect(caller.talksTo).toEqual(['PJSIP/1001']);
      caller.hangsUp();
      const second = await center.entersSupport();
      second.hangsUp();
      await center.wait(100);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );

  test('while ringing and talking: they talk all the same, and what is told is told', async () => {
    const { center, caller } = await ringing();
    center.store.setAway(true);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    await center.wait(100);
    expect(center.phone('1000').talking).toBeUndefined();
    expect(center.told()).toEqual(['entered', 'ringing 1000', 'chosen', 'connected 1000', 'ended 1000']);
    expect(center.application.calls.size).toBe(0);
  });
});

describe('Asterisk out of reach and back', () => {
  test('waiting: the place is kept, nothing is rung meanwhile', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.phone('1000').setState('INUSE');
    const caller = await center.entersSupport();
    center.pbx.losesConnection();
    center.phone('1000').setState(null);
    await center.wait(20_000);
    expect(center.log()).toEqual(['ENTERQUEUE']);
    center.pbx.reconnects();
    await center.wait(100);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGCANCELED', 'ABANDON']);
  });

  test('who hung up meanwhile gets the ordinary event: waiting, ringing, talking', async () => {
    for (const [phase, expected] of [
      ['waiting', ['ENTERQUEUE', 'ABANDON']],
      ['ringing', ['ENTERQUEUE', 'RINGCANCELED', 'ABANDON']],
      ['talking', ['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']],
    ] as const) {
      const { center, caller } =
        phase === 'talking' ? await talking() : await ringing(phase === 'waiting' ? [] : ['1000']);
      center.pbx.losesConnection();
      caller.hangsUp();
      await center.wait(3_000);
      center.pbx.reconnects();
      await center.wait(30_000);
      expect({ phase, log: center.log() }).toEqual({ phase, log: expected });
      expect({ phase, left: await center.leftovers() }).toEqual({ phase, left: NOTHING_LEFT });
    }
  });

  test('the member answered meanwhile: they talk', async () => {
    const { center, caller } = await ringing();
    center.pbx.losesConnection();
    center.phone('1000').picksUp();
    await center.wait(2_000);
    center.pbx.reconnects();
    await center.wait(100);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    center.phone('1000').hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });

  test('the member hung up meanwhile: COMPLETEAGENT', async () => {
    const { center, caller } = await talking();
    center.pbx.losesConnection();
    center.phone('1000').hangsUp();
    await center.wait(2_000);
    center.pbx.reconnects();
    await center.wait(100);
    expect(caller.isGone).toBe(true);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });

  test('who arrives during the recovery is taken in once', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.pbx.losesConnection();
    const held = center.store.hold('openEntries');
    center.pbx.reconnects();
    await held.arrived;
    const caller = await center.entersSupport();
    held.release();
    await center.wait(1_000);
    expect([center.log(), center.ringing()]).toEqual([['ENTERQUEUE'], ['1000']]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a caller who goes while the recovery reads is not taken over as a ghost', async () => {
    const center = await CallCenter.open({ members: [] });
    const caller = await center.entersSupport();
    center.pbx.losesConnection();
    const held = center.store.hold('openEntries');
    center.pbx.reconnects();
    await held.arrived;
    caller.hangsUp();
    await center.clock.settle();
    held.release();
    await center.wait(60_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('lost again during the recovery: nothing is rung before the next one', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.phone('1000').setState('INUSE');
    const caller = await center.entersSupport();
    center.pbx.losesConnection();
    const held = center.store.hold('openEntries');
    center.phone('1000').setState(null);
    center.pbx.reconnects();
    await held.arrived;
    center.pbx.losesConnection();
    held.release();
    await center.wait(5_000);
    expect(center.log()).toEqual(['ENTERQUEUE']);
    expect(center.told()).toEqual(['entered']);
    center.pbx.reconnects();
    await center.wait(100);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('Asterisk restarts: everything ends, each with its event', async () => {
    const { center } = await talking();
    await center.entersSupport();
    await center.entersSupport();
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'ENTERQUEUE', 'ENTERQUEUE']);
    center.pbx.restarts();
    await center.wait(5_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log().sort()).toEqual(
      [
        'ABANDON',
        'ABANDON',
        'COMPLETECALLER',
        'CONNECT',
        'ENTERQUEUE',
        'ENTERQUEUE',
        'ENTERQUEUE',
        'RINGCANCELED',
      ].sort(),
    );
  });

  test('replaced: nothing more is done, also by a recovery in progress', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.phone('1000').setState('INUSE');
    await center.entersSupport();
    await center.wait(300);
    const held = center.store.hold('openEntries');
    center.pbx.reconnects();
    await held.arrived;
    center.pbx.isReplaced();
    await center.clock.settle();
    const [requests, log] = [center.pbx.wire.requests.length, center.store.log.length];
    held.release();
    center.application.room.board.setDevice('PJSIP/1000', 'NOT_INUSE');
    center.application.room.distributor.changed();
    await center.wait(60_000);
    expect([center.pbx.wire.requests.length, center.store.log.length]).toEqual([requests, log]);
  });
});

test('the connection breaks while the bridge is being made: it is not left behind', async () => {
  const center = await CallCenter.open();
  center.pbx.wire.delayReplies(50, 'createBridge');
  const caller = await center.entersSupport();
  await center.clock.advanceUntil(
    () => center.pbx.wire.requests.some(({ name }) => name === 'createBridge'),
    'the bridge to be asked for',
  );
  center.pbx.losesConnection();
  await center.wait(100);
  caller.hangsUp();
  center.pbx.reconnects();
  await center.wait(1_000);
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});
