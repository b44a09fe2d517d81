import { fillCallerId } from '../../src/core/caller-id.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
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
  const { room, call, bridge } = stay;
  // Asked for now, so that it is there when somebody answers.
  bridge.make().catch((error: unknown) => call.log.error({ err: error }, 'There is no bridge to talk in'));
  stay.hold.memberFound();
  const ring = await ringMember(stay, offer);
  if (ring.type === 'missed') {
    stay.hold.memberMissed();
    await writeMiss(stay, offer, ring);
    return { type: 'missed' };
  }
  stay.line.leave();
  const connectedAtMs = room.clock.now();
  return await talk(stay, offer, { channelId: ring.channelId, ringMs: ring.ringMs, connectedAtMs, isJoined: false });
}

async function ringMember(stay: Stay, offer: Offer): Promise<RingOutcome> {
  const { room, call, settings, line, news } = stay;
  const { extension, attemptId } = offer;
  enterPhase(stay, 'ringing', offer);
  call.log.info({ attemptId, extension: extension.number }, 'Member chosen');
  const published = news.ringing(offer).then((outcome) => {
    if (outcome !== 'acknowledged') call.log.warn({ attemptId, outcome }, 'Ringing before the item was acknowledged');
  });
  return await ringAttempt(room, call, {
    attemptId,
    interface: extension.interface,
    callerId: fillCallerId(room.settings.callerId, {
      queueTitle: settings.title,
      customer: call.customer,
      caller: call.caller,
    }),
    ringTimeoutMs: ringTimeMs(settings, line.expiresAtMs - room.clock.now()),
    beforeRing: published,
    exiting: line.exiting,
  });
}

/** Longest ring of a queue that sets no limit: phones and providers give up long before. */
const RING_MS_MAX = 600_000;

/** How long a phone rings (queue-semantics T1, T2): `ring-timeout`, and with `timeout-priority: app` no longer than the caller may wait. */
function ringTimeMs({ ringTimeoutMs, timeoutPriority }: QueueSettings, remainingMs: number): number {
  const wantedMs = ringTimeoutMs === 0 ? RING_MS_MAX : ringTimeoutMs;
  return timeoutPriority === 'conf' ? wantedMs : Math.min(wantedMs, Math.max(1, remainingMs));
}

type Missed = Extract<RingOutcome, { type: 'missed' }>;

async function writeMiss({ room, call, news }: Stay, offer: Offer, { outcome, ringMs }: Missed): Promise<void> {
  const { attemptId, extension } = offer;
  call.log.info({ attemptId, extension: extension.number, outcome, ringMs }, 'Member did not take the call');
  await quietly(call, 'write-miss', () => room.store.miss({ attemptId, outcome, ringMs, atMs: room.clock.now() }));
  news.ended(offer);
}
