import type { ChannelId } from '../../../src/core/ids.ts';
import {
  type AnswerFacts,
  answerVariables,
  type QueueCounts,
  queueVariables,
} from '../../../src/core/queue/set-variables.ts';
import { isAppError } from '../../../src/errors.ts';
import type { Ring } from '../queue/distributor.ts';
import type { Stay } from '../queue/queue-visit.ts';
import { quietly } from '../quietly.ts';

/** What of a stay is needed for it. */
type Told = Pick<Stay, 'room' | 'call' | 'settings' | 'place'>;

/**
 * Sets what the dialplan may read of the member, the entry and the queue (`set-variables`), on both channels. Nobody waits for it; never
 * rejects.
 */
export async function setAnswerVariables(stay: Told, { extension }: Ring, memberChannelId: ChannelId): Promise<void> {
  const { room, call, settings, place } = stay;
  if (settings.setVariables.length === 0) return;
  const known = room.board.membersOf(settings.name).find((member) => member.extension.number === extension.number);
  const member = known ?? { extension, penalty: 0, calls: 0, lastCallAtMs: null };
  const entry = { waitedMs: room.clock.now() - place.joinedAtMs, originalPosition: place.position };
  const waiting = room.distributor.waitingIn(settings.name).length;
  await quietly(call, 'set-variables', async () => {
    const figures = settings.setVariables.includes('queue') ? await figuresOf(stay) : null;
    const facts: AnswerFacts = { member, entry, queue: settings, waiting, figures };
    const variables = answerVariables(settings.setVariables, facts);
    await Promise.all([call.channelId, memberChannelId].map((channelId) => setAll(stay, channelId, variables)));
  });
}

/** Sets those of the queue when the caller leaves it unserved. Never rejects. */
export async function setLeavingVariables(stay: Omit<Told, 'place'>): Promise<void> {
  const { room, call, settings } = stay;
  if (!settings.setVariables.includes('queue')) return;
  await quietly(call, 'set-variables', async () => {
    const waiting = room.distributor.waitingIn(settings.name).length;
    const variables = queueVariables({ queue: settings, waiting, figures: await figuresOf(stay) });
    await setAll(stay, call.channelId, variables);
  });
}

async function setAll(
  { room }: Pick<Told, 'room'>,
  channelId: ChannelId,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  await Promise.all(Object.entries(variables).map(([name, value]) => room.pbx.setVariable(channelId, name, value)));
}

async function figuresOf({ room, settings }: Omit<Told, 'place'>): Promise<QueueCounts | null> {
  try {
    return (await room.store.figures()).find(({ queue }) => queue === settings.name) ?? null;
  } catch (error) {
    if (!isAppError(error)) throw error;
    return null;
  }
}
