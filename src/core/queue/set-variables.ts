import type { Membership } from '../people.ts';
import type { QueueSettings } from './settings.ts';

/** What is known when a member takes a call. */
export interface AnswerFacts {
  readonly member: Pick<Membership, 'extension' | 'penalty' | 'calls' | 'lastCallAtMs'>;
  readonly entry: { readonly waitedMs: number; readonly originalPosition: number };
  readonly queue: Pick<QueueSettings, 'name' | 'maxLength' | 'strategy' | 'serviceLevelMs'>;
  /** Callers who wait in the queue now. */
  readonly waiting: number;
  /** `null`: not known, the database is away. */
  readonly figures: QueueCounts | null;
}

/** As `queue show` counts (queue-semantics b10). */
export interface QueueCounts {
  readonly completed: number;
  readonly abandoned: number;
  readonly completedInLevel: number;
  readonly holdMs: number | null;
}

type Variables = Readonly<Record<string, string>>;

/**
 * The channel variables that app_queue's `setinterfacevar`, `setqueueentryvar` and `setqueuevar` set, by their names. Every member here
 * stands in the database and was added while the queue ran: MEMBERDYNAMIC and MEMBERREALTIME are 1.
 */
export function answerVariables(wanted: QueueSettings['setVariables'], facts: AnswerFacts): Variables {
  const groups = { interface: memberVariables, entry: entryVariables, queue: queueVariables };
  return Object.assign({}, ...wanted.map((name) => groups[name](facts)));
}

function memberVariables({ member }: AnswerFacts): Variables {
  const { extension, penalty, calls, lastCallAtMs } = member;
  return {
    MEMBERINTERFACE: extension.interface,
    MEMBERNAME: extension.name ?? extension.interface,
    MEMBERCALLS: String(calls),
    MEMBERLASTCALL: seconds(lastCallAtMs ?? 0),
    MEMBERPENALTY: String(penalty),
    MEMBERDYNAMIC: '1',
    MEMBERREALTIME: '1',
  };
}

function entryVariables({ entry }: AnswerFacts): Variables {
  return { QEHOLDTIME: seconds(entry.waitedMs), QEORIGINALPOS: String(entry.originalPosition) };
}

/** Those of `setqueuevar` alone, which a caller who leaves unserved gets, too. */
export function queueVariables({
  queue,
  waiting,
  figures,
}: Pick<AnswerFacts, 'queue' | 'waiting' | 'figures'>): Variables {
  const { completed = 0, abandoned = 0, completedInLevel = 0, holdMs = 0 } = figures ?? {};
  const performance = completed === 0 ? 0 : (completedInLevel / completed) * 100;
  return {
    QUEUENAME: queue.name,
    QUEUEMAX: String(queue.maxLength),
    QUEUESTRATEGY: queue.strategy,
    QUEUECALLS: String(waiting),
    QUEUEHOLDTIME: seconds(holdMs ?? 0),
    QUEUECOMPLETED: String(completed),
    QUEUEABANDONED: String(abandoned),
    QUEUESRVLEVEL: seconds(queue.serviceLevelMs),
    QUEUESRVLEVELPERF: performance.toFixed(1),
  };
}

const seconds = (ms: number) => String(Math.max(0, Math.floor(ms / 1000)));
