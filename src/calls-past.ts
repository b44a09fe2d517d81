import type { Logger } from './log.ts';
import type { QueueLog } from './ports/queue-log.ts';

/** More calls are counted as so many: whoever reads it looks into queue_log then. */
const CALLS_MAX = 10_000;

/**
 * Says how many calls the dialplan gave to app_queue because no application was there (FALLBACK in queue_log, docs/fallback.md), since a
 * process was started last: one line for each queue.
 */
export async function tellCallsPast({ queueLog, log }: { queueLog: QueueLog; log: Logger }): Promise<void> {
  const [start] = await queueLog.find({ event: 'QUEUESTART', limit: 1, take: 'last' });
  const since = start === undefined ? {} : { afterLineId: start.lineId };
  const lines = await queueLog.find({ event: 'FALLBACK', ...since, limit: CALLS_MAX, take: 'first' });
  for (const queue of new Set(lines.map(({ queuename }) => queuename))) {
    const moments = lines.filter(({ queuename }) => queuename === queue).map(({ atMs }) => atMs);
    const [from, until] = [Math.min(...moments), Math.max(...moments)].map((ms) => new Date(ms).toISOString());
    log.warn({ queue, calls: moments.length, from, until }, 'Calls went past: the dialplan gave them to app_queue');
  }
}
