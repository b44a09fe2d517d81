import { entryId, extensionNumber, queueName } from '../core/ids.ts';
import type { Member } from '../core/queue/availability.ts';
import type { FloorSettings } from '../core/queue/floor.ts';
import type { WaitingEntry } from '../core/queue/line.ts';
import { Matchmaker } from '../core/queue/matchmaker.ts';
import { UNLIMITED } from '../core/queue/penalty-rules.ts';
import type { Strategy } from '../core/queue/strategy.ts';

/** One thing that is true of every strategy: what it is, and what is wrong with this one; `null`: nothing. */
export interface ContractCase {
  readonly what: string;
  readonly fault: (strategy: Strategy) => string | null;
}

const NOW_MS = 1_000_000_000;
const QUEUE = queueName('contract');

/** What a strategy meets in life: the built-in ones in the tests, a user's module before it is used. */
export const STRATEGY_CONTRACT: readonly ContractCase[] = [
  {
    what: 'the only member is rung',
    fault: (strategy) => expected(rungOnce(strategy, [member(1)], caller('a')), ['1']),
  },
  {
    what: 'nobody is rung when nobody may be',
    fault: (strategy) => expected(rungOnce(strategy, [member(1, { isPaused: true })], caller('a')), []),
  },
  {
    what: 'callers one after another all get a member, nobody twice',
    fault(strategy) {
      const numbers = ['1', '2', '3', '4', '5'];
      const callers = ['a', 'b', 'c', 'd', 'e', 'f'].map(caller);
      const rung = look(
        strategy,
        numbers.map(Number).map((each) => member(each)),
        callers,
      );
      return expected(rung.flat().sort(), numbers);
    },
  },
  {
    what: 'members outside of a caller’s penalty limits are not rung',
    fault(strategy) {
      const members = [1, 2, 3].map((penalty) => member(penalty, { penalty }));
      const limited = { ...caller('a'), limits: { ...UNLIMITED, min: 2, max: 2 } };
      return expected(rungOnce(strategy, members, limited), ['2']);
    },
  },
  {
    what: 'who has just missed the call is not rung for it again before retry is over, but the others are',
    fault(strategy) {
      const members = [1, 2].map((each) => member(each));
      const missed = new Map([[extensionNumber('1'), NOW_MS]]);
      return expected(rungOnce(strategy, members, { ...caller('a'), missed }), ['2']);
    },
  },
  {
    what: 'all who missed the call are rung again when retry is over',
    fault(strategy) {
      const missed = new Map(['1', '2'].map((number) => [extensionNumber(number), NOW_MS - 60_000]));
      const rung = rungOnce(strategy, [member(1), member(2)], { ...caller('a'), missed });
      return rung.length > 0 ? null : 'nobody was rung';
    },
  },
  {
    what: 'names that are odd, and figures that are great, change nothing',
    fault(strategy) {
      const odd = ['Local/1@x/n', "PJSIP/o'brien", '__proto__', 'PJSIP/ключ'].map((name, index) =>
        member(index, { penalty: 1_000_000_000, calls: 2 ** 40, lastHangupAtMs: 1 }, name),
      );
      return expected(
        look(
          strategy,
          odd,
          odd.map((_, index) => caller(String(index))),
        )
          .flat()
          .sort(),
        ['0', '1', '2', '3'],
      );
    },
  },
  {
    what: 'a thousand members are no burden',
    fault(strategy) {
      const members = Array.from({ length: 1_000 }, (_, index) =>
        member(index, { loggedInAtMs: index, calls: index % 7, position: 1_000 - index }),
      );
      return rungOnce(strategy, members, caller('a')).length > 0 ? null : 'nobody was rung';
    },
  },
];

function expected(rung: readonly string[], wanted: readonly string[]): string | null {
  return rung.join(' ') === wanted.join(' ')
    ? null
    : `rung: ${rung.join(', ') || 'nobody'}; expected: ${wanted.join(', ') || 'nobody'}`;
}

function rungOnce(strategy: Strategy, members: readonly Member[], one: WaitingEntry): string[] {
  return look(strategy, members, [one]).flat();
}

function look(strategy: Strategy, members: readonly Member[], callers: readonly WaitingEntry[]): string[][] {
  const matchmaker = new Matchmaker({ strategyOf: () => strategy, random: () => 0.5, longestWaiting: () => 'prio' });
  matchmaker.setQueue(SETTINGS);
  for (const each of members) matchmaker.setMember(each);
  for (const each of callers) matchmaker.join(QUEUE, each);
  return matchmaker.look(NOW_MS).proposals.map(({ extensions }) => [...extensions]);
}

function member(number: number, changes: Partial<Member> = {}, named = `PJSIP/${number}`): Member {
  return {
    queue: QUEUE,
    extension: {
      number: extensionNumber(String(number)),
      interface: named,
      name: null,
      stateInterface: null,
      jid: null,
      subscribers: [],
      skills: {},
    },
    penalty: 0,
    position: 0,
    loggedInAtMs: NOW_MS - 3_600_000,
    isPaused: false,
    pausedReason: null,
    pausedAtMs: null,
    ringInUse: null,
    wrapUpMs: null,
    asideUntilMs: null,
    calls: 0,
    lastCallAtMs: null,
    lastHangupAtMs: null,
    lastQueue: null,
    wrapUpEndedAtMs: null,
    deviceState: 'NOT_INUSE',
    offers: 0,
    lastQueueWrapUpMs: null,
    ...changes,
  };
}

function caller(id: string): WaitingEntry {
  return {
    entryId: entryId(id),
    priority: 0,
    placedPriority: 0,
    placedAtMs: NOW_MS - 1_000,
    joinedAtMs: NOW_MS - 1_000,
    limits: UNLIMITED,
    penaltyRule: [],
    needs: {},
    skillRule: [],
    knownExtension: null,
    missed: new Map(),
  };
}

const SETTINGS: FloorSettings = {
  name: QUEUE,
  strategy: 'contract',
  weight: 0,
  autofill: true,
  ringInUse: false,
  retryMs: 5_000,
  wrapUpMs: 0,
  penaltyMembersLimit: 0,
  knownMember: null,
};
