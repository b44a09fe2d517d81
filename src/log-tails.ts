import { tellCallsPast } from './calls-past.ts';
import type { Config } from './config/config.ts';
import type { Metrics } from './http/metrics.ts';
import { systemClock } from './lib/clock.ts';
import type { ReleaserStack } from './lib/releasers.ts';
import type { Logger } from './log.ts';
import type { PendingSources } from './pending.ts';
import type { QueueLog } from './ports/queue-log.ts';
import { LogFile } from './queue-log/log-file.ts';
import { LogTail } from './queue-log/log-tail.ts';

interface LogTailsOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly queueLog: QueueLog;
}

/** Who follows queue_log: the file and the metrics. Released after the calls and before the database, so that the last lines are in both. */
export async function buildLogTails(
  { config, log, metrics, queueLog }: LogTailsOptions,
  releasers: ReleaserStack,
): Promise<PendingSources['logFile']> {
  const { file: path, rotation, hasLegacyTransfer } = config.queueLog;
  const room = { clock: systemClock, log: log.child({ room: 'queue-log' }) };
  metrics.know(config.queues.map(({ name }) => name));
  await tellCallsPast({ queueLog, log: room.log });
  const counted = new LogTail({
    queueLog,
    sink: {
      cursor: async () => null,
      async write(lines) {
        for (const line of lines) metrics.observe(line);
      },
    },
    what: 'metrics',
    ...room,
  });
  releasers.add('queue_log metrics', () => counted.close());
  await counted.start();
  if (path === null) return null;
  const style = { hasCallerName: config.queueing.logCallerIdName, hasLegacyTransfer };
  const written = new LogTail({ queueLog, sink: new LogFile({ path, rotation, style, ...room }), what: path, ...room });
  releasers.add('queue_log file', () => written.close());
  await written.start();
  return { tail: written, path };
}
