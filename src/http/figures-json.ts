import { inLevelOfAllPercent, inLevelPercent } from '../core/queue/figures.ts';
import type { StoredLogLine } from '../core/queue/queue-log-line.ts';
import type { QueueFigures } from '../ports/queue-store.ts';

const rounded = (ms: number | null) => (ms === null ? null : Math.round(ms / 100) / 10);

export function figuresJson({
  queue: _,
  members: __,
  holdMs,
  talkMs,
  serviceLevelMs,
  sinceMs,
  ...counters
}: QueueFigures) {
  return {
    ...counters,
    serviceLevelSeconds: serviceLevelMs / 1000,
    inLevelPercent: inLevelPercent(counters),
    inLevelOfAllPercent: inLevelOfAllPercent(counters),
    holdSeconds: rounded(holdMs),
    talkSeconds: rounded(talkMs),
    since: new Date(sinceMs).toISOString(),
  };
}

export type FiguresJson = ReturnType<typeof figuresJson>;

/** What is counted of a member in one queue, by queue and extension. */
export function memberFigures(figures: readonly QueueFigures[] | null) {
  return new Map(
    (figures ?? []).flatMap(({ queue, members }) =>
      members.map((member) => [`${queue}|${member.extension}`, member] as const),
    ),
  );
}

export function logJson({ lineId, atMs, callid, queuename, agent, event, data }: StoredLogLine) {
  return { id: lineId, time: new Date(atMs).toISOString(), callid, queue: queuename, agent, event, data };
}

export type LogLineJson = ReturnType<typeof logJson>;
