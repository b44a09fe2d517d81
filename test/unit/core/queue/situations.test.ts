import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DEVICE_STATES } from '../../../../src/core/device-state.ts';
import { type ExtensionNumber, extensionNumber } from '../../../../src/core/ids.ts';
import { availability, type Member } from '../../../../src/core/queue/availability.ts';
import { inOrder, type WaitingEntry } from '../../../../src/core/queue/line.ts';
import { match, type QueueView } from '../../../../src/core/queue/match.ts';
import { leastrecent } from '../../../../src/core/queue/strategy.ts';
import { queueSettings, waiting as sampleEntry, member as sampleMember } from '../../../support/queue-people.ts';

const NOW_MS = 1_000_000;
// The seed stands in the failure's message; a fixed one makes every run the same.
const RUN = { seed: 20_261_120, numRuns: 2_000 };

const settings = queueSettings({ wrapUpMs: 10_000 });

function member(number: string, changes: Partial<Member> = {}): Member {
  return sampleMember(number, { loggedInAtMs: 1, ...changes });
}

function waiting(id: string, joinedAtMs: number, changes: Partial<WaitingEntry> = {}): WaitingEntry {
  return sampleEntry(id, { joinedAtMs, ...changes });
}

const proposals = (view: Partial<QueueView>, nowMs = NOW_MS) =>
  match([{ settings, waiting: [], members: [], ...view }], nowMs).proposals.map(
    (each) => `${each.entryId} ${each.extension}`,
  );

describe('availability', () => {
  test.each([
    ['free', {}, 'available'],
    ['paused', { isPaused: true }, 'paused'],
    ['reserved', { isReserved: true }, 'reserved'],
    ['1 ms before the end of wrap-up', { lastHangupAtMs: NOW_MS - 9_999 }, 'wrap-up'],
    ['at the end of wrap-up (W1)', { lastHangupAtMs: NOW_MS - 10_000 }, 'available'],
  ] as const)('%s: %j is %s', (_, changes, expected) => {
    expect(availability(member('1000', changes), settings, NOW_MS).type).toBe(expected);
  });

  test.each(DEVICE_STATES)('a phone that is %s', (deviceState) => {
    const expected = deviceState === 'NOT_INUSE' || deviceState === 'UNKNOWN' ? 'available' : 'device';
    expect(availability(member('1000', { deviceState }), settings, NOW_MS).type).toBe(expected);
  });
});

describe('leastrecent', () => {
  const order = (members: readonly Member[], missed: ReadonlyMap<ExtensionNumber, number> = new Map()) =>
    leastrecent(members, waiting('a', 1, { missed })).map(({ extension }) => extension.number);

  test('L4: idle for more than 11.57 days is still after who never had a call, and in the own penalty', () => {
    const long = member('1000', { lastHangupAtMs: 1 });
    const nowAndPenalty = [member('1001', { penalty: 1 }), long, member('1002')];
    expect(order(nowAndPenalty)).toEqual(['1002', '1000', '1001']);
  });

  test('S2 on purpose otherwise: equal members by login, then position, then interface, in any order given', () => {
    const members = [
      member('1003'),
      member('1002', { position: 1 }),
      member('1001'),
      member('1000', { loggedInAtMs: 2 }),
    ];
    const shuffled = fc.shuffledSubarray(members, { minLength: members.length });
    fc.assert(
      fc.property(shuffled, (any) => {
        expect(order(any)).toEqual(['1001', '1003', '1002', '1000']);
      }),
      RUN,
    );
  });
});

describe('match', () => {
  test('each caller the best of those who are left, in order of priority and arrival', () => {
    const members = [member('1000'), member('1001', { loggedInAtMs: 2 }), member('1002', { loggedInAtMs: 3 })];
    const line = [waiting('late', 3), waiting('first', 1), waiting('important', 9, { priority: 1 })];
    expect(proposals({ members, waiting: line })).toEqual(['important 1000', 'first 1001', 'late 1002']);
  });

  test('retry: not 1 ms too early, and looked for again exactly then', () => {
    const missed = new Map([[extensionNumber('1000'), NOW_MS - 4_999]]);
    const view = { settings, members: [member('1000')], waiting: [waiting('a', 1, { missed })] };
    expect(match([view], NOW_MS)).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 1 });
    expect(match([view], NOW_MS + 1).proposals).toHaveLength(1);
  });

  test('wrap-up: looked for again at the earliest end', () => {
    const members = [member('1000', { lastHangupAtMs: NOW_MS - 2 }), member('1001', { lastHangupAtMs: NOW_MS - 3 })];
    const view = { settings, members, waiting: [waiting('a', 1)] };
    expect(match([view], NOW_MS)).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 9_997 });
  });
});

const NUMBERS = ['1000', '1001', '1002', '1003', '1004'];
const aTime = fc.integer({ min: NOW_MS - 20_000, max: NOW_MS });
const aMember = fc.record({
  number: fc.constantFrom(...NUMBERS),
  isPaused: fc.boolean(),
  isReserved: fc.boolean(),
  deviceState: fc.oneof(fc.constant('NOT_INUSE' as const), fc.constantFrom(...DEVICE_STATES)),
  lastHangupAtMs: fc.option(aTime),
  penalty: fc.integer({ min: 0, max: 2 }),
  position: fc.integer({ min: 0, max: 2 }),
  loggedInAtMs: fc.integer({ min: 0, max: 2 }),
});
const members = fc
  .uniqueArray(aMember, { selector: ({ number }) => number })
  .map((all) => all.map(({ number, ...changes }) => member(number, changes)));
const anEntry = fc.record({
  priority: fc.integer({ min: -1, max: 1 }),
  joinedAtMs: fc.integer({ min: 0, max: 3 }),
  missed: fc
    .array(fc.tuple(fc.constantFrom(...NUMBERS).map(extensionNumber), aTime), { maxLength: 5 })
    .map((pairs) => new Map(pairs)),
});
const line = fc
  .array(anEntry, { maxLength: 6 })
  .map((entries) => entries.map((entry, index) => waiting(`entry-${index}`, entry.joinedAtMs, entry)));
const view = fc.record({ members, waiting: line });

describe('match, whatever the situation', () => {
  test('proposals stand in the order of the line', () => {
    fc.assert(
      fc.property(view, (given) => {
        const served = match([{ settings, ...given }], NOW_MS).proposals.map((each) => each.entryId);
        const line = inOrder(given.waiting).map((each) => each.entryId);
        expect(served).toEqual(line.filter((id) => served.includes(id)));
      }),
      RUN,
    );
  });

  test('lookAgainAtMs lies ahead, and time alone changes nothing before it', () => {
    fc.assert(
      fc.property(view, fc.double({ min: 0, max: 1, noNaN: true }), (given, part) => {
        const { proposals, lookAgainAtMs } = match([{ settings, ...given }], NOW_MS);
        if (lookAgainAtMs !== null) expect(lookAgainAtMs).toBeGreaterThan(NOW_MS);
        const endMs = lookAgainAtMs ?? NOW_MS + 1_000_000;
        const laterMs = NOW_MS + Math.floor((endMs - 1 - NOW_MS) * part);
        if (proposals.length === 0) expect(match([{ settings, ...given }], laterMs).proposals).toEqual([]);
      }),
      RUN,
    );
  });
});
