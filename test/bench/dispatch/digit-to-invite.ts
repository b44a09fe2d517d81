import type { Datagram } from '../../support/audio/pcap.ts';
import { parseRtp, type RtpPacket, sentDigits } from '../../support/audio/rtp.ts';
import { Capture } from '../../support/phones/capture.ts';
import { runLoad } from '../../support/phones/load.ts';
import { parseParty, shownParty } from '../../support/phones/sip-message.ts';
import { percentile, type Report, rounded } from '../report.ts';
import type { Scene } from '../scene.ts';
import { firstInvites, type TracedMessage, tracedMessages } from './sip-trace.ts';

/** What is typed, with a pause between the two. */
const KEYS = ['1', '1111'];
/** Longer than any pause within a code, shorter than the one before it. */
const PAUSE_MS = 1000;
/** sipp's play_dtmf sends its digits as this payload type. */
const TELEPHONE_EVENT = 96;
/** 1 in the menu, which is heard from a second after the answer on, then the code. */
const TYPING = `<pause milliseconds="2500"/>
    <nop><action><exec play_dtmf="1"/></action></nop>
    <pause milliseconds="2500"/>
    <nop><action><exec play_dtmf="1111"/></action></nop>`;

/**
 * Callers dial 0000, press 1 and type 1111. The time from the first end packet of the last digit (RFC 4733, captured as the caller
 * sends it) to the INVITE that a member's phone gets for this very caller. Answers the 99th percentile, milliseconds.
 */
export async function measureDigitToInvite(
  scene: Scene,
  report: Report,
  options: { readonly calls: number; readonly callsPerSecond: number; readonly nodeOptions: readonly string[] },
): Promise<number> {
  const { calls, callsPerSecond, nodeOptions } = options;
  process.stderr.write(`· last digit: ${calls} calls\n`);
  const load = {
    account: scene.caller,
    number: '0000',
    // A number of its own for each caller: the member's phone shows it, and so the two ends of a call are found.
    from: `<sip:7[call_number]@${scene.env.SIP_HOST}>`,
    afterAnswer: TYPING,
    callsPerSecond,
  };
  const { datagrams, result } = await scene.withApp(nodeOptions, async () => {
    await runLoad({ ...load, calls: callsPerSecond * 5 });
    const { SIP_PORT: sip } = scene.env;
    const { first, last } = scene.rtpPorts();
    const capture = await Capture.start(`udp port ${sip} or udp dst portrange ${first}-${last}`);
    const done = await runLoad({ ...load, calls });
    return { datagrams: await capture.stop(), result: done };
  });
  const found = lastDigitsAndInvites(datagrams, `${scene.env.SIP_HOST}:${scene.env.SIP_PORT}`);
  const times = found.map(({ invitedAtMs, lastDigitMs }) => invitedAtMs - lastDigitMs);
  const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)];
  report.table(
    `From the caller's last digit to the INVITE at the member's phone: ${calls} callers through the menu, ${callsPerSecond} calls/s`,
    ['', 'callers', 'typed and rang', 'p50 ms', 'p90 ms', 'p99 ms', 'max ms'],
    [
      [
        'queueapp',
        String(result.successful),
        String(times.length),
        ...[p50, percentile(times, 0.9), p99, Math.max(...times)].map(rounded),
      ],
    ],
  );
  report.figure('dispatch.last-digit.p50', p50, 'ms');
  report.figure('dispatch.last-digit.calls', times.length, 'calls');
  if (result.errors !== '') report.say(`sipp: ${result.errors.slice(0, 300)}`);
  // A caller who never reached a member would flatter the figure by being left out.
  return times.length === calls ? p99 : Number.NaN;
}

interface Found {
  readonly lastDigitMs: number;
  readonly invitedAtMs: number;
}

function lastDigitsAndInvites(datagrams: readonly Datagram[], asterisk: string): readonly Found[] {
  const messages = tracedMessages(datagrams, asterisk);
  const invitedAt = new Map(firstInvites(messages).map((invite) => [shownParty(invite).number, invite.atMs]));
  const packets = packetsByPort(datagrams);
  const found: Found[] = [];
  for (const [caller, port] of rtpPortByCaller(messages)) {
    const typed = partsOf(packets.get(port) ?? []).map((part) => sentDigits(part, TELEPHONE_EVENT));
    const isWhole = KEYS.every((keys, index) => keys === typed[index]?.map(({ digit }) => digit).join(''));
    const [lastDigitMs, invitedAtMs] = [typed.at(-1)?.at(-1)?.endMs, invitedAt.get(caller)];
    if (isWhole && lastDigitMs !== undefined && invitedAtMs !== undefined) found.push({ lastDigitMs, invitedAtMs });
  }
  return found;
}

/** sipp begins with the same timestamp each time it plays digits: only the pause tells the digits of the two apart. */
function partsOf(packets: readonly RtpPacket[]): readonly RtpPacket[][] {
  const parts: RtpPacket[][] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const packet of packets.filter(({ payloadType }) => payloadType === TELEPHONE_EVENT)) {
    if (packet.atMs - lastMs > PAUSE_MS) parts.push([]);
    parts.at(-1)?.push(packet);
    lastMs = packet.atMs;
  }
  return parts;
}

/** Where each caller sends its sound, from Asterisk's 200 to the caller's INVITE. */
function rtpPortByCaller(messages: readonly TracedMessage[]): ReadonlyMap<string, number> {
  const ports = new Map<string, number>();
  for (const { method, status, direction, headers, body } of messages) {
    const port = /^m=audio (\d+) /m.exec(body)?.[1];
    if (method !== 'INVITE' || status !== 200 || direction !== 'out' || port === undefined) continue;
    ports.set(parseParty(headers.get('from') ?? '').number, Number(port));
  }
  return ports;
}

function packetsByPort(datagrams: readonly Datagram[]): ReadonlyMap<number, RtpPacket[]> {
  const byPort = new Map<number, RtpPacket[]>();
  for (const datagram of datagrams) {
    const packet = parseRtp(datagram);
    if (packet === undefined) continue;
    const port = Number(datagram.to.split(':')[1]);
    const packets = byPort.get(port);
    if (packets === undefined) byPort.set(port, [packet]);
    else packets.push(packet);
  }
  return byPort;
}
