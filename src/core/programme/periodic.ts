import type { AnnouncementTiming } from './announcement.ts';
import type { PeriodicSettings } from './announcement-settings.ts';
import { shuffled } from './order.ts';

/** What is said again and again. */
export interface Periodic {
  /** How many have been said. */
  readonly said: number;
  readonly dueAt: number;
}

export const firstPeriodic = (timing: AnnouncementTiming): Periodic => ({ said: 0, dueAt: timing.periodicFirst });

/** The recording that comes next: the lists' next one, or any; by the caller's seed, so that it is the same when it is chosen anew. */
export function nextPeriodic({ said }: Periodic, { prompts, order }: PeriodicSettings, seed: number): string | null {
  const index = order === 'random' ? shuffled(seed, `periodic ${said}`) : said;
  return prompts[index % prompts.length] ?? null;
}

/** One was said: when the next one is due. */
export function periodicSaid(
  { said }: Periodic,
  { from, until }: { readonly from: number; readonly until: number },
  { relative, timing }: { readonly relative: boolean; readonly timing: AnnouncementTiming },
): Periodic {
  return { said: said + 1, dueAt: (relative ? until : from) + timing.periodicEvery };
}

/** One was cut: it is said at its next turn. */
export const periodicCut = ({ said }: Periodic, at: number, timing: AnnouncementTiming): Periodic => ({
  said: Math.max(0, said - 1),
  dueAt: at + timing.periodicEvery,
});
