import { type FreedLoad, measureFreedToInvite } from '../dispatch/freed-to-invite.ts';
import type { Report } from '../report.ts';
import { Scene } from '../scene.ts';
import type { QueueBenchOptions } from './options.ts';

const CALLS = 600;
/** As many a second as the members take, so that the thirty go on waiting. */
const LOAD: FreedLoad = { callsPerSecond: 10, standing: 30 };

/** Ten members with calls of a second serve ten calls a second, thirty callers always wait: how soon a freed member rings again. */
export async function benchFreed(report: Report, options: QueueBenchOptions): Promise<void> {
  const scene = new Scene({
    name: `bench-${process.pid}`,
    members: 10,
    talkMs: 1000,
    pubsub: 'internal',
    crm: true,
    settings: [[['xmpp', 'announce'], 'members']],
  });
  options.onScene(scene);
  try {
    await scene.build(options.say);
    const { calls = CALLS, nodeOptions } = options;
    const p99 = await measureFreedToInvite(scene, report, { calls, nodeOptions, load: LOAD });
    const name = 'freed member to next INVITE p99, 10 calls per second';
    report.target({ name, bound: 'at-most', wanted: 50, measured: p99, unit: 'ms' });
  } finally {
    await scene.tearDown();
  }
}
