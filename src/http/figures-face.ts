import type { QueueName } from '../core/ids.ts';
import type { StoredLogLine } from '../core/queue/queue-log-line.ts';
import type { LogFilter } from '../ports/queue-log.ts';
import type { QueueFigures } from '../ports/queue-store.ts';
import type { Report, ReportRequest } from '../ports/reports.ts';

/** What has happened in the queues: figures and lines of queue_log. */
export interface FiguresFace {
  /** `null`: the database is away. */
  queues(): Promise<readonly QueueFigures[] | null>;
  reset(queue: QueueName): Promise<'done' | 'unknown-queue'>;
  /** @throws AppError DATABASE_UNAVAILABLE */
  log(filter: LogFilter): Promise<readonly StoredLogLine[]>;
  /** @throws AppError DATABASE_UNAVAILABLE */
  report(request: ReportRequest): Promise<Report>;
}
