import type { ChannelId } from '../../../src/core/ids.ts';
import { isHangup } from '../hangup-error.ts';
import { startPlaying } from '../hold/playing.ts';
import type { Visit } from '../queue/queue-visit.ts';
import { quietly } from '../quietly.ts';

/**
 * What the queue says to the caller between the answer and the conversation (app_queue's `queue-callerannounce`): the only announcement
 * that a member waits for, and only where it is configured. A member who goes meanwhile ends it.
 */
export async function announceConversation({ room, call, settings }: Visit, memberChannelId: ChannelId): Promise<void> {
  const { beforeConversation } = settings.announcements;
  if (beforeConversation.length === 0) return;
  const playing = startPlaying(room, call, beforeConversation);
  const unlisten = room.router.onChannel(memberChannelId, (event) => {
    if (event.type !== 'channel-destroyed' && event.type !== 'stasis-end') return;
    quietly(call, 'stop-announcement', () => playing.stop()).catch(() => undefined);
  });
  try {
    await playing.finished;
  } catch (error) {
    // A caller who goes has ended the conversation, which tells of it.
    if (!isHangup(error)) call.log.warn({ err: error }, 'The caller was not told of the conversation');
  } finally {
    unlisten();
  }
}
