import { entryId } from '../../../src/core/ids.ts';
import type { Member } from '../../../src/core/queue/availability.ts';
import { Matchmaker } from '../../../src/core/queue/matchmaker.ts';
import { builtInStrategy } from '../../../src/core/queue/strategies.ts';
import { member, NOW_MS, queueSettings, waiting } from '../../support/queue-people.ts';
import { median, type Report, rounded } from '../report.ts';
import { series } from './choosing.ts';

const SIZES = [100, 1_000, 10_000] as const;
const CHANGES = 4_000;
const ROUNDS = 15;

const SETTINGS = queueSettings();

/** What one change of the line, or of the members, costs while so many wait or are logged in. */
export function benchChanges(report: Report): void {
  const parts = [
    { name: 'callers entering and leaving', figure: 'line', prepare: line },
    { name: 'places asked for', figure: 'position', prepare: position },
    { name: 'a phone is busy and free again', figure: 'device', prepare: device },
    { name: 'a member is freed and matched', figure: 'freed', prepare: freed },
  ];
  const rows = parts.map(({ name, figure, prepare }) => {
    const made = SIZES.map((size) => prepare(size));
    // In turns, so that a busy moment of the machine does not meet one size alone.
    const times = SIZES.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, change] of made.entries()) times[index]?.push(timed(change));
    const medians = times.map((each) => median(each.slice(3)));
    for (const [index, size] of SIZES.entries())
      report.figure(`queue.${figure}.${size}`, medians[index] ?? Number.NaN, 'µs');
    return { name, figure, medians };
  });
  report.table(
    'Processor time of one change, µs, while so many wait (first, second, fourth line) or are logged in (third)',
    ['', ...SIZES.map((size) => size.toLocaleString('en')), '10,000 : 100'],
    rows.map(({ name, medians }) => [name, ...medians.map(rounded), rounded(ratio(medians))]),
  );
  report.say();
  // The logarithm of 10,000 is twice that of 100.
  const wanted = Math.log(10_000) / Math.log(100);
  const measured = ratio(rows[0]?.medians ?? []);
  const name = 'cost of callers entering and leaving, 10000 to 100 waiting';
  report.target({ name, bound: 'at-most', wanted, measured, unit: 'times' });
}

function ratio(medians: readonly number[]): number {
  return (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN);
}

/** Microseconds of processor time for one change: on a busy machine the clock would count what others do. */
function timed(change: (serial: number) => void): number {
  const before = process.cpuUsage();
  for (let serial = 0; serial < CHANGES; serial++) change(serial);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / CHANGES;
}

type Change = (serial: number) => void;

/** So many wait and nobody is free; one more comes, or one of them goes. */
function line(size: number): Change {
  const made = withCallers(size);
  const random = series();
  const here = Array.from({ length: size }, (_, index) => `c${index}`);
  let next = size;
  return (serial) => {
    if (serial % 2 === 0) {
      const id = `c${next++}`;
      here.push(id);
      made.join(SETTINGS.name, waiting(id, { joinedAtMs: next, priority: Math.floor(random() * 3) }));
    } else {
      const index = Math.floor(random() * here.length);
      const id = here[index] ?? '';
      here[index] = here.at(-1) ?? '';
      here.pop();
      made.leave(entryId(id));
    }
    made.look(NOW_MS);
  };
}

function position(size: number): Change {
  const made = withCallers(size);
  const random = series();
  return () => {
    if (made.position(entryId(`c${Math.floor(random() * size)}`)) === null)
      throw new Error('A caller is not in the line');
  };
}

/** So many are logged in, one caller waits for a skill that nobody has. */
function device(size: number): Change {
  const { made, members } = withMembers(size);
  const random = series();
  made.join(SETTINGS.name, waiting('a', { needs: { none: 100 } }));
  made.join(SETTINGS.name, waiting('b'));
  made.look(NOW_MS);
  return (serial) => {
    const changed = members[Math.floor(random() * size)] as Member;
    made.setMember({ ...changed, deviceState: serial % 2 === 0 ? 'INUSE' : 'NOT_INUSE' });
    made.look(NOW_MS);
  };
}

/** So many wait and everybody is busy; one member is free, has the first caller, and another one comes. */
function freed(size: number): Change {
  const made = withCallers(size);
  const free = member('1000');
  const busy = member('1000', { deviceState: 'INUSE' });
  let next = size;
  return () => {
    made.setMember(free);
    const [proposal] = made.look(NOW_MS).proposals;
    if (proposal === undefined) throw new Error('Nobody was matched');
    made.setMember(busy);
    made.leave(proposal.entryId);
    made.join(SETTINGS.name, waiting(`c${next}`, { joinedAtMs: next++ }));
  };
}

function matchmaker(): Matchmaker {
  const made = new Matchmaker({ strategyOf: builtInStrategy, random: series(), longestWaiting: () => 'prio' });
  made.setQueue(SETTINGS);
  return made;
}

function withCallers(size: number): Matchmaker {
  const made = matchmaker();
  for (let index = 0; index < size; index++) made.join(SETTINGS.name, waiting(`c${index}`, { joinedAtMs: index }));
  made.look(NOW_MS);
  return made;
}

function withMembers(size: number) {
  const made = matchmaker();
  const members = Array.from({ length: size }, (_, index) => member(`${100_000 + index}`, { loggedInAtMs: index }));
  for (const each of members) made.setMember(each);
  return { made, members };
}
