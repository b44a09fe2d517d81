import { describe, expect, test } from '@jest/globals';
import { extensionNumber, queueName } from '../../../src/core/ids.ts';
import type { IvrStep } from '../../../src/core/ivr/flow-definition.ts';
import { queueViews } from '../../../stasis/calls/application-view.ts';
import { CallCenter, centerSettings, NOTHING_LEFT } from '../../support/call-center.ts';
import { extension, queueSettings } from '../../support/queue-people.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

/** The menus of the test's center with one step changed. */
function menus(steps: Readonly<Record<string, Partial<IvrStep>>>) {
  const { ivr } = centerSettings();
  return { ivr: { ...ivr, steps: { ...ivr.steps, ...steps } as Record<string, IvrStep> } };
}

describe('a queue is changed while somebody waits in it', () => {
  test('the next ring is as long as the new setting says; the one that rings keeps its own', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { ringTimeoutMs: 4_000, retryMs: 1_000 } });
    const caller = await center.entersSupport();
    await center.isReconfigured({ ringTimeoutMs: 8_000, retryMs: 1_000 });
    await center.wait(4_050);
    expect(center.ringing()).toEqual([]);
    await center.wait(1_000);
    expect(center.ringing()).toEqual(['1000']);
    await center.wait(7_000);
    expect(center.ringing()).toEqual(['1000']);
    await center.wait(1_100);
    expect(center.ringing()).toEqual([]);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a member who need not wrap up any more is rung at once', async () => {
    const center = await CallCenter.open({ members: ['1000'], queue: { wrapUpMs: 60_000 } });
    const first = await center.entersSupport();
    center.phone('1000').picksUp();
    await center.wait(1_000);
    first.hangsUp();
    await center.clock.settle();
    const second = await center.entersSupport();
    expect(center.ringing()).toEqual([]);
    await center.isReconfigured({ wrapUpMs: 0 });
    expect(center.ringing()).toEqual(['1000']);
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('the place in line, its music and its position stay as they are', async () => {
    const center = await CallCenter.open();
    const [first, second] = [await center.entersSupport(), await center.entersSupport({ number: '2001' })];
    await center.wait(2_000);
    const heard = center.programmeOf(first);
    await center.isReconfigured({ title: 'Help', retryMs: 1_000, musicClass: 'another' });
    await center.wait(2_000);
    expect([center.programmeOf(first), center.holdSound(second)]).toEqual([heard, 'a']);
    await center.logsIn('1000');
    expect(center.phone('1000').shown).toMatchObject([{ number: '2000', name: expect.stringContaining('Help') }]);
    first.hangsUp();
    second.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('a longest wait counts from the beginning, also for those who wait already; taken away, nobody leaves by it', async () => {
    const center = await CallCenter.open({ queue: { maxWaitMs: 60_000 } });
    const [long, short] = [await center.entersSupport(), await center.entersSupport({ number: '2001' })];
    await center.wait(10_000);
    await center.isReconfigured({ maxWaitMs: 0 });
    await center.wait(60_000);
    expect([long.isGone, short.isGone]).toEqual([false, false]);
    await center.isReconfigured({ maxWaitMs: 30_000 });
    await center.wait(100);
    expect(center.log(long)).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT']);
    expect([long, short].map((each) => each.variable('QUEUESTATUS'))).toEqual(['TIMEOUT', 'TIMEOUT']);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('who need not wait without members leaves at once', async () => {
    const center = await CallCenter.open({ queue: { whenNobody: 'wait', nobodyPrompt: [] } });
    const caller = await center.entersSupport();
    await center.isReconfigured({ whenNobody: 'leave', nobodyPrompt: [] });
    expect(caller.variable('QUEUESTATUS')).toBe('LEAVEEMPTY');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('queues come and go', () => {
  const sales = queueSettings({ name: queueName('sales'), title: 'Sales' });

  test('a new queue takes callers and members at once', async () => {
    const center = await CallCenter.open();
    const early = await center.calls({ args: ['queue', 'sales'] });
    expect(early.variable('QUEUESTATUS')).toBe('UNKNOWN');
    await center.store.defineQueues([sales]);
    await center.isReconfigured({}, { queues: [...centerSettings().queues, sales] });
    const caller = await center.calls({ args: ['queue', 'sales'], number: '2001' });
    await center.store.login({
      queue: sales.name,
      extension: extension('1000'),
      uniqueId: 'CLI',
      atMs: center.clock.now(),
    });
    center.phone('1000');
    center.store.announce({ type: 'membership', extension: extensionNumber('1000') });
    await center.wait(300);
    expect(center.phone('1000').shown.map(({ number }) => number)).toEqual(['2001']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('from a queue that was taken away those who wait are served; a new caller hears of no queue', async () => {
    const center = await CallCenter.open();
    const caller = await center.entersSupport();
    await center.store.defineQueues([sales]);
    await center.isReconfigured({}, { queues: [sales], defaultQueue: sales.name });
    const late = await center.entersSupport({ number: '2001' });
    expect(late.variable('QUEUESTATUS')).toBe('UNKNOWN');
    const shown = () => queueViews(center.application).map(({ queue }) => queue);
    expect(shown()).toEqual(['support', 'sales']);
    await center.logsIn('1000');
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
    expect(shown()).toEqual(['sales']);
  });

  test('nobody logs in at a phone to a queue that was taken away, and who is in it may leave', async () => {
    const center = await CallCenter.open({ members: ['1000'] });
    await center.isReconfigured({}, { queues: [sales], defaultQueue: sales.name });
    const desk = async (action: string, number: string) => {
      const phone = await center.calls({ args: [action, 'support'], endpoint: number });
      await center.wait(5_000);
      return phone.heard;
    };
    expect(await desk('login', '1001')).toContain('sound:logon-failed');
    expect(await desk('logout', '1000')).toContain('sound:logoff');
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

describe('menus are changed while callers are in them', () => {
  test('who is in a menu goes on in the menus that they heard; the next caller hears the new ones', async () => {
    const center = await CallCenter.open();
    const early = await center.calls();
    const main = { ...centerSettings().ivr.steps['main'], prompt: ['sound:new-menu'], keys: { '5': 'support' } };
    await center.isReconfigured({}, menus({ main }));
    const late = await center.calls({ number: '2001' });
    early.press('1');
    late.press('1');
    await center.clock.settle();
    expect([center.log(early), center.log(late)]).toEqual([['ENTERQUEUE'], []]);
    late.press('5');
    await center.clock.settle();
    expect(center.log(late)).toEqual(['ENTERQUEUE']);
    early.hangsUp();
    late.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('from a queue a caller comes back to the new menu, or to a step that only the old ones have', async () => {
    const silent = { kind: 'play', answer: false, language: null, silenceMs: 0, tone: null } as const;
    const play = (media: string) => ({ ...silent, prompt: [media], next: 'dialplan' });
    const support = { ...centerSettings().ivr.steps['support'], next: 'sorry' };
    const queue = { maxWaitMs: 10_000 };
    const center = await CallCenter.open({ queue, settings: menus({ support, sorry: play('sound:old') }) });
    const waits = async () => {
      const caller = await center.calls();
      caller.press('1');
      await center.clock.settle();
      return caller;
    };
    const first = await waits();
    await center.isReconfigured(queue, menus({ support, sorry: play('sound:new') }));
    await center.wait(11_000);
    expect(first.heard.at(-1)).toBe('sound:new');
    const second = await waits();
    await center.isReconfigured(queue);
    await center.wait(11_000);
    expect(second.heard.at(-1)).toBe('sound:new');
    await center.wait(10_000);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});

test('limits count at once', async () => {
  const center = await CallCenter.open();
  const here = await center.entersSupport();
  await center.isReconfigured({}, { callsMax: 1 });
  const refused = await center.entersSupport({ number: '2001' });
  expect(refused.heard).toEqual(['sound:busy']);
  await center.wait(10_000);
  expect([refused.variable('QUEUESTATUS'), here.isGone]).toEqual(['FULL', false]);
  here.hangsUp();
  expect(await center.leftovers()).toEqual(NOTHING_LEFT);
});
