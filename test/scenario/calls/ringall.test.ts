import { describe, expect, test } from '@jest/globals';
import { extensionNumber, queueName } from '../../../src/core/ids.ts';
import { CallCenter, type CenterOptions, memberExtension, NOTHING_LEFT } from '../../support/call-center.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();
// Some dozens of whole stories each, on whatever machine.
const ALL = ['1000', '1001', '1002'] as const;
/** Q.850: phones show no missed call. */
const ELSEWHERE = 26;
const TURNS_MAX = 30;

function ringall({ queue, ...options }: CenterOptions = {}): Promise<CallCenter> {
  return CallCenter.open({ members: ALL, ...options, queue: { strategy: 'ringall', ringTimeoutMs: 10_000, ...queue } });
}

const legsOf = (center: CallCenter) => ALL.flatMap((number) => center.phone(number).ringing);

const agents = (center: CallCenter, event: string) =>
  center.store.log.filter((row) => row.event === event).map(({ agent }) => agent);

describe('ringall', () => {
  test('RA1 all of the lowest penalty ring; the others when all of these have failed', async () => {
    const center = await ringall();
    const extension = memberExtension('1002');
    await center.application.memberships.setPenalty({ queue: queueName('support'), extension, penalty: 1 });
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1000', '1001']);
    expect(center.told().filter((what) => what.startsWith('ringing'))).toEqual(['ringing 1000', 'ringing 1001']);
    await center.wait(10_100);
    expect(center.ringing()).toEqual(['1002']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('RA2 one answers: the others end as answered elsewhere, with an item that has ended and without a line or a chat message', async () => {
    const center = await ringall();
    const caller = await center.entersSupport();
    const [, lost, alsoLost] = legsOf(center);
    await center.wait(3_000);
    center.phone('1000').picksUp();
    await center.wait(500);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    expect([lost?.hangupCause?.code, alsoLost?.hangupCause?.code]).toEqual([ELSEWHERE, ELSEWHERE]);
    expect(ALL.map((number) => center.announcer.seen.get(number))).toEqual([
      ['ringing', 'connected'],
      ['ringing', 'ended', 'retracted'],
      ['ringing', 'ended', 'retracted'],
    ]);
    expect(center.told()).not.toContain('missed');
    center.phone('1000').hangsUp();
    await center.wait(100);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('RA2 nobody answers: a line for each, each counts as a miss, and after retry all ring again', async () => {
    const center = await ringall({ queue: { retryMs: 5_000 } });
    const caller = await center.entersSupport();
    await center.wait(10_100);
    expect(agents(center, 'RINGNOANSWER').sort()).toEqual(['PJSIP/1000', 'PJSIP/1001', 'PJSIP/1002']);
    expect(center.ringing()).toEqual([]);
    await center.wait(5_000);
    expect(center.ringing()).toEqual([...ALL]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('RA2 the caller hangs up: RINGCANCELED for each phone, then ABANDON, and nobody is blamed', async () => {
    const center = await ringall({ queue: { autopause: 'yes' } });
    const caller = await center.entersSupport();
    await center.wait(2_000);
    caller.hangsUp();
    await center.wait(100);
    expect(agents(center, 'RINGCANCELED').sort()).toEqual(['PJSIP/1000', 'PJSIP/1001', 'PJSIP/1002']);
    expect(center.log().at(-1)).toBe('ABANDON');
    expect(agents(center, 'PAUSE')).toEqual([]);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('one rejects and one is busy: the rest go on ringing, and the two are free for the next caller', async () => {
    const center = await ringall();
    center.phone('1000').rejects();
    center.phone('1001').isBusy();
    const first = await center.entersSupport();
    await center.wait(1_000);
    expect(center.ringing()).toEqual(['1002']);
    center.phone('1000').rings();
    center.phone('1001').rings();
    const second = await center.entersSupport({ number: '2001' });
    expect(center.ringing()).toEqual([...ALL]);
    expect(center.phone('1000').shown.at(-1)?.number).toBe('2001');
    first.hangsUp();
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('RA3, difference 3: the next caller is served by whoever is left, at once, and has all who become free', async () => {
    const center = await ringall();
    const first = await center.entersSupport();
    const second = await center.entersSupport({ number: '2001' });
    expect(second.talksTo).toEqual([]);
    center.phone('1001').picksUp();
    await center.clock.settle();
    expect(first.talksTo).toEqual(['PJSIP/1001']);
    expect(center.ringing()).toEqual(['1000', '1002']);
    expect(center.phone('1000').shown.at(-1)?.number).toBe('2001');
    first.hangsUp();
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('who is paused, aside or talking is not among them', async () => {
    const center = await ringall({ queue: { notPresentPenaltyMs: 60_000 } });
    center.store.setPaused('support', '1000', true);
    await center.wait(300);
    center.phone('1002').setState('INUSE');
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1001']);
    await center.wait(10_100);
    center.phone('1002').setState(null);
    await center.clock.settle();
    expect(center.ringing()).toEqual(['1002']);
    await center.wait(300);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('two pick up in the same moment', () => {
  test('any number of turns apart: one talks, the other is hung up as answered elsewhere, and the log knows of one', async () => {
    for (let count = 0; count < TURNS_MAX; count++) {
      const center = await ringall();
      const caller = await center.entersSupport();
      const [first, second] = legsOf(center);
      center.phone('1000').picksUp();
      for (let turn = 0; turn < count; turn++) await Promise.resolve();
      if (center.phone('1001').ringing.length > 0) center.phone('1001').picksUp();
      await center.wait(1_000);
      expect({ count, talksTo: caller.talksTo }).toEqual({ count, talksTo: ['PJSIP/1000'] });
      expect([first?.isGone, second?.hangupCause?.code]).toEqual([false, ELSEWHERE]);
      caller.hangsUp();
      expect({ count, left: await center.leftovers() }).toEqual({ count, left: NOTHING_LEFT });
      expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    }
  });

  test('while the event of the first is late: who is heard of first has the call', async () => {
    const center = await ringall();
    const caller = await center.entersSupport();
    center.pbx.wire.loseEvents(({ type }) => type === 'channel-state');
    center.pbx.wire.loseEvents(({ type }) => type === 'dial');
    center.phone('1002').picksUp();
    center.phone('1001').picksUp();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1001']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('any number of turns before the caller hangs up: nothing is left, and the entry is closed once', async () => {
    for (let count = 0; count < TURNS_MAX; count++) {
      const center = await ringall();
      const caller = await center.entersSupport();
      center.phone('1000').picksUp();
      center.phone('1001').picksUp();
      for (let turn = 0; turn < count; turn++) await Promise.resolve();
      caller.hangsUp();
      await center.wait(1_000);
      expect({ count, left: await center.leftovers() }).toEqual({ count, left: NOTHING_LEFT });
    }
  });
});

describe('the process dies while all ring', () => {
  test('nobody answers: the legs are hung up, nothing is written, and the caller is served from the same place', async () => {
    const center = await ringall();
    const caller = await center.entersSupport();
    const legs = legsOf(center);
    await center.restarts();
    await center.wait(1_000);
    expect(legs.map((leg) => leg.isGone)).toEqual([true, true, true]);
    expect(center.ringing()).toEqual([...ALL]);
    center.phone('1001').picksUp();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1001']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
  });

  test('one answers meanwhile: they talk, and the other phones show no missed call', async () => {
    const center = await ringall();
    const caller = await center.entersSupport();
    const [lost, , alsoLost] = legsOf(center);
    center.dies();
    center.phone('1001').picksUp();
    await center.wait(2_000);
    await center.begins();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1001']);
    expect([lost?.hangupCause?.code, alsoLost?.hangupCause?.code]).toEqual([ELSEWHERE, ELSEWHERE]);
    const next = await center.entersSupport({ number: '2001' });
    expect(center.ringing()).toEqual(['1000', '1002']);
    next.hangsUp();
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(center.log(caller)).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
  });

  test('two answer meanwhile: one of them talks, the other is hung up', async () => {
    const center = await ringall();
    const caller = await center.entersSupport();
    center.dies();
    center.phone('1000').picksUp();
    center.phone('1002').picksUp();
    await center.begins();
    await center.wait(1_000);
    expect(caller.talksTo).toHaveLength(1);
    expect(ALL.filter((number) => center.phone(number).talking !== undefined)).toHaveLength(1);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the caller hangs up meanwhile: RINGCANCELED for each, ABANDON, and nothing rings on', async () => {
    const center = await ringall();
    const caller = await center.entersSupport();
    center.dies();
    caller.hangsUp();
    await center.begins();
    await center.wait(1_000);
    expect(center.ringing()).toEqual([]);
    expect(agents(center, 'RINGCANCELED')).toHaveLength(3);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

test('a member who logs out while all ring may still take the call, and is not rung again', async () => {
  const center = await ringall();
  const caller = await center.entersSupport();
  await center.logsOut('1001');
  await center.wait(10_000);
  await center.wait(6_000);
  expect(center.ringing()).toEqual(['1000', '1002']);
  expect(center.application.room.board.heldBy(extensionNumber('1001'))).toBeUndefined();
  caller.hangsUp();
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});
