import type { Offer } from '../queue/distributor.ts';
import { enterPhase, type MemberOutcome, type Stay } from '../queue/queue-visit.ts';
import { quietly } from '../quietly.ts';
import { setAnswerVariables } from '../talking/answer-variables.ts';
import { talk } from '../talking/talk.ts';
import { greetMember, isGreeted } from './member-greeting.ts';
import { missRing } from './member-miss.ts';
import { type GroupAnswer, ringGroup } from './ring-group.ts';

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
  const answeredAtMs = room.clock.now();
  if (isGreeted(stay.settings) && !(await introduce(stay, answer))) {
    stay.hold.memberMissed();
    return { type: 'missed' };
  }
  stay.line.leave();
  const { ring, channelId, ringMs, losers } = answer;
  const connectedAtMs = room.clock.now();
  const told = setAnswerVariables(stay, ring, channelId);
  const outcome = await talk(stay, ring, { channelId, ringMs, losers, answeredAtMs, connectedAtMs, isJoined: false });
  await told;
  return outcome;
}

/** The member hears who calls, while the caller hears their programme; whether the two can be joined then. */
async function introduce(stay: Stay, { ring, channelId, ringMs, losers }: GroupAnswer): Promise<boolean> {
  const { room, call, news } = stay;
  const { attemptId } = ring;
  const answeredAtMs = room.clock.now();
  const written = quietly(call, 'write-answer', () => room.store.answer({ attemptId, atMs: answeredAtMs })).then(() => {
    for (const loser of losers) room.distributor.free(loser);
  });
  const end = await greetMember(stay, channelId);
  await written;
  if (end === 'accepted') return true;
  call.log.info({ attemptId, end }, 'Member answered, and the two were not joined');
  if (end !== 'dumped') await quietly(call, 'hang-up-member', () => room.pbx.hangup(channelId));
  // The caller's own way out of the queue closes the ring, too.
  if (end === 'caller-gone') news.ended(ring);
  else await missRing(stay, ring, { outcome: end, ringMs: ringMs + room.clock.now() - answeredAtMs });
  return false;
}
