import { describe, expect, test } from '@jest/globals';
import { queueName } from '../../../src/core/ids.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { CallCenter, memberExtension, NOTHING_LEFT } from '../../support/call-center.ts';
import { queueSettings } from '../../support/queue-people.ts';
import { expectNoUnhandledRejections } from './unhandled.ts';

expectNoUnhandledRejections();

/** Two queues, each of which sends whom it could not serve to the other. */
async function circle(queue: Partial<QueueSettings>): Promise<CallCenter> {
  const queues = ['support', 'sales'].map((name) => queueSettings({ name: queueName(name), title: name, ...queue }));
  const overflow = (name: string, next: string) =>
    ({ kind: 'queue', queue: queueName(name), prompt: [], next }) as const;
  const steps = { support: overflow('support', 'sales'), sales: overflow('sales', 'support') };
  return CallCenter.open({ settings: { queues, ivr: { start: 'support', calendars: {}, steps } } });
}

const queuesOf = (center: CallCenter) =>
  center.store.log.filter(({ event }) => event === 'ENTERQUEUE').map(({ queuename }) => queuename);

describe('queues that overflow into each other', () => {
  test('after the longest wait: the caller goes round, each place is closed, and whoever comes serves them', async () => {
    const center = await circle({ maxWaitMs: 10_000 });
    const caller = await center.calls();
    await center.wait(35_000);
    expect(queuesOf(center)).toEqual(['support', 'sales', 'support', 'sales']);
    expect(center.log().filter((event) => event === 'EXITWITHTIMEOUT')).toHaveLength(3);
    await center.logsIn('1000', 'sales');
    expect(center.ringing()).toEqual(['1000']);
    center.phone('1000').picksUp();
    await center.wait(1_000);
    expect(caller.talksTo).toEqual(['PJSIP/1000']);
    caller.hangsUp();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('at once, because nobody is there: the call ends after the steps that one call may take, and the next caller is heard', async () => {
    const center = await circle({ joinEmpty: ['unavailable'], nobodyPrompt: [] });
    const caller = await center.calls();
    await center.wait(60_000);
    expect(caller.isGone).toBe(true);
    // Equal lines of one instant are one line.
    expect(center.log()).toEqual(['JOINEMPTY', 'JOINEMPTY']);
    expect(center.faults).toEqual([]);
    await center.logsIn('1000');
    const next = await center.calls();
    expect(center.ringing()).toEqual(['1000']);
    next.hangsUp();
    await center.wait(500);
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });

  test('members of both serve whoever waits in either, wherever they have come to', async () => {
    const center = await circle({ maxWaitMs: 10_000 });
    const callers = [await center.calls(), await center.calls({ number: '2001' })];
    await center.wait(15_000);
    const extension = memberExtension('1000');
    for (const queue of ['support', 'sales']) await center.logsIn('1000', queue);
    for (let turn = 0; turn < 2; turn++) {
      expect(center.ringing()).toEqual(['1000']);
      center.phone('1000').picksUp();
      await center.wait(1_000);
      center.phone('1000').hangsUp();
      await center.wait(1_000);
    }
    expect(callers.map(({ isGone }) => isGone)).toEqual([true, true]);
    expect(center.application.room.board.heldBy(extension.number)).toBeUndefined();
    expect(await center.leftovers()).toEqual(NOTHING_LEFT);
  });
});
