import { describe, expect, test } from '@jest/globals';
import type { CallEvent } from '../../src/core/events.ts';
import { type QueueName, queueName } from '../../src/core/ids.ts';
import { type MissPolicy, missPolicy } from '../../src/core/queue/misses.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import { queueSettings, extension as sampleExtension } from '../support/queue-people.ts';
import { extensionOf, next, type QueueStoreUnderTest, START_MS, scene, trimmedRow } from './queue-store.scene.ts';

const AT_MS = START_MS + 60_000;

/** Pauses, penalties, wrap-up and what follows from misses; part of the suite in queue-store.suite.ts. */
export function describeMembers(open: () => QueueStoreUnderTest): void {
  /** One member, logged in to the scene's queue and to as many others. */
  const memberScene = async (others = 0) => {
    const base = await scene(open());
    const { store, queue } = base;
    const extension = extensionOf(base.extensions, 0);
    const queues: QueueName[] = [queue];
    for (let index = 0; index < others; index++) {
      const other = queueName(`${queue}-${String(index).padStart(2, '0')}`);
      await store.defineQueues([{ name: other, title: 'Other', serviceLevelMs: 0 }]);
      await store.login({ queue: other, extension, uniqueId: 'CLI', atMs: START_MS });
      queues.push(other);
    }
    const memberships = async () =>
      (await store.memberships())
        .filter((each) => each.extension.number === extension.number)
        .sort((a, b) => (a.queue < b.queue ? -1 : 1));
    const membership = async () => {
      const [first] = await memberships();
      if (first === undefined) throw new Error('The member is logged out');
      return first;
    };
    const member = extension.interface;
    const pause = (over: Partial<Parameters<typeof store.pause>[0]> = {}) =>
      store.pause({ extension, queue, isPaused: true, reason: 'lunch', atMs: AT_MS, ...over });
    const written = async (of: QueueName = queue) =>
      (await open().logOf(of)).filter(({ event }) => !['ADDMEMBER', 'ENTERQUEUE'].includes(event));
    const expectWritten = async (events: readonly CallEvent[], of: QueueName = queue) =>
      expect(await written(of)).toEqual(events.map(trimmedRow));
    const misses = async (policy: MissPolicy, atMs = AT_MS) => {
      const { attemptId } = await base.reserve(await base.enter(), 0, atMs - 15_000);
      return await store.miss({ attemptId, outcome: 'no-answer', policy, ringMs: 15_000, atMs });
    };
    const talks = async (endsAtMs: number) => {
      const attempt = await base.reserve(await base.enter(), 0, endsAtMs - 20_000);
      await base.connect(attempt, endsAtMs - 10_000);
      await store.complete({ attemptId: attempt.attemptId, endedBy: 'caller', atMs: endsAtMs });
    };
    return {
      ...base,
      extension,
      queues,
      memberships,
      membership,
      member,
      pause,
      written,
      expectWritten,
      misses,
      talks,
    };
  };

  const policyOf = (changes: Partial<QueueSettings>) => missPolicy(queueSettings(changes), 'no-answer');

  describe('login', () => {
    test('with a penalty, paused and why, writes ADDMEMBER PAUSED and no PAUSE', async () => {
      const { store, queue, extension, membership } = await memberScene();
      await store.logout({ queue, extension, uniqueId: 'CLI', atMs: AT_MS });
      await store.login({ queue, extension, uniqueId: 'CLI', penalty: 7, pausedReason: 'training', atMs: AT_MS });
      const state = { penalty: 7, isPaused: true, pausedReason: 'training', pausedAtMs: AT_MS };
      expect(await membership()).toMatchObject(state);
      const line = { queue, interface: extension.interface, uniqueId: 'CLI', atMs: AT_MS };
      expect((await open().logOf(queue)).slice(1)).toEqual([
        trimmedRow({ event: 'REMOVEMEMBER', ...line }),
        trimmedRow({ event: 'ADDMEMBER', ...line, isPaused: true }),
      ]);
    });

    test('twice with another penalty changes nothing', async () => {
      const { store, queue, extension, membership } = await memberScene();
      const again = { queue, extension, uniqueId: 'CLI', penalty: 9, pausedReason: '', atMs: AT_MS };
      expect(await store.login(again)).toBe('already');
      expect(await membership()).toMatchObject({ penalty: 0, isPaused: false });
    });
  });

  describe('by SQL', () => {
    test('login, pause, logout have their lines once, as app_queue writes them of realtime members', async () => {
      const target = open();
      const { store, queue, extension, member } = await memberScene();
      const lines = async () =>
        (await target.logOf(queue)).slice(1).map(({ callid, agent, event, data }) => [callid, agent, event, ...data]);
      await target.setPaused(queue, extension.number, true, 'lunch');
      await target.setPaused(queue, extension.number, true, 'lunch');
      await target.setPaused(queue, extension.number, true, 'training');
      await target.setPaused(queue, extension.number, false);
      await target.setPaused(queue, extension.number, false);
      await target.logOut(queue, extension);
      await target.logOut(queue, extension);
      await target.nameExtension(extension, 'Ann');
      await target.logIn(queue, extension, 'early');
      expect(await store.login({ queue, extension, uniqueId: 'CLI', atMs: AT_MS })).toBe('already');
      await target.setPaused(queue, extension.number, false);
      expect(await lines()).toEqual([
        ['NONE', member, 'PAUSE', 'lunch'],
        ['NONE', member, 'PAUSE', 'training'],
        ['NONE', member, 'UNPAUSE'],
        ['REALTIME', member, 'REMOVEMEMBER'],
        ['REALTIME', member, 'ADDMEMBER', 'PAUSED'],
        ['NONE', 'Ann', 'UNPAUSE'],
      ]);
    });
  });

  describe('pause', () => {
    test('in one queue writes PAUSE with the reason, once', async () => {
      const { pause, membership, expectWritten, queue, member, reserve, enter } = await memberScene(1);
      expect(await pause()).toBe('done');
      expect(await pause({ atMs: AT_MS + 1 })).toBe('already');
      expect(await membership()).toMatchObject({ isPaused: true, pausedReason: 'lunch', pausedAtMs: AT_MS });
      expect((await reserve(await enter())).answer).toBe('member-taken');
      await expectWritten([{ event: 'PAUSE', queue, member, reason: 'lunch', atMs: AT_MS }]);
    });

    test('for another reason is a new pause', async () => {
      const { pause, membership, expectWritten, queue, member } = await memberScene();
      await pause();
      expect(await pause({ reason: '', atMs: AT_MS + 60_000 })).toBe('done');
      expect(await membership()).toMatchObject({ pausedReason: null, pausedAtMs: AT_MS + 60_000 });
      const line = { event: 'PAUSE', queue, member } as const;
      await expectWritten([
        { ...line, reason: 'lunch', atMs: AT_MS },
        { ...line, reason: '', atMs: AT_MS + 60_000 },
      ]);
    });

    test('of all queues writes PAUSEALL, and PAUSE for each that was not', async () => {
      const { pause, memberships, queues, member, expectWritten } = await memberScene(2);
      await pause({ queue: queues[1] ?? null });
      expect(await pause({ queue: null, atMs: AT_MS + 5 })).toBe('done');
      expect((await memberships()).map((each) => each.isPaused)).toEqual([true, true, true]);
      const all = (await open().logOf(queueName('NONE'))).filter(({ agent }) => agent === member);
      expect(all).toEqual([trimmedRow({ event: 'PAUSEALL', member, reason: 'lunch', atMs: AT_MS + 5 })]);
      for (const [index, queue] of queues.entries()) {
        const atMs = index === 1 ? AT_MS : AT_MS + 5;
        await expectWritten([{ event: 'PAUSE', queue, member, reason: 'lunch', atMs }], queue);
      }
    });

    test('ends with UNPAUSE, and UNPAUSEALL before it when all were meant', async () => {
      const { pause, memberships, queues, member, written } = await memberScene(1);
      await pause({ queue: null });
      expect(await pause({ isPaused: false, reason: '', queue: queues[0] ?? null, atMs: AT_MS + 1 })).toBe('done');
      expect(await pause({ isPaused: false, reason: 'back', queue: null, atMs: AT_MS + 2 })).toBe('done');
      expect(await pause({ isPaused: false, reason: '', queue: null, atMs: AT_MS + 3 })).toBe('already');
      expect((await memberships()).map((each) => [each.isPaused, each.pausedReason, each.pausedAtMs])).toEqual([
        [false, null, null],
        [false, null, null],
      ]);
      const all = (await open().logOf(queueName('NONE'))).filter(({ agent }) => agent === member);
      expect(all.map(({ event, data }) => [event, ...data])).toEqual([
        ['PAUSEALL', 'lunch'],
        ['UNPAUSEALL', 'back'],
      ]);
      const lines = await Promise.all(queues.map(written));
      expect(lines.map((each) => each.map(({ event, data }) => [event, ...data]))).toEqual([
        [['PAUSE', 'lunch'], ['UNPAUSE']],
        [
          ['PAUSE', 'lunch'],
          ['UNPAUSE', 'back'],
        ],
      ]);
    });

    test('names the member by name where there is one', async () => {
      const { store, queue, expectWritten } = await memberScene();
      const extension = sampleExtension(`8${next()}`, { name: 'Anna' });
      await open().addExtension(extension);
      await store.login({ queue, extension, uniqueId: 'CLI', atMs: START_MS });
      await store.pause({ extension, queue, isPaused: true, reason: '', atMs: AT_MS });
      await expectWritten([{ event: 'PAUSE', queue, member: 'Anna', reason: '', atMs: AT_MS }]);
    });

    test('of who is not logged in, or not there, is said', async () => {
      const { pause, extension, store, queue } = await memberScene();
      expect(await pause({ queue: queueName('nowhere') })).toBe('not-logged-in');
      await store.logout({ queue, extension, uniqueId: 'CLI', atMs: AT_MS });
      expect(await pause({ queue: null })).toBe('not-logged-in');
    });

    test('takes a reason of any length and any text', async () => {
      const { pause, membership } = await memberScene();
      await pause({ reason: `|'; drop table queue_member; --\u0000${'ü'.repeat(500)}` });
      expect((await membership()).pausedReason).toHaveLength(100);
    });
  });

  describe('penalty and ring-in-use', () => {
    test('a penalty writes PENALTY, and one that is so already nothing', async () => {
      const { store, extension, queue, membership, expectWritten } = await memberScene();
      const request = { extension, queue, atMs: AT_MS };
      expect(await store.setPenalty({ ...request, penalty: 1_000_000_000 })).toBe('done');
      expect(await store.setPenalty({ ...request, penalty: 1_000_000_000 })).toBe('already');
      expect(await store.setPenalty({ ...request, penalty: 3, queue: queueName('nowhere') })).toBe('not-logged-in');
      expect((await membership()).penalty).toBe(1_000_000_000);
      const { interface: rung } = extension;
      await expectWritten([{ event: 'PENALTY', queue, interface: rung, penalty: 1_000_000_000, atMs: AT_MS }]);
    });

    test('ring-in-use writes RINGINUSE with what holds now, also when it is the queue again that says so', async () => {
      const { store, extension, queue, membership, expectWritten } = await memberScene();
      const request = { extension, queue, atMs: AT_MS };
      expect(await store.setRingInUse({ ...request, ringInUse: true, inEffect: true })).toBe('done');
      expect(await store.setRingInUse({ ...request, ringInUse: true, inEffect: true })).toBe('already');
      expect((await membership()).ringInUse).toBe(true);
      expect(await store.setRingInUse({ ...request, ringInUse: null, inEffect: false })).toBe('done');
      expect((await membership()).ringInUse).toBeNull();
      const line = { event: 'RINGINUSE', queue, interface: extension.interface, atMs: AT_MS } as const;
      await expectWritten([
        { ...line, ringInUse: true },
        { ...line, ringInUse: false },
      ]);
    });
  });

  describe('wrap-up', () => {
    test('begins with the end of a call: WRAPUPSTART with its length, in the words of the queue', async () => {
      const { store, enter, reserve, connect, queue, member, log } = await memberScene();
      const entry = await enter();
      const attempt = await reserve(entry);
      await connect(attempt);
      const complete = { attemptId: attempt.attemptId, endedBy: 'caller', wrapUpMs: 30_500, atMs: AT_MS } as const;
      await store.complete(complete);
      await store.complete(complete);
      const line = { queue, callId: entry.callId, uniqueId: entry.uniqueId, member, atMs: AT_MS };
      expect((await log()).slice(-2).map(({ event }) => event)).toEqual(['COMPLETECALLER', 'WRAPUPSTART']);
      expect((await log()).at(-1)).toEqual(trimmedRow({ event: 'WRAPUPSTART', ...line, wrapUpMs: 30_500 }));
    });

    test('is ended once after each call, with a line of the queue that gave the call', async () => {
      const { store, extension, queue, membership, member, written, talks } = await memberScene();
      expect(await store.endWrapUp({ extension, atMs: AT_MS })).toBe('already');
      await talks(AT_MS);
      // The clock of another process may be behind: the end counts all the same.
      expect(await store.endWrapUp({ extension, atMs: AT_MS - 500 })).toBe('done');
      expect(await store.endWrapUp({ extension, atMs: AT_MS + 1 })).toBe('already');
      const { wrapUpEndedAtMs, lastHangupAtMs, lastQueue } = await membership();
      expect(lastQueue).toBe(queue);
      expect(wrapUpEndedAtMs ?? 0).toBeGreaterThan(lastHangupAtMs ?? 0);
      const ends = (await written()).filter(({ event }) => event === 'WRAPUPEND');
      expect(ends).toEqual([trimmedRow({ event: 'WRAPUPEND', queue, member, atMs: AT_MS - 500 })]);
      await talks(AT_MS + 90_000);
      expect(await store.endWrapUp({ extension, atMs: AT_MS + 95_000 })).toBe('done');
    });
  });

  describe('what follows from a miss', () => {
    test('AP1: autopause yes pauses in this queue, with Auto-Pause, after the line of the ring', async () => {
      const { misses, memberships, written, member, queue } = await memberScene(1);
      expect(await misses(policyOf({ autopause: 'yes' }))).toEqual({ type: 'paused', in: 'queue' });
      expect(
        (await memberships()).map(({ isPaused, pausedReason, pausedAtMs }) => [isPaused, pausedReason, pausedAtMs]),
      ).toEqual([
        [true, 'Auto-Pause', AT_MS],
        [false, null, null],
      ]);
      const lines = await written();
      expect(lines.map(({ event }) => event)).toEqual(['RINGNOANSWER', 'PAUSE']);
      expect(lines[1]).toEqual(trimmedRow({ event: 'PAUSE', queue, member, reason: 'Auto-Pause', atMs: AT_MS }));
    });

    test('AP2: autopause all writes PAUSEALL and one PAUSE for each queue; who had a reason keeps it', async () => {
      const { misses, memberships, queues, member, pause, written } = await memberScene(2);
      await pause({ queue: queues[2] ?? null, atMs: START_MS });
      expect(await misses(policyOf({ autopause: 'all' }))).toEqual({ type: 'paused', in: 'all' });
      expect((await memberships()).map(({ pausedReason }) => pausedReason)).toEqual([
        'Auto-Pause',
        'Auto-Pause',
        'lunch',
      ]);
      const all = (await open().logOf(queueName('NONE'))).filter(({ agent }) => agent === member);
      expect(all).toEqual([trimmedRow({ event: 'PAUSEALL', member, reason: 'Auto-Pause', atMs: AT_MS })]);
      const lines = await Promise.all(queues.map(written));
      expect(lines.map((each) => each.map(({ event }) => event))).toEqual([
        ['RINGNOANSWER', 'PAUSE'],
        ['PAUSE'],
        ['PAUSE'],
      ]);
    });

    test('AP4: not so soon after a conversation; without any, at once', async () => {
      const { misses, membership, talks } = await memberScene();
      const policy = policyOf({ autopause: 'yes', autopauseDelayMs: 60_000 });
      await talks(AT_MS);
      expect(await misses(policy, AT_MS + 59_999)).toBe('done');
      expect((await membership()).isPaused).toBe(false);
      expect(await misses(policy, AT_MS + 60_000)).toEqual({ type: 'paused', in: 'queue' });
      const other = await memberScene();
      expect(await other.misses(policy)).toEqual({ type: 'paused', in: 'queue' });
    });

    test('AP5 as we have it: after so many in a row, counted anew after a conversation and after the pause', async () => {
      const { misses, talks, pause } = await memberScene();
      const policy = policyOf({
        autopause: 'yes',
        autopauseAfter: { noAnswer: 2, busy: 0, rejected: 0, unavailable: 0 },
      });
      expect(await misses(policy, AT_MS)).toBe('done');
      await talks(AT_MS + 60_000);
      expect(await misses(policy, AT_MS + 100_000)).toBe('done');
      expect(await misses(policy, AT_MS + 140_000)).toEqual({ type: 'paused', in: 'queue' });
      await pause({ isPaused: false, reason: '' });
      expect(await misses(policy, AT_MS + 180_000)).toBe('done');
    });

    test('put aside: refused until the time is over, without a line, and back when they say so or answer', async () => {
      const { misses, membership, reserve, enter, pause, written, talks } = await memberScene();
      const policy = policyOf({ notPresentPenaltyMs: 30_000 });
      expect(await misses(policy)).toEqual({ type: 'aside', untilMs: AT_MS + 30_000 });
      expect(await membership()).toMatchObject({ isPaused: false, asideUntilMs: AT_MS + 30_000 });
      expect((await reserve(await enter(), 0, AT_MS + 29_999)).answer).toBe('member-taken');
      await talks(AT_MS + 50_000);
      expect((await membership()).asideUntilMs).toBeNull();
      await misses(policy, AT_MS + 80_000);
      expect(await pause({ isPaused: false, reason: '', atMs: AT_MS + 81_000 })).toBe('done');
      expect((await membership()).asideUntilMs).toBeNull();
      const events = (await written()).map(({ event }) => event);
      expect(events).toEqual(['RINGNOANSWER', 'CONNECT', 'COMPLETECALLER', 'RINGNOANSWER']);
    });

    test('the same miss repeated counts once', async () => {
      const { store, enter, reserve, misses } = await memberScene();
      const policy = policyOf({
        autopause: 'yes',
        autopauseAfter: { noAnswer: 3, busy: 0, rejected: 0, unavailable: 0 },
      });
      const { attemptId } = await reserve(await enter());
      const request = { attemptId, outcome: 'no-answer', policy, ringMs: 15_000, atMs: AT_MS } as const;
      expect([await store.miss(request), await store.miss(request), await store.miss(request)]).toEqual([
        'done',
        'done',
        'done',
      ]);
      expect(await misses(policy, AT_MS + 40_000)).toBe('done');
      expect(await misses(policy, AT_MS + 80_000)).toEqual({ type: 'paused', in: 'queue' });
    });

    test('of a member who was paused while the phone rang keeps their reason, and of one who logged out frees the caller', async () => {
      const { store, enter, reserve, pause, membership, queue, extension, entries, written } = await memberScene();
      const policy = policyOf({ autopause: 'yes' });
      const first = await reserve(await enter());
      await pause();
      const miss = { outcome: 'no-answer', policy, ringMs: 15_000, atMs: AT_MS + 1 } as const;
      expect(await store.miss({ attemptId: first.attemptId, ...miss })).toBe('done');
      expect((await membership()).pausedReason).toBe('lunch');
      await pause({ isPaused: false });
      const second = await reserve(await enter());
      await store.logout({ queue, extension, uniqueId: 'CLI', atMs: AT_MS });
      expect(await store.miss({ attemptId: second.attemptId, ...miss })).toBe('done');
      expect((await entries()).map((each) => each.state)).toEqual(['waiting', 'waiting']);
      expect((await written()).map(({ event }) => event)).toEqual([
        'PAUSE',
        'RINGNOANSWER',
        'UNPAUSE',
        'REMOVEMEMBER',
        'RINGNOANSWER',
      ]);
    });

    test('pausing everywhere and a miss that does so, at once and in any order, end with every queue paused', async () => {
      const { store, enter, reserve, pause, memberships } = await memberScene(9);
      for (let round = 0; round < 5; round++) {
        const atMs = AT_MS + round * 60_000;
        const { attemptId } = await reserve(await enter(), 0, atMs - 15_000);
        const miss = {
          attemptId,
          outcome: 'no-answer',
          policy: policyOf({ autopause: 'all' }),
          ringMs: 1,
          atMs,
        } as const;
        await Promise.all([store.miss(miss), pause({ queue: null, reason: next(), atMs })]);
        expect((await memberships()).map((each) => each.isPaused)).toEqual(Array.from({ length: 10 }, () => true));
        await pause({ isPaused: false, queue: null, atMs });
      }
    });
  });
}
