import { WIRE } from '../../src/core/programme/sound.ts';
import type { Pbx } from '../../src/ports/pbx.ts';
import { type Carry, unlessAborted } from './carrier.ts';
import { MediaConnection } from './connection.ts';
import { unavailable } from './refusals.ts';
import { FRAME_MS } from './settings.ts';
import { type LineRoom, WebSocketLine } from './websocket-line.ts';

/** Audio by chan_websocket: the channel is made, its WebSocket is opened, and with that it comes into the application. */
export function carryByWebSocket(pbx: Pbx, url: string, room: LineRoom): Carry {
  return async (request, signal) => {
    const { channelId, programme } = request;
    const making = pbx.createMedia({ channelId, format: programme.format });
    const channel = await unlessAborted(signal, making).catch((error: unknown) => {
      // It may be made yet, long after nobody waits for it.
      making.then(() => pbx.hangup(channelId)).catch(() => undefined);
      throw error;
    });
    if (channel === 'refused') throw unavailable('Asterisk refused to make a media channel');
    const connection = new MediaConnection(url, channel.connectionId);
    const onAbort = () => connection.end();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const [start, arrival] = await unlessAborted(signal, Promise.all([connection.opened, channel.arrived]));
      const frameBytes = (WIRE[programme.format].rate * WIRE[programme.format].bytesPerSample * FRAME_MS) / 1000;
      if (arrival === 'gone') throw unavailable('the media channel ended before it was in the application');
      if (start.format !== programme.format || start.frameBytes !== frameBytes)
        throw unavailable(`Asterisk wants ${start.format} in frames of ${start.frameBytes} bytes`);
      return new WebSocketLine(room, { ...request, connection });
    } catch (error) {
      connection.end();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
}
