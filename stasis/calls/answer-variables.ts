import { type AnswerFacts, answerVariables, type QueueCounts } from '../../src/core/queue/set-variables.ts';
import { isAppError } from '../../src/errors.ts';
import { quietly } from './call-room.ts';
import type { Ring } from './distributor.ts';
import type { Stay } from './queue-visit.ts';

/** Sets what the dialplan may read of the member, the entry and the queue (`set-variables`). Nobody waits for it; never rejects. */
export async function setAnswerVariables(stay: Stay, { extension }: Ring): Promise<void> {
  const { room, call, settings, place } = stay;
  if (settings.setVariables.length === 0) return;
  const known = room.board.membersOf(settings.name).find((member) => member.extension.number === extension.number);
  const member = known ?? { extension, penalty: 0, calls: 0, lastCallAtMs: null };
  const entry = { waitedMs: room.clock.now() - place.joinedAtMs, originalPosition: place.position };
  const waiting = room.distributor.waitingIn(settings.name).length;
  await quietly(call, 'set-variables', async () => {
    const figures = settings.setVariables.includes('queue') ? await figuresOf(stay) : null;
    const facts: AnswerFacts = { member, entry, queue: settings, waiting, figures };
    const set = Object.entries(answerVariables(settings.setVariables, facts));
    await Promise.all(set.map(([name, value]) => room.pbx.setVariable(call.channelId, name, value)));
  });
}

async function figuresOf({ room, settings }: Stay): Promise<QueueCounts | null> {
  try {
    return (await room.store.figures()).find(({ queue }) => queue === settings.name) ?? null;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return null;
  }
}
