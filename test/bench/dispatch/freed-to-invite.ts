import type { Datagram } from '../../support/audio/pcap.ts';
import { Capture } from '../../support/phones/capture.ts';
import { runLoad } from '../../support/phones/load.ts';
import { percentile, type Report, rounded } from '../report.ts';
import type { Scene } from '../scene.ts';
import { firstInvites, tracedMessages, userOf } from './sip-trace.ts';

/** How it is made sure that somebody always waits for ten members with calls of a second, who take nearly ten calls a second. */
export interface FreedLoad {
  readonly callsPerSecond: number;
  /** Callers besides, who come at once at the beginning: so many wait all the time when the others come as fast as members take them. */
  readonly standing: number;
}

/** Twice what the members take: the line, and with it what its programmes cost, grows as long as callers come. */
const GROWING_LINE: FreedLoad = { callsPerSecond: 20, standing: 0 };
const STANDING_PER_SECOND = 20;

export interface FreedOptions {
  readonly calls: number;
  readonly nodeOptions: readonly string[];
  /** @default twice as many callers as the members can take */
  readonly load?: FreedLoad;
}

/**
 * More callers than members: the time from the BYE with which a member's phone ends a call to the next INVITE that this phone
 * gets, on app_queue and on the application. Answers the application's 99th percentile, milliseconds.
 */
export async function measureFreedToInvite(
  scene: Scene,
  report: Report,
  { calls, nodeOptions, load = GROWING_LINE }: FreedOptions,
): Promise<number> {
  process.stderr.write(`· freed member: ${calls + load.standing} calls on each, ${load.callsPerSecond} a second\n`);
  const theirs = await measure(scene, '9000', calls, load);
  const ours = await scene.withApp(nodeOptions, () => measure(scene, '0001', calls, load));
  report.table(
    `From a member's BYE to the same member's next INVITE: ten members, calls of 1 s, ${load.standing} callers at once and ${calls} at ${load.callsPerSecond} a second`,
    ['', 'callers', 'calls/s', 'times', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'],
    [row('app_queue', theirs), row('queueapp', ours)],
  );
  for (const [name, { times }] of [['app_queue', theirs] as const, ['queueapp', ours] as const]) {
    report.figure(`dispatch.freed-member.${name}.p50`, percentile(times, 0.5), 'ms');
    report.figure(`dispatch.freed-member.${name}.p99`, percentile(times, 0.99), 'ms');
  }
  return ours.successful === calls + load.standing ? percentile(ours.times, 0.99) : Number.NaN;
}

interface Measured {
  readonly times: readonly number[];
  readonly successful: number;
  readonly servedPerSecond: number;
}

async function measure(scene: Scene, number: string, calls: number, load: FreedLoad): Promise<Measured> {
  const callers = { account: scene.caller, number, callsPerSecond: load.callsPerSecond };
  const standing = { ...callers, callsPerSecond: STANDING_PER_SECOND, calls: load.standing };
  await runLoad({ ...callers, callsPerSecond: STANDING_PER_SECOND, calls: 50 });
  const capture = await Capture.start(`udp port ${scene.env.SIP_PORT}`);
  const startedAtMs = performance.now();
  const results = await Promise.all([
    runLoad({ ...callers, calls }),
    ...(load.standing > 0 ? [runLoad(standing)] : []),
  ]);
  const tookMs = performance.now() - startedAtMs;
  const datagrams = await capture.stop();
  const { times, invites } = freedTimes(datagrams, `${scene.env.SIP_HOST}:${scene.env.SIP_PORT}`);
  const successful = results.reduce((sum, result) => sum + result.successful, 0);
  return { times, successful, servedPerSecond: invites / (tookMs / 1000) };
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

function row(name: string, { times, successful, servedPerSecond }: Measured): string[] {
  const figures = [percentile(times, 0.5), percentile(times, 0.9), percentile(times, 0.99), Math.max(...times)];
  return [name, String(successful), rounded(servedPerSecond), String(times.length), ...figures.map(rounded)];
}
