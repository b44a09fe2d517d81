import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config/config.ts';
import type { QueueName } from './core/ids.ts';
import { isAppError } from './errors.ts';
import type { Logger } from './log.ts';
import type { QueueRow, QueueRows } from './ports/queue-rows.ts';
import type { QueueDefinition, QueueStore } from './ports/queue-store.ts';

interface Deps {
  readonly rows: QueueRows;
  readonly store: Pick<QueueStore, 'defineQueues'>;
  readonly log: Logger;
}

interface Standing {
  /** Whether the file names a queue. */
  readonly isOfFile: (queue: QueueName) => boolean;
  /** As they were read last. */
  readonly rows: readonly QueueRow[];
}

/** Gives queues of the file their rows, and all queues what the database goes by. */
export class QueueDefinitions {
  readonly #deps: Deps;
  /** Queues of the file as they were written into their rows. */
  readonly #written = new Map<QueueName, QueueDefinition>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Before anybody may enter them, queues need their rows. Without the database that is done the next time. */
  async write({ queues }: Config, { isOfFile, rows }: Standing): Promise<void> {
    const definitions = queues.map(({ name, title, serviceLevelMs, ageWeightMs }) => ({
      ...{ name, title, serviceLevelMs, ageWeightMs },
    }));
    const ofFile = definitions.filter(({ name }) => isOfFile(name)).filter((queue) => this.#isToBeWritten(queue, rows));
    try {
      if (ofFile.length > 0) await this.#deps.store.defineQueues(ofFile);
      for (const queue of ofFile) this.#written.set(queue.name, queue);
      await this.#deps.rows.noteSettings(definitions.filter(({ name }) => !isOfFile(name)));
    } catch (error) {
      if (!isAppError(error, 'DATABASE_UNAVAILABLE')) throw error;
      this.#deps.log.warn({ err: error }, 'New queues have no row yet: that is done when the database is back');
    }
  }

  /** Not again what this process has written before: another one may have another file, and they would write in turns for ever. */
  #isToBeWritten(queue: QueueDefinition, rows: readonly QueueRow[]): boolean {
    const row = rows.find(({ name }) => name === queue.name);
    return row === undefined || row.isMadeBySql || !isDeepStrictEqual(this.#written.get(queue.name), queue);
  }
}
