import { describe, expect, test } from '@jest/globals';
import { extensionNumber, queueName } from '../../../src/core/ids.ts';
import { runningCalls } from '../../../src/running-calls.ts';
import { runningMembers } from '../../../src/running-members.ts';
import { CallCenter, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { queueSettings } from '../../support/queue-people.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const support = queueName('support');
const extension = extensionNumber('1000');

/** What an administrator does with the calls of a center. */
function steering(center: CallCenter) {
  const idOf = (caller: FakeCaller) => {
    const call = center.application.calls.list().find(({ channelId }) => channelId === caller.channelId);
    if (call === undefined) throw new Error('That caller is not here');
    return call.callId;
  };
  const entryIdOf = (caller: FakeCaller) => {
    const call = center.application.calls.list().find(({ channelId }) => channelId === caller.channelId);
    if (call === undefined || call.phase.entryId === null) throw new Error('That caller does not wait');
    return call.phase.entryId;
  };
  const position = (caller: FakeCaller) =>
    center.application.calls
      .list()
      .map(({ channelId, phase }) =>
        channelId === caller.channelId && phase.entryId !== null
          ? center.application.room.distributor.position(phase.entryId)
          : null,
      )
      .find((place) => place !== null) ?? null;
  return {
    ...runningCalls(center.application),
    members: runningMembers(center.application),
    idOf,
    entryIdOf,
    position,
  };
}

describe('a waiting caller', () => {
  test('PR3: gets another number and keeps the place; at once: stands before the first of lower priority', async () => {
    const center = await CallCenter.open();
    const { changePriority, idOf, position } = steering(center);
    const callers = [
      await center.entersSupport(),
      await center.entersSupport({ number: '2001' }),
      await center.entersSupport({ number: '2002' }),
    ];
    const [first, second, third] = callers as [FakeCaller, FakeCaller, FakeCaller];
    expect(await changePriority({ callId: idOf(third), priority: 5, isImmediate: false })).toBe('done');
    expect(callers.map(position)).toEqual([1, 2, 3]);
    expect(await changePriority({ callId: idOf(third), priority: 5, isImmediate: true })).toBe('done');
    expect(await changePriority({ callId: idOf(second), priority: 5, isImmediate: true })).toBe('done');
    expect([third, second, first].map(position)).toEqual([1, 2, 3]);
    await center.logsIn('1000');
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2002']);
    for (const caller of callers) caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('SQL that gives a caller another place is taken up at once', async () => {
    const center = await CallCenter.open();
    const { position, entryIdOf } = steering(center);
    const first = await center.entersSupport();
    const second = await center.entersSupport({ number: '2001' });
    const entryId = entryIdOf(second);
    const placed = { placedPriority: 9, placedAtMs: center.clock.now(), isLast: true };
    await center.store.changePriority({ entryId, priority: 9, placed });
    expect([first, second].map(position)).toEqual([1, 2]);
    center.store.announce({ type: 'entry', entryId, queue: support });
    await center.clock.settle();
    expect([first, second].map(position)).toEqual([2, 1]);
    first.hangsUp();
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('where waiting is weighed, the priority counts from when the caller came', async () => {
    const center = await CallCenter.open({ queue: { ageWeightMs: 30_000 } });
    const { changePriority, idOf, position } = steering(center);
    const first = await center.entersSupport();
    await center.wait(40_000);
    const second = await center.entersSupport({ number: '2001' });
    await changePriority({ callId: idOf(second), priority: 1, isImmediate: true });
    expect([first, second].map(position)).toEqual([1, 2]);
    await changePriority({ callId: idOf(second), priority: 2, isImmediate: true });
    expect([first, second].map(position)).toEqual([2, 1]);
    first.hangsUp();
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['while waiting', []],
    ['while a phone rings', ['1000']],
  ])('is withdrawn %s: WITHDRAW with the words, and on in the dialplan', async (_, members) => {
    const center = await CallCenter.open({ members });
    const { withdraw, idOf } = steering(center);
    const caller = await center.entersSupport();
    expect(await withdraw({ callId: idOf(caller), info: 'back office' })).toBe('done');
    await center.wait(1_000);
    expect(center.ringing()).toEqual([]);
    expect(center.log(caller).at(-1)).toBe('WITHDRAW');
    expect(center.store.log.find(({ event }) => event === 'WITHDRAW')?.data.slice(0, 4)).toEqual([
      '1',
      '1',
      '0',
      'back office',
    ]);
    expect(['QUEUESTATUS', 'QUEUE_WITHDRAW_INFO'].map((name) => caller.variable(name))).toEqual([
      'WITHDRAW',
      'back office',
    ]);
    expect(caller.continuedTo).toBe('next');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('is withdrawn by a word in the row, of another process or by SQL, as if it had been done here', async () => {
    const center = await CallCenter.open();
    const { entryIdOf } = steering(center);
    const [caller, other] = [await center.entersSupport(), await center.entersSupport({ number: '2001' })];
    const entryId = entryIdOf(caller);
    await center.store.wantWithdrawal({ entryId, info: 'by SQL' });
    center.store.announce({ type: 'entry', entryId, queue: support });
    await center.clock.settle();
    expect([caller, other].map((each) => center.log(each).at(-1))).toEqual(['WITHDRAW', 'ENTERQUEUE']);
    expect(caller.variable('QUEUE_WITHDRAW_INFO')).toBe('by SQL');
    expect(caller.continuedTo).toBe('next');
    other.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('what was wanted while nobody heard of it is done when everything is read again, and by the next process', async () => {
    const center = await CallCenter.open();
    const { position, entryIdOf } = steering(center);
    const first = await center.entersSupport();
    const second = await center.entersSupport({ number: '2001' });
    const third = await center.entersSupport({ number: '2002' });
    const placed = { placedPriority: 9, placedAtMs: center.clock.now(), isLast: true };
    await center.store.changePriority({ entryId: entryIdOf(second), priority: 9, placed });
    await center.store.wantWithdrawal({ entryId: entryIdOf(third), info: '' });
    center.store.announce({ type: 'all' });
    await center.clock.settle();
    expect([first, second].map(position)).toEqual([2, 1]);
    expect(center.log(third).at(-1)).toBe('WITHDRAW');
    await center.store.wantWithdrawal({ entryId: entryIdOf(first), info: 'while nobody is there' });
    await center.restarts();
    expect([first, second].map((each) => center.log(each).at(-1))).toEqual(['WITHDRAW', 'ENTERQUEUE']);
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('whose row another process has closed leaves the queue; whose row is not there, because a dump is restored, waits on', async () => {
    const center = await CallCenter.open();
    const { entryIdOf } = steering(center);
    const [closed, unknown] = [await center.entersSupport(), await center.entersSupport({ number: '2001' })];
    await center.store.leave({ entryId: entryIdOf(closed), outcome: 'ABANDON', atMs: center.clock.now() });
    center.store.forget(entryIdOf(unknown));
    center.store.announce({ type: 'all' });
    await center.clock.settle();
    expect([closed, unknown].map(({ continuedTo }) => continuedTo)).toEqual(['next', null]);
    expect(unknown.variable('QUEUESTATUS')).toBeUndefined();
    expect(center.application.calls.list().map(({ channelId }) => channelId)).toEqual([unknown.channelId]);
  });

  test('who talks or is not there can be neither moved nor withdrawn', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    const { withdraw, changePriority, idOf } = steering(center);
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    const callId = idOf(caller);
    expect(await withdraw({ callId, info: '' })).toBe('unknown-call');
    expect(await changePriority({ callId, priority: 1, isImmediate: true })).toBe('unknown-call');
    caller.hangsUp();
    await center.clock.settle();
    expect(await withdraw({ callId, info: '' })).toBe('unknown-call');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('members, by whoever steers', () => {
  test('paused, their penalty and their ring-in-use changed: it counts for the next decision', async () => {
    const center = await CallCenter.open({ members: ['1000', '1001'] });
    const { members } = steering(center);
    expect(await members.setPenalty({ extension, queue: support, penalty: 9 })).toBe('done');
    const caller = await center.entersSupport();
    expect(center.ringing()).toEqual(['1001']);
    expect(
      await members.pause({ extension: extensionNumber('1001'), queue: null, isPaused: true, reason: 'lunch' }),
    ).toBe('done');
    center.phone('1001').hangsUp();
    await center.clock.settle();
    expect(center.ringing()).toEqual(['1000']);
    const second = await center.entersSupport({ number: '2001' });
    expect(center.ringing()).toEqual(['1000']);
    expect(await members.setRingInUse({ extension, queue: support, ringInUse: true })).toBe('done');
    await center.clock.settle();
    expect(center.phone('1000').ringing).toHaveLength(2);
    caller.hangsUp();
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a wrap-up is ended early: the next caller is served at once, and it is written', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { wrapUpMs: 60_000 } });
    const { members } = steering(center);
    expect(await members.endWrapUp({ extension })).toBe('already');
    const caller = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    caller.hangsUp();
    await center.wait(1_000);
    const next = await center.entersSupport({ number: '2001' });
    expect(center.ringing()).toEqual([]);
    expect(await members.endWrapUp({ extension })).toBe('done');
    await center.clock.settle();
    expect(center.ringing()).toEqual(['1000']);
    expect(center.store.events.filter(({ event }) => event === 'WRAPUPEND')).toMatchObject([
      { queue: 'support', member: 'PJSIP/1000' },
    ]);
    expect(await members.endWrapUp({ extension })).toBe('already');
    next.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('what is not there is told as such', async () => {
    const center = await CallCenter.open();
    const { members } = steering(center);
    const stranger = extensionNumber('4711');
    expect(await members.pause({ extension: stranger, queue: null, isPaused: true, reason: '' })).toBe(
      'unknown-extension',
    );
    expect(await members.setPenalty({ extension, queue: queueName('nowhere'), penalty: 1 })).toBe('unknown-queue');
    expect(await members.setPenalty({ extension, queue: support, penalty: 1 })).toBe('not-logged-in');
    expect(await members.endWrapUp({ extension })).toBe('not-logged-in');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

test('set-variables: the dialplan reads of the member, the entry and the queue', async () => {
  const center = await CallCenter.open({
    members: ['1000'],
    queue: { setVariables: ['interface', 'entry', 'queue'], afterConversation: 'dialplan' },
  });
  const caller = await center.entersSupport();
  await center.wait(3_000);
  center.phone('1000').picksUp();
  await center.wait(1_000);
  expect(
    ['MEMBERINTERFACE', 'QEHOLDTIME', 'QEORIGINALPOS', 'QUEUENAME', 'QUEUESTRATEGY'].map((name) =>
      caller.variable(name),
    ),
  ).toEqual(['PJSIP/1000', '3', '1', 'support', 'leastrecent']);
  center.phone('1000').hangsUp();
  await center.clock.settle();
  expect(caller.continuedTo).toBe('next');
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});

test('a member in ten queues who logs out while ringing in three frees the callers and is rung no more; added twice, is there once', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `queue${index}`);
  const queues = names.map((name) =>
    queueSettings({ name: queueName(name), title: name, ringInUse: true, resumeWithinMs: 0 }),
  );
  const center = await CallCenter.open({ settings: { queues, defaultQueue: queueName('queue0') } });
  const { members } = steering(center);
  center.phone('1000');
  for (const name of names) {
    const login = { extension, queue: queueName(name), penalty: 0, pausedReason: undefined };
    expect(await members.login(login)).toBe('logged-in');
    await center.wait(1);
    expect(await members.login(login)).toBe('already');
  }
  expect(await center.store.memberships()).toHaveLength(10);
  const callers = [];
  for (const name of names.slice(0, 3))
    callers.push(await center.calls({ args: ['queue', name], number: `20${name.slice(-1)}0` }));
  expect(center.phone('1000').ringing).toHaveLength(3);
  for (const name of names) expect(await members.logout({ extension, queue: queueName(name) })).toBe('logged-out');
  expect(await members.logout({ extension, queue: queueName('queue0') })).toBe('not-logged-in');
  expect(await center.store.memberships()).toEqual([]);
  expect([...center.announcer.nodes.keys()]).toEqual([]);
  // What rings already goes on ringing, as in app_queue; one call may still be taken.
  center.phone('1000').picksUp();
  await center.wait(60_000);
  expect(callers.map((caller) => caller.talksTo.length)).toEqual([1, 0, 0]);
  expect(center.phone('1000').ringing).toHaveLength(0);
  for (const caller of callers) caller.hangsUp();
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});
