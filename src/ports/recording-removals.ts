import type { RecordingId } from '../core/ids.ts';

/** A file that is to be removed. */
export interface UnwantedRecording {
  readonly recordingId: RecordingId;
  /** Path below Asterisk's folder of recordings, with its ending. */
  readonly file: string;
}

/**
 * Recordings whose files are to be removed.
 * @throws AppError DATABASE_UNAVAILABLE
 */
export interface RecordingRemovals {
  /** Those that have ended, oldest wish first. */
  unwanted(limit: number): Promise<readonly UnwantedRecording[]>;
  /** How many there are. */
  count(): Promise<number>;
  /** The file is gone; its name, which may have a number in it, goes from the row. */
  removed(recordingId: RecordingId, atMs: number): Promise<void>;
}
