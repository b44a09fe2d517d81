import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Report } from '../bench/report.ts';
import { openTestDatabase } from '../support/database.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { type ChaosCounts, ENTRIES, HeldThings, MEMBERS, prepareChaos } from '../support/reservations/chaos.ts';
import type { SoakOptions } from './kills.ts';

const PROCESSES = 4;
const WORKERS = 6;
const SAY_EVERY_MS = 15_000;

/** What a process is told to do. */
export interface Work {
  readonly type: 'work';
  readonly databaseUrl: string;
  readonly name: string;
  readonly workers: number;
  readonly reservations: number;
  readonly seed: number;
  /** Fills the line. */
  readonly isFirst: boolean;
}

export type FromParent =
  | Work
  | { readonly type: 'moved'; readonly slot: number; readonly entry: string }
  | { readonly type: 'answer'; readonly number: number; readonly twice: readonly string[] };

export type ToParent =
  | {
      readonly type: 'question';
      readonly number: number;
      readonly take?: readonly string[];
      readonly give?: readonly string[];
    }
  | { readonly type: 'moved'; readonly slot: number; readonly entry: string }
  | { readonly type: 'counts'; readonly counts: ChaosCounts; readonly violations: readonly string[] };

/** Reservations by four processes on one PostgreSQL; answers whether nothing was given twice. */
export async function soakReservations(
  report: Report,
  { seed, say, onScene, reservations }: SoakOptions & { readonly reservations: number },
): Promise<boolean> {
  const postgres = await startTestPostgres();
  const children: ChildProcess[] = [];
  const down = async () => {
    for (const child of children) child.kill('SIGKILL');
    await postgres.close();
  };
  onScene({ down });
  try {
    const anybody = await postgres.client();
    const database = await openTestDatabase(postgres.databaseUrl);
    await prepareChaos(database.queueStore, (text, values) => anybody.query(text, values));
    const startedAtMs = performance.now();
    const court = new Court(say, reservations);
    for (let index = 0; index < PROCESSES; index++) {
      const child = fork(join(import.meta.dirname, 'reserving-process.ts'), { execArgv: ['--import', 'tsx'] });
      children.push(child);
      court.admit(child);
      const work: Work = {
        ...{ type: 'work', databaseUrl: postgres.databaseUrl, name: `p${index}`, workers: WORKERS },
        ...{ reservations: Math.ceil(reservations / PROCESSES), seed: seed + index * 1_000, isFirst: index === 0 },
      };
      child.send(work);
      if (index === 0) await court.lineIsFull;
    }
    const ends = await Promise.all(children.map((child) => once(child, 'exit')));
    const tookMs = performance.now() - startedAtMs;
    const failed = ends.filter(([status]) => status !== 0).map(([status]) => `a process ended with ${String(status)}`);
    const left = await leftOver(anybody);
    const violations = [...court.violations, ...failed, ...left];
    print(report, { counts: court.counts(), tookMs, violations, reservations });
    await database.close();
    return violations.length === 0;
  } finally {
    await down();
  }
}

/** The referee of all processes: who holds what, by their own word. */
class Court {
  readonly violations: string[] = [];
  readonly lineIsFull: Promise<void>;
  readonly #held = new HeldThings();
  readonly #children: ChildProcess[] = [];
  readonly #counts = new Map<ChildProcess, ChaosCounts>();
  readonly #slots: string[] = [];
  readonly #say: (line: string) => void;
  readonly #reservations: number;
  #saidAtMs = performance.now();
  #fill: () => void = () => undefined;

  constructor(say: (line: string) => void, reservations: number) {
    this.#say = say;
    this.#reservations = reservations;
    this.lineIsFull = new Promise((resolve) => {
      this.#fill = resolve;
    });
  }

  admit(child: ChildProcess): void {
    this.#children.push(child);
    for (const [slot, entry] of this.#slots.entries()) tell(child, { type: 'moved', slot, entry });
    child.on('message', (message: ToParent) => this.#hear(child, message));
  }

  counts(): ChaosCounts {
    const sum: ChaosCounts = { reserved: 0, 'entry-taken': 0, 'member-taken': 0, talked: 0, left: 0 };
    for (const counts of this.#counts.values())
      for (const key of Object.keys(sum) as (keyof ChaosCounts)[]) sum[key] += counts[key];
    return sum;
  }

  #hear(child: ChildProcess, message: ToParent): void {
    if (message.type === 'question') {
      const { number, take = [], give = [] } = message;
      this.#held.give(give);
      tell(child, { type: 'answer', number, twice: this.#held.take(take) });
    } else if (message.type === 'moved') {
      this.#slots[message.slot] = message.entry;
      if (this.#slots.filter(Boolean).length === ENTRIES) this.#fill();
      for (const other of this.#children) if (other !== child) tell(other, message);
    } else {
      this.#counts.set(child, message.counts);
      this.violations.push(...message.violations);
      this.#sayProgress();
    }
  }

  #sayProgress(): void {
    if (performance.now() - this.#saidAtMs < SAY_EVERY_MS) return;
    this.#saidAtMs = performance.now();
    this.#say(`· ${askedFor(this.counts())} of ${this.#reservations} reservations`);
  }
}

/** A process that was ended (Ctrl-C) may still have asked: without the callback the broken pipe would end this process, and leave PostgreSQL behind. */
function tell(child: ChildProcess, message: FromParent): void {
  if (child.connected) child.send(message, () => undefined);
}

interface Queryable {
  query<Row extends object>(text: string): Promise<{ readonly rows: readonly Row[] }>;
}

/** What must not be there when all is over, and what the database itself has of two at a time. */
async function leftOver(anybody: Queryable): Promise<string[]> {
  const [row] = (
    await anybody.query<{ attempts: number; entries: number }>(
      `select (select count(*)::int from ring_attempt where state <> 'ended') as attempts,
        (select count(*)::int from queue_entry where state in ('ringing', 'talking')) as entries`,
    )
  ).rows;
  return [
    ...(row?.attempts === 0 ? [] : [`${row?.attempts} attempts are open at the end`]),
    ...(row?.entries === 0 ? [] : [`${row?.entries} entries ring or talk at the end`]),
  ];
}

function askedFor(counts: ChaosCounts): number {
  return counts.reserved + counts['entry-taken'] + counts['member-taken'];
}

interface Outcome {
  readonly counts: ChaosCounts;
  readonly tookMs: number;
  readonly violations: readonly string[];
  readonly reservations: number;
}

function print(report: Report, { counts, tookMs, violations, reservations }: Outcome): void {
  const asked = askedFor(counts);
  report.table(
    `Reservations by ${PROCESSES} processes with ${WORKERS} workers each: ${ENTRIES} callers, ${MEMBERS} members`,
    ['', 'number'],
    [
      ['asked for', String(asked)],
      ['reserved', String(counts.reserved)],
      ['refused: the call was taken', String(counts['entry-taken'])],
      ['refused: the member was taken', String(counts['member-taken'])],
      ['talked', String(counts.talked)],
      ['left', String(counts.left)],
      ['per second', String(Math.round(asked / (tookMs / 1000)))],
      ['given twice, or left half done', String(violations.length)],
    ],
  );
  for (const violation of violations.slice(0, 20)) report.say(`✗ ${violation}`);
  report.say();
  report.figure('soak.reservations.per-second', asked / (tookMs / 1000), '1/s');
  report.target({
    name: 'reservations',
    bound: 'at-least',
    wanted: reservations,
    measured: asked,
    unit: 'reservations',
  });
  report.target({ name: 'given twice', bound: 'at-most', wanted: 0, measured: violations.length, unit: 'violations' });
}
