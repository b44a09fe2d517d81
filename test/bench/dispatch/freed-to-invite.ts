import type { Datagram } from '../../support/audio/pcap.ts';
import { Capture } from '../../support/phones/capture.ts';
import { type LoadResult, runLoad } from '../../support/phones/load.ts';
import { percentile, type Report, rounded } from '../report.ts';
import type { Scene } from '../scene.ts';
import { firstInvites, tracedMessages, userOf } from './sip-trace.ts';

/** Twice what ten members with calls of a second can take, so that somebody always waits. */
const ARRIVALS_PER_SECOND = 20;

/**
 * More callers than members: the time from the BYE with which a member's phone ends a call to the next INVITE that this phone
 * gets, on app_queue and on the application. Answers the application's 99th percentile, milliseconds.
 */
export async function measureFreedToInvite(
  scene: Scene,
  report: Report,
  { calls, nodeOptions }: { readonly calls: number; readonly nodeOptions: readonly string[] },
): Promise<number> {
  process.stderr.write(`· freed member: ${calls} calls on each\n`);
  const theirs = await measure(scene, '9000', calls);
  const ours = await scene.withApp(nodeOptions, () => measure(scene, '0001', calls));
  report.table(
    `From a member's BYE to the same member's next INVITE: ten members, calls of 1 s, ${calls} callers, somebody always waits`,
    ['', 'callers', 'calls/s', 'times', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'],
    [row('app_queue', theirs), row('queueapp', ours)],
  );
  for (const [name, { times }] of [['app_queue', theirs] as const, ['queueapp', ours] as const]) {
    report.figure(`dispatch.freed-member.${name}.p50`, percentile(times, 0.5), 'ms');
    report.figure(`dispatch.freed-member.${name}.p99`, percentile(times, 0.99), 'ms');
  }
  return ours.result.successful === calls ? percentile(ours.times, 0.99) : Number.NaN;
}

interface Measured {
  readonly times: readonly number[];
  readonly result: LoadResult;
  readonly servedPerSecond: number;
}

async function measure(scene: Scene, number: string, calls: number): Promise<Measured> {
  const load = { account: scene.caller, number, callsPerSecond: ARRIVALS_PER_SECOND };
  await runLoad({ ...load, calls: 50 });
  const capture = await Capture.start(`udp port ${scene.env.SIP_PORT}`);
  const result = await runLoad({ ...load, calls });
  const datagrams = await capture.stop();
  const { times, invites } = freedTimes(datagrams, `${scene.env.SIP_HOST}:${scene.env.SIP_PORT}`);
  return { times, result, servedPerSecond: invites / (result.tookMs / 1000) };
}

function freedTimes(datagrams: readonly Datagram[], asterisk: string): { times: number[]; invites: number } {
  const messages = tracedMessages(datagrams, asterisk);
  const invites = firstInvites(messages).filter((invite) => userOf(invite).startsWith('m'));
  const memberOf = new Map(invites.map((invite) => [invite.callId, userOf(invite)]));
  const invited = new Set(invites);
  const freedAt = new Map<string, number>();
  const times: number[] = [];
  for (const message of messages) {
    const member = memberOf.get(message.callId);
    if (member === undefined) continue;
    const isBye = message.method === 'BYE' && message.status === undefined && message.direction === 'in';
    // The first BYE: Asterisk may be so late that the phone sends it again.
    if (isBye && !freedAt.has(member)) freedAt.set(member, message.atMs);
    const freedAtMs = freedAt.get(member);
    if (invited.has(message) && freedAtMs !== undefined) {
      times.push(message.atMs - freedAtMs);
      freedAt.delete(member);
    }
  }
  return { times, invites: invites.length };
}

function row(name: string, { times, result, servedPerSecond }: Measured): string[] {
  const figures = [percentile(times, 0.5), percentile(times, 0.9), percentile(times, 0.99), Math.max(...times)];
  return [name, String(result.successful), rounded(servedPerSecond), String(times.length), ...figures.map(rounded)];
}
