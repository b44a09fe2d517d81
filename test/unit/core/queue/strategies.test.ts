import { describe, expect, test } from '@jest/globals';
import { extensionNumber, queueName } from '../../../../src/core/ids.ts';
import type { Member } from '../../../../src/core/queue/availability.ts';
import type { QueueSettings } from '../../../../src/core/queue/settings.ts';
import { match, matchmaker, matchOne, pairs } from '../../../support/matching.ts';
import { extension, member, missedBy, NOW_MS, queueSettings, waiting } from '../../../support/queue-people.ts';

const strategy = (name: string, more: Partial<QueueSettings> = {}) => ({ strategy: name, ...more });

/** Whom one caller after the other gets while nobody who was rung is free again. */
function order(members: readonly Member[], settings: Partial<QueueSettings>): string[] {
  const callers = members.map((_, index) => waiting(`${index}`, { joinedAtMs: index }));
  return matchOne(callers, members, settings).proposals.flatMap(({ extensions }) => extensions);
}

/**
 * One attempt after the other for one caller, none answered; `null`: nobody could be rung. Between them `stepMs` pass.
 */
function attempts(
  members: readonly Member[],
  settings: Partial<QueueSettings>,
  { times, stepMs = 0, random = () => 0.5 }: { times: number; stepMs?: number; random?: () => number },
) {
  const queue = queueSettings(settings);
  const made = matchmaker({ random });
  made.setQueue(queue);
  for (const each of members) made.setMember(each);
  const missed = new Map();
  made.join(queue.name, waiting('caller', { missed }));
  const rung: (string | null)[] = [];
  for (let atMs = NOW_MS, attempt = 0; attempt < times; attempt++, atMs += stepMs) {
    const [proposal] = made.look(atMs).proposals;
    rung.push(proposal?.extensions.join('+') ?? null);
    for (const number of proposal?.extensions ?? []) {
      missed.set(number, atMs);
      made.setMember(byNumber(members, number));
    }
    made.waitAgain(waiting('caller').entryId);
  }
  return rung;
}

function byNumber(members: readonly Member[], number: string): Member {
  const found = members.find(({ extension }) => extension.number === number);
  if (found === undefined) throw new Error(`${number} is no member`);
  return found;
}

describe('Every strategy', () => {
  test('S1: the members of the lowest penalty are compared, and the best of them is rung', () => {
    const members = [
      member('1000', { penalty: 1 }),
      member('1001', { lastHangupAtMs: NOW_MS - 1 }),
      member('1002', { lastHangupAtMs: NOW_MS - 2 }),
    ];
    expect(order(members, strategy('leastrecent'))).toEqual(['1002', '1001', '1000']);
  });

  test.each(['leastrecent', 'fewestcalls'])(
    'S2, difference 1: %s: equal members by who is idle longer, then position, then interface, in any order given',
    (name) => {
      const members = [
        member('1004', { loggedInAtMs: 2 }),
        member('1003', { loggedInAtMs: 1 }),
        member('1002', { loggedInAtMs: 1, position: 1 }),
        member('1001', { loggedInAtMs: 1 }),
      ];
      expect(order(members, strategy(name))).toEqual(['1001', '1003', '1002', '1004']);
      expect(order(members.toReversed(), strategy(name))).toEqual(['1001', '1003', '1002', '1004']);
    },
  );

  test('S2, difference 1: names that app_queue orders by their hashes stand in the order of the alphabet', () => {
    const named = ['PJSIP/1003', 'PJSIP/1001', 'PJSIP/1004', 'PJSIP/1002'].map((name, index) =>
      member(`${index}`, { extension: extension(`${index}`, { interface: name }) }),
    );
    expect(order(named, strategy('leastrecent'))).toEqual(['1', '3', '0', '2']);
  });

  test('S3: who refuses at once makes way for the next best without any pause', () => {
    const members = [member('1000'), member('1001', { loggedInAtMs: 1 })];
    expect(attempts(members, strategy('leastrecent'), { times: 3 })).toEqual(['1000', '1001', null]);
  });

  test('S4: with no more members than penaltymemberslimit penalties count for nothing: no limit, no order', () => {
    const members = [member('1000', { penalty: 9 }), member('1001', { penalty: 1, loggedInAtMs: 1 })];
    const limited = [waiting('a', { limits: { min: 2, max: 5, raise: null } })];
    expect(pairs(matchOne(limited, members, { penaltyMembersLimit: 2 }))).toEqual(['a>1000']);
    expect(pairs(matchOne(limited, members, { penaltyMembersLimit: 1 }))).toEqual([]);
  });

  test('S5, difference 9: penalties that overflow in app_queue are still penalties', () => {
    const members = [
      member('1000', { penalty: 2_200_000 }),
      member('1001', { penalty: 1_000_000_000 }),
      member('1002', { penalty: 2_199_999, lastHangupAtMs: NOW_MS - 1 }),
    ];
    expect(order(members, strategy('leastrecent'))).toEqual(['1002', '1000', '1001']);
  });

  test.each(['rrmemory', 'rrordered', 'linear'])('S5, difference 9: %s goes through 1,500 members in order', (name) => {
    const members = Array.from({ length: 1_500 }, (_, index) =>
      member(`${10_000 + index}`, { position: index, loggedInAtMs: index }),
    );
    const numbers = members.map(({ extension: { number } }) => number);
    expect(attempts(members, strategy(name, { retryMs: 600_000 }), { times: 1_500 })).toEqual(numbers);
  });
});

describe('leastrecent', () => {
  test('L1: who never had a call goes first', () => {
    const members = [member('1000', { lastHangupAtMs: NOW_MS - 10_000 }), member('1001', { loggedInAtMs: 5 })];
    expect(order(members, strategy('leastrecent'))).toEqual(['1001', '1000']);
  });

  test('L2: then whose last call ended longest ago', () => {
    const members = [
      member('1000', { lastHangupAtMs: NOW_MS - 30_000 }),
      member('1001', { lastHangupAtMs: NOW_MS - 60_000 }),
    ];
    expect(order(members, strategy('leastrecent'))).toEqual(['1001', '1000']);
  });

  test('L3, difference 2: who did not answer goes behind the others for that caller, the latest last', () => {
    const members = [member('1000'), member('1001', { loggedInAtMs: 1 }), member('1002', { loggedInAtMs: 2 })];
    const rung = attempts(members, strategy('leastrecent', { retryMs: 5_000 }), { times: 5, stepMs: 20_000 });
    expect(rung).toEqual(['1000', '1001', '1002', '1000', '1001']);
  });

  test('L3, difference 2: and for that caller only', () => {
    const callers = [waiting('a', { missed: missedBy(['1000', NOW_MS - 60_000]) }), waiting('b')];
    const members = [member('1000'), member('1001', { loggedInAtMs: 1 })];
    expect(pairs(matchOne(callers, members))).toEqual(['a>1001', 'b>1000']);
  });

  test('L4, difference 9: idle for more than 11.57 days is after who never had a call, and in the own penalty', () => {
    const long = member('1000', { lastHangupAtMs: 1 });
    const members = [member('1001', { penalty: 1 }), long, member('1002')];
    const laterMs = 1_000_001_000;
    expect(matchOne([waiting('a'), waiting('b'), waiting('c')], members, {}, laterMs).proposals).toMatchObject([
      { extensions: ['1002'] },
      { extensions: ['1000'] },
      { extensions: ['1001'] },
    ]);
  });

  // L5, shared_lastcall, is a matter of which call the board puts into the member: test/unit/calls/member-board.test.ts.
});

describe('fewestcalls', () => {
  test('F1: by answered calls since the login; who is new has none and goes first', () => {
    const members = [
      member('1000', { calls: 2 }),
      member('1001', { calls: 1 }),
      member('1002', { calls: 0, loggedInAtMs: NOW_MS }),
    ];
    expect(order(members, strategy('fewestcalls'))).toEqual(['1002', '1001', '1000']);
  });

  test('F1, difference 2: who did not answer goes behind the others', () => {
    const members = [member('1000'), member('1001', { calls: 7 })];
    const rung = attempts(members, strategy('fewestcalls', { retryMs: 1_000 }), { times: 3, stepMs: 2_000 });
    expect(rung).toEqual(['1000', '1001', '1000']);
  });
});

/** A series of numbers that looks like chance and is the same in every run. */
function series(): () => number {
  let state = 42;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** How often each member is rung first. */
function counts(members: readonly Member[], settings: Partial<QueueSettings>, times: number, missed = new Map()) {
  const random = series();
  const found = new Map<string, number>(members.map(({ extension: { number } }) => [number, 0]));
  const made = matchmaker({ random });
  made.setQueue(queueSettings(settings));
  for (const each of members) made.setMember(each);
  for (let time = 0; time < times; time++) {
    const entry = waiting(`${time}`, { missed });
    made.join(queueName('support'), entry);
    const number = made.look(NOW_MS).proposals[0]?.extensions[0] ?? '';
    found.set(number, (found.get(number) ?? 0) + 1);
    made.leave(entry.entryId);
    made.setMember(byNumber(members, number));
  }
  return [...found.values()];
}

describe('random', () => {
  test('R1: all members of the lowest penalty have the same chance, others none', () => {
    const members = ['1000', '1001', '1002', '1003'].map((number) => member(number));
    const [a = 0, b = 0, c = 0, d = 0, other] = counts(
      [...members, member('1004', { penalty: 1 })],
      strategy('random'),
      4_000,
    );
    for (const count of [a, b, c, d]) expect(Math.abs(count - 1_000)).toBeLessThan(120);
    expect(other).toBe(0);
  });

  test('R1: nor has one who has just missed this very call', () => {
    const members = ['1000', '1001', '1002'].map((number) => member(number));
    const [a = 0, b, c = 0] = counts(members, strategy('random'), 1_000, new Map([[extensionNumber('1001'), NOW_MS]]));
    expect(b).toBe(0);
    expect(Math.abs(a - c)).toBeLessThan(120);
  });

  test('chance at its bounds is a member all the same', () => {
    const members = ['1000', '1001', '1002'].map((number) => member(number));
    for (const random of [() => 0, () => 1 - 2 ** -53])
      for (const name of ['random', 'wrandom'])
        expect(attempts(members, strategy(name), { times: 4, random }).map((rung) => rung !== null)).toEqual([
          true,
          true,
          true,
          false,
        ]);
  });
});

describe('wrandom', () => {
  test('R1: a penalty is a chance and no tier: as often as app_queue, whose numbers are drawn one by one here', () => {
    const penalties = [0, 0, 1, 4];
    const members = penalties.map((penalty, index) => member(`${1000 + index}`, { penalty }));
    const measured = counts(members, strategy('wrandom'), 10_000);
    const random = series();
    const expected = penalties.map(() => 0);
    for (let time = 0; time < 10_000; time++) {
      const drawn = penalties.map((penalty) => random() * (1 + penalty));
      const least = drawn.indexOf(Math.min(...drawn));
      expected[least] = (expected[least] ?? 0) + 1;
    }
    for (const [index, count] of measured.entries()) expect(Math.abs(count - (expected[index] ?? 0))).toBeLessThan(350);
  });

  test('R1, difference 9: the greatest penalty overflows nothing', () => {
    const members = [member('1000', { penalty: 1_000_000_000 }), member('1001', { penalty: 1_000_000_000 })];
    const [a = 0, b = 0] = counts(members, strategy('wrandom'), 1_000);
    expect(a + b).toBe(1_000);
    expect(Math.abs(a - b)).toBeLessThan(150);
  });
});

describe('Round robin', () => {
  const added = [
    member('1002', { loggedInAtMs: 1 }),
    member('1000', { loggedInAtMs: 2 }),
    member('1001', { loggedInAtMs: 3 }),
  ];

  test('RR1: rrmemory goes on behind the member rung last, in the order of being added, and begins again', () => {
    expect(attempts(added, strategy('rrmemory', { retryMs: 0 }), { times: 5 })).toEqual([
      '1002',
      '1000',
      '1001',
      '1002',
      '1000',
    ]);
  });

  test('RR1: rrordered has the order of configuration', () => {
    const placed = added.map((each, index) => ({ ...each, position: 3 - index }));
    expect(attempts(placed, strategy('rrordered', { retryMs: 0 }), { times: 4 })).toEqual([
      '1001',
      '1000',
      '1002',
      '1001',
    ]);
  });

  test('RR2: the pointer moves with every attempt, answered or not, and is the queue’s: the next caller is served from there', () => {
    const made = matchmaker();
    made.setQueue(queueSettings(strategy('rrmemory')));
    const rung = ['a', 'b', 'c', 'd'].flatMap((id) => {
      for (const each of added) made.setMember(each);
      made.join(queueName('support'), waiting(id));
      const { proposals } = made.look(NOW_MS);
      made.leave(waiting(id).entryId);
      return proposals.flatMap(({ extensions }) => extensions);
    });
    expect(rung).toEqual(['1002', '1000', '1001', '1002']);
  });

  test('RR2: it goes on where it was when its member has logged out, and after a restart', () => {
    const made = matchmaker();
    made.setQueue(queueSettings(strategy('rrmemory')));
    for (const each of added) made.setMember(each);
    made.setLastRung(queueName('support'), extensionNumber('1000'));
    made.removeMember(queueName('support'), extensionNumber('1000'));
    made.join(queueName('support'), waiting('a'));
    expect(pairs(made.look(NOW_MS))).toEqual(['a>1001']);
  });

  test('RR2: in each penalty it is the same pointer', () => {
    const members = [...added, member('1003', { penalty: 1, loggedInAtMs: 4 })];
    expect(order(members, strategy('rrmemory'))).toEqual(['1002', '1000', '1001', '1003']);
  });

  test('RR3: linear begins with the first member for every caller, and goes on from there for the same one', () => {
    const placed = added.map((each, index) => ({ ...each, position: 3 - index }));
    const made = matchmaker();
    made.setQueue(queueSettings(strategy('linear')));
    for (const each of placed) made.setMember(each);
    made.join(queueName('support'), waiting('a'));
    expect(pairs(made.look(NOW_MS))).toEqual(['a>1001']);
    for (const each of placed) made.setMember(each);
    made.join(queueName('support'), waiting('b'));
    expect(pairs(made.look(NOW_MS))).toEqual(['b>1001']);
    expect(attempts(placed, strategy('linear', { retryMs: 0 }), { times: 4 })).toEqual([
      '1001',
      '1000',
      '1002',
      '1001',
    ]);
  });
});

describe('ringall', () => {
  const members = [
    member('1000'),
    member('1001', { loggedInAtMs: 1 }),
    member('1002', { penalty: 1 }),
    member('1003', { penalty: 1 }),
  ];

  test('RA1: all of the lowest penalty ring; the next only when each of those can not be rung or has failed', () => {
    expect(pairs(matchOne([waiting('a')], members, strategy('ringall')))).toEqual(['a>1000+1001']);
    const first = [{ ...(members[0] as Member), isPaused: true }, ...members.slice(1)];
    expect(pairs(matchOne([waiting('a')], first, strategy('ringall')))).toEqual(['a>1001']);
    expect(attempts(members, strategy('ringall'), { times: 3 })).toEqual(['1000+1001', '1002+1003', null]);
  });

  test('RA2: whom the ring missed is rung again after retry', () => {
    const rung = attempts(members.slice(0, 2), strategy('ringall', { retryMs: 5_000 }), { times: 3, stepMs: 2_500 });
    expect(rung).toEqual(['1000+1001', null, '1000+1001']);
  });

  test('RA3, difference 3: callers start one after another at once, each with the members that the one before left', () => {
    const callers = [waiting('a', { joinedAtMs: 1 }), waiting('b', { joinedAtMs: 2 }), waiting('c', { joinedAtMs: 3 })];
    expect(pairs(matchOne(callers, members, strategy('ringall')))).toEqual(['a>1000+1001', 'b>1002+1003']);
  });

  test('RA3, difference 9: more members than app_queue can watch ring', () => {
    const many = Array.from({ length: 300 }, (_, index) => member(`${1000 + index}`));
    const [proposal] = matchOne([waiting('a')], many, strategy('ringall')).proposals;
    expect(proposal?.extensions).toHaveLength(300);
  });

  test('a member of two queues rings for one of them', () => {
    const sales = queueSettings({ name: queueName('sales'), strategy: 'ringall' });
    const views = [
      {
        settings: queueSettings(strategy('ringall')),
        waiting: [waiting('a', { joinedAtMs: 1 })],
        members: [member('1000')],
      },
      { settings: sales, waiting: [waiting('b', { joinedAtMs: 2 })], members: [member('1000'), member('1001')] },
    ];
    expect(pairs(match(views))).toEqual(['a>1000', 'b>1001']);
  });
});
