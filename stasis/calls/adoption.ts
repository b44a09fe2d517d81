import { randomUUID } from 'node:crypto';
import { LEG_ARGUMENT } from '../../src/core/entry-point.ts';
import { type ChannelId, callId, isMediaChannel } from '../../src/core/ids.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import type { BridgeSnapshot, ChannelSnapshot } from '../../src/ports/pbx.ts';
import type { LoggedTransfer, StoredAttempt, StoredEntry } from '../../src/ports/queue-store.ts';
import type { Call } from './call.ts';
import { CallBridge } from './call-bridge.ts';
import { type CallRoom, quietly } from './call-room.ts';
import type { CallSession, SessionDeps } from './call-session.ts';
import type { Calls } from './calls.ts';
import { converse, untilTheyPart } from './conversation.ts';
import type { Ring } from './distributor.ts';
import { CallNews } from './event-fan-out.ts';
import { HoldSound } from './hold-sound.ts';
import type { Place } from './queue-entrance.ts';
import { consentOf, stayInQueue } from './queue-stage.ts';
import { CAUSE_ANSWERED_ELSEWHERE } from './ring-attempt.ts';
import { talk } from './talk.ts';
import { followTransfer } from './transfer.ts';
import { TwoEnds, transferBy } from './two-ends.ts';

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
}

/**
 * Carries on, or closes, one entry of a process that is gone:
 *
 *   in the database │ caller here, member up   │ caller here, no member up       │ caller gone
 *   waiting         │ –                        │ same place, music               │ ABANDON
 *   ringing         │ they talk (CONNECT now)  │ legs hung up, same place, music │ ABANDON, legs hung up
 *   talking         │ they talk on             │ COMPLETEAGENT, call goes on     │ COMPLETECALLER, member hung up
 *
 * Where a channel that nobody knows is in the bridge with the one who is left, the other was transferred meanwhile: the two talk on.
 */
export async function adoptEntry(
  deps: SessionDeps,
  calls: Calls,
  entry: StoredEntry,
  snapshot: Snapshot,
): Promise<void> {
  const { room } = deps;
  const settings = room.queues.get(entry.queue);
  const caller = snapshot.channels.find((channel) => channel.channelId === entry.channelId);
  const legs = snapshot.channels.filter((channel) => isLegOf(channel, entry.attempts));
  if (caller === undefined || settings === undefined) {
    for (const leg of legs) {
      const talksOn = caller === undefined && adoptSentOn(deps, calls, leg, snapshot);
      if (!talksOn) await room.pbx.hangup(leg.channelId);
    }
    return await closeEntry(deps, entry, caller === undefined ? 'caller' : 'member');
  }
  const place: Place = { ...entry, position: entry.originalPosition };
  const remains: Remains = { entry, settings, caller, place, legs, snapshot };
  calls.adopt(caller, entry.callId, async (session) => {
    session.call.customer = entry.customer;
    await goOn(deps, session, remains);
  });
}

/** Two who talk without a queue (a menu dialled an extension) talk on; the caller goes when the other hangs up. */
export function adoptConversation(
  { room }: SessionDeps,
  session: CallSession,
  { memberChannelId, bridge }: { readonly memberChannelId: ChannelId; readonly bridge: BridgeSnapshot },
): Promise<void> {
  const shared = new CallBridge(room, session.call, bridge);
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
    await bridge.remove();
    call.signal.throwIfAborted();
    return await session.leaveQueue({ type: 'served', afterwards: settings.afterConversation, waitMs: 0 });
  }
  for (const leg of legs) await room.pbx.hangup(leg.channelId);
  for (const { attemptId } of entry.attempts) {
    await room.store.miss({ attemptId, outcome: 'cancelled', ringMs: 0, atMs: room.clock.now() });
  }
  const hold = new HoldSound(room, call, settings, bridge);
  await silence(room, call);
  hold.start([], consentOf(settings));
  await session.leaveQueue(await stayInQueue(room, call, { settings, place, bridge, hold, isNew: false }));
}

/** The member has sent the caller on while nobody looked: to whom, the channel says that is there instead. */
async function sentOn(
  deps: SessionDeps,
  { entry, settings, place }: Remains,
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
  { entry, settings, place, legs }: Remains,
  { attempt, member, bridge }: TalkRemains,
): Promise<void> {
  const { call } = session;
  // Before anything is waited for, too: recordings that nobody takes are closed.
  const recorded = room.recordings.take(call.callId);
  const extension = memberships.extensionOrUnknown(attempt.extension);
  const ring: Ring = { attemptId: attempt.attemptId, extension };
  const isJoined = entry.state === 'talking' && bridge.holds(call.channelId) && bridge.holds(member.channelId);
  room.board.hold(extension.number, attempt.attemptId);
  for (const leg of legs) if (leg !== member) await room.pbx.hangup(leg.channelId, CAUSE_ANSWERED_ELSEWHERE);
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

/** Nobody can be served any more: the entry gets its closing line now. */
async function closeEntry(
  { room }: SessionDeps,
  { entryId, state, attempts: [attempt] }: StoredEntry,
  endedBy: 'caller' | 'member',
  transfer: LoggedTransfer | null = null,
): Promise<void> {
  const atMs = room.clock.now();
  if (state === 'talking' && attempt !== undefined) {
    await room.store.complete({ attemptId: attempt.attemptId, endedBy, transfer, atMs });
  } else {
    await room.store.leave({ entryId, outcome: 'ABANDON', atMs });
  }
}

/** The bridge in which a channel was left. */
function bridgeOf(channelId: ChannelId, { bridges }: Snapshot): BridgeSnapshot | null {
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
