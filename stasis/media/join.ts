import type { ChannelId } from '../../src/core/ids.ts';
import type { MediaRequest } from '../../src/ports/media-out.ts';
import type { Pbx } from '../../src/ports/pbx.ts';
import { unavailable } from './refusals.ts';

/** Brings a media channel to where its caller hears it. Both requests go out in one write. */
export async function joinCaller(pbx: Pbx, { by }: MediaRequest, channelId: ChannelId): Promise<void> {
  if (by.type === 'whisper') throw unavailable('whispering is not there yet');
  const [muted, added] = await Promise.all([pbx.muteMedia(channelId), pbx.addToBridge(by.bridgeId, [channelId])]);
  if (muted === 'gone' || added === 'gone') throw unavailable("the media channel or the caller's bridge has gone");
}
