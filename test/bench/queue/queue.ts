import type { Report } from '../report.ts';
import { benchChanges } from './changes.ts';
import { benchChoosing } from './choosing.ts';
import { benchFreed } from './freed.ts';
import { benchLeaseTrigger } from './lease-trigger.ts';
import type { QueueBenchOptions } from './options.ts';
import { benchStrategies } from './strategies.ts';

/**
 * `choose`: whom to ring among many; `changes`: callers and members coming and going: the rules by themselves, without database and Asterisk.
 * `lease`: what it costs that each change of a place asks for the lease: the database by itself.
 * `strategies`: the same load on app_queue and on this queue by four strategies; `freed`: from a member's last hang-up to the next ring.
 */
export const PARTS = ['choose', 'changes', 'lease', 'strategies', 'freed'] as const;
export type QueuePart = (typeof PARTS)[number];

/** The queue's rules by themselves, and the queue under load. */
export async function benchQueue(
  report: Report,
  { parts, ...options }: QueueBenchOptions & { readonly parts: readonly QueuePart[] },
): Promise<void> {
  if (parts.includes('choose')) benchChoosing(report);
  if (parts.includes('changes')) benchChanges(report);
  if (parts.includes('lease')) await benchLeaseTrigger(report, options);
  if (parts.includes('strategies')) await benchStrategies(report, options);
  if (parts.includes('freed')) await benchFreed(report, options);
}
