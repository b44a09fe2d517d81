import { randomUUID } from 'node:crypto';
import { fillCallerId } from '../../src/core/caller-id.ts';
import { type BridgeId, bridgeId } from '../../src/core/ids.ts';
import { quietly } from './call-room.ts';
import type { Offer } from './distributor.ts';
import { enterPhase, type MemberOutcome, type Stay } from './queue-visit.ts';
import { type RingOutcome, ringAttempt } from './ring-attempt.ts';
import { talk } from './talk.ts';

/**
 * One offer, whole: the data is published, then the phone rings; they talk; they hang up; everyone who wanted to know has been
 * told. Never rejects for a hang-up (whoever asked looks at the call's signal); with StandStill when the process stops.
 */
export async function serveCaller(stay: Stay, offer: Offer): Promise<MemberOutcome> {
  const { room, call } = stay;
  const bridge = bridgeId(randomUUID());
  // Asked for now, so that it is there when somebody answers.
  room.bridges.add(bridge);
  const bridged = room.pbx.createBridge(bridge, `queueapp ${call.callId}`);
  bridged.catch(() => undefined);
  const ring = await ringMember(stay, offer);
  if (ring.type === 'missed') {
    await writeMiss(stay, offer, ring);
    await removeBridge(stay, bridge, bridged);
    return { type: 'missed' };
  }
  stay.line.leave();
  await bridged.catch((error: unknown) => call.log.error({ err: error }, 'There is no bridge to talk in'));
  const talked = await talk(stay, offer, {
    channelId: ring.channelId,
    ringMs: ring.ringMs,
    connectedAtMs: room.clock.now(),
    bridgeId: bridge,
    isJoined: false,
  });
  await removeBridge(stay, bridge, bridged);
  return talked;
}

async function ringMember(stay: Stay, offer: Offer): Promise<RingOutcome> {
  const { room, call, settings, line, news } = stay;
  const { extension, attemptId } = offer;
  enterPhase(stay, 'ringing', offer);
  call.log.info({ attemptId, extension: extension.number }, 'Member chosen');
  const published = news.ringing(offer).then((outcome) => {
    if (outcome !== 'acknowledged') call.log.warn({ attemptId, outcome }, 'Ringing before the item was acknowledged');
  });
  const remainingMs = Math.max(1, line.expiresAtMs - room.clock.now());
  return await ringAttempt(room, call, {
    attemptId,
    interface: extension.interface,
    callerId: fillCallerId(room.settings.callerId, {
      queueTitle: settings.title,
      customer: call.customer,
      caller: call.caller,
    }),
    ringTimeoutMs: Math.min(settings.ringTimeoutMs, remainingMs),
    beforeRing: published,
  });
}

type Missed = Extract<RingOutcome, { type: 'missed' }>;

async function writeMiss({ room, call, news }: Stay, offer: Offer, { outcome, ringMs }: Missed): Promise<void> {
  const { attemptId, extension } = offer;
  call.log.info({ attemptId, extension: extension.number, outcome, ringMs }, 'Member did not take the call');
  await quietly(call, 'write-miss', () => room.store.miss({ attemptId, outcome, ringMs, atMs: room.clock.now() }));
  news.ended(offer);
}

async function removeBridge({ room, call }: Stay, bridge: BridgeId, bridged: Promise<void>): Promise<void> {
  await bridged.catch(() => undefined);
  await quietly(call, 'destroy-bridge', () => room.pbx.destroyBridge(bridge));
  room.bridges.delete(bridge);
}
