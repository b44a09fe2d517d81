import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { CallEvent } from '../../src/core/events.ts';
import { attemptId, callId, channelId, entryId, extensionNumber, queueName } from '../../src/core/ids.ts';
import type { Extension } from '../../src/core/people.ts';
import { type QueueLogRow, queueLogRow } from '../../src/core/queue/queue-log.ts';
import type { MissOutcome, NewEntry, QueueStore } from '../../src/ports/queue-store.ts';

/** A store under test, with what the suite needs to prepare and to look at, by whatever way the store has. */
export interface QueueStoreUnderTest {
  readonly store: QueueStore;
  addExtension(extension: Extension): Promise<void>;
  setPaused(queue: string, extension: string, isPaused: boolean): Promise<void>;
  /** All lines of one queue in the order of writing; columns without anything at the end are left out. */
  logOf(queue: string): Promise<readonly QueueLogRow[]>;
  close(): Promise<void>;
}

const START_MS = Date.UTC(2026, 10, 20, 12, 0, 0);
let counter = 0;
const next = () => String(++counter).padStart(4, '0');

/** One test's own queue and people, so that no test sees another's. */
async function scene(target: QueueStoreUnderTest, members = 1) {
  const { store } = target;
  const queue = queueName(`queue${next()}`);
  await store.defineQueues([{ name: queue, title: 'Support' }]);
  const extensions: Extension[] = [];
  for (let index = 0; index < members; index++) {
    const number = extensionNumber(`9${next()}`);
    const extension = { number, interface: `PJSIP/${number}`, jid: `user${number}@example.org`, subscribers: [] };
    await target.addExtension(extension);
    await store.login({ queue, extension, uniqueId: `1.${number}`, atMs: START_MS });
    extensions.push(extension);
  }
  const entry = (over: Partial<NewEntry> = {}): NewEntry => {
    const serial = next();
    return {
      entryId: entryId(`entry-${serial}`),
      callId: callId(`call-${serial}`),
      queue,
      channelId: channelId(`channel-${serial}`),
      uniqueId: `1763640000.${serial}`,
      caller: { number: '2000', name: 'Alice' },
      customer: { id: '1', name: 'Company 1', code: '1111', fields: { city: 'Riga' } },
      priority: 0,
      joinedAtMs: START_MS + Number(serial),
      maxLength: 0,
      ...over,
    };
  };
  const enter = async (over: Partial<NewEntry> = {}) => {
    const made = entry(over);
    return { ...made, answer: await store.enter(made) };
  };
  const reserve = async (held: NewEntry, member = 0, atMs = START_MS + 20_000) => {
    const attempt = attemptId(`attempt-${next()}`);
    const extension = extensionOf(extensions, member).number;
    const answer = await store.reserve({ attemptId: attempt, entryId: held.entryId, queue, extension, atMs });
    return { attemptId: attempt, extension, answer };
  };
  const connect = (attempt: { attemptId: ReturnType<typeof attemptId> }, atMs = START_MS + 25_500) =>
    store.connect({
      attemptId: attempt.attemptId,
      memberChannelId: channelId('member-channel'),
      memberUniqueId: '1763640020.7',
      ringMs: 5500,
      atMs,
    });
  const entries = async () => (await store.openEntries()).filter((each) => each.queue === queue);
  const log = async () => (await target.logOf(queue)).filter(({ event }) => event !== 'ADDMEMBER');
  const expectLog = async (events: readonly CallEvent[]) => expect(await log()).toEqual(events.map(trimmedRow));
  return { store, queue, extensions, entry, enter, reserve, connect, entries, log, expectLog };
}

function extensionOf(extensions: readonly Extension[], index: number): Extension {
  const extension = extensions[index];
  if (extension === undefined) throw new Error(`No member ${index} in this scene`);
  return extension;
}

/** Without the empty columns at its end, as `logOf` tells them. */
function trimmedRow(event: CallEvent): QueueLogRow {
  const row = queueLogRow(event);
  const data = [...row.data];
  while (data.at(-1) === '') data.pop();
  return { ...row, data };
}

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
        expect(memberships).toEqual([
          { queue, extension, penalty: 0, position: 0, loggedInAtMs: START_MS, isPaused: false, lastHangupAtMs: null },
        ]);
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
        expect([first.answer, second.answer, urgent.answer]).toEqual([
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
        const { answer, maxLength, ...kept } = await enter();
        expect(await entries()).toEqual([{ ...kept, originalPosition: 1, state: 'waiting', attempt: null }]);
      });

      test('is refused when the queue is full, counting who waits or rings, not who talks', async () => {
        const { enter, reserve, connect } = await scene(target);
        const first = await enter({ maxLength: 1 });
        const attempt = await reserve(first);
        expect((await enter({ maxLength: 1 })).answer).toBe('full');
        await connect(attempt);
        expect((await enter({ maxLength: 1 })).answer).toEqual({ position: 1 });
      });

      test('of a queue that is not there is refused', async () => {
        const { enter } = await scene(target);
        expect((await enter({ queue: queueName('nowhere') })).answer).toBe('unknown-queue');
      });

      test('repeated gives the first answer and one line', async () => {
        const { store, entry, enter, log } = await scene(target);
        await enter();
        const made = entry();
        expect(await store.enter(made)).toEqual({ position: 2 });
        expect(await store.enter(made)).toEqual({ position: 2 });
        expect(await log()).toHaveLength(2);
      });

      test('of many at once gives each a position of its own and never more than the limit', async () => {
        const { store, entry, entries } = await scene(target);
        const answers = await Promise.all(Array.from({ length: 30 }, () => store.enter(entry({ maxLength: 20 }))));
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
          { entryId: first.entryId, state: 'ringing', attempt },
          { entryId: second.entryId, state: 'waiting', attempt: null },
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
        expect(await store.reserve(request)).toBe('reserved');
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

    describe('miss', () => {
      const cases: readonly [MissOutcome, CallEvent['event'] | null, number][] = [
        ['no-answer', 'RINGNOANSWER', 15_250],
        ['busy', 'RINGNOANSWER', 15_000],
        ['rejected', 'RINGNOANSWER', 15_000],
        ['unreachable', 'RINGNOANSWER', 15_000],
        ['caller-gone', 'RINGCANCELED', 15_250],
        ['cancelled', null, 0],
      ];
      test.each(cases)(
        '%s lets the entry wait in its place, frees the member, and writes %s',
        async (outcome, event, loggedMs) => {
          const { store, enter, reserve, entries, log, queue, extensions } = await scene(target);
          const entry = await enter();
          await enter();
          const { attemptId } = await reserve(entry);
          const entered = await log();
          const request = { attemptId, outcome, ringMs: 15_250, atMs: START_MS + 35_250 };
          expect(await store.miss(request)).toBe('done');
          expect(await store.miss(request)).toBe('done');
          expect((await entries())[0]).toMatchObject({ entryId: entry.entryId, state: 'waiting', attempt: null });
          expect((await reserve(entry)).answer).toBe('reserved');
          const member = extensionOf(extensions, 0).interface;
          const { callId, uniqueId } = entry;
          const written = (await log()).slice(entered.length);
          const line = { queue, callId, uniqueId, member, ringMs: loggedMs, atMs: START_MS + 35_250 };
          if (event === 'RINGNOANSWER' || event === 'RINGCANCELED')
            expect(written).toEqual([trimmedRow({ event, ...line })]);
          else expect(written).toEqual([]);
        },
      );

      test('after the entry left, or of an unknown attempt, is "gone"', async () => {
        const { store, enter, reserve } = await scene(target);
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
        const { store, enter, reserve, connect, entries, expectLog, queue, extensions } = await scene(target);
        const entry = await enter({ joinedAtMs: START_MS });
        const attempt = await reserve(entry);
        expect(await connect(attempt)).toBe('done');
        expect(await connect(attempt)).toBe('done');
        expect(await entries()).toMatchObject([
          { state: 'talking', attempt: { memberChannelId: 'member-channel', connectedAtMs: START_MS + 25_500 } },
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

      test('connect after the caller left is "gone", and so is complete of what never talked', async () => {
        const { store, enter, reserve, connect } = await scene(target);
        const entry = await enter();
        const attempt = await reserve(entry);
        const complete = { attemptId: attempt.attemptId, endedBy: 'caller', atMs: START_MS + 30_000 } as const;
        expect(await store.complete(complete)).toBe('gone');
        await store.leave({ entryId: entry.entryId, outcome: 'ABANDON', atMs: START_MS + 30_000 });
        expect(await connect(attempt)).toBe('gone');
        expect(await store.complete(complete)).toBe('gone');
      });

      test('a late completion never moves the last hang-up back', async () => {
        const { store, enter, reserve, connect, queue } = await scene(target);
        for (const atMs of [START_MS + 90_000, START_MS + 60_000]) {
          const attempt = await reserve(await enter());
          await connect(attempt);
          await store.complete({ attemptId: attempt.attemptId, endedBy: 'member', atMs });
        }
        const membership = (await store.memberships()).find((each) => each.queue === queue);
        expect(membership?.lastHangupAtMs).toBe(START_MS + 90_000);
      });
    });

    describe('leave', () => {
      test.each(['ABANDON', 'EXITWITHTIMEOUT', 'EXITEMPTY', 'WITHDRAW'] as const)(
        '%s closes a waiting entry',
        async (outcome) => {
          const { store, enter, entries, log, queue } = await scene(target);
          await enter({ priority: 3 });
          await enter();
          const entry = await enter({ joinedAtMs: START_MS + 10_000 });
          const request = { entryId: entry.entryId, outcome, info: 'ü'.repeat(50), atMs: START_MS + 70_900 };
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
          const event: CallEvent =
            outcome === 'WITHDRAW' ? { event: outcome, ...line, info: 'ü'.repeat(50) } : { event: outcome, ...line };
          expect((await log()).slice(3)).toEqual([trimmedRow(event)]);
        },
      );

      test('the position told is the one at the end', async () => {
        const { store, enter, log, queue } = await scene(target);
        const first = await enter();
        const { callId, uniqueId, entryId: second, joinedAtMs } = await enter();
        await store.leave({ entryId: first.entryId, outcome: 'ABANDON', atMs: joinedAtMs });
        await store.leave({ entryId: second, outcome: 'ABANDON', atMs: joinedAtMs });
        const line = { queue, callId, uniqueId, position: 1, originalPosition: 2, waitMs: 0, atMs: joinedAtMs };
        expect((await log()).slice(3)).toEqual([trimmedRow({ event: 'ABANDON', ...line })]);
      });

      test('ABANDON while ringing frees the member and writes RINGCANCELED first', async () => {
        const { store, enter, reserve, log, queue, extensions } = await scene(target);
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
        const { store, enter, reserve, log } = await scene(target);
        const entry = await enter();
        await reserve(entry);
        await store.leave({ entryId: entry.entryId, outcome: 'EXITWITHTIMEOUT', atMs: START_MS + 24_321 });
        expect((await log()).map(({ event }) => event)).toEqual(['ENTERQUEUE', 'EXITWITHTIMEOUT']);
        expect((await reserve(await enter())).answer).toBe('reserved');
      });

      test('while talking, after another end, or of an unknown entry is "gone"', async () => {
        const { store, enter, reserve, connect } = await scene(target);
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
        const { store, enter, reserve, connect, entries, queue } = await scene(target);
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
      await store.defineQueues([{ name: queue, title: 'Other title' }]);
      expect(await entries()).toHaveLength(1);
    });
  });
}
