import { describe, expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import { CallCenter, memberExtension, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

describe('the process dies, the next one takes over', () => {
  test('waiting: same places, in their order, with music', async () => {
    const center = await CallCenter.open();
    const callers = [];
    for (let n = 0; n < 3; n++) callers.push(await center.entersSupport({ number: `200${n}` }));
    await center.restarts();
    await center.wait(300);
    expect(callers.map((caller) => center.holdSound(caller))).toEqual(['a', 'a', 'a']);
    await center.logsIn('1000');
    for (let n = 0; n < 3; n++) {
      center.phone('1000').picksUp();
      await center.wait(500);
      center.phone('1000').hangsUp();
      await center.wait(500);
    }
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2000', '2001', '2002']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log().filter((event) => event === 'ENTERQUEUE')).toHaveLength(3);
  });

  test('ringing, not answered: the leg is hung up, and the caller is served from the same place', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    const [leg] = center.phone('1000').ringing;
    await center.restarts();
    await center.wait(1_000);
    expect(leg?.isGone).toBe(true);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
  });

  test('ringing, answered in between: they talk, and the other phone of the extension stops ringing', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.phone('1000').hasContacts({ type: 'ring' }, { type: 'ring' });
    const caller = await center.entersSupport();
    const [, other] = center.phone('1000').ringing;
    center.dies();
    center.phone('1000').picksUp();
    await center.wait(2_000);
    await center.begins();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(other?.hangupCause?.code).toBe(26);
    center.phone('1000').hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });

  test.each([
    ['the caller ends it', 'COMPLETECALLER'],
    ['the member ends it', 'COMPLETEAGENT'],
  ])('talking: they talk on, and %s', async (_, event) => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    await center.wait(2_000);
    center.phone('1000').picksUp();
    await center.wait(5_000);
    await center.restarts();
    await center.wait(5_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    const waiting = await center.entersSupport({ number: '2001' });
    await center.wait(1_000);
    expect(center.holdSound(waiting)).toBe('a');
    if (event === 'COMPLETECALLER') caller.hangsUp();
    else center.phone('1000').hangsUp();
    await center.wait(100);
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'CONNECT', event]);
    expect(center.store.log.find((row) => row.event === event)?.data).toEqual(['2', '11', '1']);
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2000', '2001']);
    waiting.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['waiting', ['ENTERQUEUE', 'ABANDON']],
    ['ringing', ['ENTERQUEUE', 'RINGCANCELED', 'ABANDON']],
    ['talking', ['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']],
  ])('%s, and the caller is gone: closed, member hung up', async (phase, expected) => {
    const center = await CallCenter.open({ members: phase === 'waiting' ? [] : ['1000'] });
    const caller = await center.entersSupport();
    if (phase === 'talking') center.phone('1000').picksUp();
    await center.wait(1_000);
    center.dies();
    caller.hangsUp();
    await center.begins();
    await center.wait(1_000);
    expect(center.log()).toEqual(expected);
    expect(center.phone('1000').talking).toBeUndefined();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('talking, and the member is gone: COMPLETEAGENT, and the call goes on', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    center.dies();
    center.phone('1000').hangsUp();
    await center.begins();
    await center.wait(1_000);
    expect(caller.isGone).toBe(true);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });

  test('in the IVR: hears the menu again', async () => {
    const center = await CallCenter.open();
    const caller = await center.calls();
    await center.wait(500);
    await center.restarts();
    await center.wait(2_000);
    expect(caller.heard).toEqual(['sound:menu', 'sound:menu']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('two who talk without a queue talk on', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.calls();
    caller.press('2');
    await center.wait(100);
    center.phone('1000').picksUp();
    await center.wait(100);
    await center.restarts();
    await center.wait(10_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    center.phone('1000').hangsUp();
    await center.wait(100);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the database is away at the start: taken over when it is back', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.phone('1000').setState('INUSE');
    const caller = await center.entersSupport();
    center.store.fail('openEntries', 'unavailable', 3);
    await center.restarts();
    center.phone('1000').setState(null);
    await center.wait(2_000);
    expect(center.ringing()).toEqual([]);
    await center.wait(1_500);
    expect(center.ringing()).toEqual(['1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('while the next process takes over', () => {
  test.each(
    [0, 1, 40, 60, 110, 160].flatMap((afterMs) => [
      { afterMs, phase: 'waiting', members: [] },
      { afterMs, phase: 'ringing', members: ['1000'] },
    ]),
  )(
    'a caller who hangs up after $afterMs ms, $phase, is gone and keeps nobody waiting',
    async ({ afterMs, members }) => {
      const center = await CallCenter.open({ members, queue: { autofill: false } });
      const caller = await center.entersSupport();
      await center.wait(1_000);
      center.pbx.wire.delayReplies(50);
      await center.restarts();
      if (afterMs > 0) await center.wait(afterMs);
      caller.hangsUp();
      await center.wait(60_000);
      expect(center.log().filter((event) => event !== 'RINGCANCELED')).toEqual(['ENTERQUEUE', 'ABANDON']);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );

  test.each([0, 1, 40, 60, 110, 160])(
    'a member who hangs up after %i ms has ended the conversation',
    async (afterMs) => {
      const center = await CallCenter.open({ members: ['1000'] });
      const caller = await center.entersSupport();
      center.phone('1000').picksUp();
      await center.wait(1_000);
      center.pbx.wire.delayReplies(50);
      await center.restarts();
      await center.wait(afterMs);
      center.phone('1000').hangsUp();
      await center.wait(1_000);
      expect([center.log(), caller.isGone]).toEqual([['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT'], true]);
      expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    },
  );
});

describe('SIGTERM', () => {
  test('IVR: back to the dialplan once the step is finished; new calls are sent there at once', async () => {
    const center = await CallCenter.open();
    const caller = await center.calls();
    const stopped = center.application.stop(20_000);
    const late = await center.calls();
    expect(late.continuedTo).toBe('next');
    await center.wait(20_000);
    await stopped;
    expect([caller.isGone, caller.continuedTo]).toEqual([false, 'next']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('waiting: stays, with music, for the next process', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.stops(20_000);
    expect([caller.continuedTo, center.holdSound(caller)]).toEqual([null, 'moh:moh']);
    expect(center.log()).toEqual(['ENTERQUEUE']);
    await center.begins();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'ABANDON']);
  });

  test('ringing: finished, and an answer still leads to talking', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    const stopped = center.application.stop(20_000);
    await center.wait(2_000);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    await stopped;
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    await center.begins();
    await center.wait(100);
    center.phone('1000').hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
  });

  test('ringing, nobody answers: no new match, the place stays', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'] });
    const caller = await center.entersSupport();
    await center.stops(20_000);
    expect(center.log()).toEqual(['ENTERQUEUE', 'RINGNOANSWER']);
    expect([center.ringing(), center.holdSound(caller)]).toEqual([[], 'moh:moh']);
    await center.begins();
    await center.wait(100);
    expect(center.ringing()).toHaveLength(1);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('talking: they talk on, and nothing is written', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    await center.stops(20_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT']);
    await center.begins();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
  });

  test('a change of members just before it leaves no timer', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    center.store.setPaused('support', '1000', true);
    await center.stops(1_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('members after a restart (difference 12)', () => {
  const support = queueName('support');

  test('who is paused, aside or wraps up is not rung, and comes back at the same moment as without it', async () => {
    const center = await CallCenter.open({
      members: ['1000', '1001', '1002'],
      queue: { wrapUpMs: 30_000, notPresentPenaltyMs: 60_000, ringTimeoutMs: 5_000 },
    });
    const extension = memberExtension('1000');
    await center.application.memberships.pause({ extension, queue: support, isPaused: true, reason: 'lunch' });
    const caller = await center.entersSupport();
    await center.wait(5_100);
    center.phone('1002').picksUp();
    await center.wait(1_000);
    caller.hangsUp();
    await center.wait(1_000);
    await center.restarts();
    const next = await center.entersSupport({ number: '2001' });
    expect(center.ringing()).toEqual([]);
    const paused = center.application.room.board.membersOf(support).map(({ pausedReason }) => pausedReason);
    expect(paused).toEqual(['lunch', null, null]);
    await center.wait(28_500);
    expect(center.ringing()).toEqual([]);
    await center.wait(600);
    expect(center.ringing()).toEqual(['1002']);
    await center.wait(5_100);
    expect(center.ringing()).toEqual([]);
    await center.wait(25_000);
    expect(center.ringing()).toEqual(['1001']);
    next.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('fewestcalls goes on with the calls that each has had', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'], queue: { strategy: 'fewestcalls' } });
    center.phone('1001').setState('INUSE');
    const rung: string[] = [];
    for (let call = 0; call < 4; call++) {
      const caller = await center.entersSupport();
      const [number = ''] = center.ringing();
      rung.push(number);
      center.phone(number).picksUp();
      await center.wait(1_000);
      caller.hangsUp();
      await center.wait(100);
      if (call !== 1) continue;
      center.phone('1001').setState(null);
      await center.restarts();
    }
    expect(rung).toEqual(['1000', '1000', '1001', '1001']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
