import { randomUUID } from 'node:crypto';
import { readEntryPoint } from '../../../src/core/entry-point.ts';
import { type ChannelId, callId, isMediaChannel } from '../../../src/core/ids.ts';
import { sideBySide } from '../../../src/lib/side-by-side.ts';
import type { BridgeSnapshot, ChannelSnapshot } from '../../../src/ports/pbx.ts';
import type { EndedEntry } from '../../../src/ports/queue-store.ts';
import type { CallRoom } from '../call-room.ts';
import type { SessionDeps } from '../call-session.ts';
import type { Calls } from '../calls.ts';
import { type IvrMark, readMark } from '../ivr/ivr-mark.ts';
import { adoptConversation, bridgeOf, partnerOf, type Snapshot } from './adoption.ts';
import { readStay } from './stay-mark.ts';
import { exitOf, finishLeaving, isLeaving } from './unfinished-leave.ts';

/** Callers who are asked for at a time what is kept on their channels: one write. */
const MARKS_AT_ONCE = 200;

/** What is known of a channel that no call has. */
interface Kept {
  readonly mark: IvrMark | null;
  readonly stay: string | null;
  readonly ended: EndedEntry | undefined;
}

/**
 * Callers who were in the IVR hear the last question again; who was leaving a queue is let go; two who talk without a queue talk on; legs without
 * a call are hung up.
 */
export async function beginUnknown(deps: SessionDeps, calls: Calls, { channels, bridges }: Snapshot): Promise<void> {
  const { room } = deps;
  const known = new Set<ChannelId>(room.router.channels());
  const unknown = channels.filter((channel) => !known.has(channel.channelId) && !calls.has(channel.channelId));
  const legs = unknown.filter((channel) => readEntryPoint(channel.appArguments).type === 'leg');
  // A caller goes before who stands in for a member since a transfer: it is the caller's call.
  const others = unknown
    .filter((each) => !legs.includes(each))
    .sort((a, b) => Number(isStandIn(a)) - Number(isStandIn(b)));
  const kept = await whatIsKept(room, others);
  const found = { beginAnew: 0, talkOn: 0 };
  for (const channel of others) {
    if (room.router.isListenedTo(channel.channelId)) continue;
    const bridge = bridgeOf(channel.channelId, { bridges });
    const partner = partnerOf(channel.channelId, { channels: unknown, bridges });
    if (bridge === null || partner === null) {
      if (goOn(deps, calls, { channel, bridge, ...kept(channel) }) === 'anew') found.beginAnew++;
    } else {
      found.talkOn++;
      const conversation = { memberChannelId: partner.channelId, bridge };
      calls.adopt(channel, callId(randomUUID()), (session) => adoptConversation(deps, session, conversation));
    }
  }
  if (found.beginAnew + found.talkOn > 0)
    room.log.info(found, 'In Asterisk, and not in the database: these callers begin anew or talk on');
  const taken = new Set(room.router.channels());
  const orphans = legs.filter((each) => !taken.has(each.channelId));
  await Promise.all(orphans.map((leg) => room.pbx.hangup(leg.channelId)));
}

/** What the database and the channels themselves keep of these callers. */
async function whatIsKept({ store, pbx }: CallRoom, channels: readonly ChannelSnapshot[]) {
  const entries = await store.endedEntries(channels.map(({ channelId }) => channelId));
  const ended = new Map(entries.map((entry) => [entry.channelId, entry]));
  const marks = new Map<ChannelId, IvrMark | null>();
  const stays = new Map<ChannelId, string | null>();
  await sideBySide(channels, MARKS_AT_ONCE, async (channel) => {
    const { channelId } = channel;
    marks.set(channelId, await readMark(pbx, channel));
    if (ended.has(channelId)) stays.set(channelId, await readStay(pbx, channel));
  });
  return ({ channelId }: ChannelSnapshot): Kept => ({
    mark: marks.get(channelId) ?? null,
    stay: stays.get(channelId) ?? null,
    ended: ended.get(channelId),
  });
}

/** One caller who is alone; `anew`: there is nothing to go on with. */
function goOn(
  { room }: SessionDeps,
  calls: Calls,
  { channel, bridge, ...kept }: Kept & { readonly channel: ChannelSnapshot; readonly bridge: BridgeSnapshot | null },
): 'goes-on' | 'anew' {
  const { mark, stay, ended } = kept;
  const settings = ended && room.queues.get(ended.queue);
  if (ended !== undefined && settings !== undefined) {
    const exit = exitOf(ended, settings);
    if (isLeaving({ ended, stay, mark }, exit)) {
      const request = { exit, ended, settings, left: bridge, afterwards: mark?.afterwards ?? null };
      calls.adopt(channel, ended.callId, (session) => finishLeaving(room, session, request));
      return 'goes-on';
    }
  }
  if (mark === null || isMediaChannel(channel.channelId)) {
    calls.arrive(channel, channel.appArguments);
    return mark === null ? 'anew' : 'goes-on';
  }
  const entry = readEntryPoint(channel.appArguments);
  calls.adopt(channel, callId(randomUUID()), (session) => session.goOnInIvr(mark, entry));
  return 'goes-on';
}

/** Asterisk's own channel for somebody who was transferred. */
function isStandIn({ name, appArguments }: ChannelSnapshot): boolean {
  return /^Local\/.*;[12]$/.test(name) && appArguments.length === 0;
}
