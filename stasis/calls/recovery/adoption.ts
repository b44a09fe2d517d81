import { randomUUID } from 'node:crypto';
import { LEG_ARGUMENT } from '../../../src/core/entry-point.ts';
import { type ChannelId, callId, isMediaChannel } from '../../../src/core/ids.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';
import { deferred } from '../../../src/lib/deferred.ts';
import type { BridgeSnapshot, ChannelSnapshot } from '../../../src/ports/pbx.ts';
import type { HeardSoFar, LoggedTransfer, StoredAttempt, StoredEntry } from '../../../src/ports/queue-store.ts';
import type { Call } from '../call.ts';
import { CallBridge } from '../call-bridge.ts';
import { type CallRoom, noteNoEnd } from '../call-room.ts';
import type { CallSession, SessionDeps } from '../call-session.ts';
import type { Calls } from '../calls.ts';
import { HoldSound } from '../hold/hold-sound.ts';
import type { Ring } from '../queue/distributor.ts';
import { CallNews } from '../queue/event-fan-out.ts';
import type { Place } from '../queue/queue-entrance.ts';
import { consentOf, stayInQueue } from '../queue/queue-stage.ts';
import { quietly } from '../quietly.ts';
import { CAUSE_ANSWERED_ELSEWHERE } from '../ringing/ring-attempt.ts';
import { converse, untilTheyPart } from '../talking/conversation.ts';
import { talk } from '../talking/talk.ts';
import { followTransfer } from '../talking/transfer.ts';
import { TwoEnds, transferBy } from '../talking/two-ends.ts';
import { readHeard } from './heard.ts';

/** What Asterisk has of ours. */
export interface Snapshot {
  readonly channels: readonly ChannelSnapshot[];
  readonly bridges: readonly BridgeSnapshot[];
}

/** An entry that no process holds, and what is left of it in Asterisk. */
interface Remains {
  readonly entry: StoredEntry;
  readonly settings: QueueSettings;
  readonly caller: ChannelSnapshot;
  readonly place: Place;
  readonly legs: readonly ChannelSnapshot[];
  readonly snapshot: Snapshot;
  /** What the caller has heard. */
  readonly heard: HeardSoFar | undefined;
  /** To be called when nothing is to be waited for any more before members are matched: the caller has the old place, or needs none. */
  readonly settled: () => void;
}

/** What is taken over or closed. */
export interface Estate {
  readonly entry: StoredEntry;
  readonly heard: HeardSoFar | undefined;
  readonly snapshot: Snapshot;
}

/**
 * Carries on, or closes, one entry of a process that is gone:
 *
 *   in the database │ caller here, member up   │ caller here, no member up       │ caller gone
 *   waiting         │ –                        │ same place, programme goes on   │ ABANDON
 *   ringing         │ they talk (CONNECT now)  │ legs hung up, same place        │ ABANDON, legs hung up
 *   talking         │ they talk on             │ COMPLETEAGENT, call goes on     │ COMPLETECALLER, member hung up
 *
 * A leg whose ring is booked as over belongs to no entry: it is hung up with the orphans (recovery.ts). Of a queue that is not configured any more the entry is closed
 * as if the member had gone, the legs are hung up, and the call begins anew. test/scenario/calls/adoption.test.ts has each cell.
 *
 * Closing lines have the time that Asterisk has kept of the hang-up, else that of now; where both are gone, who went first has ended the talk.
 * Where a channel that nobody knows is in the bridge with the one who is left, the other was transferred meanwhile: the two talk on.
 * Settles when the entry is closed, or its caller has the old place again.
 */
export async function adoptEntry(deps: SessionDeps, calls: Calls, estate: Estate): Promise<void> {
  const { room } = deps;
  const { entry, snapshot } = estate;
  const settings = room.queues.get(entry.queue);
  const caller = snapshot.channels.find((channel) => channel.channelId === entry.channelId);
  const legs = snapshot.channels.filter((channel) => isLegOf(channel, entry.attempts));
  if (caller === undefined || settings === undefined) {
    const released = legs.map(async (leg) => {
      const talksOn = caller === undefined && adoptSentOn(deps, calls, leg, snapshot);
      if (!talksOn) await room.pbx.hangup(leg.channelId);
    });
    await Promise.all([...released, closeEntry(deps, entry, caller === undefined ? 'caller' : 'member')]);
    return;
  }
  const place: Place = { ...entry, position: entry.originalPosition };
  const settled = deferred<void>();
  const remains: Remains = { ...estate, settings, caller, place, legs, settled: settled.resolve };
  calls.adopt(caller, entry.callId, async (session) => {
    session.call.customer = entry.customer;
    session.call.isEndNoted = true;
    await goOn(deps, session, remains).finally(settled.resolve);
  });
  await settled.promise;
}

/** Two who talk without a queue (a menu dialled an extension) talk on; the caller goes when the other hangs up. */
export function adoptConversation(
  { room }: SessionDeps,
  session: CallSession,
  { memberChannelId, bridge }: { readonly memberChannelId: ChannelId; readonly bridge: BridgeSnapshot },
): Promise<void> {
  const shared = new CallBridge(room, session.call, bridge);
  noteNoEnd(room, session.call, [session.call.channelId, memberChannelId]);
  const conversation = { memberChannelId, bridge: shared, isJoined: true, stopping: room.stopping };
  return converse(room, session.call, conversation).then(async (end) => {
    if (typeof end === 'object') await untilTheyPart(room, session.call, end.ends);
    await room.pbx.hangup(end === 'caller' ? memberChannelId : session.call.channelId);
    await shared.remove();
  });
}

/** The caller has sent this member on while nobody looked. */
function adoptSentOn(deps: SessionDeps, calls: Calls, leg: ChannelSnapshot, snapshot: Snapshot): boolean {
  const bridge = bridgeOf(leg.channelId, snapshot);
  const other = partnerOf(leg.channelId, snapshot);
  if (bridge === null || other === null) return false;
  const conversation = { memberChannelId: leg.channelId, bridge };
  calls.adopt(other, callId(randomUUID()), (session) => adoptConversation(deps, session, conversation));
  return true;
}

async function goOn(deps: SessionDeps, session: CallSession, remains: Remains): Promise<void> {
  const { room } = deps;
  const { call } = session;
  const { entry, settings, place, legs, snapshot } = remains;
  // Who answered and had not accepted yet when the process died is not connected.
  const isAsked = entry.state === 'ringing' && settings.acceptByKey !== null;
  const member = isAsked ? undefined : legs.find((leg) => leg.state === 'Up');
  const attempt = entry.attempts.find((each) => member?.appArguments[1] === each.attemptId);
  const left = bridgeOf(call.channelId, snapshot) ?? (member ? bridgeOf(member.channelId, snapshot) : null);
  // Before anything is waited for: bridges that nobody claims are removed.
  const bridge = new CallBridge(room, call, left);
  if (attempt !== undefined && member !== undefined)
    return await talkOn(deps, session, remains, { attempt, member, bridge });
  if (entry.state === 'talking') {
    const other = partnerOf(call.channelId, snapshot);
    if (other === null) await closeEntry(deps, entry, 'member');
    else await sentOn(deps, remains, { call, bridge, other });
    remains.settled();
    await bridge.remove();
    call.signal.throwIfAborted();
    return await session.leaveQueue({ type: 'served', afterwards: settings.afterConversation, waitMs: 0 });
  }
  await Promise.all(legs.map((leg) => room.pbx.hangup(leg.channelId)));
  const miss = { outcome: 'cancelled', ringMs: 0, atMs: room.clock.now() } as const;
  for (const { attemptId } of entry.attempts) await room.store.miss({ attemptId, ...miss });
  const hold = new HoldSound(room, call, settings, bridge);
  hold.goOnWith(readHeard(remains.heard));
  const consent = consentOf(settings);
  hold.start([], hold.hasTold(consent) ? [] : consent);
  const staying = stayInQueue(room, call, { settings, place, bridge, hold, isNew: false });
  remains.settled();
  await session.leaveQueueOfBefore(await staying);
}

/** The member has sent the caller on while nobody looked: to whom, the channel says that is there instead. */
async function sentOn(
  deps: SessionDeps,
  { entry, settings, place, settled }: Remains,
  { call, bridge, other }: { readonly call: Call; readonly bridge: CallBridge; readonly other: ChannelSnapshot },
): Promise<void> {
  const { room } = deps;
  const ends = new TwoEnds(room, call, other.channelId);
  const hold = new HoldSound(room, call, settings, bridge);
  const news = new CallNews(room, call, settings, place);
  const transfer = transferBy(other);
  const visit = { room, call, settings, place, bridge, hold, news };
  const followed = followTransfer(visit, { end: 'member', transfer, standIn: other, ends });
  followed.catch(() => undefined);
  await closeEntry(deps, entry, 'member', transfer);
  noteNoEnd(room, call, [call.channelId]);
  settled();
  await followed;
}

interface TalkRemains {
  readonly attempt: StoredAttempt;
  /** The leg that answered. */
  readonly member: ChannelSnapshot;
  readonly bridge: CallBridge;
}

async function talkOn(
  { room, memberships }: SessionDeps,
  session: CallSession,
  { entry, settings, place, legs, settled }: Remains,
  { attempt, member, bridge }: TalkRemains,
): Promise<void> {
  const { call } = session;
  // Before anything is waited for, too: recordings that nobody takes are closed.
  const recorded = room.recordings.take(call.callId);
  const extension = memberships.extensionOrUnknown(attempt.extension);
  const ring: Ring = { attemptId: attempt.attemptId, extension };
  const isJoined = entry.state === 'talking' && bridge.holds(call.channelId) && bridge.holds(member.channelId);
  room.board.hold(extension.number, attempt.attemptId);
  settled();
  const others = legs.filter((leg) => leg !== member);
  await Promise.all(others.map((leg) => room.pbx.hangup(leg.channelId, CAUSE_ANSWERED_ELSEWHERE)));
  if (!isJoined) await silence(room, call);
  const hold = new HoldSound(room, call, settings, bridge);
  const news = new CallNews(room, call, settings, place);
  const connectedAtMs = attempt.connectedAtMs ?? room.clock.now();
  const request = { channelId: member.channelId, ringMs: 0, connectedAtMs, isJoined, recorded };
  const visit = { room, call, settings, place, bridge, hold, news };
  const outcome = await talk(visit, ring, request).finally(() => room.distributor.free(ring));
  if (outcome.type === 'talked') await outcome.afterwards;
  await bridge.remove();
  call.signal.throwIfAborted();
  const waitMs = connectedAtMs - place.joinedAtMs;
  await session.leaveQueue({ type: 'served', afterwards: settings.afterConversation, waitMs });
}

/** A process that was stopped in good order has left Asterisk's music on. */
function silence(room: CallRoom, call: Call): Promise<void> {
  return quietly(call, 'stop-music', () => room.pbx.stopMusic(call.channelId));
}

/** Nobody can be served any more: the entry gets its closing line, of the moment at which it ended. */
async function closeEntry(
  { room }: SessionDeps,
  { entryId, queue, state, channelId, joinedAtMs, attempts: [attempt] }: StoredEntry,
  gone: 'caller' | 'member',
  transfer: LoggedTransfer | null = null,
): Promise<void> {
  const nowMs = room.clock.now();
  const sinceMs = attempt?.connectedAtMs ?? attempt?.startedAtMs ?? joinedAtMs;
  const callerAtMs = room.ends.atMs(channelId, nowMs, sinceMs);
  if (state !== 'talking' || attempt === undefined) {
    await room.store.leave({ entryId, outcome: 'ABANDON', atMs: callerAtMs });
    return;
  }
  const { attemptId, extension, memberChannelId } = attempt;
  const memberAtMs = memberChannelId === null ? nowMs : room.ends.atMs(memberChannelId, nowMs, sinceMs);
  const endedBy = gone === 'caller' && callerAtMs <= memberAtMs ? 'caller' : 'member';
  const atMs = endedBy === 'caller' ? callerAtMs : memberAtMs;
  const wrapUpMs = room.queues.get(queue)?.wrapUpMs ?? 0;
  // Members are matched again before the database is read again.
  room.board.noteCallEnd(extension, { queue, atMs });
  await room.store.complete({ attemptId, endedBy, transfer, wrapUpMs, atMs });
}

/** The bridge in which a channel was left. */
export function bridgeOf(channelId: ChannelId, { bridges }: Pick<Snapshot, 'bridges'>): BridgeSnapshot | null {
  return bridges.find((bridge) => bridge.channelIds.includes(channelId)) ?? null;
}

/** Who is in a bridge with this channel. */
export function partnerOf(channelId: ChannelId, snapshot: Snapshot): ChannelSnapshot | null {
  const inside = bridgeOf(channelId, snapshot)?.channelIds ?? [];
  const isPartner = (id: ChannelId) => id !== channelId && !isMediaChannel(id) && inside.includes(id);
  return snapshot.channels.find((each) => isPartner(each.channelId)) ?? null;
}

function isLegOf({ appArguments: [kind, attemptId] }: ChannelSnapshot, attempts: readonly StoredAttempt[]): boolean {
  return kind === LEG_ARGUMENT && attempts.some((attempt) => attempt.attemptId === attemptId);
}
