import type { ExtensionNumber, QueueName } from '../../../src/core/ids.ts';
import type { MemberFigures, QueueDefinition, QueueFigures } from '../../../src/ports/queue-store.ts';

/** A stretch of time, and when it ended. */
interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

type Counters = Omit<QueueFigures, 'queue' | 'members'>;

const NONE = { completed: 0, abandoned: 0, completedInLevel: 0, abandonedInLevel: 0, holdMs: null, talkMs: null };

/** The counters that PostgreSQL's triggers keep (0011-figures.sql). */
export class MemoryFigures {
  readonly #queues = new Map<string, Counters>();
  readonly #members = new Map<string, { calls: number; lastCallAtMs: number | null }>();

  define({ name, serviceLevelMs }: QueueDefinition): void {
    this.#queues.set(name, { ...(this.#queues.get(name) ?? { ...NONE, sinceMs: 0 }), serviceLevelMs });
  }

  /** Returns whether the wait was within the service level. */
  answered(queue: QueueName, wait: Stretch): boolean {
    this.#change(queue, (old) => ({ holdMs: movingAverage(old.holdMs, wait) }));
    return this.#isInLevel(queue, wait);
  }

  completed(queue: QueueName, request: { extension: ExtensionNumber; isInLevel: boolean; talk: Stretch }): void {
    const { extension, isInLevel, talk } = request;
    this.#change(queue, (old) => ({
      completed: old.completed + 1,
      completedInLevel: old.completedInLevel + Number(isInLevel),
      talkMs: movingAverage(old.talkMs, talk),
    }));
    const { calls, lastCallAtMs } = this.member(queue, extension);
    const last = Math.max(lastCallAtMs ?? 0, talk.toMs);
    this.#members.set(`${queue}|${extension}`, { calls: calls + 1, lastCallAtMs: last });
  }

  left(queue: QueueName, outcome: string, wait: Stretch): void {
    if (outcome === 'EXITWITHKEY') return;
    this.#change(queue, (old) => ({
      abandoned: old.abandoned + 1,
      abandonedInLevel: old.abandonedInLevel + Number(this.#isInLevel(queue, wait)),
    }));
  }

  /** The member has logged in anew, or out. */
  forget(queue: QueueName, extension: ExtensionNumber): void {
    this.#members.delete(`${queue}|${extension}`);
  }

  member(
    queue: QueueName,
    extension: ExtensionNumber,
  ): { readonly calls: number; readonly lastCallAtMs: number | null } {
    return this.#members.get(`${queue}|${extension}`) ?? { calls: 0, lastCallAtMs: null };
  }

  reset(queue: QueueName, atMs: number): void {
    this.#change(queue, () => ({ ...NONE, sinceMs: atMs }));
    for (const key of [...this.#members.keys()]) if (key.startsWith(`${queue}|`)) this.#members.delete(key);
  }

  all(membersOf: (queue: string) => readonly MemberFigures[]): readonly QueueFigures[] {
    const names = [...this.#queues.keys()].sort() as QueueName[];
    return names.map((queue) => ({ queue, ...this.#of(queue), members: membersOf(queue) }));
  }

  #isInLevel(queue: QueueName, { fromMs, toMs }: Stretch): boolean {
    return Math.floor(Math.max(0, toMs - fromMs) / 1000) * 1000 <= this.#of(queue).serviceLevelMs;
  }

  #change(queue: QueueName, change: (old: Counters) => Partial<Counters>): void {
    const old = this.#of(queue);
    this.#queues.set(queue, { ...old, ...change(old) });
  }

  #of(queue: QueueName): Counters {
    return this.#queues.get(queue) ?? { ...NONE, serviceLevelMs: 0, sinceMs: 0 };
  }
}

function movingAverage(oldMs: number | null, { fromMs, toMs }: Stretch): number {
  const newMs = Math.max(0, toMs - fromMs);
  return oldMs === null ? newMs : (3 * oldMs + newMs) / 4;
}
