import { fillCallerId } from '../../../src/core/caller-id.ts';
import type { ChannelId } from '../../../src/core/ids.ts';
import type { Offer, Ring } from '../queue/distributor.ts';
import type { Stay } from '../queue/queue-visit.ts';
import { quietly } from '../quietly.ts';
import { missRing } from './member-miss.ts';
import { CAUSE_ANSWERED_ELSEWHERE, type RingOutcome, ringAttempt } from './ring-attempt.ts';

/** Who took the call, and who was rung besides: they are free as soon as the database knows of the answer. */
export interface GroupAnswer {
  readonly ring: Ring;
  readonly channelId: ChannelId;
  readonly ringMs: number;
  readonly losers: readonly Ring[];
}

/**
 * Rings everybody of one offer and takes the first who answers; `null`: nobody did. Each member who does not answer is written down and
 * free at once, while the others go on ringing. Who lost to another one gets no line and no missed call (queue-semantics RA2).
 */
export async function ringGroup(stay: Stay, { rings }: Offer): Promise<GroupAnswer | null> {
  const elsewhere = new AbortController();
  const losers: Ring[] = [];
  let answer: Omit<GroupAnswer, 'losers'> | null = null;
  const ringOne = async (ring: Ring) => {
    const outcome = await ringMember(stay, ring, elsewhere.signal);
    if (outcome.type === 'missed')
      return await missRing(stay, ring, { outcome: outcome.outcome, ringMs: outcome.ringMs });
    if (outcome.type === 'answered' && answer === null) {
      answer = { ring, channelId: outcome.channelId, ringMs: outcome.ringMs };
      elsewhere.abort();
      return;
    }
    losers.push(ring);
    stay.news.ended(ring);
    if (outcome.type === 'answered') await hangUpSecond(stay, outcome.channelId);
  };
  await Promise.all(rings.map(ringOne));
  return answer && { ...(answer as Omit<GroupAnswer, 'losers'>), losers };
}

/** Two picked up in the same moment. */
async function hangUpSecond({ room, call }: Stay, channelId: ChannelId): Promise<void> {
  await quietly(call, 'hang-up-second', () => room.pbx.hangup(channelId, CAUSE_ANSWERED_ELSEWHERE));
}

async function ringMember(stay: Stay, ring: Ring, elsewhere: AbortSignal): Promise<RingOutcome> {
  const { room, call, settings, line, news } = stay;
  const { extension, attemptId } = ring;
  call.log.info({ attemptId, extension: extension.number }, 'Member chosen');
  const published = news.ringing(ring).then((outcome) => {
    if (outcome === 'acknowledged') return call.log.debug({ attemptId }, 'Item acknowledged');
    // That XMPP is away has been told once, for all calls.
    const level = outcome === 'away' ? 'debug' : 'warn';
    call.log[level]({ attemptId, outcome }, 'Ringing before the item was acknowledged');
  });
  return await ringAttempt(room, call, {
    attemptId,
    interface: extension.interface,
    contacts: line.contacts.take(extension),
    otherEndpoints: room.otherSwitches?.dialStrings(extension) ?? [],
    callerId: fillCallerId(room.settings.callerId, {
      queueTitle: settings.title,
      customer: call.customer,
      caller: call.caller,
    }),
    ringTimeoutMs: line.ringTimeMs(),
    beforeRing: published,
    exiting: line.exiting,
    elsewhere,
    isInDatabase: true,
  });
}
