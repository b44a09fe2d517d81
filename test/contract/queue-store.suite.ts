import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { callId, extensionNumber, queueName } from '../../src/core/ids.ts';
import { newMembership } from '../support/queue-people.ts';
import { PLAIN_ENTRANCE, reserveOne } from '../support/store-requests.ts';
import { extensionOf, next, type QueueStoreUnderTest, START_MS, scene, trimmedRow } from './queue-store.scene.ts';
import { describeCalls } from './queue-store-calls.suite.ts';
import { describeFigures, describeLoggedCaller } from './queue-store-figures.suite.ts';
import { describeGroups } from './queue-store-groups.suite.ts';
import { describeMembers } from './queue-store-members.suite.ts';
import { describePlaces } from './queue-store-places.suite.ts';
import { describeRecordings } from './queue-store-recordings.suite.ts';
import { describeSwitches } from './queue-store-switches.suite.ts';

/** What every queue store does, whatever it is made of. */
export function describeQueueStore(name: string, open: () => Promise<QueueStoreUnderTest>): void {
  describe(`${name} as a queue store`, () => {
    let target: QueueStoreUnderTest;
    beforeAll(async () => {
      target = await open();
    });
    afterAll(() => target.close());

    describe('login', () => {
      test('makes a membership, tells who is there, and writes ADDMEMBER', async () => {
        const { store, queue, extensions } = await scene(target);
        const extension = extensionOf(extensions, 0);
        const memberships = (await store.memberships()).filter((each) => each.queue === queue);
        expect(memberships).toEqual([newMembership({ queue, extension, loggedInAtMs: START_MS })]);
        const uniqueId = `1.${extension.number}`;
        const added = { event: 'ADDMEMBER', queue, atMs: START_MS, interface: extension.interface, uniqueId } as const;
        expect(await target.logOf(queue)).toEqual([trimmedRow(added)]);
      });

      test('twice is "already" and writes nothing; the same request repeated is the same answer', async () => {
        const { store, queue, extensions } = await scene(target);
        const extension = extensionOf(extensions, 0);
        const again = await store.login({ queue, extension, uniqueId: '1.77', atMs: START_MS + 1 });
        const repeated = await store.login({ queue, extension, uniqueId: `1.${extension.number}`, atMs: START_MS });
        expect(again).toBe('already');
        expect(repeated).toMatchObject({ queue, extension });
        expect(await target.logOf(queue)).toHaveLength(1);
      });

      test('to a queue that is not there, or of an extension that is not there, writes nothing', async () => {
        const { store, queue, extensions } = await scene(target);
        const extension = extensionOf(extensions, 0);
        const stranger = { ...extension, number: extensionNumber('000') };
        expect(await store.login({ queue: queueName('nowhere'), extension, uniqueId: 'CLI', atMs: START_MS })).toBe(
          'unknown-queue',
        );
        expect(await store.login({ queue, extension: stranger, uniqueId: 'CLI', atMs: START_MS })).toBe(
          'unknown-extension',
        );
      });

      test('logout removes it once and writes REMOVEMEMBER', async () => {
        const { store, queue, extensions } = await scene(target);
        const extension = extensionOf(extensions, 0);
        const request = { queue, extension, uniqueId: 'CLI', atMs: START_MS + 9 };
        expect(await store.logout(request)).toBe('logged-out');
        expect(await store.logout(request)).toBe('not-logged-in');
        const removed = {
          event: 'REMOVEMEMBER',
          queue,
          atMs: START_MS + 9,
          interface: extension.interface,
          uniqueId: 'CLI',
        } as const;
        expect((await target.logOf(queue)).slice(1)).toEqual([trimmedRow(removed)]);
      });

      test('an extension is found by its interface', async () => {
        const { store, extensions } = await scene(target);
        const extension = extensionOf(extensions, 0);
        expect(await store.extensionByInterface(extension.interface)).toEqual(extension);
        expect(await store.extensionByInterface('PJSIP/nobody')).toBeNull();
        expect(await store.extensions()).toContainEqual(extension);
      });
    });

    describe('enter', () => {
      test('gives the last place among equal priorities, and writes ENTERQUEUE', async () => {
        const { enter, entries, expectLog, queue } = await scene(target);
        const first = await enter();
        const second = await enter({ caller: { number: null, name: null }, customer: null });
        const urgent = await enter({ priority: 5 });
        expect([first.answer, second.answer, urgent.answer]).toMatchObject([
          { position: 1 },
          { position: 2 },
          { position: 1 },
        ]);
        expect((await entries()).map((each) => each.entryId)).toEqual([urgent.entryId, first.entryId, second.entryId]);
        await expectLog(
          [first, second, urgent].map(({ callId, uniqueId, caller, joinedAtMs }, index) => ({
            event: 'ENTERQUEUE',
            queue,
            callId,
            uniqueId,
            callerNumber: caller.number,
            position: [1, 2, 1][index] ?? 0,
            atMs: joinedAtMs,
          })),
        );
      });

      test('keeps everything about the caller', async () => {
        const { enter, entries } = await scene(target);
        const { answer, ...kept } = await enter();
        expect(await entries()).toEqual([
          { ...kept, originalPosition: 1, withdrawalWanted: null, state: 'waiting', switchName: 'main', attempts: [] },
        ]);
      });

      test('is refused when the queue is full, counting who waits or rings, not who talks', async () => {
        const { enter, reserve, connect } = await scene(target);
        const first = await enter({}, { maxLength: 1 });
        const attempt = await reserve(first);
        expect((await enter({}, { maxLength: 1 })).answer).toBe('full');
        await connect(attempt);
        expect((await enter({}, { maxLength: 1 })).answer).toMatchObject({ position: 1 });
      });

      test('of a queue that is not there is refused', async () => {
        const { enter } = await scene(target);
        expect((await enter({ queue: queueName('nowhere') })).answer).toBe('unknown-queue');
      });

      test('repeated gives the first answer and one line', async () => {
        const { store, entry, enter, log } = await scene(target);
        await enter();
        const made = entry();
        expect(await store.enter(made, PLAIN_ENTRANCE)).toMatchObject({ position: 2 });
        expect(await store.enter(made, PLAIN_ENTRANCE)).toMatchObject({ position: 2 });
        expect(await log()).toHaveLength(2);
      });

      test('of many at once gives each a position of its own and never more than the limit', async () => {
        const { store, entry, entries } = await scene(target);
        const answers = await Promise.all(
          Array.from({ length: 30 }, () => store.enter(entry(), { ...PLAIN_ENTRANCE, maxLength: 20 })),
        );
        const positions = answers.flatMap((answer) => (typeof answer === 'object' ? [answer.position] : []));
        expect(positions.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
        expect(answers.filter((answer) => answer === 'full')).toHaveLength(10);
        expect(await entries()).toHaveLength(20);
      });

      test.each([
        ['markup', '<Müller & "Söhne" \'GmbH\'>'],
        ['emoji', '☎️ 👩‍💻 Ünïcödé 公司'],
        ['control characters', 'a\u0001b\nc\u001bd'],
        ['SQL', "'); drop table queue_entry; --"],
      ])('takes %s in names and fields as they are', async (_, text) => {
        const { enter, entries } = await scene(target);
        await enter({
          caller: { number: text, name: text },
          customer: { id: '1', name: text, code: null, fields: { [text]: text } },
        });
        expect(await entries()).toMatchObject([
          { caller: { number: text, name: text }, customer: { name: text, fields: { [text]: text } } },
        ]);
      });

      test('cuts names at 1,000 characters and numbers at 100, and replaces what no database keeps', async () => {
        const { enter, entries } = await scene(target);
        const long = 'x'.repeat(10_000);
        const name = '\u0000\uD800';
        await enter({
          caller: { number: long, name: long },
          customer: { id: '1', name: long, code: null, fields: { [name]: name } },
        });
        expect(await entries()).toMatchObject([
          {
            caller: { number: 'x'.repeat(100), name: 'x'.repeat(1000) },
            customer: { name: 'x'.repeat(1000), fields: { '\uFFFD\uFFFD': '\uFFFD\uFFFD' } },
          },
        ]);
      });
    });

    describe('reserve', () => {
      test('holds entry and member; both are refused to others', async () => {
        const { store, enter, reserve, entries, queue } = await scene(target, 2);
        const first = await enter();
        const second = await enter();
        const held = await reserve(first, 0);
        expect(held.answer).toBe('reserved');
        expect((await reserve(first, 1)).answer).toBe('entry-taken');
        expect((await reserve(second, 0)).answer).toBe('member-taken');
        const attempt = {
          attemptId: held.attemptId,
          entryId: first.entryId,
          extension: held.extension,
          queue,
          memberChannelId: null,
          startedAtMs: START_MS + 20_000,
          connectedAtMs: null,
        };
        expect(await entries()).toMatchObject([
          { entryId: first.entryId, state: 'ringing', attempts: [attempt] },
          { entryId: second.entryId, state: 'waiting', attempts: [] },
        ]);
        expect((await store.openAttempts()).filter((each) => each.queue === queue)).toEqual([attempt]);
      });

      test('is refused for a member who is paused or logged out, and for an entry that left', async () => {
        const { store, enter, reserve, queue, extensions } = await scene(target, 2);
        const entry = await enter();
        await target.setPaused(queue, extensionOf(extensions, 0).number, true);
        await store.logout({ queue, extension: extensionOf(extensions, 1), uniqueId: 'CLI', atMs: START_MS });
        expect((await reserve(entry, 0)).answer).toBe('member-taken');
        expect((await reserve(entry, 1)).answer).toBe('member-taken');
        await target.setPaused(queue, extensionOf(extensions, 0).number, false);
        await store.leave({ entryId: entry.entryId, outcome: 'ABANDON', atMs: START_MS + 1000 });
        expect((await reserve(entry, 0)).answer).toBe('entry-taken');
      });

      test('repeated is reserved again', async () => {
        const { store, enter, reserve, queue } = await scene(target);
        const entry = await enter();
        const { attemptId, extension } = await reserve(entry);
        const request = { attemptId, entryId: entry.entryId, queue, extension, atMs: START_MS + 20_000 };
        expect(await reserveOne(store, request)).toBe('reserved');
      });

      test('of one member for many entries at once succeeds once', async () => {
        const { enter, reserve } = await scene(target);
        const waiting = await Promise.all(Array.from({ length: 10 }, () => enter()));
        const answers = await Promise.all(waiting.map((each) => reserve(each)));
        expect(answers.filter(({ answer }) => answer === 'reserved')).toHaveLength(1);
        expect(answers.filter(({ answer }) => answer === 'member-taken')).toHaveLength(9);
      });

      test('of one entry for many members at once succeeds once', async () => {
        const { enter, reserve } = await scene(target, 8);
        const entry = await enter();
        const answers = await Promise.all(Array.from({ length: 8 }, (_, member) => reserve(entry, member)));
        expect(answers.filter(({ answer }) => answer === 'reserved')).toHaveLength(1);
        expect(answers.filter(({ answer }) => answer === 'entry-taken')).toHaveLength(7);
      });
    });

    describeCalls(() => target);
    describeFigures(() => target);
    describeLoggedCaller(() => target);
    describeMembers(() => target);
    describePlaces(() => target);
    describeGroups(() => target);
    describeRecordings(() => target);
    describeSwitches(() => target);

    test('record writes a line once', async () => {
      const { store, queue, expectLog } = await scene(target);
      const full = {
        event: 'FULL',
        queue,
        callId: callId('call'),
        uniqueId: `1.${next()}`,
        atMs: START_MS + 5,
      } as const;
      await store.record(full);
      await store.record(full);
      await store.record({ ...full, atMs: START_MS + 6 });
      await expectLog([full, { ...full, atMs: START_MS + 6 }]);
    });

    test('defining a queue again changes its title only', async () => {
      const { store, queue, enter, entries } = await scene(target);
      await enter();
      await store.defineQueues([{ name: queue, title: 'Other title', serviceLevelMs: 0 }]);
      expect(await entries()).toHaveLength(1);
    });
  });
}
