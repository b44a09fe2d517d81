import { describe, expect, test } from '@jest/globals';
import { entryId, extensionNumber, queueName } from '../../../../src/core/ids.ts';
import { inOrder, placeOf } from '../../../../src/core/queue/line.ts';
import { goesOn, isPassOver, RING_MS_MAX, ringTimeMs } from '../../../../src/core/queue/ring-time.ts';
import { match, matchmaker, matchOne, pairs } from '../../../support/matching.ts';
import { member, missedBy, NOW_MS, queueSettings, waiting } from '../../../support/queue-people.ts';

const SUPPORT = queueName('support');
const SALES = queueName('sales');
const ids = (entries: Iterable<{ readonly entryId: string }>) => [...entries].map((each) => each.entryId);

describe('autofill', () => {
  const line = [waiting('a', { joinedAtMs: 1 }), waiting('b', { joinedAtMs: 2 }), waiting('c', { joinedAtMs: 3 })];
  const two = [member('1000'), member('1001', { loggedInAtMs: 1 })];

  test('AF1: no: only the caller at position 1 is rung for', () => {
    const made = matchmaker();
    made.setQueue(queueSettings({ autofill: false }));
    for (const each of two) made.setMember(each);
    for (const each of line) made.join(SUPPORT, each);
    expect(pairs(made.look(NOW_MS))).toEqual(['a>1000']);
    expect(pairs(made.look(NOW_MS))).toEqual([]);
    made.leave(entryId('a'));
    expect(pairs(made.look(NOW_MS))).toEqual(['b>1001']);
  });

  test('AF1, difference 6: nobody at position 1 whom none of the members may ever serve', () => {
    const first = waiting('first', { joinedAtMs: 0, limits: { min: 5, max: null, raise: null } });
    expect(pairs(matchOne([first, ...line], two, { autofill: false }))).toEqual(['a>1000']);
    const there = [...two, member('1005', { penalty: 5, deviceState: 'INUSE' })];
    expect(pairs(matchOne([first, ...line], there, { autofill: false }))).toEqual([]);
  });

  test('AF2: yes: each caller while members are free, in the order of the line', () => {
    expect(pairs(matchOne(line, two))).toEqual(['a>1000', 'b>1001']);
  });

  test('AF3, difference 3: nobody is free: nothing is asked again until something happens', () => {
    expect(matchOne(line, [member('1000', { deviceState: 'INUSE' })])).toEqual({ proposals: [], lookAgainAtMs: null });
  });

  test('AF4, difference 3: retry holds back the same member for the same caller, exactly so long, and nobody else', () => {
    const missed = (agoMs: number) => [waiting('a', { joinedAtMs: 1, missed: missedBy(['1000', NOW_MS - agoMs]) })];
    const one = two.slice(0, 1);
    expect(matchOne(missed(4_999), one, { retryMs: 5_000 })).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 1 });
    expect(pairs(matchOne(missed(5_000), one, { retryMs: 5_000 }))).toEqual(['a>1000']);
    expect(pairs(matchOne(missed(0), two, { retryMs: 5_000 }))).toEqual(['a>1001']);
    expect(pairs(matchOne([...missed(0), waiting('b')], one, { retryMs: 5_000 }))).toEqual(['b>1000']);
  });
});

describe('weight', () => {
  const shared = member('1000');
  const views = (light: number, heavy: number) => [
    {
      settings: queueSettings({ weight: 1 }),
      waiting: Array.from({ length: light }, (_, index) => waiting(`light${index}`, { joinedAtMs: index })),
      members: [shared, member('1001', { loggedInAtMs: 1 })],
    },
    {
      settings: queueSettings({ name: SALES, weight: 5 }),
      waiting: Array.from({ length: heavy }, (_, index) => waiting(`heavy${index}`, { joinedAtMs: 500 + index })),
      members: [shared, member('1002', { loggedInAtMs: 2 })],
    },
  ];

  test('WG1: a shared member is left to the heavier queue while its callers need all of its members', () => {
    expect(pairs(match(views(1, 2)))).toEqual(['heavy0>1000', 'heavy1>1002', 'light0>1001']);
    expect(pairs(match(views(2, 2)))).toEqual(['heavy0>1000', 'heavy1>1002', 'light0>1001']);
  });

  test('WG1: with fewer callers there the lighter queue has who is left', () => {
    const heavyTakesOther = views(1, 1).map((view) => ({
      ...view,
      members: view.members.map((each) => (each === shared ? { ...each, lastHangupAtMs: 1 } : each)),
    }));
    heavyTakesOther[0] = {
      ...heavyTakesOther[0],
      members: [{ ...shared, lastHangupAtMs: 1 }],
    } as (typeof heavyTakesOther)[0];
    expect(pairs(match(heavyTakesOther))).toEqual(['heavy0>1002', 'light0>1000']);
  });

  test('WG2, difference 6: a heavier caller whom nobody there can serve blocks nobody', () => {
    const [light, heavy] = views(1, 1);
    if (light === undefined || heavy === undefined) throw new Error('Two queues');
    const choosy = [waiting('heavy0', { limits: { min: 7, max: null, raise: null } })];
    expect(pairs(match([light, { ...heavy, waiting: choosy }]))).toEqual(['light0>1000']);
    const resting = [waiting('heavy0', { missed: missedBy(['1000', NOW_MS], ['1002', NOW_MS]) })];
    expect(pairs(match([light, { ...heavy, waiting: resting }]))).toEqual(['light0>1000']);
  });

  test('a weight that starves: the lighter queue is served as soon as the heavier has nobody', () => {
    const [light, heavy] = views(1, 0);
    if (light === undefined || heavy === undefined) throw new Error('Two queues');
    expect(pairs(match([light, { ...heavy, settings: { ...heavy.settings, weight: 1_000_000 } }]))).toEqual([
      'light0>1000',
    ]);
  });

  const equal = [
    {
      settings: queueSettings(),
      waiting: [waiting('first', { joinedAtMs: 1 }), waiting('important', { joinedAtMs: 3, priority: 5 })],
      members: [shared],
    },
    { settings: queueSettings({ name: SALES }), waiting: [waiting('second', { joinedAtMs: 2 })], members: [shared] },
  ];

  test('WG3: prio: between queues of equal weight the higher priority goes first, then who waits longest', () => {
    expect(pairs(match(equal))).toEqual(['important>1000']);
  });

  test('WG3: yes: the first caller of which queue has waited longest', () => {
    expect(pairs(match(equal, NOW_MS, { longestWaiting: () => 'yes' }))).toEqual(['second>1000']);
  });

  test('WG3: of no priority the one who waits longest, in either way', () => {
    const [support, sales] = equal;
    if (support === undefined || sales === undefined) throw new Error('Two queues');
    const views = [{ ...support, waiting: support.waiting.slice(0, 1) }, sales];
    expect(pairs(match(views))).toEqual(['first>1000']);
    expect(pairs(match(views, NOW_MS, { longestWaiting: () => 'yes' }))).toEqual(['first>1000']);
  });
});

describe('priority', () => {
  const zeros = [waiting('a', { joinedAtMs: 1 }), waiting('b', { joinedAtMs: 2 })];

  test('PR1: the higher goes first, among equals who came first', () => {
    const line = [...zeros, waiting('c', { joinedAtMs: 3, priority: 5 }), waiting('d', { joinedAtMs: 4, priority: 5 })];
    expect(ids(inOrder(line))).toEqual(['c', 'd', 'a', 'b']);
    expect(pairs(matchOne(line, [member('1000')]))).toEqual(['c>1000']);
  });

  // PR2, a position that was asked for, is decided where the place is taken: test/contract/queue-store-places.suite.ts.

  // PR3 without Immediate, where the number alone changes, is the store's: test/contract/queue-store-calls.suite.ts.

  test('PR3: with Immediate the caller stands behind all of that priority, and nobody else moves', () => {
    const made = matchmaker();
    made.setQueue(queueSettings());
    const line = [...zeros, waiting('c', { joinedAtMs: 3, priority: 5 }), waiting('d', { joinedAtMs: 4, priority: 1 })];
    for (const each of line) made.join(SUPPORT, each);
    const before = made.entry(entryId('b'));
    if (before === undefined) throw new Error('b waits');
    made.replace({ ...before, priority: 5, placedPriority: 5, placedAtMs: 50 });
    expect(ids(made.line(SUPPORT))).toEqual(['c', 'b', 'd', 'a']);
    expect(made.position(entryId('b'))).toBe(2);
  });
});

describe('Age', () => {
  test('one point of priority is worth so much waiting, no more, and the order never changes while they wait', () => {
    const came = (id: string, priority: number, joinedAtMs: number, ageWeightMs: number) =>
      waiting(id, { priority, joinedAtMs, ...placeOf(priority, joinedAtMs, ageWeightMs) });
    const line = (ageWeightMs: number) => [
      came('old', 0, NOW_MS - 61_000, ageWeightMs),
      came('important', 2, NOW_MS, ageWeightMs),
      came('young', 0, NOW_MS - 59_000, ageWeightMs),
    ];
    expect(ids(inOrder(line(30_000)))).toEqual(['old', 'important', 'young']);
    expect(ids(inOrder(line(0)))).toEqual(['important', 'old', 'young']);
    expect(pairs(matchOne(line(30_000), [member('1000')], { ageWeightMs: 30_000 }))).toEqual(['old>1000']);
  });
});

describe('Ring time', () => {
  const settings = queueSettings({ ringTimeoutMs: 15_000 });
  const moment = { attempt: { startedAtMs: NOW_MS }, expiresAtMs: NOW_MS + 10_000, nowMs: NOW_MS };

  test('T1: app: no longer than the caller may wait; without ring-timeout so long', () => {
    expect(ringTimeMs(settings, moment)).toBe(10_000);
    expect(ringTimeMs(settings, { ...moment, expiresAtMs: Number.POSITIVE_INFINITY })).toBe(15_000);
    expect(ringTimeMs({ ...settings, ringTimeoutMs: 0 }, moment)).toBe(10_000);
  });

  test('T2: conf: ring-timeout whatever is left to the caller; 0 is as good as for ever', () => {
    const conf = { ...settings, timeoutPriority: 'conf' } as const;
    expect(ringTimeMs(conf, moment)).toBe(15_000);
    expect(ringTimeMs({ ...conf, ringTimeoutMs: 0 }, moment)).toBe(RING_MS_MAX);
  });

  test('T3: a caller whose time is over is not rung for any more: the ring would have no length', () => {
    expect(ringTimeMs(settings, { ...moment, nowMs: NOW_MS + 10_000 })).toBe(1);
  });

  const refusal = (outcome: string, afterMs: number) => ({ outcome, atMs: NOW_MS + afterMs });

  test('S3: the next after a refusal has what is left of the attempt, if that is more than 500 ms', () => {
    expect(goesOn(settings, moment.attempt, refusal('busy', 14_499))).toBe(true);
    expect(goesOn(settings, moment.attempt, refusal('rejected', 14_500))).toBe(false);
    expect(goesOn(settings, moment.attempt, refusal('no-answer', 15_000))).toBe(false);
    const later = { ...moment, nowMs: NOW_MS + 4_000, expiresAtMs: Number.POSITIVE_INFINITY };
    expect(ringTimeMs(settings, later)).toBe(11_000);
  });

  test('T4: timeoutrestart: the next has the full time, but not with ringall', () => {
    const restart = { ...settings, timeoutRestart: true };
    expect(goesOn(restart, moment.attempt, refusal('busy', 1_000))).toBe(false);
    expect(goesOn({ ...restart, strategy: 'ringall' }, moment.attempt, refusal('busy', 1_000))).toBe(true);
  });

  test.each([
    ['leastrecent', 1],
    ['ringall', 1],
    ['random', 1],
    ['rrmemory', 3],
    ['rrordered', 3],
    ['linear', 3],
  ])('T5: one pass of %s among three members is %i attempts', (strategy, attempts) => {
    expect(isPassOver({ strategy }, { attempts: attempts - 1, members: 3 })).toBe(false);
    expect(isPassOver({ strategy }, { attempts, members: 3 })).toBe(true);
  });
});

describe('Places in the line', () => {
  test('are told to those whose place has changed, and to nobody else', () => {
    const made = matchmaker();
    made.setQueue(queueSettings());
    const moves = () => made.takeMoves().map((move) => `${move.entryId} ${move.position}`);
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) made.join(SUPPORT, waiting(id, { joinedAtMs: index }));
    expect(moves()).toEqual(['a 1', 'b 2', 'c 3', 'd 4']);
    expect(moves()).toEqual([]);
    made.leave(entryId('c'));
    expect(moves()).toEqual(['d 3']);
    made.join(SUPPORT, waiting('e', { priority: 1 }));
    made.leave(entryId('a'));
    expect(moves()).toEqual(['e 1']);
    expect(made.position(entryId('c'))).toBeNull();
  });

  test('are kept while a member is rung for the caller', () => {
    const made = matchmaker();
    made.setQueue(queueSettings());
    made.setMember(member('1000'));
    made.join(SUPPORT, waiting('a', { joinedAtMs: 1 }));
    made.join(SUPPORT, waiting('b', { joinedAtMs: 2 }));
    expect(pairs(made.look(NOW_MS))).toEqual(['a>1000']);
    expect(made.position(entryId('b'))).toBe(2);
    made.waitAgain(entryId('a'));
    made.setMember(member('1000'));
    expect(pairs(made.look(NOW_MS))).toEqual(['a>1000']);
  });

  test('are kept when the queue gets other settings', () => {
    const made = matchmaker();
    made.setQueue(queueSettings());
    for (const number of ['1000', '1001']) made.setMember(member(number));
    made.join(SUPPORT, waiting('a', { joinedAtMs: 1 }));
    made.look(NOW_MS);
    made.join(SUPPORT, waiting('b', { joinedAtMs: 2, priority: 1 }));
    made.setQueue(queueSettings({ strategy: 'random' }));
    expect(ids(made.line(SUPPORT))).toEqual(['b', 'a']);
    expect(pairs(made.look(NOW_MS))).toEqual(['b>1001']);
    made.removeQueue(SUPPORT);
    expect(made.position(entryId('a'))).toBeNull();
    expect(made.leave(entryId('a'))).toBe(false);
  });
});

describe('A member who knows the customer', () => {
  const known = (changes = {}) =>
    waiting('a', { knownExtension: extensionNumber('1001'), joinedAtMs: NOW_MS, ...changes });
  const exclusive = { knownMember: { by: 'last-call', exclusiveMs: 20_000 } } as const;
  const other = member('1000');
  const friend = (changes = {}) => member('1001', { loggedInAtMs: 9, ...changes });

  test('is rung first, whatever the strategy says', () => {
    expect(pairs(matchOne([known()], [other, friend()], exclusive))).toEqual(['a>1001']);
    expect(pairs(matchOne([known()], [other, friend()], { knownMember: { by: 'last-call', exclusiveMs: 0 } }))).toEqual(
      ['a>1001'],
    );
  });

  test('is waited for, but not longer than exclusive says', () => {
    const busy = friend({ deviceState: 'INUSE' });
    expect(matchOne([known()], [other, busy], exclusive)).toEqual({ proposals: [], lookAgainAtMs: NOW_MS + 20_000 });
    expect(pairs(matchOne([known({ joinedAtMs: NOW_MS - 20_000 })], [other, busy], exclusive))).toEqual(['a>1000']);
  });

  test.each([
    ['paused', [friend({ isPaused: true })]],
    ['logged out', []],
    ['outside of the caller’s limits', [friend({ penalty: 9 })]],
  ])('is not waited for when %s', (_, friends) => {
    const caller = known({ limits: { min: null, max: 5, raise: null } });
    expect(pairs(matchOne([caller], [other, ...friends], exclusive))).toEqual(['a>1000']);
  });

  test('is not waited for any more when the call was missed, nor when logging out meanwhile', () => {
    const missed = known({ missed: missedBy(['1001', NOW_MS]) });
    expect(pairs(matchOne([missed], [other, friend()], exclusive))).toEqual(['a>1000']);
    const made = matchmaker();
    made.setQueue(queueSettings(exclusive));
    made.setMember(other);
    made.setMember(friend({ deviceState: 'INUSE' }));
    made.join(SUPPORT, known());
    expect(pairs(made.look(NOW_MS))).toEqual([]);
    made.removeMember(SUPPORT, extensionNumber('1001'));
    expect(pairs(made.look(NOW_MS))).toEqual(['a>1000']);
  });

  test('is free: of those who wait, whoever comes first in the line has them', () => {
    const made = matchmaker();
    made.setQueue(queueSettings(exclusive));
    made.setMember(friend({ deviceState: 'INUSE' }));
    made.join(SUPPORT, known());
    made.join(SUPPORT, waiting('b', { joinedAtMs: NOW_MS + 1 }));
    expect(pairs(made.look(NOW_MS + 1))).toEqual([]);
    made.setMember(friend());
    expect(pairs(made.look(NOW_MS + 2))).toEqual(['a>1001']);
  });
});
