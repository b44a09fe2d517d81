import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEVICE_STATES } from '../../../../src/core/device-state.ts';
import { queueName } from '../../../../src/core/ids.ts';
import { availability, type Member } from '../../../../src/core/queue/availability.ts';
import { inOrder, type WaitingEntry } from '../../../../src/core/queue/line.ts';
import { type Matching, match } from '../../../../src/core/queue/match.ts';
import { member, missedBy, NOW_MS, queueSettings, waiting } from '../../../support/queue-people.ts';

/** `caller>member` for each proposal. */
const pairs = ({ proposals }: Matching) => proposals.map(({ entryId, extension }) => `${entryId}>${extension}`);

function matchOne(entries: WaitingEntry[], members: Member[], changes: Parameters<typeof queueSettings>[0] = {}) {
  return match([{ settings: queueSettings(changes), waiting: entries, members }], NOW_MS);
}

describe('leastrecent', () => {
  test('rings who has waited longest since the last hang-up (L2)', () => {
    const members = [
      member('1000', { lastHangupAtMs: NOW_MS - 30_000 }),
      member('2000', { lastHangupAtMs: NOW_MS - 60_000 }),
    ];
    expect(pairs(matchOne([waiting('a')], members))).toEqual(['a>2000']);
  });

  test('rings first who never had a call (L1)', () => {
    const members = [member('1000', { lastHangupAtMs: NOW_MS - 10_000 }), member('2000')];
    expect(pairs(matchOne([waiting('a')], members))).toEqual(['a>2000']);
  });

  test('a lower penalty goes before a longer wait, however long that is (L4)', () => {
    const members = [member('1000', { penalty: 1 }), member('2000', { lastHangupAtMs: NOW_MS - 1 })];
    expect(pairs(matchOne([waiting('a')], members))).toEqual(['a>2000']);
  });

  test('who missed this caller goes behind the others, the latest last (L3 as we have it)', () => {
    const longAgo = NOW_MS - 100_000;
    const caller = waiting('a', { missed: missedBy(['1000', longAgo], ['2000', longAgo - 1]) });
    const members = [member('1000'), member('2000'), member('3000', { lastHangupAtMs: NOW_MS - 1 })];
    expect(pairs(matchOne([caller], members))).toEqual(['a>3000']);
    expect(pairs(matchOne([caller], members.slice(0, 2)))).toEqual(['a>2000']);
  });

  test.each([
    ['who is logged in longer', { loggedInAtMs: 5 }, { loggedInAtMs: 4 }],
    ['the configured position', { position: 2 }, { position: 1 }],
  ])('decides between equals by %s (S2 as we have it)', (_, first, second) => {
    expect(pairs(matchOne([waiting('a')], [member('1000', first), member('2000', second)]))).toEqual(['a>2000']);
  });

  test('decides between all else equal by the interface name, in whatever order they stand', () => {
    const members = ['1003', '1001', '1004', '1002'].map((number) => member(number));
    expect(pairs(matchOne([waiting('a')], members))).toEqual(['a>1001']);
    expect(pairs(matchOne([waiting('a')], members.toReversed()))).toEqual(['a>1001']);
  });
});

describe('The line', () => {
  test('serves priority first, then arrival', () => {
    const line = [
      waiting('late', { joinedAtMs: NOW_MS - 1 }),
      waiting('early', { joinedAtMs: NOW_MS - 2 }),
      waiting('important', { priority: 5, joinedAtMs: NOW_MS }),
    ];
    expect(inOrder(line).map((entry) => entry.entryId)).toEqual(['important', 'early', 'late']);
    expect(pairs(matchOne(line, [member('1000'), member('2000')]))).toEqual(['important>1000', 'early>2000']);
  });

  test('a caller who can not be served blocks nobody behind', () => {
    const first = waiting('first', { joinedAtMs: 0, missed: missedBy(['1000', NOW_MS - 1]) });
    expect(pairs(matchOne([first, waiting('second')], [member('1000')]))).toEqual(['second>1000']);
  });

  test('a member of two queues is proposed once, to who came first in either', () => {
    const sales = queueSettings({ name: queueName('sales') });
    const views = [
      { settings: queueSettings(), waiting: [waiting('b', { joinedAtMs: 2 })], members: [member('1000')] },
      { settings: sales, waiting: [waiting('a', { joinedAtMs: 1 })], members: [member('1000', { queue: sales.name })] },
    ];
    expect(pairs(match(views, NOW_MS))).toEqual(['a>1000']);
  });
});

describe('Time', () => {
  test('retry holds the same member back for the same caller, exactly so long', () => {
    const caller = (agoMs: number) => waiting('a', { missed: missedBy(['1000', NOW_MS - agoMs]) });
    const tooEarly = matchOne([caller(4_999)], [member('1000')]);
    expect(tooEarly).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 1 });
    expect(matchOne([caller(5_000)], [member('1000')])).toMatchObject({ lookAgainAtMs: null });
    expect(pairs(matchOne([caller(5_000)], [member('1000')]))).toEqual(['a>1000']);
  });

  test('wrap-up ends exactly at its time (W1)', () => {
    const rested = (agoMs: number) => [member('1000', { lastHangupAtMs: NOW_MS - agoMs })];
    const wrapUp = { wrapUpMs: 10_000 };
    expect(matchOne([waiting('a')], rested(9_999), wrapUp)).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 1 });
    expect(pairs(matchOne([waiting('a')], rested(10_000), wrapUp))).toEqual(['a>1000']);
  });
});

describe('Whatever the members and callers are', () => {
  const members = fc.uniqueArray(
    fc.record({
      number: fc.integer({ min: 1, max: 20 }).map(String),
      deviceState: fc.constantFrom(...DEVICE_STATES),
      isPaused: fc.boolean(),
      isReserved: fc.boolean(),
      penalty: fc.integer({ min: 0, max: 3_000_000_000 }),
      lastHangupAtMs: fc.option(fc.integer({ min: 0, max: NOW_MS })),
    }),
    { selector: ({ number }) => number, maxLength: 12 },
  );
  const line = fc.uniqueArray(
    fc.record({
      id: fc.integer({ min: 1, max: 50 }).map(String),
      priority: fc.integer({ min: -3, max: 3 }),
      joinedAtMs: fc.integer({ min: 0, max: NOW_MS }),
      missed: fc.array(fc.tuple(fc.integer({ min: 1, max: 20 }).map(String), fc.integer({ min: 0, max: NOW_MS })), {
        maxLength: 3,
      }),
    }),
    { selector: ({ id }) => id, maxLength: 12 },
  );
  const settings = fc.record({
    wrapUpMs: fc.integer({ min: 0, max: 20_000 }),
    retryMs: fc.integer({ min: 0, max: 20_000 }),
  });

  const people = (made: readonly ({ readonly number: string } & Partial<Member>)[]) =>
    made.map(({ number, ...changes }) => member(number, changes));
  const callers = (
    made: readonly { readonly id: string; readonly missed: [string, number][]; priority: number; joinedAtMs: number }[],
  ) => made.map(({ id, missed, ...changes }) => waiting(id, { ...changes, missed: missedBy(...missed) }));

  test('nobody is proposed twice, nor a member who is not available or within retry', () => {
    fc.assert(
      fc.property(line, members, settings, (someCallers, someMembers, times) => {
        const all = people(someMembers);
        const entries = callers(someCallers);
        const { proposals } = matchOne(entries, all, times);
        expect(new Set(proposals.map(({ extension }) => extension)).size).toBe(proposals.length);
        expect(new Set(proposals.map(({ entryId }) => entryId)).size).toBe(proposals.length);
        for (const { extension, entryId } of proposals) {
          const chosen = all.find((each) => each.extension.number === extension);
          if (chosen === undefined) throw new Error(`${extension} is no member`);
          expect(availability(chosen, queueSettings(times), NOW_MS)).toEqual({ type: 'available' });
          const missedAtMs = entries.find((entry) => entry.entryId === entryId)?.missed.get(extension);
          expect(missedAtMs === undefined || missedAtMs + times.retryMs <= NOW_MS).toBe(true);
        }
      }),
    );
  });

  test('nobody waits while a member is free for them', () => {
    fc.assert(
      fc.property(line, members, settings, (someCallers, someMembers, times) => {
        const all = people(someMembers);
        const { proposals } = matchOne(callers(someCallers), all, times);
        const isFree = (each: Member) =>
          availability(each, queueSettings(times), NOW_MS).type === 'available' &&
          !proposals.some(({ extension }) => extension === each.extension.number);
        for (const entry of callers(someCallers)) {
          if (proposals.some(({ entryId }) => entryId === entry.entryId)) continue;
          const isHeldBack = (each: Member) =>
            (entry.missed.get(each.extension.number) ?? Number.NEGATIVE_INFINITY) + times.retryMs > NOW_MS;
          expect(all.filter((each) => isFree(each) && !isHeldBack(each))).toEqual([]);
        }
      }),
    );
  });

  test('the order in which they are told of does not matter', () => {
    fc.assert(
      fc.property(line, members, settings, (someCallers, someMembers, times) => {
        const one = matchOne(callers(someCallers), people(someMembers), times);
        const other = matchOne(callers(someCallers).toReversed(), people(someMembers).toReversed(), times);
        expect(other).toEqual(one);
      }),
    );
  });
});
