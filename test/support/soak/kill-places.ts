import { type ChannelId, isMediaChannel, isRecordingChannel } from '../../../src/core/ids.ts';
import type { AriFrame } from './ari-proxy.ts';

/** Where in a call's life the process is killed. */
export const KILL_PLACES = [
  'ivr',
  'waiting',
  'create-dial',
  'ringing',
  'answer-bridge',
  'talking',
  'wrap-up',
  'recovering',
] as const;
export type KillPlace = (typeof KILL_PLACES)[number];

/** Those that issue 5 asks for; the others come on top. */
export const REQUIRED_PLACES: readonly KillPlace[] = [
  'ivr',
  'waiting',
  'create-dial',
  'answer-bridge',
  'talking',
  'wrap-up',
];

/** A call has come to a place. */
export interface Sighting {
  readonly place: KillPlace;
  /**
   * `now`: the place is this very message, which then must not arrive. A number: the place lasts from now on, and any moment up to so many
   * milliseconds later lies in it.
   */
  readonly lasts: 'now' | number;
}

/** Longer waits hardly come to an end before (a member must be found first), nor do menus and talks. */
const WAITING_MS = 400;
const IVR_MS = 1_000;
const RINGING_MS = 300;
const TALKING_MS = 900;
const WRAP_UP_MS = 1_500;
/** From the first question about channels to matching again. */
const RECOVERING_MS = 250;

/** Reads the event socket, and tells where calls are. It outlives the processes that are killed, as the calls do. */
export class KillPlaces {
  /** Callers who are in the application, and whether they have come into a bridge: then the IVR is over. */
  readonly #callers = new Map<string, 'ivr' | 'queue'>();
  readonly #legs = new Map<string, 'new' | 'answered' | 'talking'>();
  /** Requests by which members come to their callers, until they are answered. */
  readonly #joining = new Map<string, string>();

  /** What this message means for where a call is; at most one thing. */
  sees({ from, message }: AriFrame): Sighting | null {
    if (from === 'application') return this.#request(message);
    return message['type'] === 'RESTResponse' ? this.#answer(message) : this.#event(message);
  }

  #request(message: AriFrame['message']): Sighting | null {
    const [path = '', query = ''] = String(message['uri'] ?? '').split('?');
    const parameters = new URLSearchParams(query);
    const [kind, id = '', action] = path.split('/');
    const method = String(message['method'] ?? '');
    if (method === 'GET' && path === 'bridges') return { place: 'recovering', lasts: RECOVERING_MS };
    if (method !== 'POST') return null;
    if (kind === 'channels' && id === 'create' && parameters.get('appArgs')?.startsWith('leg,') === true) {
      this.#legs.set(parameters.get('channelId') ?? '', 'new');
      return null;
    }
    if (kind === 'channels' && action === 'dial' && this.#legs.has(id)) return { place: 'create-dial', lasts: 'now' };
    if (kind === 'channels' && action === 'play' && this.#callers.get(id) === 'ivr')
      return { place: 'ivr', lasts: IVR_MS };
    if (kind === 'bridges' && action === 'addChannel') return this.#joins(message, parameters.get('channel') ?? '');
    return null;
  }

  #joins(message: AriFrame['message'], channels: string): Sighting | null {
    const ids = channels.split(',');
    for (const id of ids) if (this.#callers.has(id)) this.#callers.set(id, 'queue');
    const leg = ids.find((id) => this.#legs.has(id));
    if (leg !== undefined) {
      this.#joining.set(String(message['request_id']), leg);
      return { place: 'answer-bridge', lasts: 'now' };
    }
    return ids.some((id) => isMediaChannel(id as ChannelId)) ? { place: 'waiting', lasts: WAITING_MS } : null;
  }

  #answer(message: AriFrame['message']): Sighting | null {
    const leg = this.#joining.get(String(message['request_id']));
    if (leg === undefined) return null;
    this.#joining.delete(String(message['request_id']));
    if (Number(message['status_code']) >= 300) return null;
    this.#legs.set(leg, 'talking');
    return { place: 'talking', lasts: TALKING_MS };
  }

  #event(message: AriFrame['message']): Sighting | null {
    const id = channelOf(message['channel']) ?? channelOf(message['peer']);
    if (id === null) return null;
    switch (message['type']) {
      case 'StasisStart':
        return this.#arrives(id);
      case 'ChannelDtmfReceived':
        return this.#callers.get(id) === 'ivr' ? { place: 'ivr', lasts: 'now' } : null;
      case 'Dial':
        return this.#dialled(id, String(message['dialstatus'] ?? ''));
      case 'StasisEnd':
      case 'ChannelDestroyed':
        return this.#ends(id);
      default:
        return null;
    }
  }

  #arrives(id: string): Sighting | null {
    const isCaller = !(this.#legs.has(id) || isMediaChannel(id as ChannelId) || isRecordingChannel(id as ChannelId));
    if (isCaller && !this.#callers.has(id)) this.#callers.set(id, 'ivr');
    return null;
  }

  #dialled(id: string, status: string): Sighting | null {
    if (!this.#legs.has(id)) return null;
    if (status === 'RINGING') return { place: 'ringing', lasts: RINGING_MS };
    if (status !== 'ANSWER' || this.#legs.get(id) !== 'new') return null;
    this.#legs.set(id, 'answered');
    return { place: 'answer-bridge', lasts: 'now' };
  }

  #ends(id: string): Sighting | null {
    this.#callers.delete(id);
    const was = this.#legs.get(id);
    this.#legs.delete(id);
    return was === 'talking' ? { place: 'wrap-up', lasts: WRAP_UP_MS } : null;
  }
}

function channelOf(channel: unknown): string | null {
  return typeof channel === 'object' && channel !== null && 'id' in channel && typeof channel.id === 'string'
    ? channel.id
    : null;
}
