import type { QueueName } from '../core/ids.ts';
import type { QueueDefinition } from './queue-store.ts';

/** Settings of a queue that stand in the database, with the names and values that the file would have. */
export type StoredSettings = Readonly<Record<string, unknown>>;

/** A queue's row, as far as it says what the queue is. */
export interface QueueRow {
  readonly name: QueueName;
  /** Counts for queues that the file does not name. */
  readonly title: string;
  readonly settings: StoredSettings;
  /** Not of the configuration file: a queue as long as the row is there. */
  readonly isMadeBySql: boolean;
}

export interface SettingsChange {
  readonly queue: QueueName;
  /** `null`: there is no such row, and one is to be made. */
  readonly before: StoredSettings | null;
  readonly after: StoredSettings;
}

/**
 * What the database says of queues.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export interface QueueRows {
  /** All rows, by name. */
  read(): Promise<readonly QueueRow[]>;
  /** Tells the database what it goes by of queues that are made by SQL. */
  noteSettings(queues: readonly Omit<QueueDefinition, 'title'>[]): Promise<void>;
  /** Unless somebody else has changed the settings meanwhile. Other processes are told. */
  write(change: SettingsChange): Promise<'written' | 'changed-meanwhile'>;
}
