import type { BridgeId, ChannelId } from '../../src/core/ids.ts';
import type { Pbx } from '../../src/ports/pbx.ts';
import { unlessAborted } from './carrier.ts';
import { unavailable } from './refusals.ts';

/** Where a caller hears a media channel. */
export interface Place {
  /** Channels and bridges that were made for it, beside the media channel. */
  readonly ids: readonly (ChannelId | BridgeId)[];
  /** Brings the media channel there, once it is in the application. Rejects when that can't be done; `leave` is due then, too. */
  join(signal: AbortSignal): Promise<void>;
  /** Takes away what was made for it, whatever there is. Never rejects. Idempotent. */
  leave(): Promise<void>;
}

interface BridgePlace {
  readonly pbx: Pbx;
  readonly bridgeId: BridgeId;
  readonly channelId: ChannelId;
  /** Otherwise the media channel is kept from telling us what the caller says. */
  readonly isCallerMuted: boolean;
}

/** The caller's own bridge: nothing is made for it, and the media channel leaves it by being hung up. The requests go out in one write. */
export function inBridge({ pbx, bridgeId, channelId, isCallerMuted }: BridgePlace): Place {
  return {
    ids: [],
    async join(signal) {
      const muted = isCallerMuted ? 'done' : pbx.muteMedia(channelId);
      const requests = Promise.all([muted, pbx.addToBridge(bridgeId, [channelId])]);
      if ((await unlessAborted(signal, requests)).includes('gone'))
        throw unavailable("the media channel or the caller's bridge has gone");
    },
    leave: async () => undefined,
  };
}
