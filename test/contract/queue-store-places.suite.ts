import { describe, expect, test } from '@jest/globals';
import type { EntryId } from '../../src/core/ids.ts';
import type { LeaveOutcome } from '../../src/ports/queue-store.ts';
import { extensionOf, type QueueStoreUnderTest, START_MS, scene } from './queue-store.scene.ts';

/** Places in line that are not the last one, and whom a call may be for. */
export function describePlaces(open: () => QueueStoreUnderTest): void {
  const left = async (
    { store }: Awaited<ReturnType<typeof scene>>,
    { entryId }: { readonly entryId: EntryId },
    {
      outcome = 'ABANDON',
      afterMs = 1000,
      info = '1',
    }: { readonly outcome?: LeaveOutcome; readonly afterMs?: number; readonly info?: string } = {},
  ) => await store.leave({ entryId, outcome, info, atMs: START_MS + afterMs });

  describe('a caller who was cut off and calls again', () => {
    const again = { resumeSinceMs: START_MS };
    const alice = { number: '2000', name: 'Alice' };
    const bob = { number: '2001', name: 'Bob' };

    test('has the old place, once', async () => {
      const all = await scene(open());
      const first = await all.enter({ caller: alice });
      const second = await all.enter({ caller: bob });
      await left(all, first);
      const third = await all.enter({ caller: { number: '2002', name: null } });
      const back = await all.enter({ caller: alice }, again);
      expect(back.answer).toMatchObject({ position: 1 });
      expect((await all.entries()).map(({ entryId }) => entryId)).toEqual([
        back.entryId,
        second.entryId,
        third.entryId,
      ]);
      const twin = await all.enter({ caller: alice }, again);
      expect(twin.answer).toMatchObject({ position: 4 });
    });

    test.each([
      ['too late', { resumeSinceMs: START_MS + 1001 }, alice, 'ABANDON'],
      ['not at all by the configuration', { resumeSinceMs: null }, alice, 'ABANDON'],
      ['as somebody else', again, bob, 'ABANDON'],
      ['without a number', again, { number: null, name: 'Alice' }, 'ABANDON'],
      ['after having left by a key', again, alice, 'EXITWITHKEY'],
    ] as const)('%s has the last place', async (_how, options, caller, outcome) => {
      const all = await scene(open());
      const first = await all.enter({ caller: caller.number === null ? caller : alice });
      await all.enter({ caller: { number: '2002', name: null } });
      await left(all, first, { outcome });
      expect((await all.enter({ caller }, options)).answer).toMatchObject({ position: 2 });
    });
  });

  describe('entries that are over', () => {
    test('are known by their channels with how, how long and with which words; only the last one of a channel', async () => {
      const all = await scene(open(), 2);
      const { store, queue } = all;
      const customer = { id: 'c1', name: 'Company', code: null, fields: {} };
      const talks = async (entry: Awaited<ReturnType<typeof all.enter>>, member: number) => {
        const attempt = await all.reserve(entry, member);
        expect(await all.connect(attempt)).toBe('done');
        return attempt;
      };
      const served = await all.enter({ customer });
      const { attemptId } = await talks(served, 0);
      await store.complete({ attemptId, endedBy: 'member', atMs: START_MS + 30_000 });
      const again = await all.enter();
      const first = await talks(again, 0);
      await store.complete({ attemptId: first.attemptId, endedBy: 'caller', atMs: START_MS + 31_000 });
      // In the queue again by the same channel.
      await all.enter({ channelId: again.channelId });
      const talking = await all.enter();
      await talks(talking, 1);
      const timedOut = await all.enter();
      await left(all, timedOut, { outcome: 'EXITWITHTIMEOUT', afterMs: 7_000 });
      const byKey = await all.enter();
      await left(all, byKey, { outcome: 'EXITWITHKEY', info: '*9', afterMs: 8_000 });
      const withdrawn = await all.enter();
      await left(all, withdrawn, { outcome: 'WITHDRAW', info: 'closed at noon', afterMs: 9_000 });
      const entries = [served, again, talking, timedOut, byKey, withdrawn];
      const waiting = await all.enter();
      const asked = [...entries, waiting].map(({ entryId }) => entryId);
      const closed = [served, again, timedOut, byKey, withdrawn].map(({ entryId }) => entryId);
      expect([...(await store.closedAmong([...asked, 'nobody' as EntryId]))].sort()).toEqual(closed.sort());
      const ended = await store.endedEntries(entries.map(({ channelId }) => channelId));
      const byEntry = new Map(ended.map((entry) => [entry.entryId, entry]));
      expect([...byEntry.keys()].sort()).toEqual(
        [served, timedOut, byKey, withdrawn].map(({ entryId }) => entryId).sort(),
      );
      expect(byEntry.get(served.entryId)).toMatchObject({
        ...{ callId: served.callId, channelId: served.channelId, queue, customer },
        ...{ outcome: 'COMPLETEAGENT', info: '' },
      });
      expect(byEntry.get(served.entryId)?.waitMs).toBeLessThan(30_000);
      const told = [timedOut, byKey, withdrawn].map(({ entryId }) => byEntry.get(entryId));
      expect(told.map((entry) => [entry?.outcome, entry?.info])).toEqual([
        ['EXITWITHTIMEOUT', ''],
        ['EXITWITHKEY', '*9'],
        ['WITHDRAW', 'closed at noon'],
      ]);
      expect(told.map((entry) => START_MS + Number(entry?.waitMs))).toEqual(
        [7_000, 8_000, 9_000].map((afterMs, index) => {
          const entry = [timedOut, byKey, withdrawn][index];
          return 2 * START_MS + afterMs - (entry?.joinedAtMs ?? Number.NaN);
        }),
      );
      expect(await store.endedEntries([])).toEqual([]);
    });

    test('of those at the end the newest are told, with their attempts, and what is older than asked for is not', async () => {
      const all = await scene(open(), 1);
      const { store } = all;
      // Later than whatever other tests have written.
      const baseMs = 1_000_000_000;
      const old = await all.enter();
      await left(all, old, { afterMs: baseMs });
      const recent = await all.enter();
      const missed = await all.reserve(recent, 0);
      await store.miss({
        attemptId: missed.attemptId,
        outcome: 'busy',
        ringMs: 1_000,
        atMs: START_MS + baseMs + 61_000,
      });
      await left(all, recent, { afterMs: baseMs + 62_000 });
      const newest = await all.enter();
      await left(all, newest, { afterMs: baseMs + 90_000 });
      const late = await store.lateEnds({ withinMs: 60_000, countMax: 100 });
      expect(late).toEqual({ channelIds: [newest.channelId, recent.channelId], attemptIds: [missed.attemptId] });
      const all90 = await store.lateEnds({ withinMs: 90_000, countMax: 100 });
      expect(all90.channelIds.slice(0, 3)).toEqual([newest.channelId, recent.channelId, old.channelId]);
      expect(await store.lateEnds({ withinMs: 90_000, countMax: 1 })).toEqual({
        channelIds: [newest.channelId],
        attemptIds: [missed.attemptId],
      });
    });
  });

  test('what the dialplan asks of members is kept as it is, with r (P2) too', async () => {
    const all = await scene(open());
    const limits = { min: 2, max: 1_000_000_000, raise: 4 };
    await all.enter({ limits });
    await all.enter({ limits: { ...limits, raiseKeepsMin: true }, needs: { english: 50 } });
    const entries = await all.entries();
    expect(entries.map((entry) => entry.limits)).toEqual([limits, { ...limits, raiseKeepsMin: true }]);
    expect(entries.map((entry) => entry.needs)).toEqual([{}, { english: 50 }]);
  });

  describe('a place that is asked for (PR2)', () => {
    test.each([
      [1, 2],
      [2, 2],
      [3, 3],
      [4, 4],
      [99, 4],
    ])('%i behind one of a higher priority and before two of the same is %i', async (wantedPosition, position) => {
      const all = await scene(open());
      await all.enter();
      await all.enter();
      await all.enter({ priority: 5 });
      const placed = await all.enter({}, { wantedPosition });
      expect(placed.answer).toMatchObject({ position });
      const ids = (await all.entries()).map(({ entryId }) => entryId);
      expect(ids.indexOf(placed.entryId) + 1).toBe(position);
    });

    test('is found again and again between the same two', async () => {
      const all = await scene(open());
      await all.enter();
      await all.enter();
      for (let round = 0; round < 5; round++) {
        expect((await all.enter({}, { wantedPosition: 2 })).answer).toMatchObject({ position: 2 });
      }
    });
  });

  test('an age weight lets an earlier moment win, and the place is counted by it', async () => {
    const all = await scene(open());
    const placed = (placedAtMs: number) => all.enter({ placedAtMs, priority: 3, placedPriority: 0 }, { isLast: false });
    await placed(START_MS + 100);
    expect((await placed(START_MS + 50)).answer).toMatchObject({ position: 1, placedAtMs: START_MS + 50 });
    expect((await placed(START_MS + 75)).answer).toMatchObject({ position: 2 });
  });

  test('limits, needs and who knows the customer are kept', async () => {
    const { enter, entries, extensions } = await scene(open());
    const knownExtension = extensionOf(extensions, 0).number;
    const wishes = { limits: { min: 2, max: 5, raise: null }, needs: { english: 50 }, knownExtension };
    expect((await enter(wishes)).answer).toMatchObject({ knownExtension });
    expect(await entries()).toMatchObject([wishes]);
  });

  test('who talked to the customer last knows them', async () => {
    const { store, enter, reserve, connect, extensions, next } = await scene(open(), 2);
    const customer = { id: `known-${next()}`, name: 'Company', code: null, fields: {} };
    const entry = await enter({ customer });
    const attempt = await reserve(entry, 1);
    await connect(attempt);
    await store.complete({ attemptId: attempt.attemptId, endedBy: 'caller', atMs: START_MS + 90_000 });
    const options = { isKnownByLastCall: true };
    const known = await enter({ customer }, options);
    expect(known.answer).toMatchObject({ knownExtension: extensionOf(extensions, 1).number });
    expect((await enter({ customer })).answer).toMatchObject({ knownExtension: null });
    expect((await enter({ customer: { ...customer, id: 'another' } }, options)).answer).toMatchObject({
      knownExtension: null,
    });
  });

  test('who has sent the customer on to somebody else does not know them for that', async () => {
    const { store, enter, reserve, connect, extensions, next } = await scene(open(), 2);
    const customer = { id: `known-${next()}`, name: 'Company', code: null, fields: {} };
    const transfer = { type: 'blind', extension: '5550199', context: 'phones' } as const;
    for (const [member, how, atMs] of [
      [0, null, START_MS + 90_000],
      [1, transfer, START_MS + 95_000],
    ] as const) {
      const attempt = await reserve(await enter({ customer }), member);
      await connect(attempt);
      await store.complete({ attemptId: attempt.attemptId, endedBy: 'member', transfer: how, atMs });
    }
    const known = await enter({ customer }, { isKnownByLastCall: true });
    expect(known.answer).toMatchObject({ knownExtension: extensionOf(extensions, 0).number });
  });

  describe('what a waiting caller has heard', () => {
    test('is kept for many at once, the newest word counts, and of an entry that is not there nothing is kept', async () => {
      const all = await scene(open());
      const [first, second] = [await all.enter(), await all.enter()];
      const kept = ({ entryId }: { readonly entryId: EntryId }, atMs: number, tune: string) => ({
        entryId,
        atMs,
        heard: { tune, said: ['Ж', '"'] },
      });
      const nobody = { entryId: `${first.entryId}-never` as EntryId };
      await all.store.keepHeard([kept(first, START_MS, 'a'), kept(second, START_MS, 'b'), kept(nobody, START_MS, 'c')]);
      await all.store.keepHeard([kept(first, START_MS + 1500, 'd'), kept(second, START_MS - 1500, 'e')]);
      const heard = await all.store.heard();
      expect(heard.get(first.entryId)).toEqual({ atMs: START_MS + 1500, heard: { tune: 'd', said: ['Ж', '"'] } });
      expect(heard.get(second.entryId)).toEqual({ atMs: START_MS, heard: { tune: 'b', said: ['Ж', '"'] } });
      expect(heard.has(nobody.entryId)).toBe(false);
      await all.store.keepHeard([]);
    });

    test('is of no interest any more when the entry has ended', async () => {
      const all = await scene(open());
      const first = await all.enter();
      await all.store.keepHeard([{ entryId: first.entryId, atMs: START_MS, heard: {} }]);
      await left(all, first);
      expect((await all.store.heard()).has(first.entryId)).toBe(false);
    });
  });
}
