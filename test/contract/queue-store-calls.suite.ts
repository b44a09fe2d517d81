import { describe, expect, test } from '@jest/globals';
import type { CallEvent } from '../../src/core/events.ts';
import { attemptId, entryId } from '../../src/core/ids.ts';
import type { LoggedTransfer, MissOutcome } from '../../src/ports/queue-store.ts';
import { extensionOf, type QueueStoreUnderTest, START_MS, scene, trimmedRow } from './queue-store.scene.ts';

/** The ends of attempts and entries; part of the suite in queue-store.suite.ts. `open` gives the store of the running suite. */
export function describeCalls(open: () => QueueStoreUnderTest): void {
  describe('miss', () => {
    const cases: readonly [MissOutcome, CallEvent['event'] | null, number][] = [
      ['no-answer', 'RINGNOANSWER', 15_250],
      ['busy', 'RINGNOANSWER', 15_000],
      ['rejected', 'RINGNOANSWER', 15_000],
      ['unreachable', 'RINGNOANSWER', 15_000],
      ['not-accepted', 'RINGNOANSWER', 15_250],
      ['caller-gone', 'RINGCANCELED', 15_250],
      ['dumped', 'AGENTDUMP', 0],
      ['cancelled', null, 0],
    ];
    test.each(cases)(
      '%s lets the entry wait in its place, frees the member, and writes %s',
      async (outcome, event, loggedMs) => {
        const { store, enter, reserve, entries, log, queue, extensions } = await scene(open());
        const entry = await enter();
        await enter();
        const { attemptId } = await reserve(entry);
        const entered = await log();
        const request = { attemptId, outcome, ringMs: 15_250, atMs: START_MS + 35_250 };
        expect(await store.miss(request)).toBe('done');
        expect(await store.miss(request)).toBe('done');
        expect((await entries())[0]).toMatchObject({ entryId: entry.entryId, state: 'waiting', attempts: [] });
        expect((await reserve(entry)).answer).toBe('reserved');
        const member = extensionOf(extensions, 0).interface;
        const { callId, uniqueId } = entry;
        const written = (await log()).slice(entered.length);
        const line = { queue, callId, uniqueId, member, ringMs: loggedMs, atMs: START_MS + 35_250 };
        if (event === 'RINGNOANSWER' || event === 'RINGCANCELED')
          expect(written).toEqual([trimmedRow({ event, ...line })]);
        else if (event === 'AGENTDUMP') expect(written).toEqual([trimmedRow({ event, ...line })]);
        else expect(written).toEqual([]);
      },
    );

    test('after the entry left, or of an unknown attempt, is "gone"', async () => {
      const { store, enter, reserve } = await scene(open());
      const entry = await enter();
      const { attemptId: left } = await reserve(entry);
      await store.leave({ entryId: entry.entryId, outcome: 'ABANDON', atMs: START_MS + 30_000 });
      const request = { outcome: 'caller-gone', ringMs: 1, atMs: START_MS + 30_001 } as const;
      expect(await store.miss({ attemptId: left, ...request })).toBe('gone');
      expect(await store.miss({ attemptId: attemptId('never'), ...request })).toBe('gone');
    });
  });

  describe('connect and complete', () => {
    test.each(['caller', 'member'] as const)('a conversation ended by the %s', async (endedBy) => {
      const { store, enter, reserve, connect, entries, expectLog, queue, extensions } = await scene(open());
      const entry = await enter({ joinedAtMs: START_MS });
      const attempt = await reserve(entry);
      expect(await connect(attempt)).toBe('done');
      expect(await connect(attempt)).toBe('done');
      expect(await entries()).toMatchObject([
        { state: 'talking', attempts: [{ memberChannelId: 'member-channel', connectedAtMs: START_MS + 25_500 }] },
      ]);
      const request = { attemptId: attempt.attemptId, endedBy, atMs: START_MS + 100_999 };
      expect(await store.complete(request)).toBe('done');
      expect(await store.complete(request)).toBe('done');
      expect(await entries()).toEqual([]);
      expect((await store.openAttempts()).filter((each) => each.queue === queue)).toEqual([]);
      const membership = (await store.memberships()).find((each) => each.queue === queue);
      expect(membership?.lastHangupAtMs).toBe(START_MS + 100_999);
      const line = { queue, callId: entry.callId, uniqueId: entry.uniqueId };
      const member = extensionOf(extensions, 0).interface;
      await expectLog([
        { event: 'ENTERQUEUE', ...line, callerNumber: '2000', position: 1, atMs: START_MS },
        {
          event: 'CONNECT',
          ...line,
          member,
          holdMs: 25_500,
          memberUniqueId: '1763640020.7',
          ringMs: 5500,
          atMs: START_MS + 25_500,
        },
        {
          event: endedBy === 'caller' ? 'COMPLETECALLER' : 'COMPLETEAGENT',
          ...line,
          member,
          holdMs: 25_500,
          talkMs: 75_499,
          originalPosition: 1,
          atMs: START_MS + 100_999,
        },
      ]);
    });

    test.each<[string, LoggedTransfer, { readonly event: CallEvent['event']; readonly [field: string]: unknown }]>([
      [
        'blind',
        { type: 'blind', extension: '5550199|1', context: 'phones' },
        { event: 'BLINDTRANSFER', extension: '5550199|1', context: 'phones' },
      ],
      [
        'attended, to an application',
        { type: 'attended', target: { type: 'APP', application: 'Dial' } },
        { event: 'ATTENDEDTRANSFER', target: { type: 'APP', application: 'Dial' } },
      ],
      [
        'attended, to a bridge',
        { type: 'attended', target: { type: 'BRIDGE', bridgeId: 'bridge-1' } },
        { event: 'ATTENDEDTRANSFER', target: { type: 'BRIDGE', bridgeId: 'bridge-1' } },
      ],
      [
        'attended, by a pair of channels',
        { type: 'attended', target: { type: 'LINK', channelNames: ['Local/a;1', 'Local/a;2'] } },
        { event: 'ATTENDEDTRANSFER', target: { type: 'LINK', channelNames: ['Local/a;1', 'Local/a;2'] } },
      ],
    ])('a conversation that was transferred: %s', async (_, transfer, event) => {
      const { store, enter, reserve, connect, entries, log, queue, extensions } = await scene(open());
      const entry = await enter({ joinedAtMs: START_MS });
      const attempt = await reserve(entry);
      await connect(attempt);
      const request = { attemptId: attempt.attemptId, endedBy: 'member', transfer, atMs: START_MS + 100_999 } as const;
      expect(await store.complete(request)).toBe('done');
      expect(await store.complete(request)).toBe('done');
      expect(await store.complete({ ...request, transfer: null })).toBe('gone');
      expect(await entries()).toEqual([]);
      const membership = (await store.memberships()).find((each) => each.queue === queue);
      expect(membership?.lastHangupAtMs).toBe(START_MS + 100_999);
      const line = { queue, callId: entry.callId, uniqueId: entry.uniqueId };
      const member = extensionOf(extensions, 0).interface;
      const times = { holdMs: 25_500, talkMs: 75_499, originalPosition: 1, atMs: START_MS + 100_999 };
      const lines = await log();
      expect(lines.map((row) => row.event)).toEqual(['ENTERQUEUE', 'CONNECT', event.event]);
      expect(lines.at(-1)).toEqual(trimmedRow({ ...event, ...line, member, ...times } as CallEvent));
    });

    test('connect after the caller left is "gone", and so is complete of what never talked', async () => {
      const { store, enter, reserve, connect } = await scene(open());
      const entry = await enter();
      const attempt = await reserve(entry);
      const complete = { attemptId: attempt.attemptId, endedBy: 'caller', atMs: START_MS + 30_000 } as const;
      expect(await store.complete(complete)).toBe('gone');
      await store.leave({ entryId: entry.entryId, outcome: 'ABANDON', atMs: START_MS + 30_000 });
      expect(await connect(attempt)).toBe('gone');
      expect(await store.complete(complete)).toBe('gone');
    });

    test('a late completion never moves the last hang-up back', async () => {
      const { store, enter, reserve, connect, queue } = await scene(open());
      for (const atMs of [START_MS + 90_000, START_MS + 60_000]) {
        const attempt = await reserve(await enter());
        await connect(attempt);
        await store.complete({ attemptId: attempt.attemptId, endedBy: 'member', atMs });
      }
      const membership = (await store.memberships()).find((each) => each.queue === queue);
      expect(membership?.lastHangupAtMs).toBe(START_MS + 90_000);
    });
  });

  describe('answer, before the two are joined', () => {
    test('MD3: a caller who hangs up then is abandoned with the name of the member, and no ring was cancelled', async () => {
      const { store, enter, reserve, log, queue, extensions } = await scene(open());
      const entry = await enter({ joinedAtMs: START_MS });
      const { attemptId } = await reserve(entry);
      const answer = { attemptId, atMs: START_MS + 22_000 };
      expect([await store.answer(answer), await store.answer(answer)]).toEqual(['done', 'done']);
      await store.leave({ entryId: entry.entryId, outcome: 'ABANDON', atMs: START_MS + 24_000 });
      const member = extensionOf(extensions, 0).interface;
      const line = { queue, callId: entry.callId, uniqueId: entry.uniqueId, member, atMs: START_MS + 24_000 };
      const abandoned = { event: 'ABANDON', ...line, position: 1, originalPosition: 1, waitMs: 24_000 } as const;
      expect((await log()).slice(1)).toEqual([trimmedRow(abandoned)]);
      expect((await reserve(await enter())).answer).toBe('reserved');
      expect(await store.answer(answer)).toBe('gone');
    });

    test('MD2: a member who hangs up then leaves AGENTDUMP, and the caller waits on', async () => {
      const { store, enter, reserve, log, queue, extensions, entries } = await scene(open());
      const entry = await enter();
      const { attemptId } = await reserve(entry);
      await store.answer({ attemptId, atMs: START_MS + 22_000 });
      const atMs = START_MS + 24_000;
      expect(await store.miss({ attemptId, outcome: 'dumped', ringMs: 2_000, atMs })).toBe('done');
      expect(await entries()).toMatchObject([{ entryId: entry.entryId, state: 'waiting', attempts: [] }]);
      const member = extensionOf(extensions, 0).interface;
      const line = { queue, callId: entry.callId, uniqueId: entry.uniqueId, member, atMs };
      expect((await log()).slice(1)).toEqual([trimmedRow({ event: 'AGENTDUMP', ...line })]);
    });

    test('ends the rings of all others; the conversation begins as always, and whoever leaves by a key has cancelled nothing', async () => {
      const { store, enter, reserve, connect, entries, log, extensions, queue } = await scene(open(), 3);
      const entry = await enter();
      const [first, second] = extensions.map((extension) => ({
        attemptId: attemptId(`attempt-${extension.number}`),
        extension: extension.number,
      }));
      if (first === undefined || second === undefined) throw new Error('No members');
      const request = {
        entryId: entry.entryId,
        queue,
        offers: [first, second],
        isExclusive: true,
        isRemembered: false,
      };
      await store.reserve({ ...request, atMs: START_MS + 20_000 });
      await store.answer({ attemptId: second.attemptId, atMs: START_MS + 22_000 });
      const [open1] = await entries();
      expect(open1?.attempts.map((each) => each.attemptId)).toEqual([second.attemptId]);
      expect((await reserve(await enter(), 0)).answer).toBe('reserved');
      expect(await connect(second)).toBe('done');
      const other = await enter();
      const attempt = await reserve(other, 2);
      await store.answer({ attemptId: attempt.attemptId, atMs: START_MS + 30_000 });
      const leave = { entryId: other.entryId, outcome: 'EXITWITHKEY', info: '5', atMs: START_MS + 31_000 } as const;
      await store.leave(leave);
      expect((await log()).map(({ event }) => event).filter((event) => event !== 'ENTERQUEUE')).toEqual([
        'CONNECT',
        'EXITWITHKEY',
      ]);
    });
  });

  describe('another priority', () => {
    const order = (open: readonly { readonly entryId: string }[]) => open.map((each) => each.entryId);

    test('PR3: without Immediate the number changes and not the place', async () => {
      const { store, enter, entries } = await scene(open());
      const made = [await enter(), await enter(), await enter()];
      const last = made[2]?.entryId ?? entryId('');
      const request = { entryId: last, priority: 9, placed: null };
      expect(await store.changePriority(request)).toMatchObject({ priority: 9, placedPriority: 0 });
      expect(order(await entries())).toEqual(order(made));
      expect((await entries())[2]).toMatchObject({ priority: 9, placedPriority: 0 });
    });

    test('PR3: with Immediate the caller goes before the first of lower priority, behind all of the same', async () => {
      const { store, enter, entries } = await scene(open());
      const low = await enter();
      const five = await enter({ priority: 5, placedPriority: 5 });
      const lower = await enter();
      const nine = await enter({ priority: 9, placedPriority: 9 });
      const placed = { placedPriority: 5, placedAtMs: START_MS, isLast: true };
      const request = { entryId: lower.entryId, priority: 5, placed };
      const placing = await store.changePriority(request);
      expect(order(await entries())).toEqual(order([nine, five, lower, low]));
      const moved = (await entries()).find((each) => each.entryId === lower.entryId);
      expect(placing).toEqual({
        priority: 5,
        placedPriority: 5,
        placedAtMs: moved?.placedAtMs,
      });
    });

    test('where waiting is weighed the caller stands where that priority would have stood from the beginning', async () => {
      const { store, enter, entries } = await scene(open());
      const first = await enter();
      const second = await enter();
      const placed = { placedPriority: 0, placedAtMs: START_MS - 60_000, isLast: false };
      const placing = await store.changePriority({ entryId: second.entryId, priority: 3, placed });
      expect(placing).toEqual({ priority: 3, placedPriority: 0, placedAtMs: START_MS - 60_000 });
      expect(order(await entries())).toEqual(order([second, first]));
    });

    test('of a caller who talks or has left is "gone"', async () => {
      const { store, enter, reserve, connect } = await scene(open());
      const entry = await enter();
      const request = { priority: 1, placed: { placedPriority: 1, placedAtMs: START_MS, isLast: true } };
      await connect(await reserve(entry));
      expect(await store.changePriority({ entryId: entry.entryId, ...request })).toBe('gone');
      expect(await store.changePriority({ entryId: entryId('never'), ...request })).toBe('gone');
    });
  });

  test('a withdrawal that is wanted stands in the entry, as long as that waits or rings', async () => {
    const { store, enter, reserve, connect, entries } = await scene(open());
    const [first, second] = [await enter(), await enter()];
    const ringing = await reserve(first);
    const wants = (id: string, info: string) => store.wantWithdrawal({ entryId: entryId(id), info });
    expect([await wants(first.entryId, ''), await wants(second.entryId, 'front office')]).toEqual(['done', 'done']);
    expect(await wants(second.entryId, 'back office')).toBe('done');
    expect((await entries()).map(({ withdrawalWanted }) => withdrawalWanted)).toEqual(['', 'back office']);
    await connect(ringing);
    expect([await wants(first.entryId, 'late'), await wants('never', '')]).toEqual(['gone', 'gone']);
  });

  describe('leave', () => {
    test.each(['ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'EXITWITHKEY', 'WITHDRAW'] as const)(
      '%s closes a waiting entry',
      async (outcome) => {
        const { store, enter, entries, log, queue } = await scene(open());
        await enter({ priority: 3 });
        await enter();
        const entry = await enter({ joinedAtMs: START_MS + 10_000 });
        const request = {
          entryId: entry.entryId,
          outcome,
          info: outcome === 'EXITWITHKEY' ? '*' : 'ü'.repeat(50),
          atMs: START_MS + 70_900,
        };
        expect(await store.leave(request)).toBe('done');
        expect(await store.leave(request)).toBe('done');
        expect(await entries()).toHaveLength(2);
        const { callId, uniqueId } = entry;
        const line = {
          queue,
          callId,
          uniqueId,
          position: 3,
          originalPosition: 3,
          waitMs: 60_900,
          atMs: START_MS + 70_900,
        };
        const events: Record<typeof outcome, CallEvent> = {
          ABANDON: { event: 'ABANDON', ...line },
          EXITWITHTIMEOUT: { event: 'EXITWITHTIMEOUT', ...line },
          EXITEMPTY: { event: 'EXITEMPTY', ...line },
          EXITWITHKEY: { event: 'EXITWITHKEY', ...line, key: '*' },
          WITHDRAW: { event: 'WITHDRAW', ...line, info: 'ü'.repeat(50) },
        };
        expect((await log()).slice(3)).toEqual([trimmedRow(events[outcome])]);
      },
    );

    test('the position told is the one at the end', async () => {
      const { store, enter, log, queue } = await scene(open());
      const first = await enter();
      const { callId, uniqueId, entryId: second, joinedAtMs } = await enter();
      await store.leave({ entryId: first.entryId, outcome: 'ABANDON', atMs: joinedAtMs });
      await store.leave({ entryId: second, outcome: 'ABANDON', atMs: joinedAtMs });
      const line = { queue, callId, uniqueId, position: 1, originalPosition: 2, waitMs: 0, atMs: joinedAtMs };
      expect((await log()).slice(3)).toEqual([trimmedRow({ event: 'ABANDON', ...line })]);
    });

    test('ABANDON while ringing frees the member and writes RINGCANCELED first', async () => {
      const { store, enter, reserve, log, queue, extensions } = await scene(open());
      const entry = await enter({ joinedAtMs: START_MS });
      await reserve(entry);
      expect(await store.leave({ entryId: entry.entryId, outcome: 'ABANDON', atMs: START_MS + 24_321 })).toBe('done');
      const { callId, uniqueId } = entry;
      const line = { queue, callId, uniqueId, atMs: START_MS + 24_321 };
      const member = extensionOf(extensions, 0).interface;
      expect((await log()).slice(1)).toEqual([
        trimmedRow({ event: 'RINGCANCELED', ...line, member, ringMs: 4321 }),
        trimmedRow({ event: 'ABANDON', ...line, position: 1, originalPosition: 1, waitMs: 24_321 }),
      ]);
      expect((await reserve(await enter())).answer).toBe('reserved');
    });

    test('a time-out while ringing frees the member without a line for the ring', async () => {
      const { store, enter, reserve, log } = await scene(open());
      const entry = await enter();
      await reserve(entry);
      await store.leave({ entryId: entry.entryId, outcome: 'EXITWITHTIMEOUT', atMs: START_MS + 24_321 });
      expect((await log()).map(({ event }) => event)).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT']);
      expect((await reserve(await enter())).answer).toBe('reserved');
    });

    test('while talking, after another end, or of an unknown entry is "gone"', async () => {
      const { store, enter, reserve, connect } = await scene(open());
      const entry = await enter();
      await connect(await reserve(entry));
      const atMs = START_MS + 30_000;
      expect(await store.leave({ entryId: entry.entryId, outcome: 'ABANDON', atMs })).toBe('gone');
      const other = await enter();
      await store.leave({ entryId: other.entryId, outcome: 'EXITEMPTY', atMs });
      expect(await store.leave({ entryId: other.entryId, outcome: 'ABANDON', atMs })).toBe('gone');
      expect(await store.leave({ entryId: entryId('never'), outcome: 'ABANDON', atMs })).toBe('gone');
    });

    test('against a reservation and an answer at the same time ends in one of the two worlds', async () => {
      const { store, enter, reserve, connect, entries, queue } = await scene(open());
      for (let round = 0; round < 20; round++) {
        const entry = await enter();
        const leaving = store.leave({ entryId: entry.entryId, outcome: 'ABANDON', atMs: START_MS + 30_000 });
        const attempt = await reserve(entry);
        const connected = attempt.answer === 'reserved' ? await connect(attempt) : 'gone';
        expect([await leaving, connected].sort()).toEqual(['done', 'gone']);
        if (connected === 'done') {
          await store.complete({ attemptId: attempt.attemptId, endedBy: 'caller', atMs: START_MS + 31_000 });
        }
        expect(await entries()).toEqual([]);
        expect((await store.openAttempts()).filter((each) => each.queue === queue)).toEqual([]);
      }
    });
  });
}
