import { randomUUID } from 'node:crypto';
import type { AsteriskKind } from '../../../install/private-stack/state.ts';
import { bridgeId, type CallId, type ChannelId, callId } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { PbxEvent } from '../../../src/ports/pbx.ts';
import { AriPbx } from '../../../stasis/ari/pbx.ts';
import { AriMediaOut } from '../../../stasis/media/media-out.ts';
import { RTP_HEADER_BYTES } from '../../../stasis/media/rtp-stream.ts';
import type { MediaTimes } from '../../../stasis/media/settings.ts';
import type { Datagram } from '../../support/audio/pcap.ts';
import { type RtpPacket, rtpPackets } from '../../support/audio/rtp.ts';
import type { NoiseProgramme } from '../../support/media/noise-programme.ts';
import { type Caller, type DialOptions, dial } from '../../support/phones/caller.ts';
import { nextConnected } from '../ari/pbx-harness.ts';
import { PrivateAsterisk } from '../ari/private-asterisk.ts';

/** Limits that only a machine that hangs reaches. */
export const PATIENT: Partial<MediaTimes> = { openMs: 20_000, removeMs: 20_000 };

/** Somebody who called, was answered and sits alone in a bridge. */
export interface WaitingCaller {
  readonly caller: Caller;
  readonly callId: CallId;
  readonly channelId: ChannelId;
  readonly by: {
    readonly type: 'bridge';
    readonly bridgeId: ReturnType<typeof bridgeId>;
    readonly isCallerMuted: boolean;
  };
}

export interface MediaHarness {
  readonly asterisk: PrivateAsterisk;
  readonly pbx: AriPbx;
  readonly media: AriMediaOut;
  readonly events: readonly PbxEvent[];
  waiting(options?: Partial<DialOptions>): Promise<WaitingCaller>;
  /** Callers hang up, and their bridges are taken down. */
  everybodyLeaves(): Promise<void>;
  dispose(): Promise<void>;
}

/** A real Asterisk, the real adapters, and callers of flesh and baresip. */
export async function createMediaHarness(
  times: Partial<MediaTimes> = {},
  kind: AsteriskKind = 'current',
): Promise<MediaHarness> {
  const asterisk = await PrivateAsterisk.start({}, kind);
  const pbx = new AriPbx({
    settings: { url: asterisk.url, username: asterisk.username, password: asterisk.password, application: 'queueapp' },
    clock: systemClock,
    random: Math.random,
    log: silentLog(),
  });
  const started = nextConnected(pbx);
  pbx.start();
  await started;
  const settings = { url: asterisk.url, linesMax: 50 };
  // How long a caller may be kept waiting is no measure of a busy machine; and what is closed is gone, however long Asterisk takes for it.
  const media = new AriMediaOut({
    settings,
    times: { ...PATIENT, ...times },
    pbx,
    clock: systemClock,
    log: silentLog(),
  });
  const events: PbxEvent[] = [];
  pbx.subscribe((event) => events.push(event));
  const callers: Caller[] = [];
  return {
    asterisk,
    pbx,
    media,
    events,
    async waiting(options) {
      const start = nextCall(pbx);
      const from = { number: '5550100', name: 'Alice' };
      const caller = await dial({ account: asterisk.account('caller'), from, number: '0001', ...options });
      callers.push(caller);
      const channelId = await start;
      await pbx.answer(channelId);
      await caller.answered();
      const id = bridgeId(randomUUID());
      await pbx.createBridge(id, 'test');
      await pbx.addToBridge(id, [channelId]);
      return {
        caller,
        callId: callId(randomUUID()),
        channelId,
        by: { type: 'bridge', bridgeId: id, isCallerMuted: false },
      };
    },
    async everybodyLeaves() {
      for (const caller of callers.splice(0)) await caller.close();
      for (const { bridgeId: id } of (await pbx.snapshot()).bridges) await pbx.destroyBridge(id);
    },
    async dispose() {
      for (const caller of callers) await caller.close();
      await media[Symbol.asyncDispose]();
      await pbx[Symbol.asyncDispose]();
      await asterisk.close();
    },
  };
}

function nextCall(pbx: AriPbx): Promise<ChannelId> {
  return new Promise((resolve) => {
    const stop = pbx.subscribe((event) => {
      if (event.type !== 'stasis-start' || !event.channel.name.startsWith('PJSIP/')) return;
      stop();
      resolve(event.channel.channelId);
    });
  });
}

/** The RTP that this process has sent to Asterisk: of the two streams that carry the programme, Asterisk's comes after ours. */
export function sentRtp(datagrams: readonly Datagram[], programme: Pick<NoiseProgramme, 'find'>): RtpPacket[] {
  const carries = ({ payload }: Datagram) => programme.find(payload.subarray(RTP_HEADER_BYTES), 10) !== undefined;
  const own = datagrams.find(carries);
  return own === undefined ? [] : rtpPackets(datagrams, { from: own.from, to: own.to });
}

/**
 * The RTP that came to a caller: of all streams on loopback, where other stacks may talk, too, the one that carries the programme (empty
 * when none does); without a programme, the one of the most variety: a phone sends a tone or silence.
 */
export function heardRtp(
  datagrams: readonly Datagram[],
  payloadType: number,
  programme?: Pick<NoiseProgramme, 'find'>,
): RtpPacket[] {
  const streams = new Map<string, RtpPacket[]>();
  for (const datagram of datagrams) {
    const [packet] = rtpPackets([datagram], {});
    if (packet?.payloadType !== payloadType) continue;
    const key = `${datagram.from} ${datagram.to} ${packet.ssrc}`;
    const stream = streams.get(key);
    if (stream === undefined) streams.set(key, [packet]);
    else stream.push(packet);
  }
  if (programme === undefined) {
    const variety = (packets: readonly RtpPacket[]) =>
      new Set(packets.map(({ payload }) => payload.toString('latin1'))).size;
    return [...streams.values()].sort((a, b) => variety(b) - variety(a))[0] ?? [];
  }
  const carries = (packets: readonly RtpPacket[]) =>
    packets.some(({ payload }, index) => index % 10 === 9 && programme.find(payload, index) !== undefined);
  return [...streams.values()].find(carries) ?? [];
}
