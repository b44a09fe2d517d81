import { readEntryPoint } from '../../../src/core/entry-point.ts';
import { type ChannelId, isMediaChannel } from '../../../src/core/ids.ts';
import { isAppError } from '../../../src/errors.ts';
import { delay } from '../../../src/lib/clock.ts';
import { sideBySide } from '../../../src/lib/side-by-side.ts';
import type { ChannelSnapshot, HangupCause } from '../../../src/ports/pbx.ts';
import type { LateEnds, StoredEntry } from '../../../src/ports/queue-store.ts';
import type { CallRoom } from '../call-room.ts';
import type { SessionDeps } from '../call-session.ts';
import type { Calls } from '../calls.ts';
import { legIds } from '../ringing/ring-attempt.ts';
import { adoptEntry, type Snapshot } from './adoption.ts';
import { beginUnknown } from './unknown-callers.ts';

const RETRY_MS = 1_000;
/** Entries that are taken over or closed at a time: as many as the database has connections for, and some that wait for Asterisk. */
const ADOPTED_AT_ONCE = 50;
/**
 * Ends are looked for that were written into the database in the last minute before the newest of all: their notes may not have been removed any more.
 * What is older is left to Asterisk's restart.
 */
const LATE_MS = 60_000;
/** Of entries, and of attempts. */
const LATE_ENDS_MAX = 500;

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
      room.otherSwitches?.level();
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

/** What the database says of the queues. */
async function readStored({ room: { store }, memberships }: SessionDeps) {
  const [entries, heard, memories, recordings, late] = await Promise.all([
    store.openEntries(),
    store.heard(),
    store.queueMemories(),
    store.openRecordings(),
    // Before entries are closed here: those are the newest then.
    store.lateEnds({ withinMs: LATE_MS, countMax: LATE_ENDS_MAX }),
    memberships.reload(),
  ]);
  return { entries, heard, memories, recordings, late };
}

/**
 * Both worlds are read at once. What ended meanwhile is told first: with it whoever was left alone is released. Then each entry is taken over, all side by
 * side, and as soon as every caller has the old place members are matched again; what nobody waits for comes after.
 * After each wait the signal is looked at: a connection that is lost again, or a process that stops, must not be acted for.
 */
async function bringLevel(deps: SessionDeps, calls: Calls, { signal, ends }: Recovery) {
  const { room } = deps;
  const { pbx } = room;
  room.ends.forget();
  const beganAtMs = room.clock.now();
  const listenedTo = room.router.channels();
  // Calls that are ours now may end before the database answers; what it said of them is not true any more then.
  const ours = new Set([...listenedTo, ...calls.list().map((call) => call.channelId)]);
  const reading = readStored(deps);
  reading.catch(() => undefined);
  const snapshot = await pbx.snapshot();
  signal.throwIfAborted();
  const here = new Set(snapshot.channels.map(({ channelId }) => channelId));
  await room.ends.learn(
    pbx,
    listenedTo.filter((channelId) => !here.has(channelId)),
  );
  signal.throwIfAborted();
  tellWhatEnded(deps, listenedTo, snapshot);
  const stored = await reading;
  signal.throwIfAborted();
  const isOurs = (channelId: ChannelId) => ours.has(channelId) || calls.has(channelId);
  const open = stored.entries.filter((entry) => entry.switchName === room.switchName);
  const entries = open.filter((entry) => !isOurs(entry.channelId));
  await room.ends.learn(
    pbx,
    channelsOf(entries).filter((channelId) => !here.has(channelId)),
  );
  signal.throwIfAborted();
  room.distributor.remember(stored.memories);
  const others = new Set(stored.entries.filter((entry) => !open.includes(entry)).map(({ entryId }) => entryId));
  const recordings = stored.recordings.filter(({ entryId }) => !others.has(entryId));
  room.recordings.found(recordings, snapshot.channels);
  const remnants = hangUpMediaRemnants(room, snapshot);
  // Waited for below; a connection that is lost before that must not end the process.
  remnants.catch(() => undefined);
  await sideBySide(entries, ADOPTED_AT_ONCE, async (entry) => {
    signal.throwIfAborted();
    await adoptEntry(deps, calls, { entry, heard: stored.heard.get(entry.entryId), snapshot: ends.without(snapshot) });
  });
  signal.throwIfAborted();
  ends.tellAgain();
  room.distributor.open();
  const matchedMs = room.clock.now() - beganAtMs;
  const claimed = new Set<string>([
    ...room.announced.keys(),
    ...entries.flatMap(({ attempts }) => attempts.map(({ attemptId }) => attemptId)),
  ]);
  const channels = ends
    .without(snapshot)
    .channels.filter((each) => !isOurs(each.channelId) && !isClaimed(each, claimed));
  await beginUnknown(deps, calls, { ...snapshot, channels });
  ends.tellAgain();
  signal.throwIfAborted();
  await remnants;
  room.recordings.reassert();
  await room.recordings.closeRemnants(room, snapshot.channels, room.clock.now());
  signal.throwIfAborted();
  await removeBridges(room, snapshot);
  forgetEnds(room, here, [...listenedTo, ...channelsOf(entries), ...legsOf(entries), ...lateChannels(stored.late)]);
  await room.announcer.reconcile(room.board.loggedIn(), [...room.announced.values()]);
  return {
    channels: snapshot.channels.length,
    entries: entries.length,
    matchedMs,
    tookMs: room.clock.now() - beganAtMs,
  };
}

/** Channels of callers, and of the members who answered. */
function channelsOf(entries: readonly StoredEntry[]): ChannelId[] {
  return entries.flatMap(({ channelId, attempts }) => [
    channelId,
    ...attempts.flatMap(({ memberChannelId }) => memberChannelId ?? []),
  ]);
}

/** Channels that may have been made for attempts that nobody looked after. */
function legsOf(entries: readonly StoredEntry[]): ChannelId[] {
  return entries.flatMap(({ attempts }) => attempts.flatMap(({ attemptId }) => legIds(attemptId)));
}

/** Whose end came so shortly before the absence that its note may be there still. */
function lateChannels({ channelIds, attemptIds }: LateEnds): ChannelId[] {
  return [...channelIds, ...attemptIds.flatMap(legIds)];
}

/** What the switch has kept has been made use of, or nobody will. Of channels that are there nothing is kept, and what comes is wanted. */
function forgetEnds({ pbx }: CallRoom, here: ReadonlySet<ChannelId>, channelIds: readonly ChannelId[]): void {
  for (const channelId of new Set(channelIds)) if (!here.has(channelId)) pbx.forgetEnd(channelId);
}

const ENDED_IN_ABSENCE: HangupCause = { code: 0, text: 'ended while Asterisk was out of reach' };

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
  // Who went first has ended the conversation.
  const nowMs = room.clock.now();
  const inOrder = [...listenedTo].sort((a, b) => room.ends.atMs(a, nowMs) - room.ends.atMs(b, nowMs));
  for (const channelId of inOrder) {
    const channel = here.get(channelId);
    if (channel === undefined) {
      const cause = room.ends.of(channelId)?.cause ?? ENDED_IN_ABSENCE;
      room.router.tell({ type: 'channel-destroyed', channelId, cause });
    } else if (channel.state === 'Up') {
      room.router.tell({ type: 'channel-state', channelId, state: 'Up' });
    }
  }
}
