import type { QueueName } from '../../../src/core/ids.ts';
import type { QueueSettings } from '../../../src/core/queue/settings.ts';

/**
 * The queues as they are now. A queue has one settings object for the life of the process, and a change is written into it:
 * who holds it reads, at each decision, what counts then. A queue that was taken away stays here for those who wait in it.
 */
export interface LiveQueues extends ReadonlyMap<QueueName, QueueSettings> {
  /** The settings of a queue that takes callers and members; undefined when there is none, or it was taken away. */
  open(queue: QueueName): QueueSettings | undefined;
  /** Calls back after every change, until the returned function is called. */
  onChange(listener: () => void): () => void;
}

/** The {@link LiveQueues} of an application, which alone may change them. */
export class QueueRegistry extends Map<QueueName, QueueSettings> implements LiveQueues {
  #isOpen: ReadonlySet<QueueName> = new Set();
  readonly #listeners = new Set<() => void>();

  open(queue: QueueName): QueueSettings | undefined {
    return this.#isOpen.has(queue) ? this.get(queue) : undefined;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** These are the queues from now on. */
  replace(queues: readonly QueueSettings[]): void {
    this.#isOpen = new Set(queues.map(({ name }) => name));
    for (const settings of queues) {
      const known = this.get(settings.name);
      if (known === undefined) this.set(settings.name, { ...settings });
      else Object.assign(known, settings);
    }
    for (const listener of [...this.#listeners]) listener();
  }
}
