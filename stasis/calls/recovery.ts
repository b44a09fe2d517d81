import { randomUUID } from 'node:crypto';
import { readEntryPoint } from '../../src/core/entry-point.ts';
import { type ChannelId, callId, isMediaChannel } from '../../src/core/ids.ts';
import { isAppError } from '../../src/errors.ts';
import { delay } from '../../src/lib/clock.ts';
import type { ChannelSnapshot } from '../../src/ports/pbx.ts';
import { adoptConversation, adoptEntry, partnerOf, type Snapshot } from './adoption.ts';
import type { CallRoom } from './call-room.ts';
import type { SessionDeps } from './call-session.ts';
import type { Calls } from './calls.ts';

const RETRY_MS = 1_000;

/**
 * Brings what we know level with what is, at start and after every reconnect: what ended meanwhile gets its ordinary event,
 * places and conversations of a process that is gone are adopted or closed, and channels nobody knows begin anew. Matching
 * stands still until this is done. Repeats while the database or Asterisk is away.
 */
export async function recover(
  deps: SessionDeps,
  calls: Calls,
  signal: AbortSignal,
  awayMs: number | undefined,
): Promise<void> {
  const { room } = deps;
  room.distributor.close();
  for (;;) {
    const ends = listenForEnds(room);
    try {
      const found = await bringLevel(deps, calls, { signal, ends });
      // The end of an absence, for the log (`lost`, `back`).
      const end = awayMs === undefined ? {} : { back: 'asterisk', awayMs };
      room.log.info({ ...end, ...found, calls: calls.size }, 'Level with Asterisk');
      room.distributor.open();
      return;
    } catch (error) {
      signal.throwIfAborted();
      if (!isAppError(error)) throw error;
      room.log.warn({ err: error }, 'What was going on could not be read yet');
      await delay(room.clock, RETRY_MS, signal);
    } finally {
      ends.close();
    }
  }
}

/**
 * Channels that end while the picture of them is being taken and worked through. Nobody listens to them yet, so that their only event would be
 * lost, and a caller who has hung up would wait for ever.
 */
function listenForEnds({ pbx, router }: CallRoom) {
  const ended = new Set<ChannelId>();
  const unlisten = pbx.subscribe((event) => {
    if (event.type === 'stasis-end' || event.type === 'channel-destroyed') ended.add(event.channelId);
  });
  return {
    without: (snapshot: Snapshot): Snapshot => ({
      ...snapshot,
      channels: snapshot.channels.filter(({ channelId }) => !ended.has(channelId)),
    }),
    /** Who was taken over only just before has begun to listen too late. */
    tellAgain: () => {
      const cause = { code: 0, text: 'ended while it was taken over' };
      for (const channelId of ended)
        if (router.isListenedTo(channelId)) router.tell({ type: 'channel-destroyed', channelId, cause });
    },
    close: unlisten,
  };
}

interface Recovery {
  readonly signal: AbortSignal;
  readonly ends: ReturnType<typeof listenForEnds>;
}

/** After each wait the signal is looked at: a connection that is lost again, or a process that stops, must not be acted for. */
async function bringLevel(deps: SessionDeps, calls: Calls, { signal, ends }: Recovery) {
  const { room, memberships } = deps;
  const listenedTo = room.router.channels();
  // Calls that are ours now may end before the database answers; what it said of them is not true any more then.
  const ours = new Set([...listenedTo, ...calls.list().map((call) => call.channelId)]);
  const snapshot = await room.pbx.snapshot();
  signal.throwIfAborted();
  tellWhatEnded(deps, listenedTo, snapshot);
  await memberships.reload();
  room.distributor.remember(await room.store.queueMemories());
  const isOurs = (channelId: ChannelId) => ours.has(channelId) || calls.has(channelId);
  const open = (await room.store.openEntries()).filter((entry) => entry.switchName === room.switchName);
  const entries = open.filter((entry) => !isOurs(entry.channelId));
  room.recordings.found(await room.store.openRecordings(), snapshot.channels);
  signal.throwIfAborted();
  const claimed = new Set<string>(room.announced.keys());
  for (const entry of entries) {
    for (const { attemptId } of entry.attempts) claimed.add(attemptId);
    await adoptEntry(deps, calls, entry, ends.without(snapshot));
    signal.throwIfAborted();
  }
  await hangUpMediaRemnants(room, snapshot);
  room.recordings.reassert();
  await room.recordings.closeRemnants(room, snapshot.channels, room.clock.now());
  signal.throwIfAborted();
  const channels = ends
    .without(snapshot)
    .channels.filter((each) => !isOurs(each.channelId) && !isClaimed(each, claimed));
  await beginUnknown(deps, calls, { ...snapshot, channels });
  ends.tellAgain();
  signal.throwIfAborted();
  await removeBridges(room, snapshot);
  await room.announcer.reconcile(room.board.loggedIn(), [...room.announced.values()]);
  return { channels: snapshot.channels.length, entries: entries.length };
}

/** Legs of attempts that somebody looks after already. */
function isClaimed({ appArguments }: ChannelSnapshot, attempts: ReadonlySet<string>): boolean {
  return readEntryPoint(appArguments).type === 'leg' && attempts.has(appArguments[1] ?? '');
}

/** Media channels of a process that is gone: nothing will come over them any more. */
async function hangUpMediaRemnants({ pbx, media }: CallRoom, { channels }: Snapshot): Promise<void> {
  const remnants = channels.filter(({ channelId }) => isMediaChannel(channelId) && !media.holds(channelId));
  await Promise.all(remnants.map(({ channelId }) => pbx.hangup(channelId)));
}

/** Bridges of a process that is gone in which nobody was taken over. */
async function removeBridges(room: CallRoom, { bridges }: Snapshot): Promise<void> {
  const remnants = bridges.filter(({ bridgeId }) => !room.bridges.has(bridgeId) && !room.media.holds(bridgeId));
  await Promise.all(remnants.map(({ bridgeId }) => room.pbx.destroyBridge(bridgeId)));
}

/**
 * Who was transferred is gone, and somebody else is in the bridge.
 * Only channels that were listened to before the snapshot was asked for: a newer one need not be in it.
 */
function tellWhatEnded({ room }: SessionDeps, listenedTo: readonly ChannelId[], { channels, bridges }: Snapshot): void {
  const here = new Map(channels.map((channel) => [channel.channelId, channel]));
  for (const { bridgeId, channelIds } of bridges) {
    const bridge = room.bridges.get(bridgeId);
    const gone = listenedTo.find((channelId) => bridge?.holds(channelId) && !here.has(channelId));
    const stranger = channelIds.find((each) => here.has(each) && !isMediaChannel(each) && !listenedTo.includes(each));
    const channel = stranger && here.get(stranger);
    if (gone !== undefined && channel !== undefined)
      room.router.tell({ type: 'stasis-start', channel, args: [], replaces: gone });
  }
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
  // A caller goes before who stands in for a member since a transfer: it is the caller's call.
  const others = unknown
    .filter((each) => !legs.includes(each))
    .sort((a, b) => Number(isStandIn(a)) - Number(isStandIn(b)));
  for (const channel of others) {
    if (room.router.isListenedTo(channel.channelId)) continue;
    const bridge = bridges.find((each) => each.channelIds.includes(channel.channelId));
    const partner = partnerOf(channel.channelId, { channels: unknown, bridges });
    if (bridge === undefined || partner === null) calls.arrive(channel, channel.appArguments);
    else {
      const conversation = { memberChannelId: partner.channelId, bridge };
      calls.adopt(channel, callId(randomUUID()), (session) => adoptConversation(deps, session, conversation));
    }
  }
  const taken = new Set(room.router.channels());
  for (const leg of legs.filter((each) => !taken.has(each.channelId))) await room.pbx.hangup(leg.channelId);
}

/** Asterisk's own channel for somebody who was transferred. */
function isStandIn({ name, appArguments }: ChannelSnapshot): boolean {
  return /^Local\/.*;[12]$/.test(name) && appArguments.length === 0;
}
