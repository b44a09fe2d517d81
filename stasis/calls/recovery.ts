import { randomUUID } from 'node:crypto';
import { readEntryPoint } from '../../src/core/entry-point.ts';
import { type ChannelId, callId } from '../../src/core/ids.ts';
import { isAppError } from '../../src/errors.ts';
import { delay } from '../../src/lib/clock.ts';
import { adoptConversation, adoptEntry, type Snapshot } from './adoption.ts';
import type { SessionDeps } from './call-session.ts';
import type { Calls } from './calls.ts';

const RETRY_MS = 1_000;

/**
 * Brings what we know level with what is, at start and after every reconnect: what ended meanwhile gets its ordinary event,
 * places and conversations of a process that is gone are adopted or closed, and channels nobody knows begin anew. Matching
 * stands still until this is done. Repeats while the database or Asterisk is away.
 */
export async function recover(deps: SessionDeps, calls: Calls, signal: AbortSignal): Promise<void> {
  const { room } = deps;
  room.distributor.close();
  for (;;) {
    try {
      await bringLevel(deps, calls);
      room.distributor.open();
      return;
    } catch (error) {
      if (!isAppError(error)) throw error;
      room.log.warn({ err: error }, 'What was going on could not be read yet');
      await delay(room.clock, RETRY_MS, signal);
    }
  }
}

async function bringLevel(deps: SessionDeps, calls: Calls): Promise<void> {
  const { room, memberships } = deps;
  const listenedTo = room.router.channels();
  const snapshot = await room.pbx.snapshot();
  tellWhatEnded(deps, listenedTo, snapshot);
  await memberships.reload();
  const entries = (await room.store.openEntries()).filter((entry) => !calls.has(entry.channelId));
  for (const entry of entries) await adoptEntry(deps, calls, entry, snapshot);
  await beginUnknown(deps, calls, snapshot);
  await room.announcer.reconcile(room.board.loggedIn(), [...room.announced.values()]);
  const { size } = calls;
  room.log.info({ channels: snapshot.channels.length, entries: entries.length, calls: size }, 'Level with Asterisk');
}

/** Only channels that were listened to before the snapshot was asked for: a newer one need not be in it. */
function tellWhatEnded({ room }: SessionDeps, listenedTo: readonly ChannelId[], { channels }: Snapshot): void {
  const here = new Map(channels.map((channel) => [channel.channelId, channel]));
  for (const channelId of listenedTo) {
    const channel = here.get(channelId);
    if (channel === undefined) {
      const cause = { code: 0, text: 'ended while Asterisk was out of reach' };
      room.router.tell({ type: 'channel-destroyed', channelId, cause });
    } else if (channel.state === 'Up') {
      room.router.tell({ type: 'channel-state', channelId, state: 'Up' });
    }
  }
}

/**
 * Callers who were in the IVR hear it from the beginning; two who talk without a queue talk on; legs without a call are hung
 * up.
 */
async function beginUnknown(deps: SessionDeps, calls: Calls, { channels, bridges }: Snapshot): Promise<void> {
  const { room } = deps;
  const known = new Set<ChannelId>(room.router.channels());
  const unknown = channels.filter((channel) => !known.has(channel.channelId) && !calls.has(channel.channelId));
  const legs = unknown.filter((channel) => readEntryPoint(channel.appArguments).type === 'leg');
  for (const channel of unknown.filter((each) => !legs.includes(each))) {
    const bridge = bridges.find((each) => each.channelIds.includes(channel.channelId));
    const partner = legs.find((leg) => bridge?.channelIds.includes(leg.channelId));
    if (bridge === undefined || partner === undefined) calls.arrive(channel, channel.appArguments);
    else {
      const conversation = { memberChannelId: partner.channelId, bridge };
      calls.adopt(channel, callId(randomUUID()), (session) => adoptConversation(deps, session, conversation));
    }
  }
  const taken = new Set(room.router.channels());
  for (const leg of legs.filter((each) => !taken.has(each.channelId))) await room.pbx.hangup(leg.channelId);
}
