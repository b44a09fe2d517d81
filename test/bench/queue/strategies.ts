import { type Cost, measureCost, VARIANTS, type Variant } from '../dispatch/cost.ts';
import { type Report, rounded } from '../report.ts';
import { Scene } from '../scene.ts';
import type { QueueBenchOptions } from './options.ts';

/** Of each kind one: by time, by number, in turn, by chance. */
const STRATEGIES = ['leastrecent', 'fewestcalls', 'rrmemory', 'random'] as const;
const RATES = [
  { callsPerSecond: 20, calls: 400 },
  { callsPerSecond: 60, calls: 1200 },
] as const;

/** The same load on app_queue and on this queue, under four strategies each: what a call costs, and that every one is served. */
export async function benchStrategies(report: Report, options: QueueBenchOptions): Promise<void> {
  const scene = new Scene({
    name: `bench-${process.pid}`,
    members: 100,
    talkMs: 1000,
    pubsub: 'memory',
    crm: false,
    settings: [[['xmpp', 'announce'], 'chosen']],
  });
  options.onScene(scene);
  try {
    await scene.build(options.say);
    const rows: string[][] = [];
    for (const rate of RATES) {
      for (const strategy of STRATEGIES) rows.push(...(await measured(scene, report, options, { ...rate, strategy })));
    }
    const head = ['calls/s', 'strategy', 'queue', 'Asterisk', 'Node', 'PostgreSQL', 'all servers', 'served, fewest'];
    report.table(
      'Milliseconds of processor per call, 100 members who answer at once, calls of 1 s: medians',
      head,
      rows,
    );
  } finally {
    await scene.tearDown();
  }
}

interface Load {
  readonly callsPerSecond: number;
  readonly calls: number;
  readonly strategy: string;
}

async function measured(
  scene: Scene,
  report: Report,
  options: QueueBenchOptions,
  { callsPerSecond, calls: usual, strategy }: Load,
): Promise<string[][]> {
  const calls = options.calls ?? usual;
  await scene.setStrategy(strategy);
  const key = `queue-${callsPerSecond}-${strategy}`;
  const title = `${strategy}, ${callsPerSecond} calls/s: ${calls} calls, 100 members, chat messages to the chosen one alone`;
  const cost = await measureCost(scene, report, { ...options, variants: VARIANTS, key, title, callsPerSecond, calls });
  const row = (variant: Variant, { asterisk, node, postgresql, servers }: Cost, served: number) => [
    String(callsPerSecond),
    strategy,
    variant,
    ...[asterisk, node, postgresql, servers].map(rounded),
    `${served}/${calls}`,
  ];
  return cost.medians.map(({ variant, cost: each, fewestServed }) => row(variant, each, fewestServed));
}
