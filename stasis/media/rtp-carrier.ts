import type { Pbx } from '../../src/ports/pbx.ts';
import { type Carry, unlessAborted } from './carrier.ts';
import type { ChannelWatch } from './channel-watch.ts';
import { unavailable } from './refusals.ts';
import { RtpLine } from './rtp-line.ts';
import { RTP_FORMAT } from './rtp-payload.ts';
import { addressTowards, RtpSocket } from './rtp-socket.ts';
import type { LineRoom } from './websocket-line.ts';

interface RtpCarrierOptions {
  readonly pbx: Pbx;
  /** Asterisk's HTTP server: the way there shows which address of ours Asterisk reaches. */
  readonly url: string;
  /** The address of ours, when that is another one. */
  readonly address: string | undefined;
  readonly watch: ChannelWatch;
  readonly room: LineRoom;
}

/** Audio as RTP, for an Asterisk without chan_websocket: a socket of ours, then the channel that expects RTP from it. */
export function carryByRtp({ pbx, url, address, watch, room }: RtpCarrierOptions): Carry {
  return async (request, signal) => {
    const { channelId, programme } = request;
    const socket = await RtpSocket.open(address ?? (await addressTowards(new URL(url).hostname)));
    const ended = new AbortController();
    const unwatch = watch.watch(channelId, () => ended.abort(unavailable('Asterisk has ended the media channel')));
    const unlessOver = AbortSignal.any([signal, ended.signal]);
    try {
      const format = RTP_FORMAT[programme.format];
      const making = pbx.createRtpMedia({ channelId, format, rtpHost: socket.place });
      const channel = await unlessAborted(unlessOver, making).catch((error: unknown) => {
        // It may be made yet, long after nobody waits for it.
        making.then(() => pbx.hangup(channelId)).catch(() => undefined);
        throw error;
      });
      if (channel === 'refused') throw unavailable('Asterisk refused to make an RTP channel');
      await socket.connect(channel.address, channel.port);
      if ((await unlessAborted(unlessOver, channel.arrived)) === 'gone')
        throw unavailable('the media channel ended before it was in the application');
      const line = new RtpLine(room, { ...request, socket, onEnd: unwatch });
      ended.signal.addEventListener('abort', () => line.lost('Asterisk has ended the media channel'), { once: true });
      return line;
    } catch (error) {
      unwatch();
      socket.end();
      throw error;
    }
  };
}
