import type { Report } from '../report.ts';
import { benchChanges } from './changes.ts';
import { benchChoosing } from './choosing.ts';

/** `choose`: whom to ring among many; `changes`: callers and members coming and going. */
export const PARTS = ['choose', 'changes'] as const;
export type QueuePart = (typeof PARTS)[number];

interface QueueBenchOptions {
  readonly parts: readonly QueuePart[];
}

/** The queue's rules by themselves: no database, no Asterisk. */
export function benchQueue(report: Report, { parts }: QueueBenchOptions): void {
  if (parts.includes('choose')) benchChoosing(report);
  if (parts.includes('changes')) benchChanges(report);
}
