import type { ChannelId } from '../../../src/core/ids.ts';
import { RECORDING_DEFAULTS } from '../../../src/core/queue/recording.ts';
import { isAppError } from '../../../src/errors.ts';
import { noteNoEnd } from '../call-room.ts';
import { StandStill } from '../hold/stand-still.ts';
import type { Ring } from '../queue/distributor.ts';
import { enterPhase, type MemberOutcome, type Visit } from '../queue/queue-visit.ts';
import { quietly } from '../quietly.ts';
import { ConversationRecording } from '../recording/conversation-recording.ts';
import type { RecordingRemains } from '../recording/recordings.ts';
import { announceConversation } from '../ringing/before-conversation.ts';
import { type ConversationEnd, converse, type SentOn, untilTheyPart } from './conversation.ts';
import { followTransfer } from './transfer.ts';

/** A member who has answered. */
export interface TalkRequest {
  readonly channelId: ChannelId;
  readonly ringMs: number;
  /** When the member answered; earlier than the two were connected when something was said to the member first. @default connectedAtMs */
  readonly answeredAtMs?: number;
  readonly connectedAtMs: number;
  /** The two are talking already, and the database knows: taken over from a process that is gone. */
  readonly isJoined: boolean;
  /** Rung besides and freed as soon as the database knows of the answer. @default none */
  readonly losers?: readonly Ring[];
  /** What is recorded of them already. */
  readonly recorded?: readonly RecordingRemains[];
}

/** The conversation, from the answer to the last word to the database and the node. */
export async function talk(visit: Visit, ring: Ring, request: TalkRequest): Promise<MemberOutcome> {
  const { room, call, news } = visit;
  const { attemptId, extension } = ring;
  const { connectedAtMs, channelId } = request;
  enterPhase(visit, 'talking', [ring]);
  const written = request.isJoined ? Promise.resolve() : writeConnect(visit, ring, request);
  const recording = recordingOf(visit, ring, request);
  if (!request.isJoined) await Promise.all([visit.hold.stop(), recording?.prepare()]);
  news.connected(ring);
  const end = await conversationEnd(visit, ring, { request, recording }).catch(async (error: unknown) => {
    if (error instanceof StandStill) recording?.leave();
    else await recording?.end();
    await written;
    throw error;
  });
  const atMs = room.ends.atMs(end === 'member' ? channelId : call.channelId, room.clock.now(), connectedAtMs);
  const talked = { attemptId, talkMs: atMs - connectedAtMs };
  room.board.noteCallEnd(extension.number, { queue: visit.settings.name, atMs });
  // A transfer ends it, too: who talks then has not been told.
  const recorded = recording?.end();
  if (typeof end === 'object') {
    call.log.info({ ...talked, transferredBy: end.end, pii: { transfer: end.transfer } }, 'Transferred');
    return await sendOn(visit, ring, { end, written: Promise.all([written, recorded]), connectedAtMs, atMs });
  }
  call.log.info({ ...talked, endedBy: end }, 'Conversation over');
  // Before the database knows: the member's next item waits on the node behind this one.
  news.ended(ring);
  if (end !== 'member') await quietly(call, 'hang-up-member', () => room.pbx.hangup(channelId));
  await written;
  const endedBy = end === 'caller' ? 'caller' : 'member';
  const { wrapUpMs } = visit.settings;
  await quietly(call, 'complete', () => room.store.complete({ attemptId, endedBy, wrapUpMs, atMs }));
  await recorded;
  return { type: 'talked', connectedAtMs, afterwards: Promise.resolve() };
}

interface SendOnRequest {
  readonly end: SentOn;
  readonly written: Promise<unknown>;
  readonly connectedAtMs: number;
  readonly atMs: number;
}

/**
 * A transfer ends the queue's conversation, whoever's phone it was (app_queue): its line, the member's item and wrap-up belong to this
 * moment. A member who was sent on by the caller talks all the same, and stays reserved as long.
 */
async function sendOn(visit: Visit, ring: Ring, request: SendOnRequest): Promise<MemberOutcome> {
  const { room, call, news } = visit;
  const { end, written, connectedAtMs, atMs } = request;
  news.ended(ring);
  const afterwards = end.end === 'member' ? followTransfer(visit, end) : untilTheyPart(room, call, end.ends);
  // Waited for when all is written; the process may stop before.
  afterwards.catch(() => undefined);
  await written;
  const completion = {
    attemptId: ring.attemptId,
    endedBy: end.end,
    transfer: end.transfer,
    wrapUpMs: visit.settings.wrapUpMs,
    atMs,
  };
  await quietly(call, 'complete', () => room.store.complete(completion));
  noteNoEnd(room, call, [end.ends.channelOf(end.end === 'member' ? 'caller' : 'member')]);
  if (end.end === 'caller') {
    await afterwards;
    room.board.noteHangup(ring.extension.number, { queue: visit.settings.name, atMs: room.clock.now() });
  }
  return { type: 'talked', connectedAtMs, afterwards };
}

/** `null`: this queue's conversations are not recorded. */
function recordingOf(visit: Visit, { extension }: Ring, request: TalkRequest): ConversationRecording | null {
  const { recorded = [], channelId: memberChannelId } = request;
  // What was begun goes on, though the queue may be configured otherwise by now.
  const settings = visit.settings.recording ?? (recorded.length > 0 ? RECORDING_DEFAULTS : null);
  if (settings === null) return null;
  const recording = new ConversationRecording(visit, { settings, extension: extension.number, memberChannelId });
  recording.adopt(recorded);
  return recording;
}

/** They talk meanwhile, however slow the database is; if it can't be told now, it hears of it later, in order. */
async function writeConnect({ room, call }: Visit, ring: Ring, request: TalkRequest): Promise<void> {
  const { attemptId, extension } = ring;
  const { channelId, ringMs, connectedAtMs, answeredAtMs = connectedAtMs, losers = [] } = request;
  call.log.info({ attemptId, extension: extension.number, ringMs }, 'Member answered');
  const member = { memberChannelId: channelId, memberUniqueId: channelId };
  const connect = { attemptId, ...member, ringMs, answeredAtMs, atMs: connectedAtMs };
  await quietly(call, 'write-connect', () => room.store.connect(connect));
  for (const loser of losers) room.distributor.free(loser);
}

async function conversationEnd(
  visit: Visit,
  ring: Ring,
  { request, recording }: { readonly request: TalkRequest; readonly recording: ConversationRecording | null },
): Promise<ConversationEnd> {
  const { room, call, bridge } = visit;
  const { channelId, isJoined } = request;
  const unhold = heedHold(visit, ring, channelId);
  try {
    if (!isJoined) await announceConversation(visit, channelId);
    const onJoined = () => recording?.joined();
    const { stopping } = room;
    return await converse(room, call, { memberChannelId: channelId, bridge, isJoined, stopping, onJoined });
  } catch (error) {
    if (!isAppError(error)) throw error;
    call.log.error({ err: error }, 'Caller and member could not be joined');
    return 'failed';
  } finally {
    unhold();
  }
}

/** While the member has put the caller on hold, the caller hears the programme again, where it stopped (C4). */
function heedHold(visit: Visit, ring: Ring, memberChannelId: ChannelId): () => void {
  const { room, call, hold } = visit;
  const stop = () => {
    hold.stop().catch((error: unknown) => call.log.error({ err: error }, 'The programme goes on in a conversation'));
  };
  let isOnHold = false;
  const unlisten = room.router.onChannel(memberChannelId, (event) => {
    if (event.type !== 'hold' && event.type !== 'unhold') return;
    // Asterisk takes a phone off hold that was not on hold, too: at a transfer.
    if (isOnHold === (event.type === 'hold')) return;
    isOnHold = event.type === 'hold';
    if (isOnHold) hold.startOnHold();
    else stop();
    logHold(visit, ring, event.type);
  });
  return () => {
    unlisten();
    stop();
  };
}

/** queue_log's line, as QueueMetrics reads it; nobody waits for it. */
function logHold({ room, call, settings }: Visit, { extension }: Ring, type: 'hold' | 'unhold'): void {
  const { callId, uniqueId } = call;
  const line = {
    event: type === 'hold' ? 'CALLERONHOLD' : 'CALLEROFFHOLD',
    ...{ queue: settings.name, callId, uniqueId },
    member: extension.name ?? extension.interface,
    atMs: room.clock.now(),
  } as const;
  quietly(call, 'record-hold', () => room.store.record(line)).catch((error: unknown) => {
    call.log.error({ err: error }, 'A hold is not in queue_log');
  });
}
