import type { QueueName } from '../src/core/ids.ts';
import type { QueueRow, QueueRows, SettingsChange } from '../src/ports/queue-rows.ts';
import type { ChangeListener } from './change-listener.ts';
import type { Database } from './database.ts';
import { insertQueue, noteSettings, selectQueues, updateSettings } from './statements/queues.ts';

/** Most queues that are read; the file's are among them because it made their rows first. */
export const QUEUES_MAX = 10_000;

/** The table `queue`, as far as it says which queues there are and how they are set. */
export class PostgresQueueRows implements QueueRows {
  readonly #database: Database;
  readonly #changes: ChangeListener | null;

  /** Without a listener nobody is told of what is written. */
  constructor(database: Database, changes: ChangeListener | null = null) {
    this.#database = database;
    this.#changes = changes;
  }

  async read(): Promise<readonly QueueRow[]> {
    const rows = await this.#database.run(selectQueues(QUEUES_MAX));
    return rows.map(({ name, title, settings, source }) => ({
      name: name as QueueName,
      title,
      settings,
      isMadeBySql: source === 'sql',
    }));
  }

  async noteSettings(queues: Parameters<QueueRows['noteSettings']>[0]): Promise<void> {
    if (queues.length > 0) await this.#database.run(noteSettings(queues));
  }

  async write({ queue, before, after }: SettingsChange): Promise<'written' | 'changed-meanwhile'> {
    const statement = before === null ? insertQueue({ queue, after }) : updateSettings({ queue, before, after });
    const rows = await this.#database.run(statement);
    if (rows.length === 0) return 'changed-meanwhile';
    this.#changes?.announce({ type: 'queue', queue });
    return 'written';
  }
}
