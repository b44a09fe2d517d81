import type { QueueName } from '../../../src/core/ids.ts';
import { isEmpty } from '../../../src/core/queue/empty.ts';
import { limitsAt, type PenaltyLimits, type PenaltyRule } from '../../../src/core/queue/penalty-rules.ts';
import type { EmptyCondition, QueueSettings } from '../../../src/core/queue/settings.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { Logger } from '../../../src/log.ts';
import type { MemberBoard } from '../members/member-board.ts';
import type { LiveQueues } from './queue-registry.ts';

interface EmptyWatchDeps {
  readonly board: MemberBoard;
  readonly queues: LiveQueues;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A caller who leaves when nobody can be expected to answer. */
export interface Hopeful {
  readonly settings: QueueSettings;
  /** The penalty limits that the caller came with, and the rule that changes them. */
  readonly limits: PenaltyLimits;
  readonly penaltyRule: PenaltyRule;
  readonly joinedAtMs: number;
  readonly onEmpty: () => void;
}

/**
 * Tells callers that their queue has become empty, at the change that made it so. One look for all changes of a moment, and one for all
 * callers whose penalty limits are the same.
 */
export class EmptyWatch {
  readonly #deps: EmptyWatchDeps;
  readonly #hopeful = new Map<QueueName, Set<Hopeful>>();
  /** Queues in which something has changed. */
  readonly #changed = new Set<QueueName>();
  readonly #cancelTimers = new Map<Hopeful, () => void>();

  constructor(deps: EmptyWatchDeps) {
    this.#deps = deps;
    deps.board.watch({ changed: ({ queue }) => this.#lookSoon(queue), gone: (queue) => this.#lookSoon(queue) });
    deps.queues.onChange(() => {
      for (const [queue, hopeful] of this.#hopeful) {
        for (const each of hopeful) this.#lookWhenLimitsChange(each);
        this.#lookSoon(queue);
      }
    });
  }

  /** Whether a caller who comes now finds nobody (`join-empty`, `when-nobody`). */
  isEmptyForWhoComes(settings: QueueSettings, limits: PenaltyLimits): boolean {
    return this.#isNobody(settings, settings.joinEmpty, limits);
  }

  /** Whether this caller leaves now (`leave-when-empty`, `when-nobody`). */
  isEmptyFor({ settings, limits, penaltyRule, joinedAtMs }: Omit<Hopeful, 'onEmpty'>): boolean {
    const now = limitsAt(limits, penaltyRule, this.#deps.clock.now() - joinedAtMs);
    return this.#isNobody(settings, settings.leaveWhenEmpty, now.limits);
  }

  /** Calls back as soon as it is so, at most once for each change, until the returned function is called. */
  watch(hopeful: Hopeful): () => void {
    const { name } = hopeful.settings;
    const all = this.#hopeful.get(name) ?? new Set();
    this.#hopeful.set(name, all.add(hopeful));
    this.#lookWhenLimitsChange(hopeful);
    return () => {
      all.delete(hopeful);
      if (all.size === 0 && this.#hopeful.get(name) === all) this.#hopeful.delete(name);
      this.#cancelTimers.get(hopeful)?.();
      this.#cancelTimers.delete(hopeful);
    };
  }

  #isNobody(settings: QueueSettings, conditions: readonly EmptyCondition[], limits: PenaltyLimits): boolean {
    const { board, clock } = this.#deps;
    if (!board.isKnown) return false;
    if (settings.whenNobody === 'leave' && board.isNobodyIn(settings.name)) return true;
    if (conditions.length === 0) return false;
    return isEmpty(board.membersOf(settings.name), conditions, { settings, limits, nowMs: clock.now() });
  }

  #lookSoon(queue: QueueName): void {
    if (!this.#hopeful.has(queue)) return;
    if (this.#changed.size === 0) queueMicrotask(() => this.#look());
    this.#changed.add(queue);
  }

  #look(): void {
    const queues = [...this.#changed];
    this.#changed.clear();
    try {
      for (const queue of queues) this.#lookAt([...(this.#hopeful.get(queue) ?? [])]);
    } catch (error) {
      this.#deps.log.error({ err: error }, 'Whether a queue is empty could not be told');
    }
  }

  #lookAt(hopeful: readonly Hopeful[]): void {
    const [first] = hopeful;
    // Most queues let their callers wait whatever happens: a change must not cost more the longer the line is.
    if (first === undefined || !mayLeave(first.settings)) return;
    const byLimits = new Map<string, boolean>();
    for (const each of hopeful) {
      const { limits, penaltyRule, joinedAtMs } = each;
      const now = limitsAt(limits, penaltyRule, this.#deps.clock.now() - joinedAtMs);
      const key = JSON.stringify(now.limits);
      const isOver = byLimits.get(key) ?? this.isEmptyFor(each);
      byLimits.set(key, isOver);
      if (isOver) each.onEmpty();
    }
  }

  /** Waiting alone may put every member out of the caller's limits. */
  #lookWhenLimitsChange(hopeful: Hopeful): void {
    const { settings, limits, penaltyRule, joinedAtMs } = hopeful;
    const { clock } = this.#deps;
    this.#cancelTimers.get(hopeful)?.();
    this.#cancelTimers.delete(hopeful);
    if (!settings.leaveWhenEmpty.includes('penalty')) return;
    const { nextAfterMs } = limitsAt(limits, penaltyRule, clock.now() - joinedAtMs);
    if (nextAfterMs === null) return;
    const look = () => {
      this.#lookWhenLimitsChange(hopeful);
      this.#lookSoon(settings.name);
    };
    this.#cancelTimers.set(hopeful, clock.after(joinedAtMs + nextAfterMs - clock.now(), look));
  }
}

function mayLeave({ whenNobody, leaveWhenEmpty }: QueueSettings): boolean {
  return whenNobody === 'leave' || leaveWhenEmpty.length > 0;
}
