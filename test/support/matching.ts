import type { Member } from '../../src/core/queue/availability.ts';
import type { WaitingEntry } from '../../src/core/queue/line.ts';
import { type Look, Matchmaker, type MatchmakerOptions } from '../../src/core/queue/matchmaker.ts';
import type { QueueSettings } from '../../src/core/queue/settings.ts';
import { builtInStrategy } from '../../src/core/queue/strategies.ts';
import { NOW_MS, queueSettings } from './queue-people.ts';

/** One queue at one instant: who waits, and who is logged in. */
export interface QueueView {
  readonly settings: QueueSettings;
  readonly waiting: readonly WaitingEntry[];
  readonly members: readonly Member[];
}

/** A matchmaker with the built-in strategies, that draws 0.5 each time. */
export function matchmaker(changes: Partial<MatchmakerOptions> = {}): Matchmaker {
  return new Matchmaker({ strategyOf: builtInStrategy, random: () => 0.5, longestWaiting: () => 'prio', ...changes });
}

/** Looks at queues of which nothing was known before. */
export function match(queues: readonly QueueView[], nowMs = NOW_MS, changes: Partial<MatchmakerOptions> = {}): Look {
  const made = matchmaker(changes);
  for (const { settings, waiting, members } of queues) {
    made.setQueue(settings);
    for (const member of members) made.setMember({ ...member, queue: settings.name });
    for (const entry of waiting) made.join(settings.name, entry);
  }
  return made.look(nowMs);
}

/** The same for one queue `support`. */
export function matchOne(
  waiting: readonly WaitingEntry[],
  members: readonly Member[],
  settings: Partial<QueueSettings> = {},
  nowMs = NOW_MS,
): Look {
  return match([{ settings: queueSettings(settings), waiting, members }], nowMs);
}

/** `caller>member` for each proposal, `caller>one+other` when several ring. */
export function pairs({ proposals }: Look): string[] {
  return proposals.map(({ entryId, extensions }) => `${entryId}>${extensions.join('+')}`);
}
