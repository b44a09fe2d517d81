import type { CallId, EntryId, ExtensionNumber, QueueName, RecordingId } from '../core/ids.ts';
import type { RecordingPart } from '../core/queue/recording.ts';

/** One file of a recorded conversation, as the database keeps it. */
export interface StoredRecording {
  readonly recordingId: RecordingId;
  readonly callId: CallId;
  readonly entryId: EntryId;
  /** Asterisk's id of the caller's channel, queue_log's callid. */
  readonly uniqueId: string;
  readonly queue: QueueName;
  readonly extension: ExtensionNumber;
  readonly part: RecordingPart;
  /** Path below Asterisk's folder of recordings, with its ending. */
  readonly file: string;
  readonly startedAtMs: number;
  /** `null` while it goes on. */
  readonly endedAtMs: number | null;
  /** `paused`: somebody has asked for it. `failed`: it could not be begun, or ended before the conversation; `error` says why. */
  readonly state: 'recording' | 'paused' | 'done' | 'failed';
  readonly error: string | null;
}

/** Which recordings are asked for, newest first. */
export interface RecordingQuery {
  /** Of one call. @default of all */
  readonly callId?: CallId;
  readonly limit: number;
}

/** What was recorded. */
export interface RecordingStore {
  /** Writes a recording as it stands now. One that has ended stays as it is. */
  saveRecording(recording: StoredRecording): Promise<void>;
  /** Those that have not ended, by whatever process. */
  openRecordings(): Promise<readonly StoredRecording[]>;
  recordings(query: RecordingQuery): Promise<readonly StoredRecording[]>;
}
