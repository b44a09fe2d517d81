import { describe, expect, test } from '@jest/globals';
import { extensionNumber, switchName } from '../../../src/core/ids.ts';
import { runningCalls } from '../../../src/running-calls.ts';
import { callViews, memberViews, queueViews } from '../../../stasis/calls/application-view.ts';
import type { CallCenter } from '../../support/call-center.ts';
import { NOTICE_MS, RESERVED_NOTICE_MS } from '../../support/fakes/store-door.ts';
import {
  BERLIN,
  CLOSE_AFTER_MS,
  LEASE_TIME_MS,
  LOOK_MS,
  openThreeSwitches,
  openTwoSwitches,
  PARIS,
  type TwoSwitches,
} from '../../support/two-switches.ts';

/** So long until the other process knows, and has acted on it. */
const TOLD_MS = 600;

/** Members log in at the database; their phones are registered at one of the switches, and answer soon. */
async function onDuty({ clock, berlin }: TwoSwitches, at: CallCenter, ...numbers: string[]): Promise<void> {
  for (const number of numbers) {
    at.phone(number).answers({ afterMs: 500 });
    await berlin.logsIn(number);
  }
  await clock.advance(TOLD_MS);
}

const positions = (center: CallCenter) =>
  callViews(center.application).map((call) => [String(call.switch), call.caller.number, call.position]);

describe('one queue over two switches', () => {
  test('order is kept over both: whoever came first is served first, wherever the call is', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris } = two;
    const first = await paris.entersSupport({ number: '1' });
    await clock.advance(10);
    const second = await berlin.entersSupport({ number: '2' });
    await clock.advance(10);
    const third = await paris.entersSupport({ number: '3' });
    await clock.advance(TOLD_MS);
    // Registered at both, so that both could serve.
    for (const center of [berlin, paris]) center.phone('1000').answers({ afterMs: 500 });
    await berlin.logsIn('1000');
    const served: string[] = [];
    for (const [center, caller] of [
      [paris, first],
      [berlin, second],
      [paris, third],
    ] as const) {
      await clock.advanceUntil(() => center.log(caller).includes('CONNECT'), 'the next caller to be connected', {
        limitMs: 5_000,
      });
      served.push(
        ...two.store.log
          .filter(({ event }) => event === 'CONNECT')
          .map(({ callid }) => callid)
          .slice(-1),
      );
      caller.hangsUp();
      await clock.advance(TOLD_MS);
    }
    expect(served).toEqual([first, second, third].map(({ channelId }) => channelId));
  });

  test('positions are the whole queue’s, in what both processes show', async () => {
    const { clock, berlin, paris } = await openTwoSwitches();
    await berlin.entersSupport({ number: '1' });
    await clock.advance(10);
    await paris.entersSupport({ number: '2' });
    await clock.advance(10);
    await berlin.entersSupport({ number: '3' });
    await clock.advance(TOLD_MS);
    const all = [
      ['berlin', '1', 1],
      ['berlin', '3', 3],
      ['paris', '2', 2],
    ];
    expect(positions(berlin).sort()).toEqual(all);
    expect(positions(paris).sort()).toEqual(all);
    for (const center of [berlin, paris])
      expect(queueViews(center.application)[0]).toMatchObject({ waiting: 3, ringing: 0, talking: 0 });
  });

  test('a caller moves up when somebody leaves at the other switch', async () => {
    const { clock, berlin, paris } = await openTwoSwitches();
    const first = await berlin.entersSupport({ number: '1' });
    await clock.advance(10);
    await paris.entersSupport({ number: '2' });
    await clock.advance(TOLD_MS);
    first.hangsUp();
    await clock.advance(TOLD_MS);
    expect(positions(paris)).toEqual([['paris', '2', 1]]);
  });

  test('a caller at the other switch can be given another priority, and stands elsewhere at both', async () => {
    const { clock, berlin, paris } = await openTwoSwitches();
    await berlin.entersSupport({ number: '1' });
    await clock.advance(10);
    await paris.entersSupport({ number: '2' });
    await clock.advance(TOLD_MS);
    const later = callViews(berlin.application).find(({ caller }) => caller.number === '2');
    if (later === undefined) throw new Error('The caller at Paris is not shown');
    const { callId } = later;
    const { changePriority } = runningCalls(berlin.application);
    expect(await changePriority({ callId, priority: 9, isImmediate: true })).toBe('done');
    await clock.advance(TOLD_MS);
    for (const center of [berlin, paris]) {
      expect(positions(center)).toContainEqual(['paris', '2', 1]);
      expect(positions(center)).toContainEqual(['berlin', '1', 2]);
    }
  });

  test('a caller at the other switch can be dropped: they go on in the dialplan there, and both lines are the same', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris } = two;
    await berlin.entersSupport({ number: '1' });
    await clock.advance(10);
    const dropped = await paris.entersSupport({ number: '2' });
    await clock.advance(10);
    await paris.entersSupport({ number: '3' });
    await clock.advance(TOLD_MS);
    const callId = callViews(berlin.application).find(({ caller }) => caller.number === '2')?.callId;
    if (callId === undefined) throw new Error('The caller at Paris is not shown');
    expect(await runningCalls(berlin.application).withdraw({ callId, info: 'of Berlin' })).toBe('done');
    await clock.advance(2 * TOLD_MS);
    expect(paris.log(dropped)).toEqual(['ENTERQUEUE', 'WITHDRAW']);
    expect(dropped.variable('QUEUE_WITHDRAW_INFO')).toBe('of Berlin');
    expect(dropped.continuedTo).toBe('next');
    for (const center of [berlin, paris]) {
      expect(positions(center).sort()).toEqual([
        ['berlin', '1', 1],
        ['paris', '3', 2],
      ]);
    }
    expect(await runningCalls(berlin.application).withdraw({ callId, info: '' })).toBe('unknown-call');
  });

  test('who talks at the other switch can not be dropped', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris } = two;
    await onDuty(two, paris, '1000');
    const caller = await paris.entersSupport({ number: '1' });
    await clock.advanceUntil(() => paris.log(caller).includes('CONNECT'), 'the two to talk');
    await clock.advance(TOLD_MS);
    const callId = callViews(berlin.application)[0]?.callId;
    if (callId === undefined) throw new Error('The call at Paris is not shown');
    expect(await runningCalls(berlin.application).withdraw({ callId, info: '' })).toBe('unknown-call');
    await clock.advance(TOLD_MS);
    expect(paris.log(caller)).toEqual(['ENTERQUEUE', 'CONNECT']);
  });

  test('a member who is rung or talks at one switch is busy at the other', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris } = two;
    await onDuty(two, paris, '1000');
    const talking = await paris.entersSupport({ number: '1' });
    await clock.advanceUntil(() => paris.log(talking).includes('CONNECT'), 'the two to talk');
    await clock.advance(TOLD_MS);
    const waiting = await berlin.entersSupport({ number: '2' });
    await clock.advance(5_000);
    expect(berlin.log(waiting)).toEqual(['ENTERQUEUE']);
    const [member] = memberViews(berlin.application);
    expect(member).toMatchObject({ extension: '1000', activity: 'talking', deviceState: 'INUSE' });
    expect(queueViews(berlin.application)[0]).toMatchObject({ waiting: 1, talking: 1, available: 0 });
  });

  test('a member whom the other process has just taken costs the caller no time: whoever is next is rung at once', async () => {
    const { clock, berlin, paris } = await openTwoSwitches();
    const numbers = ['1000', '1001'];
    for (const center of [berlin, paris]) for (const number of numbers) center.phone(number).rings();
    for (const number of numbers) await berlin.logsIn(number);
    await clock.advance(TOLD_MS);
    await paris.entersSupport({ number: '1' });
    await berlin.entersSupport({ number: '2' });
    // Berlin has not heard of the first ring yet.
    await clock.advance(NOTICE_MS / 2);
    expect([paris.ringing(), berlin.ringing()].map((ringing) => ringing.length)).toEqual([1, 1]);
    expect([...paris.ringing(), ...berlin.ringing()].sort()).toEqual(numbers);
    await clock.advance(5_000);
    expect([...paris.ringing(), ...berlin.ringing()].sort()).toEqual(numbers);
  });

  test('a member whom the other process has reserved is known as taken before it has told of anything else', async () => {
    const { clock, berlin, paris } = await openTwoSwitches();
    const numbers = ['1000', '1001'];
    for (const center of [berlin, paris]) for (const number of numbers) center.phone(number).rings();
    for (const number of numbers) await berlin.logsIn(number);
    await clock.advance(TOLD_MS);
    const { board } = berlin.application.room;
    const taken = () => numbers.filter((number) => board.heldBy(extensionNumber(number)) !== undefined);
    const caller = await paris.entersSupport({ number: '1' });
    await clock.advance(RESERVED_NOTICE_MS);
    expect([taken(), paris.ringing()]).toEqual([paris.ringing(), [expect.anything()]]);
    // Gone before the ring has been read.
    caller.hangsUp();
    await clock.advance(TOLD_MS);
    expect([taken(), paris.ringing()]).toEqual([[], []]);
  });

  test('a member’s wrap-up after a call at one switch counts at the other', async () => {
    const two = await openTwoSwitches({ wrapUpMs: 5_000 });
    const { clock, berlin, paris } = two;
    await onDuty(two, paris, '1000');
    const talking = await paris.entersSupport({ number: '1' });
    await clock.advanceUntil(() => paris.log(talking).includes('CONNECT'), 'the two to talk');
    berlin.phone('queueapp-switches').answers({ afterMs: 500 });
    const waiting = await berlin.entersSupport({ number: '2' });
    await clock.advance(TOLD_MS);
    talking.hangsUp();
    await clock.advance(4_900);
    expect(berlin.log(waiting)).toEqual(['ENTERQUEUE']);
    await clock.advance(1_500);
    expect(berlin.log(waiting)).toEqual(['ENTERQUEUE', 'CONNECT']);
  });

  test('a member whose phone is registered at the other switch is dialled there', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris } = two;
    await onDuty(two, paris, '1000');
    berlin.phone('queueapp-switches').answers({ afterMs: 500 });
    const caller = await berlin.entersSupport({ number: '2' });
    await clock.advanceUntil(() => berlin.log(caller).includes('CONNECT'), 'the two to talk');
    expect(berlin.pbx.dialled).toEqual(['PJSIP/queueapp-switches/sip:1000@10.0.0.2:5060']);
    expect(paris.ringing()).toEqual([]);
  });

  test('a member whose phone is registered nowhere is rung by nobody; a login at one switch counts for both', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris } = two;
    await berlin.logsIn('1000');
    await clock.advance(TOLD_MS);
    const caller = await berlin.entersSupport();
    await clock.advance(3_000);
    expect(memberViews(paris.application)[0]).toMatchObject({
      deviceState: 'UNAVAILABLE',
      queues: [{ queue: 'support' }],
    });
    expect(berlin.log(caller)).toEqual(['ENTERQUEUE']);
    berlin.phone('queueapp-switches').answers({ afterMs: 500 });
    paris.phone('1000').registers();
    await clock.advanceUntil(() => berlin.log(caller).includes('CONNECT'), 'the member to answer', { limitMs: 3_000 });
  });

  test('a queue is as empty, and as full, as the whole of it', async () => {
    const two = await openTwoSwitches({ joinEmpty: ['unavailable'], maxLength: 2 });
    const { clock, berlin, paris } = two;
    await berlin.logsIn('1000');
    await clock.advance(TOLD_MS);
    const early = await berlin.entersSupport();
    expect(berlin.log(early)).toEqual(['JOINEMPTY']);
    // The only member's phone is at Paris: there is somebody for callers at Berlin.
    paris.phone('1000').registers();
    await clock.advance(TOLD_MS);
    for (const center of [berlin, paris]) {
      center.phone('queueapp-switches').unregisters();
      expect(center.log(await center.entersSupport())[0]).toBe('ENTERQUEUE');
    }
    await clock.advance(TOLD_MS);
    expect(berlin.log(await berlin.entersSupport())).toEqual(['FULL']);
  });

  test('a process that does not serve its callers holds nobody up for longer than a second', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris, store } = two;
    await paris.entersSupport({ number: '1' });
    await clock.advance(10);
    const later = await berlin.entersSupport({ number: '2' });
    await clock.advance(TOLD_MS);
    // As a frozen process would: nothing is done any more, and the beat stands still.
    paris.dies();
    store.switches.freeze(PARIS);
    berlin.phone('1000').answers({ afterMs: 500 });
    await berlin.logsIn('1000');
    await clock.advance(900);
    expect(berlin.log(later)).toEqual(['ENTERQUEUE']);
    await clock.advance(1_500);
    expect(berlin.log(later)).toEqual(['ENTERQUEUE', 'CONNECT']);
  });

  test('callers of a switch that drains have no turn, and those who come later have', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris, store } = two;
    await paris.entersSupport({ number: '1' });
    await clock.advance(10);
    await berlin.entersSupport({ number: '2' });
    store.switches.change('paris', { isDraining: true });
    await clock.advance(LOOK_MS + TOLD_MS);
    expect(positions(berlin)).toContainEqual(['berlin', '2', 1]);
  });
});

describe('a switch that nobody acts on any more', () => {
  async function deadParis(queue = {}) {
    const two = await openTwoSwitches(queue);
    const { clock, berlin, paris, store } = two;
    await onDuty(two, paris, '1000');
    const talking = await paris.entersSupport({ number: '1' });
    await clock.advanceUntil(() => paris.log(talking).includes('CONNECT'), 'the two to talk');
    const waiting = await paris.entersSupport({ number: '2' });
    await clock.advance(10);
    const here = await berlin.entersSupport({ number: '3' });
    await clock.advance(TOLD_MS);
    paris.dies();
    store.switches.change('paris', { isHeld: false });
    return { ...two, talking, waiting, here };
  }

  test('has its callers closed after the time in which somebody could have taken them over, and its member is free', async () => {
    const { clock, berlin, store, talking, waiting, here } = await deadParis();
    await clock.advance(CLOSE_AFTER_MS - LOOK_MS);
    expect(berlin.log(waiting)).toEqual(['ENTERQUEUE']);
    expect(positions(berlin)).toContainEqual(['berlin', '3', 1]);
    berlin.phone('1000').answers({ afterMs: 500 });
    await clock.advance(3 * LOOK_MS);
    expect(berlin.log(waiting)).toEqual(['ENTERQUEUE', 'ABANDON']);
    expect(berlin.log(talking)).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    await clock.advanceUntil(() => berlin.log(here).includes('CONNECT'), 'the member who is free to answer');
    expect((await store.openEntries()).map(({ switchName: name }) => name)).toEqual([BERLIN]);
    expect(berlin.told()).toContain('ended 1000');
  });

  test('is taken over in time by a process that begins again: nothing is closed', async () => {
    const { clock, berlin, paris, store, waiting, talking } = await deadParis();
    await clock.advance(10_000);
    store.switches.hold('paris');
    await paris.begins();
    await clock.advance(CLOSE_AFTER_MS + 10_000);
    expect(berlin.log(waiting)).toEqual(['ENTERQUEUE']);
    expect(berlin.log(talking)).toEqual(['ENTERQUEUE', 'CONNECT']);
  });

  test('has each call closed by one of several living processes, and told of once', async () => {
    const { clock, berlin, paris, rome, store } = await openThreeSwitches();
    rome.phone('1000').answers({ afterMs: 500 });
    await berlin.logsIn('1000');
    await clock.advance(TOLD_MS);
    const talking = await rome.entersSupport({ number: '1' });
    await clock.advanceUntil(() => rome.log(talking).includes('CONNECT'), 'the two to talk');
    const waiting = await rome.entersSupport({ number: '2' });
    await clock.advance(TOLD_MS);
    rome.dies();
    store.switches.change('rome', { isHeld: false });
    await clock.advance(CLOSE_AFTER_MS + 20_000);
    expect(berlin.log(talking)).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER']);
    expect(berlin.log(waiting)).toEqual(['ENTERQUEUE', 'ABANDON']);
    expect([...berlin.told(), ...paris.told()].filter((what) => what === 'ended 1000')).toHaveLength(1);
    for (const center of [berlin, paris]) expect(callViews(center.application)).toEqual([]);
  });

  test('is closed by the next process when the first one does not get to it', async () => {
    const { clock, berlin, paris, rome, store } = await openThreeSwitches();
    const waiting = await rome.entersSupport({ number: '2' });
    await clock.advance(TOLD_MS);
    rome.dies();
    store.switches.change('rome', { isHeld: false });
    // Alive by its lease, but without a hand to move.
    berlin.dies();
    await clock.advance(CLOSE_AFTER_MS + LOOK_MS);
    expect(paris.log(waiting)).toEqual(['ENTERQUEUE']);
    await clock.advance(6_000);
    expect(paris.log(waiting)).toEqual(['ENTERQUEUE', 'ABANDON']);
  });

  test('a holder that has lost its Asterisk for so long has its calls closed, too', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris, store } = two;
    const waiting = await paris.entersSupport({ number: '1' });
    await clock.advance(TOLD_MS);
    store.switches.change('paris', { isAsteriskLost: true });
    await clock.advance(CLOSE_AFTER_MS - LOOK_MS);
    expect(berlin.log(waiting)).toEqual(['ENTERQUEUE']);
    await clock.advance(3 * LOOK_MS);
    expect(berlin.log(waiting)).toEqual(['ENTERQUEUE', 'ABANDON']);
    // Should the caller be there after all, when Asterisk is back: on in the dialplan, and nothing is written twice.
    expect(waiting.continuedTo).toBe('next');
    expect(waiting.variable('QUEUESTATUS')).toBe('WITHDRAW');
    expect(paris.log(waiting)).toEqual(['ENTERQUEUE', 'ABANDON']);
  });

  test('that is configured no more has its entries closed as well', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris, store } = two;
    store.switches.hold('rome');
    const caller = await paris.entersSupport({ number: '1' });
    await clock.advance(TOLD_MS);
    store.moveTo(switchName('rome'));
    store.switches.change('rome', { isHeld: false });
    paris.dies();
    store.announce({ type: 'all' });
    await clock.advance(CLOSE_AFTER_MS + 3 * LOOK_MS);
    expect(berlin.log(caller)).toEqual(['ENTERQUEUE', 'ABANDON']);
  });

  test('whose process is frozen is dead after the lease time: what it says of phones counts no more', async () => {
    const two = await openTwoSwitches();
    const { clock, berlin, paris, store } = two;
    await onDuty(two, paris, '1000');
    expect(memberViews(berlin.application)[0]).toMatchObject({ deviceState: 'NOT_INUSE' });
    paris.dies();
    store.switches.freeze('paris');
    await clock.advance(LEASE_TIME_MS + LOOK_MS + TOLD_MS);
    expect(memberViews(berlin.application)[0]).toMatchObject({ deviceState: 'UNAVAILABLE' });
  });
});
