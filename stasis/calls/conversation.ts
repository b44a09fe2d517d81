import type { ChannelId } from '../../src/core/ids.ts';
import { deferred } from '../../src/lib/deferred.ts';
import type { Pbx, PbxEvent } from '../../src/ports/pbx.ts';
import type { Call } from './call.ts';
import type { CallBridge } from './call-bridge.ts';
import type { EventRouter } from './event-router.ts';
import { StandStill } from './stand-still.ts';

/** Two people in one bridge. */
export interface ConversationRequest {
  readonly memberChannelId: ChannelId;
  readonly bridge: CallBridge;
  /** Both are in the bridge already: a process that is gone joined them. */
  readonly isJoined: boolean;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
}

/** Who ended it. `failed`: the two could not be joined. */
export type ConversationEnd = 'caller' | 'member' | 'failed';

interface ConversationDeps {
  readonly pbx: Pbx;
  readonly router: EventRouter;
}

/**
 * Joins caller and member and waits until one of them goes: whose event comes first has ended it. The other side is the
 * business of whoever asked. Release is seen on stasis-end and bridge-left, too: channel-destroyed does not always come.
 * Rejects with StandStill when the process stops; the two talk on.
 */
export async function converse(
  { pbx, router }: ConversationDeps,
  call: Call,
  { memberChannelId, bridge, isJoined, stopping }: ConversationRequest,
): Promise<ConversationEnd> {
  const end = deferred<ConversationEnd>();
  // The process may stop while the two are being joined, when nobody waits for the end yet.
  end.promise.catch(() => undefined);
  const onHangup = () => end.resolve('caller');
  const onStopping = () => end.reject(new StandStill());
  const unlisten = router.onChannel(memberChannelId, (event) => {
    if (hasLeft(event)) end.resolve('member');
  });
  call.signal.addEventListener('abort', onHangup, { once: true });
  stopping.addEventListener('abort', onStopping, { once: true });
  try {
    if (call.signal.aborted) return 'caller';
    if (isJoined) {
      // Nobody listened between the snapshot that showed them together and now.
      const gone = await whoIsGone(pbx, call, memberChannelId);
      if (gone !== 'failed') return gone;
    } else if ((await bridge.join([call.channelId, memberChannelId])) === 'gone') {
      return await whoIsGone(pbx, call, memberChannelId);
    }
    if (stopping.aborted) throw new StandStill();
    return await end.promise;
  } finally {
    unlisten();
    call.signal.removeEventListener('abort', onHangup);
    stopping.removeEventListener('abort', onStopping);
  }
}

function hasLeft(event: PbxEvent): boolean {
  return event.type === 'channel-destroyed' || event.type === 'stasis-end' || event.type === 'bridge-left';
}

/** One of the two may have vanished unheard; `failed`: both are there. */
async function whoIsGone(pbx: Pbx, call: Call, memberChannelId: ChannelId): Promise<ConversationEnd> {
  if (call.signal.aborted) return 'caller';
  const { channels } = await pbx.snapshot();
  const isHere = (channelId: ChannelId) => channels.some((each) => each.channelId === channelId);
  if (!isHere(call.channelId)) return 'caller';
  return isHere(memberChannelId) ? 'failed' : 'member';
}
