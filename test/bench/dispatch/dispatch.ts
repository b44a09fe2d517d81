import type { Report } from '../report.ts';
import { Scene, type SceneOptions } from '../scene.ts';
import { measureCost, type Variant } from './cost.ts';
import { measureDigitToInvite } from './digit-to-invite.ts';
import { measureFreedToInvite } from './freed-to-invite.ts';

/** The four measurements of `npm run bench -- dispatch`. */
export const PARTS = ['everything-on', 'sixty', 'last-digit', 'freed-member'] as const;
export type Part = (typeof PARTS)[number];

export interface DispatchOptions {
  readonly parts: readonly Part[];
  readonly rounds: number;
  /** Whose cost is measured. */
  readonly variants: readonly Variant[];
  /** Calls of each measurement at most; none: as the targets say. */
  readonly calls: number | undefined;
  /** For Node, before the program's file: `--cpu-prof` for instance. */
  readonly nodeOptions: readonly string[];
  readonly say: (line: string) => void;
  /** Told of each scene before it is built, so that it can be torn down when the bench is interrupted. */
  readonly onScene: (scene: Scene) => void;
}

/** Calls dispatched to members who answer at once: what each costs, and how long until the phone rings. */
export async function benchDispatch(report: Report, options: DispatchOptions): Promise<void> {
  const runs: Record<Part, () => Promise<void>> = {
    'everything-on': () => everythingOn(report, options),
    sixty: () => sixty(report, options),
    'last-digit': () => lastDigit(report, options),
    'freed-member': () => freedMember(report, options),
  };
  for (const part of options.parts) await runs[part]();
}

async function everythingOn(report: Report, options: DispatchOptions): Promise<void> {
  const { calls = 400 } = options;
  const title = `20 calls/s with everything on: ${calls} calls, 100 members, chat messages to ten people, a CRM on every node`;
  await inScene({ ...FULL, members: 100 }, options, async (scene) => {
    await measureCost(scene, report, { ...options, key: '20', title, callsPerSecond: 20, calls });
  });
}

async function sixty(report: Report, options: DispatchOptions): Promise<void> {
  const { calls = 1200 } = options;
  const title = `60 calls/s with PostgreSQL and items: ${calls} calls, 100 members, chat messages to the chosen one alone`;
  await inScene(LEAN, options, async (scene) => {
    const cost = await measureCost(scene, report, { ...options, key: '60', title, callsPerSecond: 60, calls });
    const ms = { unit: 'ms/call', bound: 'at-most' } as const;
    report.target({
      name: 'calls served at 60 per second',
      bound: 'at-least',
      wanted: cost.calls,
      measured: cost.fewestServed,
      unit: 'calls',
    });
    report.target({ name: 'processor time of Node at 60 calls per second', ...ms, wanted: 8, measured: cost.nodeMs });
  });
}

async function lastDigit(report: Report, options: DispatchOptions): Promise<void> {
  const { calls = 200, nodeOptions } = options;
  await inScene({ ...FULL, members: 100 }, options, async (scene) => {
    const p99 = await measureDigitToInvite(scene, report, { calls, callsPerSecond: 5, nodeOptions });
    report.target({ name: 'last digit to INVITE p99', bound: 'at-most', wanted: 100, measured: p99, unit: 'ms' });
  });
}

async function freedMember(report: Report, options: DispatchOptions): Promise<void> {
  const { calls = 300, nodeOptions } = options;
  await inScene({ ...FULL, members: 10 }, options, async (scene) => {
    const p99 = await measureFreedToInvite(scene, report, { calls, nodeOptions });
    report.target({ name: 'freed member to next INVITE p99', bound: 'at-most', wanted: 50, measured: p99, unit: 'ms' });
  });
}

const FULL = {
  talkMs: 1000,
  pubsub: 'internal',
  crm: true,
  settings: [[['xmpp', 'announce'], 'members']],
} as const satisfies Omit<SceneOptions, 'name' | 'members'>;

const LEAN = {
  members: 100,
  talkMs: 1000,
  pubsub: 'memory',
  crm: false,
  settings: [[['xmpp', 'announce'], 'chosen']],
} as const satisfies Omit<SceneOptions, 'name'>;

async function inScene(
  options: Omit<SceneOptions, 'name'>,
  { say, onScene }: DispatchOptions,
  work: (scene: Scene) => Promise<void>,
): Promise<void> {
  const scene = new Scene({ ...options, name: `bench-${process.pid}` });
  onScene(scene);
  try {
    await scene.build(say);
    await work(scene);
  } finally {
    await scene.tearDown();
  }
}
