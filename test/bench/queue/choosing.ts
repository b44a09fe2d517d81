import type { Member } from '../../../src/core/queue/availability.ts';
import { Matchmaker } from '../../../src/core/queue/matchmaker.ts';
import { STRATEGIES } from '../../../src/core/queue/settings.ts';
import { builtInStrategy } from '../../../src/core/queue/strategies.ts';
import { moduleStrategy } from '../../../src/strategies/module-strategy.ts';
import type { MemberView } from '../../../src/strategies/views.ts';
import { naiveLook, type PlainQueue } from '../../support/naive-matching.ts';
import { member, NOW_MS, queueSettings, waiting } from '../../support/queue-people.ts';
import { median, type Report, rounded } from '../report.ts';

const MEMBERS = [10, 1_000, 10_000] as const;
const DECISIONS = 2_000;
/** The first ones are slower until the compiler has done its work. */
const WARM_UP = 1_000;
const TARGET_US = 50;

/**
 * One decision: a caller is there, who of so many free members is rung? The time is that of the look alone; between two of them the caller
 * leaves and the member is free again. Members differ in everything that strategies look at. `ringall` chooses all of them, so it is told
 * for each member; the module of a user's own is handed all of them.
 */
export function benchChoosing(report: Report): void {
  const rows = [...STRATEGIES, 'a module' as const].map((name) => {
    const times = MEMBERS.map((count) => timed(name, count));
    for (const [index, count] of MEMBERS.entries())
      report.figure(`queue.choose.${name.replace(' ', '-')}.${count}`, times[index] ?? Number.NaN, 'µs');
    return { name, times };
  });
  report.table(
    'Time to choose whom to ring, µs for each decision (ringall: for each member it rings)',
    ['strategy', ...MEMBERS.map((count) => `${count.toLocaleString('en')} members`)],
    rows.map(({ name, times }) => [name, ...times.map(rounded)]),
  );
  const plain = MEMBERS.map((count) => plainTimed(count));
  report.table(
    'The same when every member is looked at and sorted for every caller (leastrecent)',
    ['', ...MEMBERS.map((count) => `${count.toLocaleString('en')} members`)],
    [['plain', ...plain.map(rounded)]],
  );
  report.say();
  for (const { name, times } of rows) {
    if (name === 'a module') continue;
    const target = {
      name: name === 'ringall' ? 'choose ringall, each of 10000 members' : `choose ${name} among 10000 members`,
      bound: 'at-most',
      wanted: TARGET_US,
      unit: 'µs',
    } as const;
    report.target({ ...target, measured: times.at(-1) ?? Number.NaN });
  }
}

function timed(name: string, count: number): number {
  const members = people(count);
  const random = series();
  const strategyOf = name === 'a module' ? userModule : builtInStrategy;
  const made = new Matchmaker({ strategyOf, random, longestWaiting: () => 'prio' });
  const settings = queueSettings({ strategy: name });
  made.setQueue(settings);
  for (const each of members.values()) made.setMember(each);
  const times: number[] = [];
  // What takes long is measured less often.
  const isLong = (name === 'ringall' || name === 'a module') && count > 100;
  const decisions = isLong ? 30 : DECISIONS;
  for (let round = 0; round < decisions + (isLong ? 10 : WARM_UP); round++) {
    const entry = waiting(`${round}`, { joinedAtMs: NOW_MS });
    made.join(settings.name, entry);
    const startMs = performance.now();
    const { proposals } = made.look(NOW_MS + round);
    times.push((performance.now() - startMs) * 1_000);
    const rung = proposals[0]?.extensions ?? [];
    if (rung.length === 0) throw new Error(`${name} has chosen nobody of ${count}`);
    for (const number of rung) made.setMember({ ...(members.get(number) as Member), lastHangupAtMs: NOW_MS + round });
    made.leave(entry.entryId);
  }
  return median(times.slice(-decisions)) / (name === 'ringall' ? count : 1);
}

function plainTimed(count: number): number {
  const settings = queueSettings();
  const members = people(count);
  const times: number[] = [];
  for (let round = 0; round < 30; round++) {
    const entry = waiting(`${round}`);
    const line: PlainQueue['line'] = new Map([[entry.entryId, { entry, isWaiting: true }]]);
    const queues = new Map([
      [settings.name, { settings, members: new Map(members) as PlainQueue['members'], line, lastRung: null }],
    ]);
    const startMs = performance.now();
    naiveLook(queues, NOW_MS);
    times.push((performance.now() - startMs) * 1_000);
  }
  return median(times.slice(-20));
}

const ORDER = { order: (all: readonly MemberView[]) => all };

function userModule() {
  const onFault = (reason: string) => {
    throw new Error(reason);
  };
  return moduleStrategy({ name: 'a module', module: ORDER, onFault, limitMs: 5_000 });
}

function people(count: number): Map<string, Member> {
  const random = series();
  const upTo = (most: number) => Math.floor(random() * most);
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const number = `${100_000 + index}`;
      const changes = {
        calls: upTo(50),
        loggedInAtMs: upTo(NOW_MS),
        lastHangupAtMs: upTo(NOW_MS),
        position: upTo(100),
      };
      return [number, member(number, changes)];
    }),
  );
}

/** The same numbers in every run. */
export function series(): () => number {
  let state = 42;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
