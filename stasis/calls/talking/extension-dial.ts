import { randomUUID } from 'node:crypto';
import { attemptId, extensionNumber } from '../../../src/core/ids.ts';
import type { DialOutcome } from '../../../src/core/ivr/flow-state.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Call } from '../call.ts';
import { CallBridge } from '../call-bridge.ts';
import type { CallRoom } from '../call-room.ts';
import { startPlaying } from '../hold/playing.ts';
import type { Memberships } from '../members/memberships.ts';
import { quietly } from '../quietly.ts';
import { type RingOutcome, ringAttempt } from '../ringing/ring-attempt.ts';
import { type ConversationEnd, converse, untilTheyPart } from './conversation.ts';

/** What a menu's "dial 2000" asks for. */
export interface DialRequest {
  readonly extension: string;
  readonly ringTimeoutMs: number;
}

const RINGBACK = 'tone:ring';

/** Rings an extension that is no queue's business, with the tone of ringing for the caller, and lets the two talk. Rejects with the HangupError. */
export async function dialExtension(
  room: CallRoom,
  memberships: Memberships,
  call: Call,
  { extension, ringTimeoutMs }: DialRequest,
): Promise<DialOutcome> {
  const known = memberships.extension(extensionNumber(extension));
  if (known === undefined) {
    call.log.error({ extension }, 'A menu dials an extension that the database does not have');
    return 'unreachable';
  }
  const ringback = startPlaying(room, call, [RINGBACK]);
  const ring = await ringAttempt(room, call, {
    attemptId: attemptId(randomUUID()),
    interface: known.interface,
    otherEndpoints: room.otherSwitches?.dialStringsAnywhere(known) ?? [],
    callerId: call.caller,
    ringTimeoutMs,
    beforeRing: Promise.resolve(),
  });
  if (!call.signal.aborted) await quietly(call, 'stop-ringback', () => ringback.stop());
  if (ring.type !== 'answered') {
    call.signal.throwIfAborted();
    return dialOutcome(ring);
  }
  const bridge = new CallBridge(room, call);
  const conversation = { memberChannelId: ring.channelId, bridge, isJoined: false, stopping: room.stopping };
  let end: ConversationEnd = 'failed';
  try {
    end = await converse(room, call, conversation);
  } catch (error) {
    if (!isAppError(error)) throw error;
    call.log.error({ err: error }, 'Caller and extension could not be joined');
  }
  call.log.info({ extension, endedBy: typeof end === 'object' ? 'transfer' : end }, 'Conversation over');
  if (typeof end === 'object') await untilTheyPart(room, call, end.ends);
  else if (end !== 'member') await quietly(call, 'hang-up-extension', () => room.pbx.hangup(ring.channelId));
  await bridge.remove();
  call.signal.throwIfAborted();
  return 'talked';
}

/** In the IVR's words; what only happens in queues counts as not answered. */
function dialOutcome(ring: Exclude<RingOutcome, { type: 'answered' }>): Exclude<DialOutcome, 'talked'> {
  const outcome = ring.type === 'missed' ? ring.outcome : 'no-answer';
  return outcome === 'busy' || outcome === 'rejected' || outcome === 'unreachable' ? outcome : 'no-answer';
}
