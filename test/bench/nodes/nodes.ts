import { availableParallelism } from 'node:os';
import { runLoad } from '../../support/phones/load.ts';
import type { MeasuredApp } from '../measured-app.ts';
import { endedChildrenMs, type Group, readProcessorTime } from '../processor-time.ts';
import { median, type Report, rounded } from '../report.ts';
import { TwoNodes } from './two-nodes.ts';

export const PARTS = ['cost'] as const;
export const VARIANTS = ['one', 'two'] as const;
export type Variant = (typeof VARIANTS)[number];

export interface NodesOptions {
  readonly rounds: number;
  readonly variants: readonly Variant[];
  /** Calls of each measurement, of both nodes together. */
  readonly calls: number | undefined;
  readonly nodeOptions: readonly string[];
  readonly say: (line: string) => void;
  readonly onScene: (scene: TwoNodes) => void;
}

const MEMBERS = 100;
/** Of both nodes together. */
const CALLS_PER_SECOND = 20;
const CALLS = 600;
const WARM_UP_SECONDS = 5;
/** Straight into the queue. */
const NUMBER = '0001';

const COLUMNS = ['asterisk', 'node', 'postgresql', 'xmpp', 'servers'] as const;
type Cost = Readonly<Record<(typeof COLUMNS)[number], number>>;

interface Run {
  readonly variant: Variant;
  readonly served: number;
  readonly cost: Cost;
  /** Share of the machine that programs used which have nothing to do with the measurement. */
  readonly othersShare: number;
  readonly complaints: ReadonlyMap<string, number>;
}

/** The same calls for one queue with one process on one Asterisk, and with two on two: what each call costs all of them together. */
export async function benchNodes(report: Report, options: NodesOptions): Promise<void> {
  const nodes = new TwoNodes(MEMBERS);
  options.onScene(nodes);
  try {
    await nodes.build(options.say);
    const runs: Run[] = [];
    for (let round = 1; round <= options.rounds; round += 1) {
      for (const variant of options.variants) {
        options.say(`· round ${round} of ${options.rounds}: ${variant}`);
        runs.push(await measure(nodes, options, variant));
      }
    }
    print(report, options, runs);
  } finally {
    await nodes.tearDown();
  }
}

function measure(nodes: TwoNodes, { calls = CALLS, nodeOptions }: NodesOptions, variant: Variant): Promise<Run> {
  const count = variant === 'one' ? 1 : 2;
  return nodes.withApps(count, nodeOptions, async (apps) => {
    await load(nodes, count, WARM_UP_SECONDS * CALLS_PER_SECOND);
    const groups = groupsOf(nodes, count, apps);
    const fromMs = Date.now();
    const endedBefore = endedChildrenMs();
    const before = readProcessorTime(groups);
    const successful = await load(nodes, count, calls);
    const after = readProcessorTime(groups);
    const callersMs = endedChildrenMs() - endedBefore;
    const used = (of: string) =>
      Object.keys(groups)
        .filter((name) => name.startsWith(of))
        .reduce((total, name) => total + (after.groups.get(name) ?? 0) - (before.groups.get(name) ?? 0), 0);
    const parts = {
      asterisk: used('asterisk'),
      node: used('node'),
      postgresql: used('postgresql'),
      xmpp: used('xmpp'),
    };
    const servers = Object.values(parts).reduce((total, ms) => total + ms, 0);
    const cost = Object.fromEntries(
      Object.entries({ ...parts, servers }).map(([name, ms]) => [name, ms / calls]),
    ) as Cost;
    const othersMs = after.machineMs - before.machineMs - servers - used('sipp') - used('bench') - callersMs;
    return {
      ...{ variant, cost },
      served: Math.min(successful, await servedSince(nodes, fromMs)),
      othersShare: Math.max(0, othersMs) / (after.atMs - before.atMs) / availableParallelism(),
      complaints: await complaintsOf(apps, fromMs),
    };
  });
}

function groupsOf(nodes: TwoNodes, count: 1 | 2, apps: readonly MeasuredApp[]): Record<string, Group> {
  const { asterisks, postgres, xmpp } = nodes.pids(count);
  return {
    ...Object.fromEntries(asterisks.map((pid, index) => [`asterisk ${index}`, { pid }])),
    ...Object.fromEntries(apps.map(({ pid }, index) => [`node ${index}`, { pid }])),
    postgresql: { pid: postgres, withChildren: true },
    xmpp: { pid: xmpp, withChildren: true },
    sipp: { pid: process.pid, childrenNamed: 'sipp' },
    bench: { pid: process.pid },
  };
}

/** So many calls, spread over so many nodes; answers how many callers saw theirs through. */
async function load(nodes: TwoNodes, count: 1 | 2, calls: number): Promise<number> {
  const each = { number: NUMBER, callsPerSecond: CALLS_PER_SECOND / count, calls: Math.round(calls / count) };
  const results = await Promise.all(
    [0, 1].slice(0, count).map((index) => runLoad({ ...each, account: nodes.caller(index) })),
  );
  return results.reduce((total, { successful }) => total + successful, 0);
}

/** Calls that a member had from beginning to end. */
async function servedSince(nodes: TwoNodes, fromMs: number): Promise<number> {
  const [row] = await nodes.sql<{ count: string }>(
    `select count(*) from queue_log where event in ('COMPLETEAGENT', 'COMPLETECALLER') and time >= to_timestamp($1) at time zone 'UTC'`,
    [fromMs / 1000],
  );
  return Number(row?.count ?? 0);
}

async function complaintsOf(apps: readonly MeasuredApp[], fromMs: number): Promise<ReadonlyMap<string, number>> {
  const all = new Map<string, number>();
  for (const app of apps)
    for (const [text, count] of (await app.findings(fromMs, Date.now())).complaints)
      all.set(text, (all.get(text) ?? 0) + count);
  return all;
}

function print(report: Report, { calls = CALLS, variants }: NodesOptions, runs: readonly Run[]): void {
  const line = (name: string, cost: Cost, served: string, others: string) => [
    name,
    ...COLUMNS.map((column) => rounded(cost[column])),
    served,
    others,
  ];
  const rows = runs.map(({ variant, cost, served, othersShare }) =>
    line(variant, cost, `${served}/${calls}`, `${Math.round(othersShare * 100)} %`),
  );
  const medians = variants.map((variant) => {
    const mine = runs.filter((run) => run.variant === variant);
    const cost = Object.fromEntries(
      COLUMNS.map((column) => [column, median(mine.map((run) => run.cost[column]))]),
    ) as Cost;
    for (const column of COLUMNS) report.figure(`nodes.${variant}.${column}`, cost[column], 'ms/call');
    return { variant, cost, fewest: Math.min(...mine.map(({ served }) => served)) };
  });
  const title = `${calls} calls at ${CALLS_PER_SECOND}/s into one queue of ${MEMBERS} members, by one process on one Asterisk and by two on two`;
  const head = ['ms of processor per call', ...COLUMNS, 'served', 'others'];
  report.table(title, head, [...rows, ...medians.map(({ variant, cost }) => line(`median ${variant}`, cost, '', ''))]);
  for (const { variant, complaints } of runs)
    for (const [text, count] of complaints) report.say(`  a log (${variant}) complains ${count} times: ${text}`);
  report.say();
  for (const { variant, fewest } of medians)
    report.target({
      name: `calls served by ${variant}`,
      bound: 'at-least',
      wanted: calls,
      measured: fewest,
      unit: 'calls',
    });
  const [one, two] = medians;
  if (one === undefined || two === undefined) return;
  const times = { bound: 'at-most', wanted: 1.1, unit: 'times' } as const;
  const ratio = (column: (typeof COLUMNS)[number]) => two.cost[column] / one.cost[column];
  report.target({
    ...times,
    name: 'processor time of all servers per call, two nodes to one',
    measured: ratio('servers'),
  });
  report.target({ ...times, name: 'processor time of Node per call, two nodes to one', measured: ratio('node') });
}
