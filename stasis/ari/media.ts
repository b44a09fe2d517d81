import { isIP } from 'node:net';
import type { ChannelId } from '../../src/core/ids.ts';
import type { WireFormat } from '../../src/core/programme/sound.ts';
import type { CreateMediaRequest, CreateRtpMediaRequest, CreateWhisperRequest, Presence } from '../../src/ports/pbx.ts';
import { isGone, isOk, json, refused } from './answers.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri, withQuery } from './uri.ts';

type Request = (request: AriRequest) => Promise<AriResponse>;

/** A UUID in 22.10; it becomes part of an address. */
const CONNECTION_ID = /^[\w.-]{1,100}$/;

/** `GET /asterisk/modules/chan_websocket.so`: 404 when it is not there, 409 when it is there but not loaded. */
export async function readMediaWebSocket(request: Request): Promise<boolean> {
  const read: AriRequest = { method: 'GET', address: 'asterisk/modules/chan_websocket.so' };
  const response = await request(read);
  if (response.status === 404 || response.status === 409) return false;
  const module = json(read, response);
  return typeof module === 'object' && module !== null && 'status' in module && module.status === 'Running';
}

/** `POST /channels/externalMedia`; answers with MEDIA_WEBSOCKET_CONNECTION_ID. A format or transport that this Asterisk does not have is its error 500. */
export async function createMediaChannel(
  request: Request,
  application: string,
  { channelId, format }: CreateMediaRequest,
): Promise<string | 'refused'> {
  const create: AriRequest = {
    method: 'POST',
    address: withQuery('channels/externalMedia', {
      channelId,
      app: application,
      external_host: 'INCOMING',
      transport: 'websocket',
      encapsulation: 'none',
      connection_type: 'server',
      format,
      // Control messages as JSON: 20.18, 22.8 and newer. Older ones ignore it, and refuse JSON.
      transport_data: 'f(json)',
    }),
  };
  const response = await request(create);
  if ([400, 500, 501].includes(response.status)) return 'refused';
  if (!isOk(response)) throw refused(create, response);
  return connectionIdOf(json(create, response)) ?? 'refused';
}

function connectionIdOf(channel: unknown): string | undefined {
  const { MEDIA_WEBSOCKET_CONNECTION_ID: id } = variablesOf(channel);
  return typeof id === 'string' && CONNECTION_ID.test(id) ? id : undefined;
}

/** `POST /channels/externalMedia` as RTP; answers with the address and port at which Asterisk expects it. */
export async function createRtpChannel(
  request: Request,
  application: string,
  { channelId, format, rtpHost }: CreateRtpMediaRequest,
): Promise<{ readonly address: string; readonly port: number } | 'refused'> {
  const create: AriRequest = {
    method: 'POST',
    address: withQuery('channels/externalMedia', {
      channelId,
      app: application,
      external_host: rtpHost,
      transport: 'udp',
      encapsulation: 'rtp',
      connection_type: 'client',
      format,
    }),
  };
  const response = await request(create);
  if ([400, 500, 501].includes(response.status)) return 'refused';
  const { UNICASTRTP_LOCAL_ADDRESS: address, UNICASTRTP_LOCAL_PORT: port } = variablesOf(json(create, response));
  if (typeof address !== 'string' || isIP(address) === 0 || typeof port !== 'string') return 'refused';
  return /^[1-9]\d{0,4}$/.test(port) && Number(port) < 65_536 ? { address, port: Number(port) } : 'refused';
}

function variablesOf(channel: unknown): Readonly<Record<string, unknown>> {
  if (typeof channel !== 'object' || channel === null || !('channelvars' in channel)) return {};
  const variables = channel.channelvars;
  return typeof variables === 'object' && variables !== null ? (variables as Record<string, unknown>) : {};
}

/** `POST /channels/{id}/snoop` that hears nothing and whispers to the channel's own side. */
export function createWhisperChannel(
  request: Request,
  application: string,
  { channelId, toChannelId }: CreateWhisperRequest,
): Promise<Presence | 'refused'> {
  return createSnoop(request, application, { channelId, ofChannelId: toChannelId, spy: 'none', whisper: 'out' });
}

interface SnoopRequest {
  readonly channelId: ChannelId;
  readonly ofChannelId: ChannelId;
  readonly spy: 'none' | 'in' | 'both';
  readonly whisper: 'none' | 'out';
}

/** `POST /channels/{id}/snoop`: the channel comes into the application by itself. `refused`: Asterisk can't make it. */
export async function createSnoop(
  request: Request,
  application: string,
  { channelId, ofChannelId, spy, whisper }: SnoopRequest,
): Promise<Presence | 'refused'> {
  const create: AriRequest = {
    method: 'POST',
    address: withQuery(uri`channels/${ofChannelId}/snoop`, { snoopId: channelId, app: application, spy, whisper }),
  };
  const response = await request(create);
  if (isOk(response)) return 'done';
  if (isGone(response)) return 'gone';
  if (response.status === 500) return 'refused';
  throw refused(create, response);
}

/** Reads CHANNEL(audionativeformat): the first of `(ulaw|alaw)` counts, which is what was agreed upon with the phone. */
export function readChannelFormat(formats: string): WireFormat {
  const [first = ''] = formats.replace(/^\(|\)$/g, '').split('|');
  if (first === 'ulaw' || first === 'alaw') return first;
  return isWide(first) ? 'slin16' : 'slin';
}

/** Codecs of 16,000 samples a second and more; G.722 is one of them, whatever RTP says of it (RFC 3551, 4.5.2). */
function isWide(format: string): boolean {
  return /^(?:g722|opus|slin(?:12|16|24|32|44|48|96|192)|speex(?:16|32)|siren(?:7|14)|g719|silk(?:12|16|24))$/.test(
    format,
  );
}
