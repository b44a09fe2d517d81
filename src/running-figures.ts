import type { Application } from '../stasis/calls/application.ts';
import { isAppError } from './errors.ts';
import type { FiguresFace } from './http/figures-face.ts';
import type { QueueLog } from './ports/queue-log.ts';
import type { Reports } from './ports/reports.ts';

/** Figures and lines of queue_log as the API and the command line see them. */
export function runningFigures(
  { room, memberships }: Application,
  { queueLog, reports }: { readonly queueLog: QueueLog; readonly reports: Reports },
): FiguresFace {
  return {
    async queues() {
      try {
        return await room.store.figures();
      } catch (error) {
        if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
        return null;
      }
    },
    async reset(queue) {
      if (!room.queues.has(queue)) return 'unknown-queue';
      await room.store.resetFigures({ queue, atMs: room.clock.now() });
      memberships.reloadSoon();
      return 'done';
    },
    log: (filter) => queueLog.find(filter),
    report: (request) => reports.report(request),
  };
}
