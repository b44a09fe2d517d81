import type { RecordingId } from '../src/core/ids.ts';
import type { RecordingRemovals, UnwantedRecording } from '../src/ports/recording-removals.ts';
import type { Database } from './database.ts';
import { countUnwantedRecordings, noteRemovedRecording, selectUnwantedRecordings } from './statements/recordings.ts';

/** What the table `recording` says of files that are to be removed. */
export class PostgresRecordingRemovals implements RecordingRemovals {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async unwanted(limit: number): Promise<readonly UnwantedRecording[]> {
    const rows = await this.#database.run(selectUnwantedRecordings(limit));
    return rows.map(({ recordingId, file }) => ({ recordingId: recordingId as RecordingId, file }));
  }

  async count(): Promise<number> {
    const [row] = await this.#database.run(countUnwantedRecordings());
    return row?.count ?? 0;
  }

  async removed(recordingId: RecordingId, atMs: number): Promise<void> {
    await this.#database.run(noteRemovedRecording(recordingId, atMs));
  }
}
