import { availableParallelism } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { runLoad } from '../../support/phones/load.ts';
import type { MeasuredApp } from '../measured-app.ts';
import { endedChildrenMs, type Group, readProcessorTime } from '../processor-time.ts';
import { median, type Report, rounded } from '../report.ts';
import { TwoNodes } from './two-nodes.ts';

export const PARTS = ['cost'] as const;
/** `half`: one process with half the calls at half the speed, which is what each of the two has. What is dearer then is no matter of the other process. */
export const VARIANTS = ['one', 'two', 'half'] as const;
export type Variant = (typeof VARIANTS)[number];
/** How many processes, and what share of the calls and of their speed. */
const LOADS: Readonly<Record<Variant, { readonly count: 1 | 2; readonly share: number }>> = {
  one: { count: 1, share: 1 },
  two: { count: 2, share: 1 },
  half: { count: 1, share: 0.5 },
};

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
/** Of each process: with fewer, the one that has had half as many is dearer because V8 has not compiled its code yet. */
const WARM_UP_CALLS = 300;
const IDLE_MS = 10_000;
/** At its start each process decodes recordings, for as long as it takes; a process that has done so uses less than this in a second without calls. */
const CALM_NODE_MS = 80;
const CALM_SECONDS = 3;
const CALM_LIMIT_SECONDS = 180;
/** Straight into the queue. */
const NUMBER = '0001';

const COLUMNS = ['asterisk', 'node', 'postgresql', 'xmpp', 'servers'] as const;
type Column = (typeof COLUMNS)[number];
type Cost = Readonly<Record<Column, number>>;

interface Run {
  readonly variant: Variant;
  readonly calls: number;
  readonly served: number;
  /** Milliseconds of processor for a call, without what is used when nobody calls. */
  readonly cost: Cost;
  /** Milliseconds of processor in a second in which nobody calls. */
  readonly idle: Cost;
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
  const { count, share } = LOADS[variant];
  const mine = Math.round(calls * share);
  return nodes.withApps(count, nodeOptions, async (apps) => {
    await load(nodes, variant, WARM_UP_CALLS * count);
    const groups = groupsOf(nodes, count, apps);
    await untilCalm(groups, count);
    const resting = await watched(groups, () => setTimeout(IDLE_MS));
    const idle = mapCost(resting.used, (ms) => (ms / resting.tookMs) * 1000);
    const fromMs = Date.now();
    const { answer: successful, ...busy } = await watched(groups, () => load(nodes, variant, mine));
    const inCalls = (ms: number, name: Column) => (ms - (idle[name] * busy.tookMs) / 1000) / mine;
    return {
      ...{ variant, idle, cost: mapCost(busy.used, inCalls), calls: mine },
      served: Math.min(successful, await servedSince(nodes, fromMs)),
      othersShare: Math.max(0, busy.othersMs) / busy.tookMs / availableParallelism(),
      complaints: await complaintsOf(apps, fromMs),
    };
  });
}

/** Waits until no process has anything left to do but to wait for calls. */
async function untilCalm(groups: Readonly<Record<string, Group>>, count: number): Promise<void> {
  let calmSeconds = 0;
  for (let second = 0; calmSeconds < CALM_SECONDS; second += 1) {
    if (second === CALM_LIMIT_SECONDS)
      throw new Error(`The applications are still busy after ${second} s without a call`);
    const { used, tookMs } = await watched(groups, () => setTimeout(1_000));
    calmSeconds = (used.node / tookMs) * 1_000 < CALM_NODE_MS * count ? calmSeconds + 1 : 0;
  }
}

/** What the servers use while this is done. */
async function watched<Answer>(groups: Readonly<Record<string, Group>>, work: () => Promise<Answer>) {
  const endedBefore = endedChildrenMs();
  const before = readProcessorTime(groups);
  const answer = await work();
  const after = readProcessorTime(groups);
  const callersMs = endedChildrenMs() - endedBefore;
  const usedBy = (of: string) =>
    Object.keys(groups)
      .filter((name) => name.startsWith(of))
      .reduce((total, name) => total + (after.groups.get(name) ?? 0) - (before.groups.get(name) ?? 0), 0);
  const parts = mapCost(NOTHING, (_, name) => usedBy(name));
  const used: Cost = { ...parts, servers: sum(Object.values(parts)) };
  const othersMs = after.machineMs - before.machineMs - used.servers - usedBy('sipp') - usedBy('bench') - callersMs;
  return { answer, used, othersMs, tookMs: after.atMs - before.atMs };
}

const NOTHING: Cost = { asterisk: 0, node: 0, postgresql: 0, xmpp: 0, servers: 0 };

function mapCost(cost: Cost, of: (value: number, column: Column) => number): Cost {
  return Object.fromEntries(COLUMNS.map((column) => [column, of(cost[column], column)])) as Cost;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
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

/** So many calls, spread over the nodes of the variant; answers how many callers saw theirs through. */
async function load(nodes: TwoNodes, variant: Variant, calls: number): Promise<number> {
  const { count, share } = LOADS[variant];
  const callsPerSecond = (CALLS_PER_SECOND * share) / count;
  const each = { number: NUMBER, callsPerSecond, calls: Math.round(calls / count) };
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
  const medians = variants.map((variant) => {
    const mine = runs.filter((run) => run.variant === variant);
    const medianOf = (which: 'cost' | 'idle') =>
      mapCost(NOTHING, (_, column) => median(mine.map((run) => run[which][column])));
    return {
      ...{ variant, cost: medianOf('cost'), idle: medianOf('idle') },
      fewest: Math.min(...mine.map(({ served }) => served)),
    };
  });
  const line = (name: string, { cost, idle }: Pick<Run, 'cost' | 'idle'>) => [
    name,
    ...COLUMNS.map((column) => rounded(cost[column])),
    rounded(idle.node),
    rounded(idle.servers),
  ];
  const rows = runs.map((run) => [
    ...line(run.variant, run),
    `${run.served}/${run.calls}`,
    `${Math.round(run.othersShare * 100)} %`,
  ]);
  const title = `${calls} calls at ${CALLS_PER_SECOND}/s into one queue of ${MEMBERS} members, by one process on one Asterisk and by two on two; half of both by one`;
  const head = ['ms of processor per call', ...COLUMNS, 'idle node/s', 'idle servers/s', 'served', 'others'];
  report.table(title, head, [...rows, ...medians.map((each) => [...line(`median ${each.variant}`, each), '', ''])]);
  for (const { variant, complaints } of runs)
    for (const [text, count] of complaints) report.say(`  a log (${variant}) complains ${count} times: ${text}`);
  report.say();
  for (const { variant, cost, idle, fewest } of medians) {
    for (const column of COLUMNS) report.figure(`nodes.${variant}.${column}`, cost[column], 'ms/call');
    for (const column of COLUMNS) report.figure(`nodes.${variant}.idle.${column}`, idle[column], 'ms/s');
    report.target({
      name: `calls served by ${variant}`,
      bound: 'at-least',
      wanted: Math.round(calls * LOADS[variant].share),
      measured: fewest,
      unit: 'calls',
    });
  }
  const of = (wanted: Variant) => medians.find(({ variant }) => variant === wanted);
  const [one, two, half] = [of('one'), of('two'), of('half')];
  if (one !== undefined && two !== undefined) compare(report, one, two);
  if (half !== undefined && two !== undefined) tellHalf(report, half, two);
}

/** How much of it is the other process, and not the smaller load of each. */
function tellHalf(report: Report, half: Pick<Run, 'cost'>, two: Pick<Run, 'cost'>): void {
  for (const [column, of] of COMPARED) {
    const ratio = two.cost[column] / half.cost[column];
    report.figure(`nodes.${column}.two-to-half`, ratio, 'times');
    report.say(`${of} per call, two nodes to one that has what each of them has: ${ratio.toFixed(2)} times`);
  }
}

const COMPARED = [
  ['servers', 'all servers'],
  ['node', 'Node'],
] as const;

/** What a call costs two, to what it costs one; and the same when what they use without calls is counted as the calls' cost. */
function compare(report: Report, one: Pick<Run, 'cost' | 'idle'>, two: Pick<Run, 'cost' | 'idle'>): void {
  const times = { bound: 'at-most', wanted: 1.1, unit: 'times' } as const;
  for (const [column, of] of COMPARED) {
    const withIdle = ({ cost, idle }: typeof one) => cost[column] + idle[column] / CALLS_PER_SECOND;
    const name = `processor time of ${of} per call, two nodes to one`;
    report.target({ ...times, name, measured: two.cost[column] / one.cost[column] });
    const ratio = withIdle(two) / withIdle(one);
    report.figure(`nodes.${column}.with-idle`, ratio, 'times');
    report.say(
      `  with what they use when nobody calls, at ${CALLS_PER_SECOND} calls/s: ${rounded(withIdle(two))} to ${rounded(withIdle(one))} ms, ${ratio.toFixed(2)} times`,
    );
  }
}
