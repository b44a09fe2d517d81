import { ANNOUNCEMENT_DEFAULTS, type AnnouncementSettings } from '../../src/core/programme/announcement-settings.ts';
import type { CallCenter } from './call-center.ts';

/** A queue that announces every half minute. */
export const announcing = (changes: Partial<AnnouncementSettings> = {}): { announcements: AnnouncementSettings } => ({
  announcements: { ...ANNOUNCEMENT_DEFAULTS, frequencyMs: 30_000, ...changes },
});

export const periodic = (frequencyMs: number, prompts = ['queueapp/stay_on_line']) => ({
  periodic: { ...ANNOUNCEMENT_DEFAULTS.periodic, frequencyMs, prompts },
});

/** Somebody waits so long, is answered, and hangs up. */
export async function isAnsweredAfter(center: CallCenter, ms: number): Promise<void> {
  const caller = await center.entersSupport({ number: '4000' });
  await center.logsIn('1000');
  await center.wait(ms - 200);
  center.phone('1000').picksUp();
  await center.wait(100);
  await center.logsOut('1000');
  caller.hangsUp();
  await center.wait(100);
}
