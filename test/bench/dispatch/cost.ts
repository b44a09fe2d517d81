import { availableParallelism } from 'node:os';
import { runLoad } from '../../support/phones/load.ts';
import type { MeasuredApp } from '../measured-app.ts';
import { endedChildrenMs, type Group, readProcessorTime } from '../processor-time.ts';
import { median, percentile, type Report, rounded } from '../report.ts';
import type { Scene } from '../scene.ts';

/** A load as it is put on both: so many calls at such a rate, after calls that only warm up. */
export interface CostOptions {
  readonly key: string;
  readonly title: string;
  readonly callsPerSecond: number;
  readonly calls: number;
  readonly rounds: number;
  readonly nodeOptions: readonly string[];
  /** Whose cost; the order in which they alternate. */
  readonly variants: readonly Variant[];
}

/** Both are warmed up for so long before each measurement. */
const WARM_UP_SECONDS = 5;
const NUMBERS = { app_queue: '9000', queueapp: '0001' } as const;
export const VARIANTS = ['app_queue', 'queueapp'] as const satisfies readonly (keyof typeof NUMBERS)[];
export type Variant = (typeof VARIANTS)[number];

const COLUMNS = ['asterisk', 'node', 'postgresql', 'xmpp', 'servers', 'sipp', 'clients'] as const;
type Column = (typeof COLUMNS)[number];
/** Milliseconds of processor per call. */
export type Cost = Readonly<Record<Column, number>>;

/** One measurement of one variant. */
interface Run {
  readonly variant: Variant;
  readonly calls: number;
  readonly served: number;
  readonly cost: Cost;
  /** Share of the machine that programs used which have nothing to do with the measurement. */
  readonly othersShare: number;
  readonly loadGeneratorErrors: string;
  readonly app?: AppFindings;
}

interface AppFindings {
  readonly rangBeforeAcknowledged: number;
  readonly complaints: ReadonlyMap<string, number>;
  /** From the place in line to the member's answer, by the database's own times. */
  readonly answerMs: readonly number[];
  readonly messages: number;
  readonly items: number;
}

/** The cost of the same load on app_queue and on the application, alternating; prints the table and answers the medians. */
export async function measureCost(scene: Scene, report: Report, options: CostOptions): Promise<Measured> {
  const runs: Run[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const variant of options.variants) {
      process.stderr.write(`· ${options.key}, round ${round} of ${options.rounds}: ${variant}\n`);
      runs.push(await measure(scene, options, variant));
    }
  }
  const medians = print(report, options, runs);
  const ours = runs.filter(({ variant }) => variant === 'queueapp');
  return {
    nodeMs: median(ours.map(({ cost }) => cost.node)),
    fewestServed: Math.min(...ours.map(({ served }) => served)),
    calls: options.calls,
    medians,
  };
}

/** What a load came to. */
interface Measured {
  readonly nodeMs: number;
  readonly fewestServed: number;
  readonly calls: number;
  readonly medians: readonly Median[];
}

interface Median {
  readonly variant: Variant;
  readonly cost: Cost;
  readonly fewestServed: number;
}

function measure(scene: Scene, options: CostOptions, variant: Variant): Promise<Run> {
  // Not even connected while app_queue is measured: its subscriptions would cost Asterisk something.
  if (variant === 'app_queue') return measureRun(scene, options, variant, undefined);
  return scene.withApp(options.nodeOptions, (app) => measureRun(scene, options, variant, app));
}

async function measureRun(
  scene: Scene,
  { callsPerSecond, calls }: CostOptions,
  variant: Variant,
  app: MeasuredApp | undefined,
): Promise<Run> {
  const load = { account: scene.caller, number: NUMBERS[variant], callsPerSecond };
  await runLoad({ ...load, calls: callsPerSecond * WARM_UP_SECONDS });
  await scene.console('queue reset stats bench');
  const pids = scene.serverPids();
  const groups = {
    asterisk: { pid: pids.asterisk },
    postgresql: { pid: pids.postgres, withChildren: true },
    xmpp: { pid: pids.xmpp, withChildren: true },
    sipp: { pid: process.pid, childrenNamed: 'sipp' },
    clients: { pid: process.pid, childrenNamed: 'python3' },
    bench: { pid: process.pid },
    ...(app && { node: { pid: app.pid } }),
  } satisfies Record<string, Group>;
  const received = scene.received();
  const fromMs = Date.now();
  const endedBefore = endedChildrenMs();
  const before = readProcessorTime(groups);
  const result = await runLoad({ ...load, calls });
  const after = readProcessorTime(groups);
  // The callers' sipp has ended; what it used stands with what this process has waited for.
  const callersMs = endedChildrenMs() - endedBefore;
  const toMs = Date.now();
  const used = (name: string) => (after.groups.get(name) ?? 0) - (before.groups.get(name) ?? 0);
  const oursMs = Object.keys(groups).reduce((total, name) => total + used(name), callersMs);
  const processors = availableParallelism();
  const servers = used('asterisk') + used('node') + used('postgresql') + used('xmpp');
  const cost = {
    asterisk: used('asterisk'),
    node: used('node'),
    postgresql: used('postgresql'),
    xmpp: used('xmpp'),
    servers,
    sipp: used('sipp') + callersMs,
    clients: used('clients') + used('bench'),
  };
  return {
    variant,
    calls,
    served: Math.min(result.successful, await servedBy(scene, variant, fromMs)),
    cost: Object.fromEntries(COLUMNS.map((column) => [column, cost[column] / calls])) as Run['cost'],
    othersShare: Math.max(0, after.machineMs - before.machineMs - oursMs) / (after.atMs - before.atMs) / processors,
    loadGeneratorErrors: result.errors,
    ...(app && { app: await appFindings(scene, app, { fromMs, toMs, received }) }),
  };
}

/** Calls that a member had from beginning to end: an answered caller proves nothing, both answer before anybody rings. */
async function servedBy(scene: Scene, variant: Variant, fromMs: number): Promise<number> {
  if (variant === 'app_queue') return Number(/, C:(\d+),/.exec(await scene.console('queue show bench'))?.[1] ?? 0);
  const rows = await scene.sql<{ count: string }>(
    `select count(*) from queue_log where event in ('COMPLETEAGENT', 'COMPLETECALLER') and time >= to_timestamp($1) at time zone 'UTC'`,
    [fromMs / 1000],
  );
  return Number(rows[0]?.count ?? 0);
}

async function appFindings(
  scene: Scene,
  app: MeasuredApp,
  { fromMs, toMs, received }: { fromMs: number; toMs: number; received: ReturnType<Scene['received']> },
): Promise<AppFindings> {
  const rows = await scene.sql<{ ms: string }>(
    `select extract(epoch from a.connected_at - e.joined_at) * 1000 as ms
       from queue_entry e join ring_attempt a on a.entry_id = e.entry_id
      where e.joined_at between to_timestamp($1) and to_timestamp($2) and a.connected_at is not null`,
    [fromMs / 1000, toMs / 1000],
  );
  const now = scene.received();
  return {
    ...(await app.findings(fromMs, toMs)),
    answerMs: rows.map(({ ms }) => Number(ms)),
    messages: now.messages - received.messages,
    items: now.items - received.items,
  };
}

function print(report: Report, { key, title, calls, variants }: CostOptions, runs: readonly Run[]): Median[] {
  const head = ['ms of processor per call', ...COLUMNS, 'served', 'others'];
  const line = (name: string, cost: Run['cost'], served: string, others: string) => [
    name,
    ...COLUMNS.map((column) => rounded(cost[column])),
    served,
    others,
  ];
  const rows = runs.map((run) =>
    line(run.variant, run.cost, `${run.served}/${calls}`, `${Math.round(run.othersShare * 100)} %`),
  );
  const medians = variants.map((variant) => {
    const mine = runs.filter((run) => run.variant === variant);
    const cost = Object.fromEntries(
      COLUMNS.map((column) => [column, median(mine.map((run) => run.cost[column]))]),
    ) as Run['cost'];
    for (const column of COLUMNS) report.figure(`dispatch.${key}.${variant}.${column}`, cost[column], 'ms/call');
    report.figure(`dispatch.${key}.${variant}.fewest-served`, Math.min(...mine.map(({ served }) => served)), 'calls');
    return { variant, cost, fewestServed: Math.min(...mine.map(({ served }) => served)) };
  });
  report.table(title, head, [...rows, ...medians.map(({ variant, cost }) => line(`median ${variant}`, cost, '', ''))]);
  const [theirs, ours] = medians.map(({ cost }) => cost);
  if (theirs && ours) {
    report.say(`All servers together: ${rounded(ours.servers / theirs.servers)} times app_queue's cost`);
    report.figure(`dispatch.${key}.ratio`, ours.servers / theirs.servers, 'times');
  }
  for (const run of runs) {
    if (run.loadGeneratorErrors !== '') report.say(`sipp (${run.variant}): ${run.loadGeneratorErrors.slice(0, 300)}`);
    if (run.app) printFindings(report, key, run.app);
  }
  return medians;
}

function printFindings(report: Report, key: string, app: AppFindings): void {
  const { rangBeforeAcknowledged, answerMs, messages, items, complaints } = app;
  const p50 = percentile(answerMs, 0.5);
  const p99 = percentile(answerMs, 0.99);
  report.say(
    `queueapp: ${rangBeforeAcknowledged} rang before the acknowledgement (its log); place in line → member answered ` +
      `p50 ${rounded(p50)} ms, p99 ${rounded(p99)} ms (its database); chat messages received ${messages}, items ${items}`,
  );
  for (const [text, count] of complaints) report.say(`  its log complains ${count} times: ${text}`);
  report.figure(`dispatch.${key}.queueapp.rang-before-acknowledged`, rangBeforeAcknowledged, 'calls');
  report.figure(`dispatch.${key}.queueapp.answer-p50`, p50, 'ms');
  report.figure(`dispatch.${key}.queueapp.answer-p99`, p99, 'ms');
}
