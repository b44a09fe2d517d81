import type { Offer } from './distributor.ts';
import { enterPhase, type MemberOutcome, type Stay } from './queue-visit.ts';
import { ringGroup } from './ring-group.ts';
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
  enterPhase(stay, 'ringing', offer.rings);
  const answer = await ringGroup(stay, offer);
  if (answer === null) {
    stay.hold.memberMissed();
    return { type: 'missed' };
  }
  stay.line.leave();
  const { ring, channelId, ringMs, losers } = answer;
  return await talk(stay, ring, { channelId, ringMs, losers, connectedAtMs: room.clock.now(), isJoined: false });
}
