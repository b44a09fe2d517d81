import type { OpenDatabase } from '../db/open.ts';
import type { XmppAnnouncer } from '../xmpp/announcer.ts';
import type { PendingView } from './http/standing.ts';
import type { LogTail } from './queue-log/log-tail.ts';

export interface PendingSources {
  readonly database: Pick<OpenDatabase, 'waitingWrites' | 'outage'>;
  /** `null`: XMPP is not configured. */
  readonly announcer: Pick<XmppAnnouncer, 'status' | 'outage'> | null;
  /** Who writes the file of queue_log; `null`: there is none. */
  readonly logFile: { readonly tail: LogTail; readonly path: string } | null;
  /** Recordings to be removed, as last counted; `null`: not known. */
  unwantedRecordings(): number | null;
}

/** Everything that waits to be written or done, with its limits. */
export function pendingViews({
  database,
  announcer,
  logFile,
  unwantedRecordings,
}: PendingSources): readonly PendingView[] {
  const { waiting, limit, file, lost } = database.waitingWrites();
  const away = database.outage();
  const isWaiting = waiting > 0;
  const nothing = { where: null, sinceMs: null, reason: null, lost: 0 };
  return [
    {
      ...{ what: 'database-writes', waiting, limit, where: file, lost },
      sinceMs: isWaiting ? away.sinceMs : null,
      reason: isWaiting ? away.reason : null,
    },
    ...(announcer === null ? [] : xmppPending(announcer)),
    ...(logFile === null ? [] : [logFilePending(logFile)]),
    { ...nothing, what: 'recordings-to-remove', waiting: unwantedRecordings(), limit: null },
  ];
}

function xmppPending(announcer: NonNullable<PendingSources['announcer']>): readonly PendingView[] {
  const { waitingNodes, nodesMax, waitingMessages, messagesMax, droppedMessages } = announcer.status();
  const away = announcer.outage();
  const since = (waiting: number) => (waiting > 0 && away?.isAway ? away.sinceMs : null);
  const reason = (waiting: number) => (waiting > 0 ? (away?.reason ?? null) : null);
  const pending = (what: PendingView['what'], waiting: number, limit: number, lost: number) => ({
    ...{ what, waiting, limit, lost, where: null },
    sinceMs: since(waiting),
    reason: reason(waiting),
  });
  return [
    pending('xmpp-nodes', waitingNodes, nodesMax, 0),
    pending('xmpp-messages', waitingMessages, messagesMax, droppedMessages),
  ];
}

/** The table has all lines: how many the file lacks is not counted while it can't be written. */
function logFilePending({ tail, path }: NonNullable<PendingSources['logFile']>): PendingView {
  const { isAway, sinceMs, reason } = tail.outage;
  const waiting = isAway ? null : 0;
  return {
    ...{ what: 'queue-log-file', waiting, limit: null, where: path, reason, lost: 0 },
    sinceMs: isAway ? sinceMs : null,
  };
}
