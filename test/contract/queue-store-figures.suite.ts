import { describe, expect, test } from '@jest/globals';
import type { LeaveOutcome, QueueFigures } from '../../src/ports/queue-store.ts';
import { extensionOf, type QueueStoreUnderTest, START_MS, scene } from './queue-store.scene.ts';

const LEVEL_MS = 20_000;

/** What is counted of queues and members (queue-semantics b10 and AN6); part of the suite in queue-store.suite.ts. */
export function describeFigures(open: () => QueueStoreUnderTest): void {
  /** A queue with a service level of 20 s, and conversations in it. */
  async function counted(members = 1) {
    const made = await scene(open(), members);
    const { store, queue, enter, reserve } = made;
    await store.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: LEVEL_MS }]);
    const figures = async () => {
      const found = (await store.figures()).find((each) => each.queue === queue);
      if (found === undefined) throw new Error('The queue has no figures');
      return found;
    };
    /** A caller who is answered after a wait; `finish` ends the conversation. */
    const answered = async (waitMs: number, { member = 0, toldMs = 0 } = {}) => {
      const entry = await enter({ joinedAtMs: START_MS });
      const { attemptId } = await reserve(entry, member);
      const answeredAtMs = START_MS + waitMs;
      const atMs = answeredAtMs + toldMs;
      const channel = { memberChannelId: entry.channelId, memberUniqueId: '1.1', ringMs: 1 };
      const connect = { attemptId, ...channel, answeredAtMs, atMs };
      await store.connect(connect);
      await store.connect(connect);
      const finish = async (talkMs: number) => {
        const complete = { attemptId, endedBy: 'member', atMs: atMs + talkMs } as const;
        await store.complete(complete);
        await store.complete(complete);
      };
      return { finish };
    };
    const left = async (outcome: LeaveOutcome, waitMs: number) => {
      const { entryId } = await enter({ joinedAtMs: START_MS });
      const leave = { entryId, outcome, info: '1', atMs: START_MS + waitMs };
      await store.leave(leave);
      await store.leave(leave);
    };
    return { ...made, figures, answered, left };
  }
  const counters = ({ completed, completedInLevel, abandoned, abandonedInLevel }: QueueFigures) => [
    completed,
    completedInLevel,
    abandoned,
    abandonedInLevel,
  ];

  describe('figures', () => {
    test('SL1: in level is who was answered within it, the last second included, before whatever the member was told', async () => {
      const { answered, figures } = await counted();
      await (await answered(20_000)).finish(1_000);
      await (await answered(20_999, { toldMs: 60_000 })).finish(1_000);
      expect(counters(await figures())).toEqual([2, 2, 0, 0]);
      await (await answered(21_000)).finish(1_000);
      expect(counters(await figures())).toEqual([3, 2, 0, 0]);
    });

    test('SL2: a conversation counts at its end', async () => {
      const { answered, figures } = await counted();
      const { finish } = await answered(5_000);
      expect(counters(await figures())).toEqual([0, 0, 0, 0]);
      await finish(60_000);
      expect(counters(await figures())).toEqual([1, 1, 0, 0]);
    });

    test('SL2: the level is the one that held at the answer', async () => {
      const { answered, figures, store, queue } = await counted();
      const { finish } = await answered(15_000);
      await store.defineQueues([{ name: queue, title: 'Support', serviceLevelMs: 10_000 }]);
      await finish(1_000);
      await (await answered(15_000)).finish(1_000);
      expect(counters(await figures())).toEqual([2, 1, 0, 0]);
      expect((await figures()).serviceLevelMs).toBe(10_000);
    });

    test('SL4: abandoned is who left unserved for any reason but a key', async () => {
      const { left, figures } = await counted();
      await left('ABANDON', 5_000);
      await left('EXITWITHTIMEOUT', 20_000);
      await left('EXITEMPTY', 21_000);
      await left('WITHDRAW', 300_000);
      await left('EXITWITHKEY', 1_000);
      expect(counters(await figures())).toEqual([0, 0, 4, 2]);
    });

    test('a conversation that was sent on is one that has ended', async () => {
      const { enter, reserve, connect, store, figures } = await counted();
      for (const transfer of [
        { type: 'blind', extension: '2000', context: 'phones' },
        { type: 'attended', target: { type: 'BRIDGE', bridgeId: 'b' } },
      ] as const) {
        const attempt = await reserve(await enter({ joinedAtMs: START_MS }));
        await connect(attempt);
        await store.complete({ attemptId: attempt.attemptId, endedBy: 'member', transfer, atMs: START_MS + 65_500 });
      }
      expect(counters(await figures())).toEqual([2, 0, 0, 0]);
      expect(await figures()).toMatchObject({ talkMs: 40_000, members: [{ calls: 2 }] });
    });

    test('AN6: averages of waiting and talking begin with the first and take a quarter of each new one', async () => {
      const { answered, left, figures } = await counted();
      expect(await figures()).toMatchObject({ holdMs: null, talkMs: null });
      const first = await answered(8_000, { toldMs: 3_000 });
      expect(await figures()).toMatchObject({ holdMs: 8_000, talkMs: null });
      await left('ABANDON', 99_000);
      await first.finish(60_000);
      expect(await figures()).toMatchObject({ holdMs: 8_000, talkMs: 60_000 });
      await (await answered(16_000)).finish(20_000);
      expect(await figures()).toMatchObject({ holdMs: 10_000, talkMs: 50_000 });
    });

    test("of each member the conversations of this queue and the last one's end", async () => {
      const { answered, figures, store, queue, extensions } = await counted(2);
      await (await answered(1_000)).finish(9_000);
      await (await answered(2_000)).finish(3_000);
      const [busy, idle] = [extensionOf(extensions, 0).number, extensionOf(extensions, 1).number];
      expect((await figures()).members).toEqual([
        { extension: busy, calls: 2, lastCallAtMs: START_MS + 10_000, lastPausedAtMs: null },
        { extension: idle, calls: 0, lastCallAtMs: null, lastPausedAtMs: null },
      ]);
      const membership = (await store.memberships()).find((each) => each.extension.number === busy);
      expect(membership).toMatchObject({ calls: 2, lastCallAtMs: START_MS + 10_000, lastQueue: queue });
    });

    test('begin anew with a reset, of this queue alone, and then tell since when', async () => {
      const [one, other] = [await counted(), await counted()];
      for (const { answered, left } of [one, other]) {
        await (await answered(1_000)).finish(9_000);
        await left('ABANDON', 1_000);
      }
      await one.store.resetFigures({ queue: one.queue, atMs: START_MS + 50_000 });
      const fresh = { holdMs: null, talkMs: null, sinceMs: START_MS + 50_000 };
      expect(await one.figures()).toMatchObject({ ...fresh, members: [{ calls: 0, lastCallAtMs: null }] });
      expect(counters(await one.figures())).toEqual([0, 0, 0, 0]);
      expect(counters(await other.figures())).toEqual([1, 1, 1, 1]);
      expect((await other.figures()).members).toMatchObject([{ calls: 1 }]);
    });
  });

  test('Lines of calls have the name of the member where there is one, ADDMEMBER and REMOVEMEMBER the interface', async () => {
    const target = open();
    const { queue, store, extensions, enter, reserve, connect } = await scene(target);
    const extension = extensionOf(extensions, 0);
    await target.nameExtension(extension, 'Ann');
    const entry = await enter();
    const missed = await reserve(entry);
    await store.miss({ attemptId: missed.attemptId, outcome: 'no-answer', ringMs: 1, atMs: START_MS });
    const attempt = await reserve(entry);
    await connect(attempt);
    await store.complete({ attemptId: attempt.attemptId, endedBy: 'caller', atMs: START_MS });
    const rung = await enter();
    await reserve(rung);
    await store.leave({ entryId: rung.entryId, outcome: 'ABANDON', atMs: START_MS });
    await store.logout({ queue, extension, uniqueId: 'CLI', atMs: START_MS });
    const lines = (await target.logOf(queue)).filter(({ agent }) => agent !== 'NONE');
    expect(lines.map(({ event, agent }) => `${event} ${agent}`)).toEqual([
      `ADDMEMBER ${extension.interface}`,
      'RINGNOANSWER Ann',
      'CONNECT Ann',
      'COMPLETECALLER Ann',
      'RINGCANCELED Ann',
      `REMOVEMEMBER ${extension.interface}`,
    ]);
  });
}

/** What ENTERQUEUE has of the caller; part of the suite in queue-store.suite.ts. */
export function describeLoggedCaller(open: () => QueueStoreUnderTest): void {
  test.each([
    [{}, ['', '2000', '1']],
    [{ loggedName: 'A|B\nC' }, ['', '2000', '1', 'A_B_C']],
    [{ loggedName: '' }, ['', '2000', '1']],
    [{ isNumberHidden: true }, ['', '', '1']],
  ] as const)('ENTERQUEUE has of the caller what is to be logged: %j', async (logged, data) => {
    const { enter, log, entries } = await scene(open());
    await enter({}, logged);
    expect((await log()).map((line) => line.data)).toEqual([data]);
    expect(await entries()).toMatchObject([{ caller: { number: '2000', name: 'Alice' } }]);
  });
}
