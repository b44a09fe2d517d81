import { describe, expect, test } from '@jest/globals';
import { queueName } from '../../src/core/ids.ts';
import { MemoryQueueStore } from '../support/fakes/memory-queue-store.ts';
import { describeQueueStore } from './queue-store.suite.ts';

describeQueueStore('Memory', async () => {
  const store = new MemoryQueueStore();
  return {
    store,
    addExtension: async (extension) => store.addExtension(extension),
    nameExtension: async (extension, name) => store.addExtension({ ...extension, name }),
    setPaused: async (queue, extension, isPaused, reason) => store.setPaused(queue, extension, isPaused, reason),
    logIn: async (queue, extension, pausedReason) => store.logIn(queue, extension, pausedReason),
    logOut: async (queue, extension) => store.logOut(queue, extension),
    logOf: async (queue) => store.log.filter(({ queuename }) => queuename === queue).map(withoutEmptyEnd),
    async holdSwitch(name) {
      store.switches.hold(name);
      return {
        says: async (facts) => store.switches.change(name, facts),
        ends: async () => store.switches.change(name, { isHeld: false }),
      };
    },
    close: async () => undefined,
  };
});

describe('Memory as a queue store that fails', () => {
  const queues = [{ name: queueName('support'), title: 'Support', serviceLevelMs: 0 }];

  test('unavailable does nothing, lost does it without an answer', async () => {
    const store = new MemoryQueueStore();
    const full = { event: 'QUEUESTART', atMs: 0 } as const;
    store.fail('record', 'unavailable');
    store.fail('record', 'lost');
    await expect(store.record(full)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(store.events).toEqual([]);
    await expect(store.record(full)).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    expect(store.events).toEqual([full]);
    await store.record(full);
    expect(store.events).toEqual([full]);
  });

  test('held calls answer in the order of release', async () => {
    const store = new MemoryQueueStore();
    const order: string[] = [];
    const first = store.hold('defineQueues');
    const second = store.hold('defineQueues', 'late');
    const calls = [
      store.defineQueues(queues).then(() => order.push('first')),
      store.defineQueues(queues).then(() => order.push('second')),
    ];
    await Promise.all([first.arrived, second.arrived]);
    expect(order).toEqual([]);
    second.release();
    await calls[1];
    first.release();
    await calls[0];
    expect(order).toEqual(['second', 'first']);
  });

  test('while away everything rejects; back again, subscribers hear that everything may have changed', async () => {
    const store = new MemoryQueueStore();
    const heard: unknown[] = [];
    store.subscribe((change) => heard.push(change));
    store.setAway(true);
    await expect(store.memberships()).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
    store.setAway(false);
    expect(await store.memberships()).toEqual([]);
    expect(heard).toEqual([{ type: 'all' }]);
  });
});

function withoutEmptyEnd<Row extends { readonly data: readonly string[] }>(row: Row): Row {
  return { ...row, data: row.data.slice(0, row.data.findLastIndex((text) => text !== '') + 1) };
}
