import { describe, expect, test } from '@jest/globals';
import { attemptId } from '../../src/core/ids.ts';
import { extensionOf, type QueueStoreUnderTest, START_MS, scene } from './queue-store.scene.ts';

/** Several members who ring for one caller (ringall), and members who ring though they talk (ring-in-use). */
export function describeGroups(open: () => QueueStoreUnderTest): void {
  const group = async (members: number) => {
    const all = await scene(open(), members);
    const { store, queue, extensions, enter, next } = all;
    const entry = await enter();
    const offersTo = (...indexes: number[]) =>
      indexes.map((index) => ({
        attemptId: attemptId(`group-${next()}`),
        extension: extensionOf(extensions, index).number,
      }));
    const ring = (offers: ReturnType<typeof offersTo>, { of = entry, isExclusive = true } = {}) =>
      store.reserve({ entryId: of.entryId, queue, offers, isExclusive, isRemembered: true, atMs: START_MS + 20_000 });
    const miss = (id: ReturnType<typeof attemptId>) =>
      store.miss({ attemptId: id, outcome: 'no-answer', ringMs: 15_000, atMs: START_MS + 35_000 });
    const live = async () => (await store.openAttempts()).filter((each) => each.queue === queue);
    return { ...all, entry, offersTo, ring, miss, live };
  };

  describe('several members rung for one caller', () => {
    test('are reserved in one statement, those who are free; nobody else gets the caller', async () => {
      const { offersTo, ring, entries, enter, live } = await group(4);
      const other = await enter();
      const [busy] = offersTo(1);
      expect(await ring([busy as NonNullable<typeof busy>], { of: other })).toEqual([busy?.attemptId]);
      const offers = offersTo(0, 1, 2);
      const answer = await ring(offers);
      expect([...answer].sort()).toEqual([offers[0]?.attemptId, offers[2]?.attemptId].sort());
      expect((await entries())[0]?.attempts).toHaveLength(2);
      expect(await ring(offersTo(3))).toBe('entry-taken');
      expect([...(await ring(offers))].sort()).toEqual([...answer].sort());
      expect(await live()).toHaveLength(3);
    });

    test('the caller waits again when the last of them has not answered (RA2: a line for each)', async () => {
      const { offersTo, ring, miss, entries, log } = await group(3);
      const offers = offersTo(0, 1, 2);
      await ring(offers);
      for (const [index, { attemptId: id }] of offers.entries()) {
        expect((await entries())[0]?.state).toBe('ringing');
        expect(await miss(id)).toBe('done');
        expect((await entries())[0]?.attempts).toHaveLength(2 - index);
      }
      expect((await entries())[0]?.state).toBe('waiting');
      expect((await log()).filter(({ event }) => event === 'RINGNOANSWER')).toHaveLength(3);
      expect(await ring(offersTo(0, 1, 2))).toHaveLength(3);
    });

    test('all missing in the same moment leave nobody stuck', async () => {
      const { offersTo, ring, miss, entries, live } = await group(6);
      for (let round = 0; round < 10; round++) {
        const offers = offersTo(0, 1, 2, 3, 4, 5);
        expect(await ring(offers)).toHaveLength(6);
        await Promise.all(offers.map(({ attemptId: id }) => miss(id)));
        expect((await entries())[0]?.state).toBe('waiting');
        expect(await live()).toEqual([]);
      }
    });

    test('who answers first has the caller; the others are free, without a line (RA2)', async () => {
      const { offersTo, ring, connect, entries, live, log, store } = await group(3);
      const offers = offersTo(0, 1, 2);
      await ring(offers);
      const answers = await Promise.all(offers.map((offer) => connect(offer)));
      expect(answers.filter((answer) => answer === 'done')).toHaveLength(1);
      const winner = offers[answers.indexOf('done')];
      expect(await live()).toMatchObject([{ attemptId: winner?.attemptId }]);
      expect((await entries())[0]).toMatchObject({ state: 'talking', attempts: [{ extension: winner?.extension }] });
      const last = offers.find((offer) => offer !== winner);
      const late = {
        attemptId: last?.attemptId ?? attemptId(''),
        outcome: 'cancelled',
        ringMs: 1,
        atMs: START_MS,
      } as const;
      expect(await store.miss(late)).toBe('gone');
      expect((await log()).map(({ event }) => event)).toEqual(['ENTERQUEUE', 'CONNECT']);
    });

    test('a caller who gives up: RINGCANCELED for each, ABANDON once', async () => {
      const { offersTo, ring, entry, entries, live, log, store } = await group(2);
      await ring(offersTo(0, 1));
      expect(await store.leave({ entryId: entry.entryId, outcome: 'ABANDON', atMs: START_MS + 30_000 })).toBe('done');
      expect((await log()).map(({ event }) => event).sort()).toEqual([
        'ABANDON',
        'ENTERQUEUE',
        'RINGCANCELED',
        'RINGCANCELED',
      ]);
      expect(await entries()).toEqual([]);
      expect(await live()).toEqual([]);
    });
  });

  test('with ring-in-use a member has two calls; a queue without it waits for both to end (RU1, RU2)', async () => {
    const { offersTo, ring, enter, miss } = await group(1);
    const [second, third] = [await enter(), await enter()];
    expect(await ring(offersTo(0))).toHaveLength(1);
    const besides = offersTo(0);
    expect(await ring(besides, { of: second, isExclusive: false })).toHaveLength(1);
    expect(await ring(offersTo(0), { of: third })).toEqual([]);
    await miss((besides[0] as (typeof besides)[number]).attemptId);
    expect(await ring(offersTo(0), { of: third })).toEqual([]);
  });

  test('the queue remembers who was rung last (RR2)', async () => {
    const { offersTo, ring, miss, store, queue } = await group(2);
    const lastRung = async () => (await store.queueMemories()).find((each) => each.queue === queue)?.lastRung;
    expect(await lastRung()).toBeNull();
    for (const index of [1, 0]) {
      const offers = offersTo(index);
      await ring(offers);
      expect(await lastRung()).toBe(offers[0]?.extension);
      await miss((offers[0] as (typeof offers)[number]).attemptId);
      expect(await lastRung()).toBe(offers[0]?.extension);
    }
  });
}
