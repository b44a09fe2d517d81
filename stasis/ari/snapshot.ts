import { bridgeId, channelId } from '../../src/core/ids.ts';
import type { BridgeSnapshot, ChannelSnapshot } from '../../src/ports/pbx.ts';
import { json } from './answers.ts';
import { toChannelSnapshot } from './events.ts';
import type { AriRequest, AriResponse } from './request-table.ts';
import { uri } from './uri.ts';

/**
 * What Asterisk is to call a bridge. Nobody subscribes to a bridge by making it, and the last one who leaves it ends the subscription: empty
 * bridges of a process that is gone are known by their name alone.
 */
export const bridgeName = (application: string, name: string) => `${application} ${name}`;

type Request = (request: AriRequest) => Promise<AriResponse>;
type Fields = Readonly<Record<string, unknown>>;

/**
 * What is in the application now. `GET /applications/{name}` has the ids (also those that a process before us left), the lists
 * of channels and bridges have the rest; what vanishes between the three requests is left out.
 */
export async function readSnapshot(request: Request, application: string) {
  const read = async (address: string) => {
    const get: AriRequest = { method: 'GET', address };
    return json(get, await request(get));
  };
  const [ours, channels, bridges] = await Promise.all([
    read(uri`applications/${application}`),
    read('channels'),
    read('bridges'),
  ]);
  const ourChannels = new Set(strings(record(ours)['channel_ids']));
  const ourBridges = new Set(strings(record(ours)['bridge_ids']));
  return {
    channels: records(channels)
      .map(toChannelSnapshot)
      .filter((channel): channel is ChannelSnapshot => channel !== undefined && ourChannels.has(channel.channelId)),
    bridges: records(bridges)
      .filter(({ id, name }) => ourBridges.has(String(id)) || String(name).startsWith(bridgeName(application, '')))
      .map(toBridgeSnapshot),
  };
}

function toBridgeSnapshot(bridge: Fields): BridgeSnapshot {
  const id = bridge['id'];
  return {
    bridgeId: bridgeId(typeof id === 'string' ? id : ''),
    channelIds: strings(bridge['channels']).map(channelId),
  };
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function records(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}
