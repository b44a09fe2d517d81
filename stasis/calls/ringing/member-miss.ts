import { type MemberMiss, type MissConsequence, missPolicy } from '../../../src/core/queue/misses.ts';
import type { MissOutcome } from '../../../src/ports/queue-store.ts';
import type { Ring } from '../queue/distributor.ts';
import type { Stay } from '../queue/queue-visit.ts';
import { quietly } from '../quietly.ts';

/** A ring that did not lead to a conversation. */
export interface Missed {
  readonly outcome: MissOutcome;
  readonly ringMs: number;
}

/** Writes it down, with what follows for the member; tells whoever wants to know; the member is free again. */
export async function missRing(stay: Stay, ring: Ring, missed: Missed): Promise<void> {
  const { room, call, place, news, line } = stay;
  const { attemptId, extension } = ring;
  line.missed(missed.outcome);
  call.log.info({ attemptId, extension: extension.number, ...missed }, 'Member did not take the call');
  const consequence = await writeMiss(stay, ring, missed);
  if (consequence !== null) {
    call.log.info({ extension: extension.number, consequence }, 'Member gets no more calls');
    room.board.noteConsequence(extension.number, { queue: stay.settings.name, consequence, atMs: room.clock.now() });
    room.membersChanged();
  }
  news.ended(ring);
  news.missed(ring, { outcome: missed.outcome, consequence });
  room.distributor.missed(place.entryId, ring, room.clock.now());
}

/** `null`: nothing follows, or the database is away and it is not known yet. */
async function writeMiss(stay: Stay, { attemptId }: Ring, missed: Missed): Promise<MissConsequence | null> {
  const { room, call, settings } = stay;
  const policy = isMembers(missed.outcome) ? missPolicy(settings, missed.outcome) : undefined;
  const request = { attemptId, ...missed, policy, atMs: room.clock.now() };
  const answers: MissConsequence[] = [];
  await quietly(call, 'write-miss', async () => {
    const answer = await room.store.miss(request);
    if (typeof answer === 'object') answers.push(answer);
  });
  return answers[0] ?? null;
}

/** Whether it was the member who did not take the call. */
function isMembers(outcome: MissOutcome): outcome is MemberMiss {
  return outcome !== 'caller-gone' && outcome !== 'cancelled' && outcome !== 'dumped';
}
