import type { Pbx } from '../../../src/ports/pbx.ts';
import type { Call } from '../call.ts';

/**
 * Which of a channel's stays with us this is, kept on the channel itself: the call's id. The dialplan may send a channel to us again and again, and only by
 * this it is known whether an entry that is over belongs to the stay that goes on, or to one before.
 * Asterisk's own variable, because Stasis() empties it before it tells us of the channel, and sets it to SUCCESS when we let the channel go (app_stasis.c): what stands there has
 * been written in this stay, even when the process is killed before it can write anything in a new one. The dialplan reads it after Stasis(), and never sees ours.
 */
const VARIABLE = 'STASISSTATUS';

/** Keeps it, in place of that of an earlier stay. */
export async function keepStay(
  pbx: Pick<Pbx, 'setVariable'>,
  { channelId, callId }: Pick<Call, 'channelId' | 'callId'>,
): Promise<void> {
  await pbx.setVariable(channelId, VARIABLE, callId);
}

/** `null`: nothing was kept (an older version, Asterisk was away, or the process ended before it could), or the channel is gone. */
export async function readStay(
  pbx: Pick<Pbx, 'getVariable'>,
  { channelId }: Pick<Call, 'channelId'>,
): Promise<string | null> {
  return (await pbx.getVariable(channelId, VARIABLE)) || null;
}
