import type { ChannelId } from '../../../src/core/ids.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { ChannelSnapshot, Pbx } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';
import type { CallBridge } from '../call-bridge.ts';
import type { CallRoom } from '../call-room.ts';
import type { EventRouter } from '../event-router.ts';
import { StandStill } from '../hold/stand-still.ts';
import { quietly } from '../quietly.ts';
import { type End, type EndsEvent, type Transfer, TwoEnds } from './two-ends.ts';

/** Two people in one bridge. */
export interface ConversationRequest {
  readonly memberChannelId: ChannelId;
  readonly bridge: CallBridge;
  /** Both are in the bridge already: a process that is gone joined them. */
  readonly isJoined: boolean;
  /** Aborted when the process stops. */
  readonly stopping: AbortSignal;
  /** Told once they hear each other; not when they did so before. */
  readonly onJoined?: () => void;
}

/** Who ended it. `failed`: the two could not be joined. */
export type ConversationEnd = 'caller' | 'member' | 'failed' | SentOn;

/** One phone has sent the other end on (REFER) and is gone; whoever is there now talks on in the same bridge. */
export interface SentOn {
  /** Whose phone it was. */
  readonly end: End;
  /** `null`: picked up by another phone. */
  readonly transfer: Transfer | null;
  readonly standIn: ChannelSnapshot;
  /** To be given to `untilTheyPart`. */
  readonly ends: TwoEnds;
}

interface ConversationDeps {
  readonly pbx: Pbx;
  readonly router: EventRouter;
  readonly clock: Clock;
}

/**
 * Joins caller and member and waits until one of them goes: whose event comes first has ended it. The other side is the
 * business of whoever asked. Release is seen on stasis-end and bridge-left, too: channel-destroyed does not always come.
 * Rejects with StandStill when the process stops; the two talk on.
 */
export async function converse(
  deps: ConversationDeps,
  call: Call,
  { memberChannelId, bridge, isJoined, stopping, onJoined }: ConversationRequest,
): Promise<ConversationEnd> {
  const { pbx } = deps;
  const ends = new TwoEnds(deps, call, memberChannelId);
  let isSentOn = false;
  try {
    if (call.signal.aborted) return 'caller';
    if (isJoined) {
      // Nobody listened between the snapshot that showed them together and now.
      const gone = await whoIsGone(pbx, call, memberChannelId);
      if (gone !== 'failed') return gone;
    } else if ((await bridge.join([call.channelId, memberChannelId])) === 'gone') {
      return await whoIsGone(pbx, call, memberChannelId);
    } else onJoined?.();
    if (stopping.aborted) throw new StandStill();
    const event = await ends.next(stopping);
    isSentOn = event.type === 'transferred';
    await hangUpReplaced(pbx, call, event);
    return event.type === 'transferred' ? { ...event, ends } : event.end;
  } finally {
    if (!isSentOn) ends.close();
  }
}

/** One of the two may have vanished unheard; `failed`: both are there. */
async function whoIsGone(pbx: Pbx, call: Call, memberChannelId: ChannelId): Promise<'caller' | 'member' | 'failed'> {
  if (call.signal.aborted) return 'caller';
  const { channels } = await pbx.snapshot();
  const isHere = (channelId: ChannelId) => channels.some((each) => each.channelId === channelId);
  if (!isHere(call.channelId)) return 'caller';
  return isHere(memberChannelId) ? 'failed' : 'member';
}

/**
 * After a transfer: waits until one of those goes who are together now, and hangs up the other, but for a caller whose call goes on.
 * `told` hears what happens until then. Rejects with StandStill when the process stops; they talk on.
 */
export async function untilTheyPart(
  room: Pick<CallRoom, 'pbx' | 'stopping'>,
  call: Call,
  ends: TwoEnds,
  told: (event: EndsEvent) => void = () => undefined,
): Promise<void> {
  try {
    for (;;) {
      const event = await ends.next(room.stopping);
      told(event);
      await hangUpReplaced(room.pbx, call, event);
      if (event.type !== 'left') continue;
      const rest = ends.channelOf(event.end === 'caller' ? 'member' : 'caller');
      if (rest === call.channelId && !call.signal.aborted) return;
      return await quietly(call, 'hang-up-rest', () => room.pbx.hangup(rest));
    }
  } finally {
    ends.close();
  }
}

/** Whose call was picked up by another phone is left in Stasis, alone. */
async function hangUpReplaced(pbx: Pbx, call: Call, event: EndsEvent): Promise<void> {
  if (event.type !== 'transferred' || event.transfer !== null) return;
  await quietly(call, 'hang-up-replaced', () => pbx.hangup(event.replaced));
}
