import { describe, expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import type { IvrDefinition } from '../../../src/core/ivr/flow-definition.ts';
import { runningCalls } from '../../../src/running-calls.ts';
import { CallCenter, type CenterOptions, CLOSING, NOTHING_LEFT } from '../../support/call-center.ts';
import type { FakeCaller } from '../../support/fakes/fake-pbx-caller.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

const menu = { kind: 'menu', waitMs: 60_000, wrongKey: [], tries: 3, nothing: 'dialplan' } as const;
const IVR: IvrDefinition = {
  start: 'main',
  calendars: {},
  steps: {
    main: { ...menu, prompt: ['sound:menu'], keys: { '1': 'support' } },
    support: { kind: 'queue', queue: queueName('support'), prompt: [], next: 'sorry' },
    sorry: { ...menu, prompt: ['sound:sorry'], keys: { '1': 'support' } },
    other: { ...menu, prompt: ['sound:other'], keys: {} },
  },
};

/** What the dialplan reads of a caller. */
const told = (caller: FakeCaller) => [caller.variable('QUEUESTATUS'), caller.variable('QUEUEWAIT')];

/** The database has the end of the entry. */
const untilClosed = (center: CallCenter) =>
  center.clock.advanceUntil(() => center.log().some((event) => CLOSING.includes(event)), 'the entry to be closed');

/** A caller waits straight from the dialplan, something makes them leave, and the process dies when the entry is closed and nothing else has been done. */
async function diesWhileLeaving(
  options: CenterOptions,
  leaves: (center: CallCenter, caller: FakeCaller) => Promise<unknown> | unknown,
): Promise<{ center: CallCenter; caller: FakeCaller }> {
  const center = await CallCenter.open(options);
  const caller = await center.entersSupport();
  center.store.hold('leave', 'at-once');
  await leaves(center, caller);
  await untilClosed(center);
  expect(caller.continuedTo).toBeNull();
  center.dies();
  return { center, caller };
}

describe('the process dies when an entry is closed and the caller is not let go yet', () => {
  test('EXITWITHTIMEOUT: the next one lets go, with what the dialplan is to know', async () => {
    const queue = { maxWaitMs: 10_000, setVariables: ['queue'] } as const;
    const { center, caller } = await diesWhileLeaving({ queue }, () => undefined);
    await center.wait(3_000);
    await center.begins();
    expect(caller.continuedTo).toBe('next');
    expect(told(caller)).toEqual(['TIMEOUT', '10']);
    expect(caller.variable('QUEUENAME')).toBe('support');
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('EXITEMPTY: nobody is there, says the prompt first', async () => {
    const options = { members: ['1000'], queue: { leaveWhenEmpty: ['paused'], ringTimeoutMs: 60_000 } } as const;
    const { center, caller } = await diesWhileLeaving(options, (all) => {
      all.store.setPaused('support', '1000', true);
    });
    await center.begins();
    expect([caller.heard.at(-1), caller.continuedTo]).toEqual(['sound:nobody', null]);
    await center.wait(1_500);
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'LEAVEEMPTY']);
    expect(center.log().filter((event) => event.startsWith('E'))).toEqual(['ENTERQUEUE', 'EXITEMPTY']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['hangup', (caller: FakeCaller) => [caller.isGone, caller.continuedTo], [true, null]],
    ['dialplan', (caller: FakeCaller) => [caller.isGone, caller.continuedTo], [false, 'next']],
  ] as const)('EXITWITHKEY to %s', async (target, where, expected) => {
    const options = { queue: { exitKeys: { '0': target } } };
    const { center, caller } = await diesWhileLeaving(options, (_, leaving) => leaving.press('0'));
    await center.begins();
    await center.wait(100);
    expect(where(caller)).toEqual(expected);
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHKEY']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('EXITWITHKEY to a step of the menus; killed there once more, the step is asked again', async () => {
    const options = { queue: { exitKeys: { '0': 'other' } }, settings: { ivr: IVR } };
    const { center, caller } = await diesWhileLeaving(options, (_, leaving) => leaving.press('0'));
    await center.begins();
    await center.wait(2_000);
    expect(caller.heard).toEqual(['sound:other']);
    await center.restarts();
    await center.wait(2_000);
    expect(caller.heard).toEqual(['sound:other', 'sound:other']);
    await center.restarts();
    await center.wait(2_000);
    expect(caller.heard).toHaveLength(3);
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHKEY']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('EXITWITHKEY to an extension of the exit context', async () => {
    const options = { queue: { exitContext: 'ways-out' } };
    const variables = { 'DIALPLAN_EXISTS(ways-out,42,1)': '1' };
    const center = await CallCenter.open(options);
    const caller = await center.entersSupport({ variables });
    center.store.hold('leave', 'at-once');
    caller.press('42');
    await untilClosed(center);
    await center.restarts();
    await center.wait(100);
    expect(caller.continuedTo).toEqual({ context: 'ways-out', extension: '42', priority: 1 });
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHKEY']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('WITHDRAW: the dialplan hears why', async () => {
    const { center, caller } = await diesWhileLeaving({}, (all) => {
      const { withdraw } = runningCalls(all.application);
      const [call] = all.application.calls.list();
      return withdraw({ callId: call?.callId as never, info: 'closed at noon' });
    });
    await center.begins();
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'WITHDRAW']);
    expect(caller.variable('QUEUE_WITHDRAW_INFO')).toBe('closed at noon');
    expect(center.log()).toEqual(['ENTERQUEUE', 'WITHDRAW']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('WITHDRAW by a drain: UNAVAILABLE, as the drained process would have said', async () => {
    const { center, caller } = await diesWhileLeaving({}, (all) => all.application.drain({ to: 'dialplan' }));
    await center.begins();
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'UNAVAILABLE']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test.each([
    ['hangup', [true, null]],
    ['dialplan', [false, 'next']],
  ] as const)('COMPLETEAGENT, afterwards %s', async (afterConversation, expected) => {
    const center = await CallCenter.open({ members: ['1000'], queue: { afterConversation } });
    const caller = await center.entersSupport();
    await center.wait(2_000);
    center.phone('1000').picksUp();
    await center.wait(5_000);
    const held = center.store.hold('complete', 'at-once');
    center.phone('1000').hangsUp();
    await held.arrived;
    await center.restarts();
    await center.wait(100);
    expect([caller.isGone, caller.continuedTo]).toEqual(expected);
    expect(told(caller)).toEqual(['CONTINUE', '2']);
    expect(center.log()).toEqual(['ENTERQUEUE', 'CONNECT', 'COMPLETEAGENT']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the customer is told to the dialplan, too', async () => {
    const center = await CallCenter.open({ queue: { maxWaitMs: 5_000 } });
    const caller = await center.calls({ args: ['1|Company 1'] });
    center.store.hold('leave', 'at-once');
    await untilClosed(center);
    await center.restarts();
    expect([caller.variable('CUSTOMER_ID'), caller.variable('CUSTOMER_NAME')]).toEqual(['1', 'Company 1']);
    expect(caller.continuedTo).toBe('next');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('a caller who came through the menus', () => {
  const options = { queue: { maxWaitMs: 10_000 }, settings: { ivr: IVR } };
  const enters = async (center: CallCenter) => {
    const caller = await center.calls();
    await center.wait(1_500);
    caller.press('1');
    await center.wait(500);
    return caller;
  };

  test('goes on where the menus want those who were not served', async () => {
    const center = await CallCenter.open(options);
    const caller = await enters(center);
    center.store.hold('leave', 'at-once');
    await untilClosed(center);
    await center.restarts();
    await center.wait(2_000);
    expect(caller.heard).toEqual(['sound:menu', 'sound:sorry']);
    // From there once more into the queue: a place of its own, with an end of its own.
    caller.press('1');
    await center.wait(15_000);
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT', 'ENTERQUEUE', 'EXITWITHTIMEOUT']);
    expect(caller.heard).toEqual(['sound:menu', 'sound:sorry', 'sound:sorry']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('and so does one whose place another process has taken over', async () => {
    const center = await CallCenter.open(options);
    const caller = await enters(center);
    await center.restarts();
    await center.wait(15_000);
    expect(caller.heard).toEqual(['sound:menu', 'sound:sorry']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the step is not configured any more: back to the dialplan', async () => {
    const center = await CallCenter.open(options);
    const caller = await enters(center);
    const { sorry: _, ...steps } = IVR.steps;
    Object.assign(center.settings, { ivr: { ...IVR, steps } });
    await center.restarts();
    await center.wait(15_000);
    expect([caller.continuedTo, caller.variable('QUEUESTATUS')]).toEqual(['next', 'TIMEOUT']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('was let go into the menus and died there: the question is asked again', async () => {
    const center = await CallCenter.open(options);
    const caller = await enters(center);
    await center.wait(15_000);
    expect(caller.heard).toEqual(['sound:menu', 'sound:sorry']);
    await center.restarts();
    await center.wait(2_000);
    expect(caller.heard).toEqual(['sound:menu', 'sound:sorry', 'sound:sorry']);
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('a caller who was let go and has come back through the dialplan', () => {
  test('into the menus: hears them, and is not sent away for the old entry', async () => {
    const center = await CallCenter.open({ queue: { maxWaitMs: 5_000 }, settings: { ivr: IVR } });
    const caller = await center.entersSupport();
    await center.wait(6_000);
    expect(caller.continuedTo).toBe('next');
    center.pbx.comesBack(caller, []);
    await center.wait(500);
    await center.restarts();
    await center.wait(2_000);
    expect([caller.heard.at(-1), caller.continuedTo]).toEqual(['sound:menu', null]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('into the menus, and died before that could be noted: hears them, too', async () => {
    const center = await CallCenter.open({ queue: { maxWaitMs: 5_000 }, settings: { ivr: IVR } });
    const caller = await center.entersSupport();
    await center.wait(6_000);
    expect(caller.continuedTo).toBe('next');
    center.dies();
    center.pbx.comesBack(caller, []);
    await center.begins();
    await center.wait(2_000);
    expect([caller.heard.at(-1), caller.continuedTo]).toEqual(['sound:menu', null]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('into the queue, and died before there was a place: enters', async () => {
    const center = await CallCenter.open({ queue: { maxWaitMs: 5_000 } });
    const caller = await center.entersSupport();
    await center.wait(6_000);
    center.store.fail('enter', 'unavailable', 3);
    center.pbx.comesBack(caller, ['queue', 'support']);
    await center.wait(500);
    await center.restarts();
    await center.wait(3_500);
    expect(center.log()).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT', 'ENTERQUEUE']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
